//! Rows of `catalogue/requirements.toml` that take an embedder, a client or a parser to show.

mod common;

use common::{Mailbox, show};
use pop3_proto::client::{Client, Event as Got, Part, Profile, SendError};
use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{Config, Credentials, Event, Need, Phase, Reason, Server};
use pop3_proto::{
    Base64, Code, Command, Deviations, FixedBuf, Mechanism, MsgNo, Security, Time, Timestamp, parse,
};

/// Shows `said` to the session, lets `judge` answer every login, and returns what the server says.
fn dialogue(
    session: &mut Server<'_>,
    said: &str,
    mut judge: impl FnMut(&Server<'_>, &Credentials<'_>) -> bool,
) -> String {
    let (mut window, mut out) = (said.as_bytes(), Vec::new());
    loop {
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedInput | Event::Closed(_) => return show(&out),
            Event::Login { credentials, reply } => match judge(session, &credentials) {
                true => reply.accept(session, &mut out, "welcome"),
                false => reply.err(session, &mut out, Code::Auth, "no"),
            },
            Event::Stls(reply) => reply.accept(session, &mut out),
            event => panic!("{event:?}"),
        }
    }
}

/// Proves 1939-4-02.
#[test]
fn inside_tls_the_default_configuration_offers_a_login() {
    let config = Config::new();
    let mut session = Server::new(&config, Security::Tls);
    let said = dialogue(&mut session, "CAPA\r\nUSER a\r\nPASS b\r\n", |session, credentials| {
        matches!(credentials, Credentials::Password(given) if given.expose() == b"b")
            && session.user() == Some(b"a")
    });
    assert!(said.contains("\\r\\nUSER\\r\\n"), "{said}");
    assert!(said.ends_with("+OK send PASS\\r\\n+OK welcome\\r\\n"), "{said}");
    assert_eq!(session.phase(), Phase::Transaction);
}

/// Proves 2595-2.3-02.
#[test]
fn a_login_in_clear_can_be_refused_to_one_user_and_taken_from_another() {
    fn judge(session: &Server<'_>, _: &Credentials<'_>) -> bool {
        session.security() == Security::Tls || session.user() == Some(b"open")
    }
    let mut config = Config::new();
    (config.clear_login, config.stls) = (true, true);
    for (name, in_clear) in [("open", "+OK welcome\\r\\n"), ("shut", "-ERR [AUTH] no\\r\\n")] {
        let login = format!("USER {name}\r\nPASS x\r\n");
        let mut session = Server::new(&config, Security::Plain);
        let said = dialogue(&mut session, &login, judge);
        assert!(said.ends_with(in_clear), "{name}: {said}");
        let mut session = Server::new(&config, Security::Plain);
        dialogue(&mut session, "STLS\r\n", judge);
        let mut session = session.handover().unwrap().secured(b"").unwrap();
        assert_eq!(dialogue(&mut session, &login, judge), "+OK send PASS\\r\\n+OK welcome\\r\\n", "{name}");
    }
}

/// An embedder under `EXPIRE 0`: at QUIT it removes what it has sent. Returns that, and why the session ended.
fn download_once(said: &str, end: Time) -> (Vec<MsgNo>, Option<Reason>) {
    let mut config = Config::new();
    config.clear_login = true;
    let mut session = Server::new(&config, Security::Plain);
    let mut drop = Maildrop::closed();
    let (mut window, mut out) = (said.as_bytes(), Vec::new());
    let (mut fetched, mut removed, mut now) = (Vec::new(), Vec::new(), Time::ZERO);
    loop {
        match drop.receive(&mut session, now, &mut window, &mut out) {
            Event::Login { reply, .. } => {
                drop.open(Mailbox::of(&[b"one", b"two", b"three"]));
                reply.accept(&mut session, &mut out, "");
            }
            Event::Retr(n, reply) => {
                let mut body = reply.begin(&mut session, &mut out, "");
                body.fill(&mut &b"text"[..], &mut out);
                body.end(&mut session);
                fetched.push(n);
            }
            Event::Top { reply, .. } => reply.begin(&mut session, &mut out, "").end(&mut session),
            Event::Quit { update, reply } => {
                if update {
                    removed.append(&mut fetched);
                }
                reply.ok(&mut session, &mut out, "");
            }
            Event::NeedInput if now == end => return (removed, None),
            Event::NeedInput => now = end,
            Event::Closed(reason) => return (removed, Some(reason)),
            event => panic!("{event:?}"),
        }
    }
}

