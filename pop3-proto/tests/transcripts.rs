//! Every file in `tests/transcripts/`, at several cuts of the input; the format is described there.

mod common;

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::time::Duration;

use common::{Mailbox, show, unescape};
use pop3_proto::client::{self, Client, Part, Profile};
use pop3_proto::maildrop::{Index, Maildrop};
use pop3_proto::server::{Config, Credentials, Event, Phrase, Server, Ticket, kind};
use pop3_proto::{
    Base64, Code, Command, Deviation, Digest, Expire, Limits, LoginDelay, Mechanism, MsgNo, Protection,
    Security, Time, Uid, parse,
};

const CUTS: [usize; 6] = [usize::MAX, 1, 2, 3, 7, 64];

/// Every line that a transcript can have, so that a slip of the pen is not passed over.
const KEYS: &str = "C D E EOF S T TLS accept apop capability closed covers cut digest expire greeting \
    implementation later login-delay login-error mail max-errors max-logins mechanism multiline needs-utf8 \
    own-expire own-login-delay profile proves quit-error refuse removed role sasl set speak uid user window";

const SWITCHES: &str = "auth_list bare_lf clear_login end_header lang late_utf8 no_auth_resp_code \
    no_maildrop no_top no_uidl no_user other read_only replace_nul stls tls utf8 utf8_user";

#[test]
fn every_transcript_plays_at_every_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut count = 0;
    let mut failed = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "txt")) {
        let text = fs::read_to_string(&path).unwrap();
        let script = Script::parse(&text);
        let cuts = if script.has("cut", "all") { &CUTS[..1] } else { &CUTS[..] };
        for &cut in cuts {
            let result = std::panic::catch_unwind(|| match script.value("role") {
                Some("server") => serve(&script, cut),
                Some("client") => fetch(&script, cut),
                other => panic!("role {other:?}"),
            });
            if result.is_err() {
                failed.push(format!("{} at cut {cut}", path.file_name().unwrap().display()));
                break;
            }
        }
        count += 1;
    }
    assert!(failed.is_empty(), "{} of {count} transcripts fail: {failed:#?}", failed.len());
    assert!(count >= 60, "only {count} transcripts were found");
}

struct Script<'t> {
    lines: Vec<(&'t str, &'t str)>,
}

impl<'t> Script<'t> {
    fn parse(text: &'t str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines = lines.map(|line| match line.split_once(':') {
            Some((key, value)) => (key, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        });
        let script = Self { lines: lines.collect() };
        let known = |list: &str, word: &str| list.split(' ').any(|one| one == word);
        for &(key, value) in &script.lines {
            assert!(known(KEYS, key), "{key}: no such line");
            let switches = value.split(' ').filter(|_| key == "set").all(|word| known(SWITCHES, word));
            assert!(switches, "set: {value}: no such switch");
        }
        script
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &'t str> {
        self.lines.iter().filter(move |(k, _)| *k == key).map(|(_, value)| *value)
    }

    fn value(&self, key: &str) -> Option<&'t str> {
        self.values(key).next()
    }

    fn has(&self, key: &str, word: &str) -> bool {
        self.values(key).any(|value| value.split(' ').any(|one| one == word))
    }

    fn security(&self) -> Security {
        if self.has("set", "tls") { Security::Tls } else { Security::Plain }
    }
}

fn code(word: &str) -> Option<Code> {
    [Code::LoginDelay, Code::InUse, Code::SysTemp, Code::SysPerm, Code::Auth, Code::Utf8]
        .into_iter()
        .find(|c| c.as_str() == word)
}

fn code_and_text(value: &str) -> (Option<Code>, &str) {
    let (word, text) = value.split_once(' ').unwrap_or((value, ""));
    assert!(word == "-" || code(word).is_some(), "{word} is no response code");
    (code(word), text)
}

/// Shows `octets` to a session in cuts; `step` returns whether it wants to be called again before more is shown.
fn in_cuts(window: &mut Vec<u8>, octets: &[u8], cut: usize, mut step: impl FnMut(&mut Vec<u8>)) {
    let mut rest = octets;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(cut.min(rest.len()));
        window.extend_from_slice(now);
        rest = later;
        step(window);
    }
    if octets.is_empty() {
        step(window);
    }
}

// ----- a server under test

struct Host<'s> {
    script: &'s Script<'s>,
    sasl: VecDeque<&'s str>,
    stock: Stock,
    /// A stored message is read in pieces of so many octets.
    piece: usize,
    drop: Maildrop<Stock, Vec<u8>>,
    later: bool,
    kept: Option<Kept>,
    removed: Option<Vec<u32>>,
    closed: Option<String>,
}

