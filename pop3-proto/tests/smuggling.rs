//! Nothing that a peer or an argument holds can become a command, a reply, or the end of a message that it is not.

mod common;
#[path = "common/pair.rs"]
mod pair;

use std::collections::VecDeque;

use common::{Mailbox, crlf_form, show};
use pair::{Heard, Host, listen};
use pop3_proto::client::{self, Client, Event as Got, Knowledge, Part, Profile, ProtocolError, SendError};
use pop3_proto::limits::REPLY_LINE;
use pop3_proto::server::{Config, Event, Phase, Reason, Server};
use pop3_proto::{
    Base64, Command, Deviation, Deviations, Digest, Limits, Mechanism, MsgNo, Secret, Security, Status, Time,
    Uid, encode, parse,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const GREETING: &str = "+OK POP3 server ready\r\n";
const CUTS: [usize; 6] = [usize::MAX, 1, 2, 3, 7, 64];
const ONE: MsgNo = MsgNo::FIRST;

fn open_config() -> Config<'static> {
    const MECHANISMS: &[Mechanism<'static>] = &[Mechanism::PLAIN, Mechanism::LOGIN];
    let mut config = Config::new();
    config.clear_login = true;
    config.mechanisms = MECHANISMS;
    config.limits = config.limits.with_max_errors(u16::MAX).with_max_login_failures(u16::MAX);
    config
}

fn mailbox() -> Mailbox {
    Mailbox::of(&[b"Subject: one\n\nbody\n"])
}

fn logged_in<'c>(config: &'c Config<'c>, mailbox: Mailbox) -> Host<'c> {
    let mut host = Host::new(config, Security::Plain, mailbox);
    host.hear(b"USER tim\r\nPASS secret\r\n");
    assert_eq!(show(&host.take()), show(b"+OK POP3 server ready\r\n+OK send PASS\r\n+OK welcome\r\n"));
    host.log.clear();
    host
}

// ----- STLS, the server's side

#[test]
fn octets_behind_stls_are_never_run_as_commands() {
    let mut config = open_config();
    config.stls = true;
    let refused = format!("{GREETING}-ERR nothing may follow STLS before TLS is up\r\n");
    for behind in [
        &b"Q"[..],
        b"\r\n",
        b"\n",
        b"\0",
        b"QUIT\r\n",
        b"STLS\r\n",
        b"CAPA\r\n",
        b"USER tim\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
    ] {
        for stls in [&b"STLS\r\n"[..], b"stls\r\n"] {
            let mut host = Host::new(&config, Security::Plain, mailbox());
            host.hear(&[stls, behind].concat());
            assert_eq!(host.closed, Some(Reason::PlaintextAfterStls), "{}", behind.escape_ascii());
            assert_eq!(show(&host.take()), show(refused.as_bytes()));
            assert!(host.session.handover().is_none());
            host.hear(b"USER tim\r\nQUIT\r\n");
            assert_eq!(show(&host.take()), "");
            assert!(host.log.is_empty(), "{:?}", host.log);
        }
    }
}

#[test]
fn octets_that_come_after_stls_was_accepted_are_not_run_either_and_stop_the_hand_over() {
    let mut config = open_config();
    config.stls = true;
    let octets = b"STLS\r\nUSER tim\r\nPASS secret\r\nQUIT\r\n";
    for cut in 0..=octets.len() {
        for later in [false, true] {
            let mut host = Host::new(&config, Security::Plain, mailbox()).later(later);
            host.hear(&octets[..cut]);
            host.hear(&octets[cut..]);
            let said = show(&host.take());
            assert!(host.removed.is_none());
            let lines: Vec<_> = said.split_terminator("\\r\\n").skip(1).collect();
            match host.closed {
                Some(Reason::PlaintextAfterStls) => {
                    assert_eq!(lines, ["-ERR nothing may follow STLS before TLS is up"]);
                    assert!(host.session.handover().is_none());
                }
                Some(Reason::StartTls) => {
                    assert_eq!(cut, 6, "accepted in spite of what is behind");
                    assert_eq!(lines, ["+OK begin TLS negotiation"]);
                    assert_eq!(
                        host.window,
                        &octets[6..],
                        "the session used octets from before the handshake"
                    );
                    let handover = host.session.handover().unwrap();
                    assert!(handover.secured(&host.window).is_err());
                }
                other => panic!("cut {cut}: {other:?}"),
            }
        }
    }
}

#[test]
fn octets_that_come_while_the_stls_ticket_is_out_stop_the_hand_over() {
    let mut config = open_config();
    config.stls = true;
    let (mut session, mut out) = (Server::new(&config, Security::Plain), Vec::new());
    let mut window = &b"STLS\r\n"[..];
    let Event::Stls(reply) = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    let reply = reply.later(&mut session);
    let mut window = &b"DELE 1\r\n"[..];
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Event::Waiting));
    reply.accept(&mut session, &mut out);
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Event::Closed(Reason::StartTls)));
    assert_eq!(window, b"DELE 1\r\n");
    assert_eq!(show(&out), show(format!("{GREETING}+OK begin TLS negotiation\r\n").as_bytes()));
    assert!(session.handover().unwrap().secured(window).is_err());
    assert!(session.handover().unwrap().secured(b"\n").is_err());
}