/// Proves 1939-8-03, 2449-6.7-02.
#[test]
fn what_was_fetched_can_be_removed_at_quit_and_at_no_other_end() {
    let fetch = "USER a\r\nPASS b\r\nRETR 1\r\nTOP 2 0\r\nRETR 3\r\n";
    let (cut_off, timer) = (Time::from_millis(1), Time::from_millis(600_000));
    let fetched = [1, 3].map(|n| MsgNo::new(n).unwrap()).to_vec();
    assert_eq!(download_once(&format!("{fetch}QUIT\r\n"), cut_off), (fetched, Some(Reason::Quit)));
    assert_eq!(download_once(fetch, cut_off), (vec![], None));
    assert_eq!(download_once(&format!("{fetch}QUIT"), cut_off), (vec![], None));
    assert_eq!(download_once(fetch, timer), (vec![], Some(Reason::Autologout)));
    assert_eq!(download_once("USER a\r\nQUIT\r\n", cut_off), (vec![], Some(Reason::Quit)));
}

/// Proves 1939-7-26, 2449-3-04.
#[test]
fn a_timestamp_is_a_msg_id_and_nothing_else() {
    for good in ["<1@h>", "<1896.697170952@dbc.mtview.ca.us>", "<!#$%&'*+-/=?^_`{|}~.a@b.c>"] {
        assert_eq!(Timestamp::new(good).map(|stamp| stamp.as_str()), Some(good));
    }
    for bad in [
        "",
        "<>",
        "<@>",
        "<1@>",
        "<@h>",
        "<1>",
        "1@h",
        "<1@h",
        "1@h>",
        "<1@h>x",
        "<1@h@i>",
        "<<1@h>",
        "<1@h>>",
        "<1 @h>",
        "<1@h\r\n>",
        "<1@h\u{e4}>",
    ] {
        assert_eq!(Timestamp::new(bad), None, "{bad:?}");
    }
}

/// Proves 6856-7-01.
#[test]
fn whoever_answers_lang_before_the_login_does_not_know_the_name() {
    let mut config = Config::new();
    (config.lang, config.clear_login) = (true, true);
    for said in [&b"LANG *\r\n"[..], b"USER ann\r\nLANG *\r\n", b"USER bob\r\nLANG *\r\n"] {
        let mut session = Server::new(&config, Security::Plain);
        let (mut window, mut out) = (said, Vec::new());
        let Event::Lang(b"*", reply) = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
        assert_eq!(session.user(), None);
        out.clear();
        reply.ok(&mut session, &mut out, "es", "Idioma cambiado");
        assert_eq!(show(&out), "+OK es Idioma cambiado\\r\\n");
    }
}

