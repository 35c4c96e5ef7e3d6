//! Nothing that a server's embedder passes, to an answer or in the configuration, leaves its line.

use std::cell::Cell;

use pop3_proto::limits::REPLY_LINE;
use pop3_proto::server::session::{Event as Said, Session};
use pop3_proto::server::{Config, Domain, MechanismList, Phrase, Words};
use pop3_proto::{Deviations, Mechanism, Protection, Security, Time, Uid, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::pair::Host;
use crate::{ONE, mailbox, open_config, statuses};

const HARM: [&str; 22] = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "x\r\n+OK forged",
    "x\r\n-ERR forged",
    "x\r\n.\r\n+OK forged",
    ".",
    ".\r\n",
    "\r\n.\r\n",
    "[AUTH] x",
    "[",
    "[SYS/TEMP]",
    "]",
    " [AUTH]",
    "x\u{85}y",
    "x\u{2028}y",
    "<1@h>",
    "\u{e9}\r\n",
    "\u{7f}\u{1b}[2J",
    "",
    "x\n.\n",
];

fn harm() -> impl Strategy<Value = String> {
    let part =
        prop_oneof![3 => select(&HARM).prop_map(String::from), 1 => any::<String>(), 1 => "[ -~]{0,300}"];
    vec(part, 0..4).prop_map(|parts| parts.concat())
}

/// Asserts that there are exactly this many lines, each ended by CRLF and without another CR, LF or NUL, and
/// that the first is a status line without a response code.
pub(crate) fn check_lines(octets: &[u8], lines: usize) {
    let text = octets.escape_ascii();
    let count = |b: u8| octets.iter().filter(|o| **o == b).count();
    assert_eq!((count(b'\r'), count(b'\n'), count(0)), (lines, lines, 0), "{text}");
    assert_eq!(octets.windows(2).filter(|pair| pair == b"\r\n").count(), lines, "{text}");
    let first = octets.split(|b| *b == b'\r').next().unwrap();
    let status = parse::status_line(first, &mut Deviations::default()).unwrap();
    assert_eq!(status.code, None, "{text}");
    assert!(octets.split_inclusive(|b| *b == b'\n').all(|line| line.len() <= REPLY_LINE), "{text}");
}

/// Logs in, sends `ask`, and answers it; the result is the answer up to the next event.
fn answered(
    config: &Config,
    before: &str,
    ask: &str,
    answer: impl FnOnce(Said<'_>, &mut Session<&Config>, &mut Vec<u8>),
) -> Vec<u8> {
    let (mut session, mut out) = (Session::new(config, Security::Plain), Vec::new());
    let said = format!("{before}{ask}\r\n");
    let mut window = said.as_bytes();
    loop {
        let last = window.len() <= ask.len() + 2;
        out.clear();
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Said::NeedOutput => {}
            event if last || window.is_empty() => {
                out.clear();
                answer(event, &mut session, &mut out);
                break;
            }
            Said::Login { reply, .. } => reply.accept(&mut session, &mut out, ""),
            Said::Utf8 { reply } => reply.ok(&mut session, &mut out, ""),
            Said::Auth { reply, .. } => reply.challenge(&mut session, &mut out, b"").unwrap(),
            other => panic!("{other:?}"),
        }
    }
    let _ = session.poll(Time::ZERO, &mut window, &mut out);
    assert!(window.is_empty());
    out
}

type Answer<'t> = Box<dyn Fn(Said<'_>, &mut Session<&Config>, &mut Vec<u8>) + 't>;

macro_rules! on {
    ($event:pat, $session:ident, $out:ident => $answer:expr) => {
        Box::new(|event: Said<'_>, $session: &mut Session<&Config>, $out: &mut Vec<u8>| match event {
            $event => $answer,
            other => panic!("{other:?}"),
        }) as Answer<'_>
    };
}