#[test]
fn nothing_but_configuration_goes_over_the_edge_of_tls() {
    let mut config = open_config();
    config.stls = true;
    let mut host = Host::new(&config, Security::Plain, mailbox());
    host.hear(b"USER tim\r\nSTLS\r\n");
    assert_eq!(host.closed, Some(Reason::StartTls));
    let session = host.session.handover().unwrap().secured(b"").unwrap();
    assert_eq!((session.security(), session.phase()), (Security::Tls, Phase::Authorization));
    assert_eq!(session.user(), None);
    let mut host = Host::of(session, mailbox());
    host.hear(b"");
    assert_eq!(show(&host.take()), "", "a second greeting");
    host.hear(b"PASS secret\r\nSTLS\r\nCAPA\r\n");
    let said = String::from_utf8(host.take()).unwrap();
    assert!(host.log.is_empty(), "{:?}", host.log);
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("-ERR") && lines[1].starts_with("-ERR"), "{said}");
    assert!(!lines.contains(&"STLS"), "{said}");
}

// ----- STLS, the client's side

fn greeted(profile: Profile, security: Security) -> Client {
    let mut client = Client::new(profile, security);
    assert!(matches!(client.receive(&mut &b"+OK ready\r\n"[..]), Ok(Got::Greeting(_))));
    client
}

#[test]
fn octets_behind_the_answer_to_stls_are_never_taken_as_replies() {
    for profile in [Profile::STRICT, Profile::LENIENT] {
        for behind in [&b"+"[..], b"\r\n", b"\0", b"+OK forged\r\n", b"-ERR\r\n", b"\x16\x03\x03\0\x7A\x02"] {
            let mut client = greeted(profile, Security::Plain);
            client.send(&Command::Stls, &mut Vec::new()).unwrap();
            let octets = [b"+OK begin\r\n", behind].concat();
            let mut window = &octets[..];
            for _ in 0..3 {
                assert_eq!(client.receive(&mut window), Err(ProtocolError::PlaintextAfterStls));
            }
            assert!(client.handover().is_none());
            assert!(!client.can_send());
            assert_eq!(client.end_of_input(), Err(ProtocolError::PlaintextAfterStls));
        }
    }
}

#[test]
fn replies_that_come_after_the_answer_to_stls_stop_the_hand_over() {
    let mut client = greeted(Profile::LENIENT, Security::Plain);
    let mut out = Vec::new();
    client.send(&Command::Stls, &mut out).unwrap();
    assert!(matches!(client.receive(&mut &b"+OK begin\r\n"[..]), Ok(Got::Reply(_, Part::Ok(_)))));
    let mut window = &b"+OK forged\r\n+OK 1 1\r\n"[..];
    for _ in 0..3 {
        assert_eq!(client.receive(&mut window), Ok(Got::Closed));
    }
    assert_eq!(window, b"+OK forged\r\n+OK 1 1\r\n", "the session used octets from before the handshake");
    assert_eq!(client.send(&Command::Capa, &mut out), Err(SendError::NotNow));
    assert!(client.handover().unwrap().secured(window).is_err());
    assert!(client.handover().unwrap().secured(b"+").is_err());
    assert_eq!(out, b"STLS\r\n");
}