/// Proves 4422-3.6-02.
#[test]
fn an_unknown_user_and_a_wrong_password_can_look_the_same() {
    const MECHANISMS: &[Mechanism<'static>] = &[Mechanism::PLAIN];
    let mut config = Config::new();
    config.mechanisms = MECHANISMS;
    // \0ann\0right, \0ann\0wrong, \0nobody\0right
    let heard = ["AGFubgByaWdodA==", "AGFubgB3cm9uZw==", "AG5vYm9keQByaWdodA=="].map(|message| {
        let said = format!("AUTH PLAIN {message}\r\n");
        let mut session = Server::new(&config, Security::Tls);
        let (mut window, mut out) = (said.as_bytes(), Vec::new());
        let Event::Auth { initial: Some(data), reply, .. } =
            session.receive(Time::ZERO, &mut window, &mut out)
        else {
            panic!()
        };
        out.clear();
        let mut octets = [0; 64];
        match data.decode(&mut octets) {
            Some(b"\0ann\0right") => reply.accept(&mut session, &mut out, "welcome"),
            _ => reply.err(&mut session, &mut out, Code::Auth, "wrong name or password"),
        }
        show(&out)
    });
    let refusal = "-ERR [AUTH] wrong name or password\\r\\n";
    assert_eq!(heard, ["+OK welcome\\r\\n", refusal, refusal]);
}

/// Proves 2449-8-03, 2449-8-04, 2449-8-05, 3206-4-03.
#[test]
fn response_codes_are_known_by_the_levels_that_are_known_in_any_case() {
    for (code, known) in [
        ("IN-USE", Some(Code::InUse)),
        ("in-use", Some(Code::InUse)),
        ("IN-USE/OTHER", Some(Code::InUse)),
        ("Login-Delay/900", Some(Code::LoginDelay)),
        ("SYS/TEMP", Some(Code::SysTemp)),
        ("sys/Temp", Some(Code::SysTemp)),
        ("SYS/TEMP/DISK", Some(Code::SysTemp)),
        ("sYs/pErM/x/y", Some(Code::SysPerm)),
        ("SYS/NEW", Some(Code::Sys)),
        ("SYS", Some(Code::Sys)),
        ("auth", Some(Code::Auth)),
        ("FOO", None),
        ("FOO/AUTH", None),
        ("AUTHS", None),
    ] {
        let line = format!("-ERR [{code}] text");
        let mut seen = Deviations::NONE;
        let status = parse::status_line(line.as_bytes(), &mut seen).unwrap();
        assert_eq!((status.known_code(), status.text.as_bytes()), (known, &b"text"[..]), "{code}");
        assert!(status.code.is_some() && seen.is_empty(), "{code}");
    }
}

/// A session behind the login; all it had to say has been said.
fn logged_in<'c>(
    config: &'c Config<'c>,
    drop: &mut Maildrop<Mailbox, Vec<u8>>,
    messages: &[&[u8]],
) -> Server<'c> {
    let mut session = Server::new(config, Security::Tls);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\n"[..], Vec::new());
    let Event::Login { reply, .. } = drop.receive(&mut session, Time::ZERO, &mut window, &mut out) else {
        panic!()
    };
    drop.open(Mailbox::of(messages));
    reply.accept(&mut session, &mut out, "");
    session
}

/// What goes out for `said`, flush by flush, through an output of 512 octets.
fn flushes(messages: &[&[u8]], said: &str) -> Vec<Vec<u8>> {
    let (config, mut drop) = (Config::new(), Maildrop::closed());
    let mut session = logged_in(&config, &mut drop, messages);
    let (mut window, mut out, mut sent) = (said.as_bytes(), FixedBuf::<512>::new(), Vec::new());
    let flush = |out: &mut FixedBuf<512>, sent: &mut Vec<Vec<u8>>| {
        sent.push(out.bytes().to_vec());
        out.clear();
    };
    loop {
        match drop.receive(&mut session, Time::ZERO, &mut window, &mut out) {
            Event::NeedInput => {
                flush(&mut out, &mut sent);
                sent.retain(|octets| !octets.is_empty());
                return sent;
            }
            Event::NeedOutput => flush(&mut out, &mut sent),
            Event::Retr(n, reply) => {
                let mut message = messages[n.index()];
                let mut body = reply.begin(&mut session, &mut out, "");
                loop {
                    body.fill(&mut message, &mut out);
                    if message.is_empty() {
                        break;
                    }
                    flush(&mut out, &mut sent);
                }
                body.end(&mut session);
            }
            event => panic!("{event:?}"),
        }
    }
}

/// Proves 2449-6.6-01.
#[test]
fn a_hundred_retrs_in_one_segment_are_answered_one_behind_the_other() {
    let messages: Vec<_> =
        (0..100).map(|n| format!("Subject: {n}\n\n.{}\n", "x".repeat(11 * n)).into_bytes()).collect();
    let said: String = (1..=100).rev().map(|n| format!("RETR {n}\r\n")).collect();
    let heard = flushes(&messages.iter().map(|m| &m[..]).collect::<Vec<_>>(), &said).concat();
    let due = |n: usize| format!("+OK\r\nSubject: {n}\r\n\r\n..{}\r\n.\r\n", "x".repeat(11 * n));
    assert_eq!(show(&heard), show((0..100).rev().map(due).collect::<String>().as_bytes()));
}