/// Every answer that takes a text or a tag, each with the number of lines that it makes.
fn check_every_answer(text: &str, tag: &str, utf8: bool) {
    let mut config = open_config();
    (config.utf8, config.lang, config.unknown_commands) = (true, true, true);
    let early = if utf8 { "UTF8\r\n" } else { "" };
    let late = format!("{early}USER tim\r\nPASS secret\r\n");
    let pass = format!("{early}USER tim\r\n");
    let exchange = format!("{early}AUTH PLAIN\r\n");
    let body = b"Subject: x\n\nbody\n";
    let answers = [
        (1, &pass, "PASS x", on!(Said::Login { reply, .. }, s, o => reply.accept(s, o, text))),
        (1, &pass, "PASS x", on!(Said::Login { reply, .. }, s, o => reply.err(s, o, None, text))),
        (1, &exchange, "", on!(Said::SaslResponse { reply, .. }, s, o => reply.accept(s, o, text))),
        (1, &exchange, "", on!(Said::SaslResponse { reply, .. }, s, o => reply.err(s, o, None, text))),
        (1, &late, "STAT", on!(Said::Stat { reply }, s, o => reply.err(s, o, None, text))),
        (1, &late, "LIST 1", on!(Said::List { reply, .. }, s, o => reply.err(s, o, None, text))),
        (
            3,
            &late,
            "LIST",
            on!(Said::ListAll { reply }, s, o => {
                let mut list = reply.begin(s, o, text);
                list.item(o, ONE, 7).unwrap();
                list.end(s);
            }),
        ),
        (1, &late, "UIDL 1", on!(Said::Uidl { reply, .. }, s, o => reply.err(s, o, None, text))),
        (
            3,
            &late,
            "UIDL",
            on!(Said::UidlAll { reply }, s, o => {
                let mut list = reply.begin(s, o, text);
                list.item(o, ONE, Uid::new(b".").unwrap()).unwrap();
                list.end(s);
            }),
        ),
        (
            5,
            &late,
            "RETR 1",
            on!(Said::Retr { reply, .. }, s, o => {
                let mut mail = reply.begin(s, o, text);
                let _ = mail.fill(&mut &body[..], o);
                mail.end(s);
            }),
        ),
        (1, &late, "RETR 1", on!(Said::Retr { reply, .. }, s, o => reply.err(s, o, None, text))),
        (
            4,
            &late,
            "TOP 1 0",
            on!(Said::Top { reply, .. }, s, o => {
                let mut mail = reply.begin_stuffed(s, o, text);
                let _ = mail.fill(&mut &b"Subject: x\r\n\r\nbody\r\n"[..], o);
                mail.end(s);
            }),
        ),
        (1, &late, "DELE 1", on!(Said::Dele { reply, .. }, s, o => reply.ok(s, o, text))),
        (1, &late, "DELE 1", on!(Said::Dele { reply, .. }, s, o => reply.err(s, o, None, text))),
        (1, &late, "RSET", on!(Said::Rset { reply }, s, o => reply.ok(s, o, text))),
        (1, &pass, "UTF8", on!(Said::Utf8 { reply }, s, o => reply.ok(s, o, text))),
        (1, &late, "LANG en", on!(Said::Lang { reply, .. }, s, o => reply.ok(s, o, tag, text))),
        (1, &late, "LANG en", on!(Said::Lang { reply, .. }, s, o => reply.err(s, o, None, text))),
        (
            4,
            &late,
            "LANG",
            on!(Said::LangAll { reply }, s, o => {
                let mut list = reply.begin(s, o, text);
                list.item(o, tag, text).unwrap();
                list.item(o, text, tag).unwrap();
                list.end(s);
            }),
        ),
        (1, &late, "XTND", on!(Said::Other { reply, .. }, s, o => reply.ok(s, o, text))),
        (
            4,
            &late,
            "XTND",
            on!(Said::Other { reply, .. }, s, o => {
                let mut lines = reply.begin(s, o, text);
                let _ = lines.fill(&mut &b".\n+OK"[..], o);
                lines.end(s);
            }),
        ),
        (1, &late, "QUIT", on!(Said::Quit { reply, .. }, s, o => reply.ok(s, o, text))),
        (1, &late, "QUIT", on!(Said::Quit { reply, .. }, s, o => reply.err(s, o, None, text))),
    ];
    for (lines, before, ask, answer) in answers {
        check_lines(&answered(&config, before, ask, answer), lines);
    }
    let challenge = on!(Said::SaslResponse { reply, .. }, s, o => {
        reply.challenge(s, o, text.as_bytes()).unwrap();
    });
    let line = answered(&config, &exchange, "", challenge);
    let inner = line.strip_suffix(b"\r\n").unwrap();
    assert!(!inner.iter().any(u8::is_ascii_control), "{}", line.escape_ascii());
    assert!(parse::challenge(inner, &mut Deviations::default()).is_ok());
}

/// Asserts that there are a greeting and an answer to CAPA of at most this many lines, of which the last and
/// no other is a dot.
fn check_capabilities(config: &Config, most: usize) {
    let mut host = Host::new(config, Security::Plain, mailbox());
    host.hear(b"");
    let greeting = host.take();
    check_lines(&greeting, 1);
    let greeting =
        parse::greeting(greeting.strip_suffix(b"\r\n").unwrap(), &mut Deviations::default()).unwrap();
    assert_eq!(greeting.timestamp, None);
    host.hear(b"CAPA\r\n");
    let said = host.take();
    let text = said.escape_ascii();
    let lines: Vec<_> = said.split_inclusive(|b| *b == b'\n').collect();
    assert!(lines.len() <= most, "more lines than capabilities: {text}");
    assert_eq!(lines.last(), Some(&&b".\r\n"[..]), "{text}");
    for line in &lines[1..lines.len() - 1] {
        let inner = line.strip_suffix(b"\r\n").unwrap_or_else(|| panic!("no CRLF: {text}"));
        assert!(inner.iter().all(|b| matches!(b, 0x20..=0x7E)), "{text}");
        assert!(line.len() <= REPLY_LINE && !inner.starts_with(b".") && !inner.starts_with(b" "), "{text}");
    }
}

/// Text made at run time, of any length.
fn words(text: &str) -> Words {
    Words::new(text.to_owned().leak())
}