/// A mailbox, and which of its messages only a client in UTF-8 mode may have.
#[derive(Clone)]
struct Stock {
    mailbox: Mailbox,
    needs_utf8: Vec<u32>,
}

impl Index for Stock {
    fn len(&self) -> u32 {
        self.mailbox.len()
    }

    fn octets(&self, n: MsgNo) -> u64 {
        self.mailbox.octets(n)
    }

    fn needs_utf8(&self, n: MsgNo) -> bool {
        self.needs_utf8.contains(&n.get())
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        self.mailbox.uid(n)
    }
}

/// Part of what a session says by itself, in another language.
fn german(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::SendPass => "weiter mit PASS",
        Phrase::CapabilityList => "es folgen die Fähigkeiten",
        Phrase::LoginFirst => "erst anmelden",
        Phrase::NoSuchMessage => "keine solche Nachricht",
        Phrase::Message => "Nachricht",
        Phrase::Deleted => "gelöscht",
        Phrase::Messages => "Nachrichten",
        Phrase::Octets => "Oktette",
        other => other.english(),
    }
}

enum Kept {
    Login(bool, Ticket<kind::Login>),
    Sasl(Ticket<kind::Sasl>),
    Body(u32, Ticket<kind::Body>),
    Quit(Ticket<kind::Quit>),
}