/// For node-pop3 a reply ends where one read ends in CRLF, a dot and CRLF, or is the dot line alone.
#[test]
fn the_dot_leaves_together_with_the_tail_of_the_data() {
    let config = Config::new();
    for (front, tail, due) in [
        ("head\n", "\n", "\\r\\n.\\r\\n"),
        ("head\n\n", ".tail\n", "..tail\\r\\n.\\r\\n"),
        ("head\n\n", "tail", "tail\\r\\n.\\r\\n"),
        ("head\n\n", "tail\r", "tail\\r\\r\\n.\\r\\n"),
        ("head\n\ntail", "", "\\r\\n.\\r\\n"),
        ("head\n\ntail\n", "", ".\\r\\n"),
    ] {
        for said in ["RETR 1\r\n", "TOP 1 9\r\n"] {
            let mut drop = Maildrop::closed();
            let mut session = logged_in(&config, &mut drop, &[[front, tail].concat().as_bytes()]);
            let (mut window, mut out) = (said.as_bytes(), Vec::new());
            let event = drop.receive(&mut session, Time::ZERO, &mut window, &mut out);
            let (Event::Retr(_, reply) | Event::Top { reply, .. }) = event else { panic!("{event:?}") };
            let mut body = reply.begin(&mut session, &mut out, "");
            body.fill(&mut front.as_bytes(), &mut out);
            out.clear();
            body.fill(&mut tail.as_bytes(), &mut out);
            body.end(&mut session);
            let need = drop.poll(&mut session, Time::ZERO, &mut window, &mut out);
            assert_eq!((need, show(&out)), (Need::Input, due.to_owned()), "{front:?} {tail:?}");
        }
    }
    for (said, listing) in [("LIST\r\n", "1 3\\r\\n2 0"), ("UIDL\r\n", "1 uid-1\\r\\n2 uid-2")] {
        let mut drop = Maildrop::closed();
        let mut session = logged_in(&config, &mut drop, &[b"a", b""]);
        let mut out = Vec::new();
        let event = drop.receive(&mut session, Time::ZERO, &mut said.as_bytes(), &mut out);
        assert!(matches!(event, Event::NeedInput));
        assert_eq!(show(&out), format!("+OK 2 messages (3 octets)\\r\\n{listing}\\r\\n.\\r\\n"));
    }
    for len in 0..1100 {
        let message = ["a\n".repeat(len % 2).as_bytes(), &b"x".repeat(len)].concat();
        let sent = flushes(&[&message], "RETR 1\r\n");
        let last = sent.last().unwrap();
        assert!(last.ends_with(b"\r\n.\r\n") || last == b".\r\n", "{len}: {}", show(last));
    }
}

/// Proves 1939-7-24.
#[test]
fn a_host_that_cannot_stand_in_a_timestamp_offers_no_apop() {
    let long = "h".repeat(300);
    for (host, offered) in [
        ("mail.example.com", true),
        ("mail-1", true),
        (&long[..250], true),
        ("", false),
        (" ", false),
        ("two words", false),
        ("a@b", false),
        ("<h", false),
        ("h>", false),
        ("h\r\n+OK", false),
        ("h\0", false),
        ("\u{fc}.example", false),
        ("mail..example.com", false),
        ("mail.example.com.", false),
        (".", false),
        ("[192.0.2.1]", false),
        ("a=b", false),
        (&long, false),
    ] {
        let mut config = Config::new();
        config.apop = Some(host);
        let mut session = Server::new(&config, Security::Plain).with_apop([u64::MAX, 0]);
        assert_eq!(session.timestamp().is_some(), offered, "{host:?}");
        let said = dialogue(&mut session, "APOP a c4c9334bac560ecc979e58001b3e22fb\r\n", |_, _| true);
        let due = match offered {
            true => format!("+OK POP3 server ready <18446744073709551615.0@{host}>\\r\\n+OK welcome\\r\\n"),
            false => "+OK POP3 server ready\\r\\n-ERR APOP is not available\\r\\n".into(),
        };
        assert_eq!(said, due, "{host:?}");
    }
}