#[test]
fn a_client_inside_tls_knows_nothing_of_what_was_said_in_clear() {
    let mut client = greeted(Profile::LENIENT, Security::Plain);
    let mut out = Vec::new();
    client.send(&Command::Capa, &mut out).unwrap();
    let mut heard = VecDeque::new();
    listen(&mut client, b"+OK\r\nSASL PLAIN\r\nPIPELINING\r\n.\r\n", &[usize::MAX], &mut heard, |_, _| {});
    assert!(client.capabilities().pipelining() && client.capabilities().offers("PLAIN"));
    client.send(&Command::Stls, &mut out).unwrap();
    listen(&mut client, b"+OK\r\n", &[usize::MAX], &mut heard, |_, _| {});
    let mut client = client.handover().unwrap().secured(b"").unwrap();
    assert_eq!(client.capabilities().knowledge(), Knowledge::NotAsked);
    assert!(!client.capabilities().pipelining() && !client.capabilities().offers("PLAIN"));
    assert_eq!(client.security(), Security::Tls);
    assert_eq!(client.send(&Command::Stls, &mut out), Err(SendError::NotNow));
    client.send(&Command::Noop, &mut out).unwrap();
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply(_, Part::Ok(_)))), "no greeting");
}

#[test]
fn a_refused_stls_is_no_hand_over_whatever_stands_behind_it() {
    let mut client = greeted(Profile::LENIENT, Security::Plain);
    client.send(&Command::Stls, &mut Vec::new()).unwrap();
    let mut window = &b"-ERR no\r\n+OK begin\r\n"[..];
    assert!(matches!(client.receive(&mut window), Ok(Got::Reply(_, Part::Err(_)))));
    assert!(matches!(client.receive(&mut window), Ok(Got::Unsolicited(_))));
    assert!(client.handover().is_none());
    assert_eq!(client.security(), Security::Plain);
}

// ----- near-terminators

const NEAR: [&[u8]; 24] = [
    b"\n.\r\n",
    b"\n.\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r.\r\n",
    b"\r.\r",
    b"\n.\r",
    b"\r\n.\0\r\n",
    b"\r\n. \r\n",
    b"\r\n.\t\r\n",
    b"\r\n.\xA0\r\n",
    b"\r\n\r.\r\n",
    b"\n\r.\r\n",
    b"\0\n.\r\n",
    b"\r\0\n.\r\n",
    b"\r\n\0.\r\n",
    b"\r\n..\r\n",
    b"\r\n...\r\n",
    b"\r\n.\r.\r\n",
    b"\r\n.+OK\r\n",
    b"\n\n.\n\n",
    b"\r\n+OK 1 1\r\n",
    b"\r\n-ERR no\r\n",
];

/// What a body says, line by line; it ends with `CRLF.CRLF`.
fn unstuffed(wire: &[u8]) -> Vec<u8> {
    let (mut mail, mut rest) = (Vec::new(), wire);
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, behind) = rest.split_at(at + 2);
        if line == b".\r\n" {
            assert_eq!(behind, b"");
            return mail;
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        rest = behind;
    }
    panic!("no end in {}", wire.escape_ascii());
}

/// Asks RETR 1 and STAT at once, and hears `octets` as the answer.
fn retr_and_stat(profile: Profile, octets: &[u8], cut: usize) -> Vec<Heard> {
    let mut client = greeted(profile, Security::Plain);
    let (mut heard, mut out) = (VecDeque::new(), Vec::new());
    client.send(&Command::Capa, &mut out).unwrap();
    listen(&mut client, b"+OK\r\nPIPELINING\r\n.\r\n", &[usize::MAX], &mut heard, |_, _| {});
    client.send(&Command::Retr(ONE), &mut out).unwrap();
    client.send(&Command::Stat, &mut out).unwrap();
    assert_eq!(out, b"CAPA\r\nRETR 1\r\nSTAT\r\n");
    heard.clear();
    listen(&mut client, octets, &[cut], &mut heard, |_, _| {});
    heard.into()
}