impl Host<'_> {
    fn run(&mut self, session: &mut Server<'_>, now: Time, window: &mut Vec<u8>, out: &mut Vec<u8>) {
        loop {
            let mut unread = &window[..];
            let mut tx = Vec::new();
            let event = self.drop.receive(session, now, &mut unread, &mut tx);
            match event {
                Event::NeedInput => {
                    out.append(&mut tx);
                    let used = window.len() - unread.len();
                    window.drain(..used);
                    return;
                }
                Event::NeedOutput => {}
                Event::Waiting => {
                    let kept = self.kept.take().expect("waiting without a kept ticket");
                    self.answer(kept, session, &mut tx);
                }
                Event::Closed(reason) => {
                    out.append(&mut tx);
                    self.closed = Some(format!("{reason:?}"));
                    return;
                }
                Event::Login { credentials, reply } => {
                    let good = self.is_right(session.user(), credentials);
                    let reply = if self.later { reply.later(session) } else { reply };
                    self.keep_or_answer(Kept::Login(good, reply), session, &mut tx);
                }
                Event::Auth { reply, .. } | Event::SaslResponse { reply, .. } => {
                    let reply = if self.later { reply.later(session) } else { reply };
                    self.keep_or_answer(Kept::Sasl(reply), session, &mut tx);
                }
                Event::Retr(n, reply) | Event::Top { number: n, reply, .. } => {
                    let reply = if self.later { reply.later(session) } else { reply };
                    self.keep_or_answer(Kept::Body(n.get(), reply), session, &mut tx);
                }
                Event::Quit { update, reply } => {
                    if update {
                        self.removed = Some(self.drop.removals().map(|n| n.get()).collect());
                    }
                    let reply = if self.later { reply.later(session) } else { reply };
                    self.keep_or_answer(Kept::Quit(reply), session, &mut tx);
                }
                Event::Stls(reply) => reply.accept(session, &mut tx),
                Event::Utf8(reply) => reply.ok(session, &mut tx, "UTF8 enabled"),
                Event::Lang(range, reply) => {
                    let range = String::from_utf8(range.to_vec()).unwrap();
                    match range.as_str() {
                        "de" if self.script.has("speak", "de") => {
                            session.speak(german);
                            reply.ok(session, &mut tx, "de", "Sprache geändert");
                        }
                        "en" if self.script.has("speak", "de") => {
                            session.speak(Phrase::english);
                            reply.ok(session, &mut tx, "en", "language changed");
                        }
                        "es" | "*" => reply.ok(session, &mut tx, "es", "Idioma cambiado"),
                        "sv" => reply.ok(session, &mut tx, "sv", "Kommandot \"LANG\" lyckades"),
                        _ => reply.err(session, &mut tx, None, &format!("invalid language {range}")),
                    }
                }
                Event::LangAll(reply) => {
                    let mut list = reply.begin(session, &mut tx, "Language listing follows:");
                    list.item(&mut tx, "en", "English").unwrap();
                    list.item(&mut tx, "es", "Espanol").unwrap();
                    list.end(session);
                }
                Event::Other { line, reply } if line.starts_with(b"X") => {
                    reply.ok(session, &mut tx, "extended")
                }
                Event::Other { line: b"*ENV 1", reply } => {
                    let mut body = reply.begin(session, &mut tx, "envelope follows");
                    body.fill(&mut &b"mrose@example.com\n.\n"[..], &mut tx);
                    body.end(session);
                }
                _ => {}
            }
            out.append(&mut tx);
            let used = window.len() - unread.len();
            window.drain(..used);
        }
    }

    fn is_right(&self, user: Option<&[u8]>, credentials: Credentials<'_>) -> bool {
        match credentials {
            Credentials::Apop(digest) => self
                .script
                .values("digest")
                .any(|right| Digest::from_hex(right.as_bytes()).unwrap().matches(&digest)),
            Credentials::Password(given) => self.script.values("user").any(|line| {
                let (name, password) = line.split_once(' ').unwrap();
                user == Some(&unescape(name)[..]) && given.expose() == unescape(password)
            }),
        }
    }

    fn keep_or_answer(&mut self, kept: Kept, session: &mut Server<'_>, out: &mut Vec<u8>) {
        if self.later {
            self.kept = Some(kept);
        } else {
            self.answer(kept, session, out);
        }
    }

    fn answer(&mut self, kept: Kept, session: &mut Server<'_>, out: &mut Vec<u8>) {
        match kept {
            Kept::Login(false, reply) => reply.err(session, out, Code::Auth, "invalid"),
            Kept::Login(true, reply) => match self.script.value("login-error") {
                Some(value) => {
                    let (code, text) = code_and_text(value);
                    reply.err(session, out, code, text);
                }
                None => {
                    self.open(session);
                    reply.accept(session, out, "maildrop ready");
                }
            },
            Kept::Sasl(reply) => {
                let line = self.sasl.pop_front().expect("AUTH without a `sasl:` line");
                match line.split_once(' ').unwrap_or((line, "")) {
                    ("+", text) => reply.challenge(session, out, &unescape(text)).unwrap(),
                    ("ok", text) => {
                        self.open(session);
                        reply.accept(session, out, text);
                    }
                    ("err", value) => {
                        let (code, text) = code_and_text(value);
                        reply.err(session, out, code, text);
                    }
                    _ => panic!("sasl: {line}"),
                }
            }
            Kept::Body(n, reply) => {
                let mail = &self.stock.mailbox.messages[n as usize - 1];
                let mut body = reply.begin(session, out, "message follows");
                for mut piece in mail.chunks(self.piece) {
                    body.fill(&mut piece, out);
                    assert_eq!(piece, b"", "a vector has room for all");
                }
                body.end(session);
            }
            Kept::Quit(reply) => match self.script.value("quit-error") {
                Some(value) => {
                    let (code, text) = code_and_text(value);
                    reply.err(session, out, code, text);
                }
                None => reply.ok(session, out, "bye"),
            },
        }
    }

    fn open(&mut self, session: &mut Server<'_>) {
        if let Some(seconds) = self.script.value("own-login-delay") {
            session.set_login_delay(seconds.parse().unwrap());
        }
        if let Some(days) = self.script.value("own-expire") {
            session.set_expire((days != "NEVER").then(|| days.parse().unwrap()));
        }
        if !self.script.has("set", "no_maildrop") {
            self.drop.open(self.stock.clone());
        }
        if self.script.has("set", "read_only") {
            self.drop.read_only();
        }
    }
}

