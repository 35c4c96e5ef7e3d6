//! Rows of `catalogue/requirements.toml` that take an embedder, a client or a parser to show.

#![cfg(feature = "alloc")]

mod client;
#[path = "../common/mod.rs"]
mod common;
mod segments;

use common::{Mailbox, show};
use pop3_proto::server::session::{Event as Said, Session};
use pop3_proto::server::{Config, Credentials, Domain, Event, Fill, MechanismList, Phase, Reason, Server};
use pop3_proto::{ApopTimestamp, Code, Deviations, Mechanism, MsgNo, Security, Time, parse};

/// Shows `said` to the session, lets `judge` answer every login, and returns what the server sends.
fn dialogue(
    session: &mut Session<&Config>,
    said: &str,
    mut judge: impl FnMut(&Session<&Config>, &Credentials<'_>) -> bool,
) -> String {
    let (mut window, mut out) = (said.as_bytes(), Vec::new());
    loop {
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Said::NeedInput | Said::Closed(_) => return show(&out),
            Said::Login { credentials, reply } => match judge(session, &credentials) {
                true => reply.accept(session, &mut out, "welcome"),
                false => reply.err(session, &mut out, Code::Auth, "no"),
            },
            Said::Stls { reply } => reply.accept(session, &mut out),
            event => panic!("{event:?}"),
        }
    }
}

/// Proves 1939-4-02.
#[test]
fn inside_tls_the_default_configuration_offers_a_login() {
    let config = Config::new();
    let mut session = Session::new(&config, Security::Tls);
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
    fn judge(session: &Session<&Config>, _: &Credentials<'_>) -> bool {
        session.security() == Security::Tls || session.user() == Some(b"open")
    }
    let mut config = Config::new();
    (config.allow_plaintext_login, config.stls) = (true, true);
    for (name, in_clear) in [("open", "+OK welcome\\r\\n"), ("shut", "-ERR [AUTH] no\\r\\n")] {
        let login = format!("USER {name}\r\nPASS x\r\n");
        let mut session = Session::new(&config, Security::Plain);
        let said = dialogue(&mut session, &login, judge);
        assert!(said.ends_with(in_clear), "{name}: {said}");
        let mut session = Session::new(&config, Security::Plain);
        dialogue(&mut session, "STLS\r\n", judge);
        let mut session = Session::secured(session.handover().unwrap(), b"").unwrap();
        assert_eq!(dialogue(&mut session, &login, judge), "+OK send PASS\\r\\n+OK welcome\\r\\n", "{name}");
    }
}