/// A server with these texts; an LF within a capability begins one more capability.
fn check_configured(greeting: &str, name: &str, capabilities: &[&str]) {
    let capabilities = capabilities.join("\n");
    let most = capabilities.split('\n').count();
    let mut config = open_config();
    config.greeting = words(greeting);
    config.implementation = Some(words(name));
    config.capabilities = words(&capabilities);
    check_capabilities(&config, 9 + 1 + most);
}

const TAGS: [&str; 6] = ["en", "de-CH", "en\r\n+OK", ".", "", "*"];

/// Covers crlf-nul-in-reply-texts.
#[test]
fn known_harm_in_an_answer_stays_in_its_line() {
    for text in HARM {
        for tag in TAGS.iter().chain(&HARM) {
            check_every_answer(text, tag, false);
            check_every_answer(text, tag, true);
        }
    }
}

/// Covers crlf-nul-in-reply-texts.
/// Proves 1939-4-01.
#[test]
fn known_harm_in_the_configuration_stays_in_its_line() {
    for text in HARM {
        check_configured(text, text, &[text, "X-ONE", text]);
    }
}

/// Covers crlf-nul-in-reply-texts.
/// Proves 4422-3.1-01.
#[test]
fn known_harm_in_the_name_of_a_mechanism_stays_in_its_line() {
    for text in HARM {
        let mechanisms = [Mechanism::new(text, Protection::None, false), Mechanism::PLAIN];
        let mut config = open_config();
        config.mechanisms = MechanismList::of(&mechanisms);
        check_capabilities(&config, 9);
    }
}

thread_local! {
    static HARMFUL: Cell<&'static str> = const { Cell::new("") };
}

/// What a session sends in answer to `said`, and the texts that it writes by itself.
fn spoken(said: &str, phrases: fn(Phrase) -> &'static str) -> Vec<u8> {
    let mut config = open_config();
    (config.phrases, config.apop, config.auth_list) = (phrases, Domain::new("host"), true);
    let mut host = Host::new(&config, Security::Plain, mailbox());
    host.hear(said.as_bytes());
    host.take()
}

/// Covers crlf-nul-in-reply-texts.
#[test]
fn known_harm_in_the_phrases_of_a_session_stays_in_its_line() {
    let said = "NOSUCH\r\n\0\r\nRETR\r\nPASS x\r\nUSER tim\r\nCAPA\r\nSTAT\r\nSTLS\r\nUTF8\r\nLANG\r\n\
        APOP tim c4c9334bac560ecc979e58001b3e22fb\r\nAUTH\r\nAUTH X\r\nAUTH LOGIN =\r\nAUTH PLAIN\r\n*\r\n\
        AUTH PLAIN\r\n?\r\nUSER tim\r\nPASS secret\r\nUSER tim\r\nRETR 9\r\nTOP 1\r\nDELE 1\r\nDELE 1\r\n\
        RETR 1\r\nLIST\r\nUIDL\r\nRSET\r\nLIST\r\nXTND\r\nQUIT\r\n";
    let english = spoken(said, Phrase::english);
    for text in HARM {
        HARMFUL.set(text);
        let octets = spoken(said, |_| HARMFUL.get());
        assert_eq!(statuses(&octets), statuses(&english), "{text:?}: {}", octets.escape_ascii());
        let lines = octets.split_inclusive(|b| *b == b'\n');
        for (line, due) in lines.zip(english.split_inclusive(|b| *b == b'\n')) {
            let inner = line.strip_suffix(b"\r\n").unwrap();
            assert!(inner.iter().all(|b| matches!(b, 0x20..=0x7E)), "{text:?}: {}", line.escape_ascii());
            let code = |line: &[u8]| line.starts_with(b"+OK [") || line.starts_with(b"-ERR [");
            assert_eq!(code(line), code(due), "{text:?}: {}", line.escape_ascii());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Covers crlf-nul-in-reply-texts.
    #[test]
    fn any_text_and_any_tag_in_an_answer_stay_in_its_line(
        text in harm(),
        tag in harm(),
        utf8 in any::<bool>(),
    ) {
        check_every_answer(&text, &tag, utf8);
    }

    /// Covers crlf-nul-in-reply-texts.
    /// Proves 2449-5-06.
    #[test]
    fn any_text_in_the_configuration_stays_in_its_line(
        greeting in harm(),
        name in harm(),
        lines in vec(harm(), 0..4),
    ) {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        check_configured(&greeting, &name, &lines);
    }
}

/// Covers stored-unique-id-too-long, crlf-nul-in-reply-texts.
/// Proves 1939-7-09.
#[test]
fn a_unique_id_holds_nothing_that_could_end_its_line() {
    for octet in 0..=255_u8 {
        let id = [b'a', octet];
        assert_eq!(Uid::new(&id).is_some(), matches!(octet, 0x21..=0x7E), "{octet:#x}");
    }
    assert!(Uid::new(b"").is_none());
    assert!(Uid::new(&[b'a'; 71]).is_none());
}