/// Some users have a password that is known to the server as a hash, and others a secret for CRAM-MD5.
///
/// Proves 2195-4-01.
#[test]
fn each_user_can_have_one_way_in_and_no_other() {
    const MECHANISMS: &[Mechanism<'static>] = &[Mechanism::CRAM_MD5, Mechanism::PLAIN];
    let mut config = Config::new();
    config.mechanisms = MECHANISMS;
    let judge = |user: &[u8], clear: bool| (user == b"hash" && clear) || (user == b"secret" && !clear);
    // hash 00000000000000000000000000000000, secret 00000000000000000000000000000000
    let cram = [
        "aGFzaCAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==",
        "c2VjcmV0IDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
    ];
    // \0hash\0x, \0secret\0x
    let plain = ["AGhhc2gAeA==", "AHNlY3JldAB4"];
    let [welcome, no] = ["+OK welcome\\r\\n", "-ERR [AUTH] no\\r\\n"];
    for (i, (name, in_clear, by_cram)) in
        [("hash", welcome, no), ("secret", no, welcome)].into_iter().enumerate()
    {
        let ways = [
            (format!("USER {name}\r\nPASS x\r\n"), "+OK send PASS\\r\\n", in_clear),
            (format!("AUTH PLAIN {}\r\n", plain[i]), "", in_clear),
            (format!("AUTH CRAM-MD5\r\n{}\r\n", cram[i]), "+ PDEuMkBoPg==\\r\\n", by_cram),
        ];
        for (said, before, due) in ways {
            let mut session = Server::new(&config, Security::Tls);
            let (mut window, mut out) = (&b""[..], Vec::new());
            assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Event::NeedInput));
            out.clear();
            let mut window = said.as_bytes();
            loop {
                match session.receive(Time::ZERO, &mut window, &mut out) {
                    Event::NeedInput => break,
                    Event::Login { reply, .. } => match judge(session.user().unwrap(), true) {
                        true => reply.accept(&mut session, &mut out, "welcome"),
                        false => reply.err(&mut session, &mut out, Code::Auth, "no"),
                    },
                    Event::Auth { initial: None, reply, .. } => {
                        reply.challenge(&mut session, &mut out, b"<1.2@h>").unwrap();
                    }
                    Event::Auth { initial: Some(data), reply, .. } | Event::SaslResponse { data, reply } => {
                        let mut octets = [0; 64];
                        let text = data.decode(&mut octets).unwrap();
                        let (user, clear) = match text.strip_prefix(b"\0") {
                            Some(plain) => (plain.split(|b| *b == 0).next().unwrap(), true),
                            None => (text.split(|b| *b == b' ').next().unwrap(), false),
                        };
                        match judge(user, clear) {
                            true => reply.accept(&mut session, &mut out, "welcome"),
                            false => reply.err(&mut session, &mut out, Code::Auth, "no"),
                        }
                    }
                    event => panic!("{event:?}"),
                }
            }
            assert_eq!(show(&out), format!("{before}{due}"), "{said:?}");
        }
    }
}

/// Soft hyphens vanish and compatibility forms become what they stand for; private characters, noncharacters and
/// names of which nothing is left are refused.
///
/// Proves 6856-2.2-05, 6856-2.2-07.
#[cfg(feature = "saslprep")]
#[test]
fn names_and_passwords_in_utf_8_are_prepared_before_they_are_compared() {
    fn prepared(octets: &[u8]) -> Option<String> {
        pop3_proto::sasl::prepare(str::from_utf8(octets).ok()?).map(|text| (*text).to_owned())
    }
    let mut config = Config::new();
    (config.utf8, config.utf8_user) = (true, true);
    for (name, password, due) in [
        ("a", "IX", "+OK welcome\\r\\n"),
        ("\u{aa}", "\u{2168}", "+OK welcome\\r\\n"),
        ("a\u{ad}", "I\u{ad}X", "+OK welcome\\r\\n"),
        ("A", "IX", "-ERR [AUTH] no\\r\\n"),
        ("a", "ix", "-ERR [AUTH] no\\r\\n"),
        ("a\u{e000}", "IX", "-ERR [AUTH] no\\r\\n"),
        ("a\u{fffe}", "IX", "-ERR [AUTH] no\\r\\n"),
        ("a", "IX\u{e000}", "-ERR [AUTH] no\\r\\n"),
        ("a", "IX\u{fffe}", "-ERR [AUTH] no\\r\\n"),
        ("\u{ad}", "IX", "-ERR [AUTH] no\\r\\n"),
        ("a", "IX\u{85}", "-ERR [AUTH] no\\r\\n"),
    ] {
        let mut session = Server::new(&config, Security::Tls);
        dialogue(&mut session, "", |_, _| false);
        let said = format!("USER {name}\r\nPASS {password}\r\n");
        let heard = dialogue(&mut session, &said, |session, credentials| {
            let Credentials::Password(password) = credentials else { panic!() };
            let given = (prepared(session.user().unwrap()), prepared(password.expose()));
            given == (Some("a".to_owned()), Some("IX".to_owned()))
        });
        assert_eq!(heard, format!("+OK send PASS\\r\\n{due}"), "{said:?}");
    }
    let mut session = Server::new(&config, Security::Tls);
    dialogue(&mut session, "", |_, _| false);
    let bell = dialogue(&mut session, "USER a\x07\r\nUSER a\r\nPASS IX\x07\r\n", |_, _| true);
    let refused = "-ERR illegal character in command\\r\\n";
    assert_eq!(bell, format!("{refused}+OK send PASS\\r\\n{refused}"));
}