fn event(text: &str) -> Heard {
    Heard::Event(text.into())
}

fn retr_and_stat_heard(text: &str, mail: &[u8]) -> Vec<Heard> {
    vec![
        event(&format!("Reply(Id(1), Begin(Text(\"{text}\")))")),
        Heard::Data(mail.to_vec()),
        event("Reply(Id(1), End)"),
        event("Reply(Id(2), Stat(Stat { count: 2, octets: 320 }))"),
    ]
}

#[test]
fn near_terminators_in_what_a_server_sends_are_data() {
    for near in NEAR {
        let body = [b"Subject: x\r\n\r\na", near, b"b\r\n.\r\n"].concat();
        let octets = [b"+OK\r\n", &body[..], b"+OK 2 320\r\n"].concat();
        let due = retr_and_stat_heard("", &unstuffed(&body));
        for profile in [Profile::LENIENT, Profile::LENIENT.accept(Deviation::BareLfBody)] {
            for cut in CUTS {
                assert_eq!(
                    retr_and_stat(profile, &octets, cut),
                    due,
                    "{} in cuts of {cut}",
                    near.escape_ascii()
                );
            }
        }
    }
}

#[test]
fn near_terminators_at_the_very_start_of_a_body_are_data() {
    for front in [
        &b".\n"[..],
        b".\r\r\n",
        b".\0\r\n",
        b". \r\n",
        b"\n.\r\n",
        b"\r.\r\n",
        b"..\r\n",
        b".+OK 9 9\r\n",
        b"+OK\r\n",
    ] {
        let body = [front, b"b\r\n.\r\n"].concat();
        let octets = [b"+OK\r\n", &body[..], b"+OK 2 320\r\n"].concat();
        let due = retr_and_stat_heard("", &unstuffed(&body));
        for cut in CUTS {
            assert_eq!(retr_and_stat(Profile::LENIENT, &octets, cut), due, "{} {cut}", front.escape_ascii());
        }
    }
}

#[test]
fn near_terminators_in_a_stored_message_cannot_end_the_reply() {
    for near in NEAR {
        for stored in [[b"Subject: x\r\n\r\na", near, b"b"].concat(), near.to_vec(), near[1..].to_vec()] {
            let config = open_config();
            let mut host = logged_in(&config, Mailbox::of(&[&stored]));
            host.hear(b"RETR 1\r\nNOOP\r\n");
            let said = host.take();
            let body =
                said.strip_prefix(b"+OK message follows\r\n").unwrap().strip_suffix(b"+OK\r\n").unwrap();
            assert_eq!(show(&unstuffed(body)), show(&crlf_form(&stored)));
            // Not for readers that end lines at a bare LF, nor for those that end a body there.
            assert_eq!(
                body.iter().filter(|b| **b == b'\n').count(),
                body.windows(2).filter(|p| p == b"\r\n").count()
            );
            let dots = body.split(|b| *b == b'\n').filter(|line| line.trim_ascii() == b".").count();
            assert!(
                dots == 1
                    || near.windows(2).any(|p| p == b"\r.")
                    || near.contains(&b' ')
                    || near.contains(&b'\t')
                    || near.windows(2).any(|p| p == b".\r"),
                "{}",
                body.escape_ascii()
            );
        }
    }
}

#[test]
fn lines_of_a_message_that_look_like_replies_are_data_on_both_sides() {
    let stored = b"+OK\n-ERR [AUTH] no\n.\n..\n+ \n+OK 2 320\n.";
    let config = open_config();
    let mut host = logged_in(&config, Mailbox::of(&[stored]));
    host.hear(b"RETR 1\r\n");
    let mut octets = host.take();
    let wire = "+OK message follows\r\n+OK\r\n-ERR [AUTH] no\r\n..\r\n...\r\n+ \r\n+OK 2 320\r\n..\r\n.\r\n";
    assert_eq!(show(&octets), show(wire.as_bytes()));
    octets.extend_from_slice(b"+OK 2 320\r\n");
    for cut in CUTS {
        let due = retr_and_stat_heard("message follows", &crlf_form(stored));
        assert_eq!(retr_and_stat(Profile::STRICT, &octets, cut), due);
    }
}