fn serve(script: &Script<'_>, cut: usize) {
    let on = |word: &str| script.has("set", word);
    let mechanisms: Vec<_> = script
        .values("mechanism")
        .map(|name| {
            let server_first = matches!(name, "LOGIN" | "CRAM-MD5" | "DIGEST-MD5");
            let needs = match name {
                "PLAIN" | "LOGIN" => Protection::Private,
                "XOAUTH2" | "OAUTHBEARER" | "EXTERNAL" => Protection::Tls,
                _ if name.ends_with("-PLUS") => Protection::Tls,
                _ => Protection::None,
            };
            Mechanism::new(name, needs, server_first)
        })
        .collect();
    let lines: Vec<_> = script.values("capability").collect();
    let mut config = Config::new();
    config.greeting = script.value("greeting").unwrap_or("ready");
    config.clear_login = on("clear_login");
    config.user = !on("no_user");
    config.stls = on("stls");
    config.top = !on("no_top");
    config.uidl = !on("no_uidl");
    config.utf8 = on("utf8");
    config.utf8_user = on("utf8_user");
    config.lang = on("lang");
    config.other = on("other");
    config.bare_lf = on("bare_lf");
    config.auth_resp_code = !on("no_auth_resp_code");
    config.implementation = script.value("implementation");
    let apop = script.value("apop").map(|text| {
        let (numbers, host) = text.trim_matches(['<', '>']).split_once('@').unwrap();
        let (first, second) = numbers.split_once('.').unwrap();
        ([first, second].map(|number| number.parse().unwrap()), host)
    });
    config.apop = apop.map(|(_, host)| host);
    config.mechanisms = &mechanisms;
    config.auth_list = on("auth_list");
    config.late_utf8 = on("late_utf8");
    config.replace_nul = on("replace_nul");
    config.end_header = on("end_header");
    config.capabilities = &lines;
    config.expire = script.value("expire").map(|value| Expire {
        days: value.split(' ').next().unwrap().parse().ok(),
        per_user: value.ends_with(" USER"),
    });
    config.login_delay = script.value("login-delay").map(|value| LoginDelay {
        seconds: value.split(' ').next().unwrap().parse().unwrap(),
        per_user: value.ends_with(" USER"),
    });
    if let Some(n) = script.value("max-errors") {
        config.limits = config.limits.with_max_errors(n.parse().unwrap());
    }
    if let Some(n) = script.value("max-logins") {
        config.limits = config.limits.with_max_login_failures(n.parse().unwrap());
    }
    let messages: Vec<_> = script.values("mail").map(unescape).collect();
    let mut mailbox = Mailbox::of(&messages.iter().map(|m| &m[..]).collect::<Vec<_>>());
    for (place, uid) in mailbox.uids.iter_mut().zip(script.values("uid")) {
        *place = uid.as_bytes().to_vec();
    }
    let mut session = Server::new(&config, script.security());
    if let Some((unique, _)) = apop {
        session = session.with_apop(unique);
    }
    let mut host = Host {
        script,
        sasl: script.values("sasl").collect(),
        stock: Stock {
            mailbox,
            needs_utf8: script
                .values("needs-utf8")
                .flat_map(|all| all.split(' '))
                .map(|n| n.parse().unwrap())
                .collect(),
        },
        piece: cut,
        drop: Maildrop::closed(),
        later: script.value("later").is_some(),
        kept: None,
        removed: None,
        closed: None,
    };
    let mut now = Time::ZERO;
    let (mut window, mut out) = (Vec::new(), Vec::new());
    host.run(&mut session, now, &mut window, &mut out);
    let mut lines = script.lines.iter().peekable();
    while let Some(&(key, value)) = lines.next() {
        match key {
            "C" => {
                let mut octets = unescape(value);
                while let Some((_, more)) = lines.next_if(|(key, _)| *key == "C") {
                    octets.extend(unescape(more));
                }
                in_cuts(&mut window, &octets, cut, |window| host.run(&mut session, now, window, &mut out));
                if lines.peek().is_none_or(|(key, _)| *key != "S") {
                    assert_eq!(show(&out), "", "unexpected output behind C: {value}");
                }
            }
            "S" => {
                let mut due = unescape(value);
                while let Some((_, more)) = lines.next_if(|(key, _)| *key == "S") {
                    due.extend(unescape(more));
                }
                assert_eq!(show(&out), show(&due));
                out.clear();
            }
            "T" => {
                now = now.after(Duration::from_secs(value.parse().unwrap()));
                session.handle_timeout(now);
                host.run(&mut session, now, &mut window, &mut out);
            }
            "TLS" => {
                assert_eq!(host.closed.take().as_deref(), Some("StartTls"));
                session = session.handover().unwrap().secured(&window).unwrap();
                host.run(&mut session, now, &mut window, &mut out);
            }
            "removed" => {
                let removed = host.removed.as_ref().expect("QUIT was not reached");
                assert_eq!(removed.iter().map(u32::to_string).collect::<Vec<_>>().join(" "), value);
            }
            "closed" => assert_eq!(host.closed.as_deref(), Some(value)),
            _ => {}
        }
    }
    assert_eq!(show(&out), "", "output left at the end");
}

// ----- a client under test