// ----- the client

/// A client that has heard this answer to CAPA.
fn asked(capabilities: &str) -> Client {
    let mut client: Client = Client::new(Profile::STRICT, Security::Plain);
    let wire = format!("+OK\r\n+OK\r\n{capabilities}.\r\n");
    let mut window = wire.as_bytes();
    assert!(matches!(client.receive(&mut window), Ok(Got::Greeting(_))));
    client.send(&Command::Capa, &mut Vec::new()).unwrap();
    while !client.is_idle() {
        client.receive(&mut window).unwrap();
    }
    client
}

/// Proves 2449-6.6-06, 2595-4-06.
#[test]
fn nothing_is_sent_behind_stls_or_an_open_auth() {
    let pipelining = "PIPELINING\r\nSTLS\r\nSASL PLAIN\r\n";
    let mut client = asked(pipelining);
    let mut out = Vec::new();
    client.send(&Command::Stls, &mut out).unwrap();
    assert!(!client.can_send());
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::Busy));
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply(_, Part::Ok(_)))));
    assert_eq!(client.send(&Command::Capa, &mut out), Err(SendError::NotNow));
    assert_eq!(out, b"STLS\r\n");

    let mut client = asked(pipelining);
    let mut out = Vec::new();
    client.auth("PLAIN", None, &mut out).unwrap();
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::NotNow));
    let mut window = &b"+ \r\n"[..];
    assert_eq!(client.receive(&mut window).map(is_challenge), Ok(true));
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::NotNow));
    client.respond(b"", &mut out).unwrap();
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::NotNow));
    assert_eq!(out, b"AUTH PLAIN\r\n\r\n");
    assert!(matches!(client.receive(&mut &b"-ERR\r\n"[..]), Ok(Got::Reply(_, Part::Err(_)))));
    client.send(&Command::Noop, &mut out).unwrap();

    // Nor do they go out behind commands that wait for their replies.
    let mut client = asked(pipelining);
    client.send(&Command::Noop, &mut Vec::new()).unwrap();
    assert_eq!(client.send(&Command::Stls, &mut Vec::new()), Err(SendError::Busy));
    assert_eq!(client.auth("PLAIN", None, &mut Vec::new()), Err(SendError::Busy));
}

fn is_challenge(event: Got<'_>) -> bool {
    matches!(event, Got::Reply(_, Part::Challenge(data)) if data == Base64::EMPTY)
}

/// Proves 2449-6.9-02.
#[test]
fn the_name_of_the_server_changes_nothing() {
    let (plain, named) = (asked("UIDL\r\n"), asked("IMPLEMENTATION Other-9.9\r\nUIDL\r\n"));
    assert_eq!(plain.capabilities(), named.capabilities());
    assert_eq!(plain.deviations(), named.deviations());
    assert_eq!(plain.can_send(), named.can_send());
}

/// Proves 1939-3-22.
#[test]
fn a_refused_command_takes_no_capability_away() {
    let mut client = asked("TOP\r\nUIDL\r\n");
    for command in [Command::Uidl(Some(MsgNo::FIRST)), Command::Top { number: MsgNo::FIRST, lines: 0 }] {
        client.send(&command, &mut Vec::new()).unwrap();
        assert!(matches!(client.receive(&mut &b"-ERR no\r\n"[..]), Ok(Got::Reply(_, Part::Err(_)))));
    }
    assert!(client.capabilities().uidl() && client.capabilities().top());
}