#[test]
fn lines_of_a_listing_that_look_like_replies_do_not_end_it() {
    for cut in CUTS {
        let mut client = greeted(Profile::LENIENT, Security::Plain);
        client.send(&Command::Uidl(None), &mut Vec::new()).unwrap();
        let mut heard = VecDeque::new();
        let octets = b"+OK\r\n-ERR no\r\n+OK\r\n..\r\n. \r\n.\r\r\n1 .\r\n+ \r\n.\r\n";
        listen(&mut client, octets, &[cut], &mut heard, |_, _| {});
        let ends = heard.iter().filter(|one| **one == event("Reply(Id(0), End)")).count();
        assert_eq!(ends, 1);
        assert_eq!(heard.back(), Some(&event("Reply(Id(0), End)")));
        assert_eq!(heard[6], event("Reply(Id(0), UidItem(UidLine(1, \".\")))"), "{heard:?}");
        assert_eq!(heard.len(), 9);
    }
}

// ----- arguments of commands

#[test]
fn cr_lf_and_nul_in_any_argument_of_a_command_are_refused_and_nothing_is_written() {
    for bad in [b'\r', b'\n', 0] {
        for arg in [
            vec![bad],
            vec![bad, b'x'],
            vec![b'x', bad],
            vec![b'x', bad, b'x'],
            vec![b'x', b'\r', b'\n', bad],
        ] {
            let verb = [&b"XY"[..], &arg].concat();
            let text = String::from_utf8(arg.clone()).unwrap();
            let commands = [
                Command::User(&arg),
                Command::Pass(Secret::new(&arg)),
                Command::Apop { name: &arg, digest: Digest::new([7; 16]) },
                Command::Auth { mechanism: &arg, initial: None },
                Command::Auth { mechanism: &arg, initial: Some(Base64::EMPTY) },
                Command::Lang(Some(&arg)),
                Command::Other { verb: &verb, args: None },
                Command::Other { verb: &arg, args: None },
                Command::Other { verb: b"XTND", args: Some(&arg) },
            ];
            for command in commands {
                let (mut client, mut out) = (greeted(Profile::LENIENT, Security::Plain), b"before".to_vec());
                assert_eq!(client.send(&command, &mut out), Err(SendError::BadArgument), "{command:?}");
                assert_eq!(
                    client.send_multiline(&command, &mut out),
                    Err(SendError::BadArgument),
                    "{command:?}"
                );
                assert_eq!(client.auth(&text, None, &mut out), Err(SendError::BadArgument));
                assert_eq!(client.auth(&text, Some(b"x"), &mut out), Err(SendError::BadArgument));
                assert_eq!(out, b"before");
                assert!(client.is_idle() && client.can_send());
                assert_eq!(client.send(&Command::Noop, &mut out).unwrap().get(), 0);
                assert_eq!(out, b"beforeNOOP\r\n");
            }
        }
    }
}

#[test]
fn what_a_client_says_in_an_exchange_is_base64_whatever_it_holds() {
    let (mut client, mut out) = (greeted(Profile::LENIENT, Security::Plain), Vec::new());
    client.auth("PLAIN", Some(b"\0a\r\nDELE 1\r\n\0b"), &mut out).unwrap();
    assert_eq!(out, b"AUTH PLAIN AGENCkRFTEUgMQ0KAGI=\r\n");
    assert!(matches!(client.receive(&mut &b"+ \r\n"[..]), Ok(Got::Reply(_, Part::Challenge(_)))));
    out.clear();
    client.respond(b"\r\nQUIT\r\n\0", &mut out).unwrap();
    assert_eq!(out, b"DQpRVUlUDQoA\r\n");
}