/// An embedder with `EXPIRE 0`: at QUIT it removes what it has sent. Returns what it removed, and why the
/// session ended.
fn download_once(said: &str, end: Time) -> (Vec<MsgNo>, Option<Reason>) {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    let mut server = Server::new(&config, Security::Plain);
    let (mut window, mut out) = (said.as_bytes(), Vec::new());
    let (mut removed, mut now) = (Vec::new(), Time::ZERO);
    loop {
        match server.receive(now, &mut window, &mut out) {
            Event::Login { reply, .. } => {
                reply.accept(&mut server, &mut out, Mailbox::of(&[b"one", b"two", b"three"]), "");
            }
            Event::Retr { number: n, reply } => {
                let mut body = reply.begin(&mut server, &mut out, "");
                assert_eq!(body.fill(&mut &b"text"[..], &mut out), Fill::Done);
                body.end(&mut server);
                server.mark(n);
            }
            Event::Top { reply, .. } => reply.begin(&mut server, &mut out, "").end(&mut server),
            Event::Quit { reply } => reply.ok(&mut server, &mut out, ""),
            Event::Update { reply } => {
                removed.extend(server.removals());
                reply.ok(&mut server, &mut out, "");
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
        assert_eq!(ApopTimestamp::new(good).map(|stamp| stamp.as_str()), Some(good));
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
        assert_eq!(ApopTimestamp::new(bad), None, "{bad:?}");
    }
}

/// Proves 6856-7-01.
#[test]
fn whoever_answers_lang_before_the_login_does_not_know_the_name() {
    let mut config = Config::new();
    (config.lang, config.allow_plaintext_login) = (true, true);
    for said in [&b"LANG *\r\n"[..], b"USER ann\r\nLANG *\r\n", b"USER bob\r\nLANG *\r\n"] {
        let mut session = Session::new(&config, Security::Plain);
        let (mut window, mut out) = (said, Vec::new());
        let Said::Lang { range: b"*", reply } = session.receive(Time::ZERO, &mut window, &mut out) else {
            panic!()
        };
        assert_eq!(session.user(), None);
        out.clear();
        reply.ok(&mut session, &mut out, "es", "Idioma cambiado");
        assert_eq!(show(&out), "+OK es Idioma cambiado\\r\\n");
    }
}

/// Proves 4422-3.6-02.
#[test]
fn an_unknown_user_and_a_wrong_password_can_look_the_same() {
    const MECHANISMS: &[Mechanism] = &[Mechanism::PLAIN];
    let mut config = Config::new();
    config.mechanisms = MechanismList::of(MECHANISMS);
    // \0ann\0right, \0ann\0wrong, \0nobody\0right
    let heard = ["AGFubgByaWdodA==", "AGFubgB3cm9uZw==", "AG5vYm9keQByaWdodA=="].map(|message| {
        let said = format!("AUTH PLAIN {message}\r\n");
        let mut session = Session::new(&config, Security::Tls);
        let (mut window, mut out) = (said.as_bytes(), Vec::new());
        let Said::Auth { initial: Some(data), reply, .. } =
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
        config.apop = Domain::copy(host);
        assert_eq!(config.apop.is_some(), offered, "{host:?}");
        let mut session = Session::new(&config, Security::Plain).with_apop([u64::MAX, 0]);
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
    const MECHANISMS: &[Mechanism] = &[Mechanism::CRAM_MD5, Mechanism::PLAIN];
    let mut config = Config::new();
    config.mechanisms = MechanismList::of(MECHANISMS);
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
            let mut session = Session::new(&config, Security::Tls);
            let (mut window, mut out) = (&b""[..], Vec::new());
            assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Said::NeedInput));
            out.clear();
            let mut window = said.as_bytes();
            loop {
                match session.receive(Time::ZERO, &mut window, &mut out) {
                    Said::NeedInput => break,
                    Said::Login { reply, .. } => match judge(session.user().unwrap(), true) {
                        true => reply.accept(&mut session, &mut out, "welcome"),
                        false => reply.err(&mut session, &mut out, Code::Auth, "no"),
                    },
                    Said::Auth { initial: None, reply, .. } => {
                        reply.challenge(&mut session, &mut out, b"<1.2@h>").unwrap();
                    }
                    Said::Auth { initial: Some(data), reply, .. } | Said::SaslResponse { data, reply } => {
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

/// Soft hyphens vanish and compatibility forms become what they stand for; private characters, noncharacters
/// and names of which nothing is left are refused.
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
        let mut session = Session::new(&config, Security::Tls);
        dialogue(&mut session, "", |_, _| false);
        let said = format!("USER {name}\r\nPASS {password}\r\n");
        let heard = dialogue(&mut session, &said, |session, credentials| {
            let Credentials::Password(password) = credentials else { panic!() };
            let given = (prepared(session.user().unwrap()), prepared(password.expose()));
            given == (Some("a".to_owned()), Some("IX".to_owned()))
        });
        assert_eq!(heard, format!("+OK send PASS\\r\\n{due}"), "{said:?}");
    }
    let mut session = Session::new(&config, Security::Tls);
    dialogue(&mut session, "", |_, _| false);
    let bell = dialogue(&mut session, "USER a\x07\r\nUSER a\r\nPASS IX\x07\r\n", |_, _| true);
    let refused = "-ERR character not allowed in a command\\r\\n";
    assert_eq!(bell, format!("{refused}+OK send PASS\\r\\n{refused}"));
}