fn fetch(script: &Script<'_>, cut: usize) {
    let mut profile = if script.has("profile", "strict") { Profile::STRICT } else { Profile::LENIENT };
    let named =
        |name: &str| *Deviation::ALL.iter().find(|one| format!("{one:?}") == name).expect("a deviation");
    for name in script.values("accept") {
        profile = profile.accept(named(name));
    }
    for name in script.values("refuse") {
        profile = profile.refuse(named(name));
    }
    let mut client: Client = Client::new(profile, script.security());
    if let Some(n) = script.value("window") {
        client = client.with_limits(Limits::window(n.parse().unwrap()));
    }
    let mut window = Vec::new();
    let mut events: VecDeque<String> = VecDeque::new();
    let mut challenged = false;
    let mut lines = script.lines.iter().peekable();
    while let Some(&(key, value)) = lines.next() {
        match key {
            "S" => {
                let mut octets = unescape(value);
                while let Some((_, more)) = lines.next_if(|(key, _)| *key == "S") {
                    octets.extend(unescape(more));
                }
                in_cuts(&mut window, &octets, cut, |window| {
                    drain(&mut client, window, &mut events, &mut challenged)
                });
            }
            "C" => {
                let line = unescape(value);
                let mut out = Vec::new();
                let text = line.strip_suffix(b"\r\n").expect("a command ends in CRLF");
                if challenged {
                    challenged = false;
                    if text == b"*" {
                        client.cancel(&mut out).unwrap();
                    } else {
                        let response = Base64::new(text).expect("base64");
                        let mut raw = vec![0; response.decoded_len()];
                        client.respond(response.decode(&mut raw).unwrap(), &mut out).unwrap();
                    }
                } else {
                    let command = parse::command(text).unwrap();
                    match command {
                        Command::Other { verb, .. }
                            if script.values("multiline").any(|v| v.as_bytes() == verb) =>
                        {
                            client.send_multiline(&command, &mut out).unwrap();
                        }
                        _ => {
                            client.send(&command, &mut out).unwrap();
                        }
                    }
                }
                assert_eq!(show(&out), show(&line));
            }
            "E" => assert_eq!(events.pop_front().as_deref(), Some(value), "event; then {events:#?}"),
            "D" => {
                let seen: Vec<_> = client.deviations().iter().map(|one| format!("{one:?}")).collect();
                assert_eq!(seen.join(" "), value, "deviations");
            }
            "TLS" => {
                client = client.handover().expect("STLS was accepted").secured(&window).unwrap();
                events.clear();
            }
            "EOF" => match client.end_of_input() {
                Ok(()) => assert_eq!("ok", value),
                Err(error) => assert_eq!(format!("{error:?}"), value),
            },
            _ => {}
        }
    }
    assert!(events.is_empty(), "events left at the end: {events:#?}");
}

/// All events that the window holds. The octets of a message are joined, so that the cut does not show.
fn drain(client: &mut Client, window: &mut Vec<u8>, events: &mut VecDeque<String>, challenged: &mut bool) {
    loop {
        let mut unread = &window[..];
        let need = client.poll(&mut unread);
        let event = client.receive(&mut unread);
        let wants_input = matches!(event, Ok(client::Event::NeedInput));
        assert_eq!(need == client::Need::Input, wants_input, "poll tells the truth");
        let over = match event {
            Ok(client::Event::NeedInput) => true,
            Ok(client::Event::Reply(_, Part::Data(octets))) => {
                let octets = show(octets);
                match events.back_mut().and_then(|last| {
                    last.strip_suffix("\")").filter(|l| l.starts_with("Data(")).map(str::len)
                }) {
                    Some(len) => {
                        let last = events.back_mut().unwrap();
                        last.truncate(len);
                        last.push_str(&octets);
                        last.push_str("\")");
                    }
                    None => events.push_back(format!("Data(\"{octets}\")")),
                }
                false
            }
            Ok(client::Event::Closed) => {
                if events.back().is_none_or(|last| last != "Closed") {
                    events.push_back("Closed".into());
                }
                true
            }
            Ok(event) => {
                if let client::Event::Reply(_, Part::Challenge(_)) = event {
                    *challenged = true;
                }
                events.push_back(format!("{event:?}"));
                if let client::Event::Reply(_, Part::Unreadable(line)) = event {
                    *challenged |= line.starts_with(b"+");
                    *events.back_mut().unwrap() = format!("Unreadable(\"{}\")", show(line));
                }
                false
            }
            Err(error) => {
                let text = format!("error {error:?}");
                if events.back() != Some(&text) {
                    events.push_back(text);
                }
                true
            }
        };
        let used = window.len() - unread.len();
        window.drain(..used);
        if over {
            return;
        }
    }
}