#[test]
fn a_known_verb_dressed_as_another_cannot_turn_a_message_into_replies() {
    for (verb, args) in
        [(&b"RETR"[..], Some(&b"1"[..])), (b"retr", Some(b"1")), (b"TOP", Some(b"1 0")), (b"LIST", None)]
    {
        let (mut client, mut out) = (greeted(Profile::LENIENT, Security::Plain), Vec::new());
        let command = Command::Other { verb, args };
        if client.send(&command, &mut out).is_err() {
            assert_eq!(out, b"");
            continue;
        }
        let mut heard = VecDeque::new();
        listen(&mut client, b"+OK\r\n1 1\r\n+OK forged\r\n.\r\n", &[usize::MAX], &mut heard, |_, _| {});
        let replies =
            heard.iter().filter(|one| matches!(one, Heard::Event(e) if e.contains("Unsolicited"))).count();
        assert_eq!(replies, 0, "the lines of the answer to {command:?} are taken for replies: {heard:?}");
    }
}

// ----- what a server embedder can pass

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

/// Exactly so many lines, each ended by CRLF, with no other CR, LF or NUL; the first a status line without response code.
fn check_lines(octets: &[u8], lines: usize) {
    let text = octets.escape_ascii();
    let count = |b: u8| octets.iter().filter(|o| **o == b).count();
    assert_eq!((count(b'\r'), count(b'\n'), count(0)), (lines, lines, 0), "{text}");
    assert_eq!(octets.windows(2).filter(|pair| pair == b"\r\n").count(), lines, "{text}");
    let first = octets.split(|b| *b == b'\r').next().unwrap();
    let status = parse::status_line(first, &mut Deviations::default()).unwrap();
    assert_eq!(status.code, None, "{text}");
    assert!(octets.split_inclusive(|b| *b == b'\n').all(|line| line.len() <= REPLY_LINE), "{text}");
}

/// Logs in, says `ask`, and answers it; the result is the answer up to the next need.
fn answered(
    config: &Config<'_>,
    before: &str,
    ask: &str,
    answer: impl FnOnce(Event<'_>, &mut Server<'_>, &mut Vec<u8>),
) -> Vec<u8> {
    let (mut session, mut out) = (Server::new(config, Security::Plain), Vec::new());
    let said = format!("{before}{ask}\r\n");
    let mut window = said.as_bytes();
    loop {
        let last = window.len() <= ask.len() + 2;
        out.clear();
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedOutput => {}
            event if last || window.is_empty() => {
                out.clear();
                answer(event, &mut session, &mut out);
                break;
            }
            Event::Login { reply, .. } => reply.accept(&mut session, &mut out, ""),
            Event::Utf8(reply) => reply.ok(&mut session, &mut out, ""),
            Event::Auth { reply, .. } => reply.challenge(&mut session, &mut out, b"").unwrap(),
            other => panic!("{other:?}"),
        }
    }
    session.poll(Time::ZERO, &mut window, &mut out);
    assert!(window.is_empty());
    out
}

const LOGIN: &str = "USER tim\r\nPASS secret\r\n";

fn check_every_text(text: &str, utf8: bool) {
    let mut config = open_config();
    (config.utf8, config.lang, config.other) = (true, true, true);
    let early = if utf8 { "UTF8\r\n" } else { "" };
    let late = format!("{early}{LOGIN}");
    let pass = format!("{early}USER tim\r\n");
    let exchange = format!("{early}AUTH PLAIN\r\n");
    macro_rules! check {
        ($lines:expr, $before:expr, $ask:expr, $event:pat => $answer:expr) => {
            let out = answered(&config, $before, $ask, |event, s, o| match event {
                $event => {
                    let act: fn(_, &mut Server<'_>, &mut Vec<u8>, &str) = $answer;
                    act(reply!(event $event), s, o, text)
                }
                other => panic!("{other:?}"),
            });
            check_lines(&out, $lines);
        };
    }
    let _ = (&late, &pass, &exchange);
    macro_rules! reply {
        ($($t:tt)*) => {
            ()
        };
    }
    let _ = stringify!(check!);
}
