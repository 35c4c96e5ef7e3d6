//! Nothing that a peer or an argument holds can become a command, a reply, or the end of a message that it is not.

mod common;
#[path = "common/pair.rs"]
mod pair;

use std::collections::VecDeque;

use common::{Mailbox, crlf_form, show};
use pair::{Heard, Host, base64, listen};
use pop3_proto::client::{Client, Event as Got, Knowledge, Part, Profile, ProtocolError, SendError};
use pop3_proto::limits::REPLY_LINE;
use pop3_proto::server::{Config, Event, Phase, Reason, Server};
use pop3_proto::{
    Base64, Command, Deviation, Deviations, Digest, Limits, Mechanism, MsgNo, Protection, Secret, Security,
    Status, Time, Uid, encode, parse,
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
fn a_strict_client_takes_no_dot_that_is_not_stuffed_and_ends_nothing_early() {
    for near in NEAR {
        let body = [b"Subject: x\r\n\r\na", near, b"b\r\n.\r\n"].concat();
        let octets = [b"+OK\r\n", &body[..], b"+OK 2 320\r\n"].concat();
        let mail = unstuffed(&body);
        let text = body.strip_suffix(b".\r\n").unwrap();
        let odd = text.windows(4).any(|w| w.starts_with(b"\r\n.") && w[3] != b'.');
        for cut in CUTS {
            let heard = retr_and_stat(Profile::STRICT, &octets, cut);
            if odd {
                let error = Heard::Error(ProtocolError::Deviation(Deviation::UnstuffedDot));
                assert_eq!(heard.last(), Some(&error), "{}", near.escape_ascii());
                assert_eq!(heard.len(), 3, "{heard:?}");
                assert!(matches!(&heard[1], Heard::Data(front) if mail.starts_with(front)), "{heard:?}");
            } else {
                assert_eq!(heard, retr_and_stat_heard("", &mail), "{}", near.escape_ascii());
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
            // Nor for a reader that ends lines at a bare LF.
            let lines: Vec<_> = body.split_inclusive(|b| *b == b'\n').collect();
            assert!(lines.iter().all(|line| line.ends_with(b"\r\n")), "{}", body.escape_ascii());
            assert_eq!(lines.iter().filter(|line| **line == b".\r\n").count(), 1, "{}", body.escape_ascii());
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
    let _ = session.poll(Time::ZERO, &mut window, &mut out);
    assert!(window.is_empty());
    out
}

type Answer<'t> = Box<dyn Fn(Event<'_>, &mut Server<'_>, &mut Vec<u8>) + 't>;

macro_rules! on {
    ($event:pat, $session:ident, $out:ident => $answer:expr) => {
        Box::new(|event: Event<'_>, $session: &mut Server<'_>, $out: &mut Vec<u8>| match event {
            $event => $answer,
            other => panic!("{other:?}"),
        }) as Answer<'_>
    };
}

/// Every answer that takes a text or a tag, each with the number of lines that it makes.
fn check_every_answer(text: &str, tag: &str, utf8: bool) {
    let mut config = open_config();
    (config.utf8, config.lang, config.other) = (true, true, true);
    let early = if utf8 { "UTF8\r\n" } else { "" };
    let late = format!("{early}USER tim\r\nPASS secret\r\n");
    let pass = format!("{early}USER tim\r\n");
    let exchange = format!("{early}AUTH PLAIN\r\n");
    let body = b"Subject: x\n\nbody\n";
    let answers = [
        (1, &pass, "PASS x", on!(Event::Login { reply, .. }, s, o => reply.accept(s, o, text))),
        (1, &pass, "PASS x", on!(Event::Login { reply, .. }, s, o => reply.err(s, o, None, text))),
        (1, &exchange, "", on!(Event::SaslResponse { reply, .. }, s, o => reply.accept(s, o, text))),
        (1, &exchange, "", on!(Event::SaslResponse { reply, .. }, s, o => reply.err(s, o, None, text))),
        (1, &late, "STAT", on!(Event::Stat(reply), s, o => reply.err(s, o, None, text))),
        (1, &late, "LIST 1", on!(Event::List(_, reply), s, o => reply.err(s, o, None, text))),
        (
            3,
            &late,
            "LIST",
            on!(Event::ListAll(reply), s, o => {
                let mut list = reply.begin(s, o, text);
                list.item(o, ONE, 7).unwrap();
                list.end(s);
            }),
        ),
        (1, &late, "UIDL 1", on!(Event::Uidl(_, reply), s, o => reply.err(s, o, None, text))),
        (
            3,
            &late,
            "UIDL",
            on!(Event::UidlAll(reply), s, o => {
                let mut list = reply.begin(s, o, text);
                list.item(o, ONE, Uid::new(b".").unwrap()).unwrap();
                list.end(s);
            }),
        ),
        (
            5,
            &late,
            "RETR 1",
            on!(Event::Retr(_, reply), s, o => {
                let mut mail = reply.begin(s, o, text);
                mail.fill(&mut &body[..], o);
                mail.end(s);
            }),
        ),
        (1, &late, "RETR 1", on!(Event::Retr(_, reply), s, o => reply.err(s, o, None, text))),
        (
            4,
            &late,
            "TOP 1 0",
            on!(Event::Top { reply, .. }, s, o => {
                let mut mail = reply.begin_stuffed(s, o, text);
                mail.fill(&mut &b"Subject: x\r\n\r\nbody\r\n"[..], o);
                mail.end(s);
            }),
        ),
        (1, &late, "DELE 1", on!(Event::Dele(_, reply), s, o => reply.ok(s, o, text))),
        (1, &late, "DELE 1", on!(Event::Dele(_, reply), s, o => reply.err(s, o, None, text))),
        (1, &late, "RSET", on!(Event::Rset(reply), s, o => reply.ok(s, o, text))),
        (1, &pass, "UTF8", on!(Event::Utf8(reply), s, o => reply.ok(s, o, text))),
        (1, &late, "LANG en", on!(Event::Lang(_, reply), s, o => reply.ok(s, o, tag, text))),
        (1, &late, "LANG en", on!(Event::Lang(_, reply), s, o => reply.err(s, o, None, text))),
        (
            4,
            &late,
            "LANG",
            on!(Event::LangAll(reply), s, o => {
                let mut list = reply.begin(s, o, text);
                list.item(o, tag, text).unwrap();
                list.item(o, text, tag).unwrap();
                list.end(s);
            }),
        ),
        (1, &late, "XTND", on!(Event::Other { reply, .. }, s, o => reply.ok(s, o, text))),
        (
            4,
            &late,
            "XTND",
            on!(Event::Other { reply, .. }, s, o => {
                let mut lines = reply.begin(s, o, text);
                lines.fill(&mut &b".\n+OK"[..], o);
                lines.end(s);
            }),
        ),
        (1, &late, "QUIT", on!(Event::Quit { reply, .. }, s, o => reply.ok(s, o, text))),
        (1, &late, "QUIT", on!(Event::Quit { reply, .. }, s, o => reply.err(s, o, None, text))),
    ];
    for (lines, before, ask, answer) in answers {
        check_lines(&answered(&config, before, ask, answer), lines);
    }
    let challenge = on!(Event::SaslResponse { reply, .. }, s, o => {
        reply.challenge(s, o, text.as_bytes()).unwrap();
    });
    let line = answered(&config, &exchange, "", challenge);
    let inner = line.strip_suffix(b"\r\n").unwrap();
    assert!(!inner.iter().any(u8::is_ascii_control), "{}", line.escape_ascii());
    assert!(parse::challenge(inner, &mut Deviations::default()).is_ok());
}

/// A greeting and an answer to CAPA of so many lines at most, the last one and no other a dot.
fn check_capabilities(config: &Config<'_>, most: usize) {
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

const TAGS: [&str; 6] = ["en", "de-CH", "en\r\n+OK", ".", "", "*"];

#[test]
fn known_harm_in_an_answer_stays_in_its_line() {
    for text in HARM {
        for tag in TAGS.iter().chain(&HARM) {
            check_every_answer(text, tag, false);
            check_every_answer(text, tag, true);
        }
    }
}

#[test]
fn known_harm_in_the_configuration_stays_in_its_line() {
    for text in HARM {
        let lines = [text, "X-ONE", text];
        let mut config = open_config();
        config.greeting = text;
        config.implementation = Some(text);
        config.capabilities = &lines;
        check_capabilities(&config, 9 + 4);
    }
}

#[test]
fn known_harm_in_the_name_of_a_mechanism_stays_in_its_line() {
    for text in HARM {
        let mechanisms = [Mechanism::new(text, Protection::None, false), Mechanism::PLAIN];
        let mut config = open_config();
        config.mechanisms = &mechanisms;
        check_capabilities(&config, 9);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_and_any_tag_in_an_answer_stay_in_its_line(
        text in harm(),
        tag in harm(),
        utf8 in any::<bool>(),
    ) {
        check_every_answer(&text, &tag, utf8);
    }

    #[test]
    fn any_text_in_the_configuration_stays_in_its_line(
        greeting in harm(),
        name in harm(),
        lines in vec(harm(), 0..4),
    ) {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let mut config = open_config();
        config.greeting = &greeting;
        config.implementation = Some(&name);
        config.capabilities = &lines;
        check_capabilities(&config, 9 + 1 + lines.len());
    }
}

#[test]
fn a_unique_id_holds_nothing_that_could_end_its_line() {
    for octet in 0..=255_u8 {
        let id = [b'a', octet];
        assert_eq!(Uid::new(&id).is_some(), matches!(octet, 0x21..=0x7E), "{octet:#x}");
    }
    assert!(Uid::new(b"").is_none());
    assert!(Uid::new(&[b'a'; 71]).is_none());
}

// ----- lines of commands

/// The first octets of each reply line.
fn statuses(said: &[u8]) -> Vec<&str> {
    let lines = str::from_utf8(said).unwrap().split_terminator("\r\n");
    lines.map(|line| line.split(' ').next().unwrap()).collect()
}

const TOKENS: [&str; 12] =
    ["NOOP", "noop", "\r\n", "\r\n", "NOOP\r\n", "\n", "\r", "\0", " ", "QUIT", "\r\r\n", "\n\r\n"];

fn lines_by<'s>(stream: &'s [u8], end: &[u8]) -> Vec<&'s [u8]> {
    let (mut lines, mut rest) = (Vec::new(), stream);
    while let Some(at) = rest.windows(end.len()).position(|window| window == end) {
        lines.push(&rest[..at]);
        rest = &rest[at + end.len()..];
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn bare_line_ends_never_make_two_commands_of_one_line(
        tokens in vec(select(&TOKENS), 0..24),
        cut in select(&CUTS),
        bare_lf in any::<bool>(),
    ) {
        let stream = tokens.concat().into_bytes();
        let mut config = open_config();
        config.bare_lf = bare_lf;
        let mut due = Vec::new();
        for line in lines_by(&stream, if bare_lf { b"\n" } else { b"\r\n" }) {
            let line = if bare_lf { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
            let good = line.eq_ignore_ascii_case(b"NOOP") || line == b"QUIT";
            due.push(if good { "+OK" } else { "-ERR" });
            if line == b"QUIT" {
                break;
            }
        }
        let mut host = logged_in(&config, mailbox());
        host.hear_in(&stream, &[cut]);
        let said = host.take();
        prop_assert_eq!(statuses(&said), due, "{}", stream.escape_ascii());
    }
}

#[test]
fn a_bare_line_end_or_a_nul_inside_a_line_refuses_all_of_it() {
    for inside in ["\n", "\r", "\0", "\n\n", "\r\r", "\n\r", "\n.\n"] {
        for (front, tail) in
            [("NOOP", "DELE 1"), ("DELE 1", "NOOP"), ("DELE 1", ""), ("", "DELE 1"), ("STAT", "QUIT")]
        {
            for cut in CUTS {
                let config = open_config();
                let mut host = logged_in(&config, mailbox());
                host.hear_in(format!("{front}{inside}{tail}\r\nSTAT\r\n").as_bytes(), &[cut]);
                let due = "-ERR illegal character in command\r\n+OK 1 22\r\n";
                assert_eq!(
                    show(&host.take()),
                    show(due.as_bytes()),
                    "{front:?} {inside:?} {tail:?} in cuts of {cut}"
                );
                assert!(host.log.is_empty() && host.removed.is_none());
            }
        }
    }
}

#[test]
fn a_bare_line_end_in_a_login_logs_nobody_in() {
    for said in
        ["USER tim\nPASS secret\r\n", "USER tim\rPASS secret\r\n", "USER tim\r\nPASS secret\nDELE 1\r\n"]
    {
        let config = open_config();
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(said.as_bytes());
        assert!(host.log.is_empty(), "{:?}", host.log);
        assert_eq!(host.session.phase(), Phase::Authorization);
    }
}

#[test]
fn an_over_long_line_leaves_no_tail_that_runs() {
    let config = open_config();
    for tail in ["QUIT", "DELE 1", "\nQUIT", "\rQUIT", "\nDELE 1\n", "\n\rDELE 1", "\r", "\n"] {
        for len in (254..260).chain([300, 508, 509, 510, 511, 512, 765, 1020]) {
            let mut line = vec![b'X'; len - tail.len()];
            line.extend_from_slice(tail.as_bytes());
            line.extend_from_slice(b"\r\nSTAT\r\n");
            for cut in [usize::MAX, 1, 253, 254, 255, 256] {
                let mut host = logged_in(&config, mailbox());
                host.hear_in(&line, &[cut]);
                let due = "-ERR line too long\r\n+OK 1 22\r\n";
                assert_eq!(
                    show(&host.take()),
                    show(due.as_bytes()),
                    "{len} octets and {tail:?} in cuts of {cut}"
                );
                assert!(host.log.is_empty() && host.removed.is_none());
            }
        }
    }
}

#[test]
fn every_tail_of_an_over_long_line_is_swallowed_wherever_the_limit_falls() {
    let config = open_config();
    for front in 240..262 {
        let line =
            [&b"X".repeat(front)[..], b"DELE 1\nDELE 1\r", &b"Y".repeat(20), b"DELE 1\r\nSTAT\r\n"].concat();
        for cut in [usize::MAX, 1, 100, 255] {
            let mut host = logged_in(&config, mailbox());
            host.hear_in(&line, &[cut]);
            let due = "-ERR line too long\r\n+OK 1 22\r\n";
            assert_eq!(show(&host.take()), show(due.as_bytes()), "{front} octets in front, in cuts of {cut}");
        }
    }
}

// ----- AUTH exchanges

#[test]
fn lines_of_an_exchange_that_look_like_commands_are_data() {
    let config = open_config();
    for word in [
        "QUIT", "NOOP", "STAT", "LIST", "RETR", "DELE", "CAPA", "UIDL", "RSET", "USER", "PASS", "STLS",
        "AUTH",
    ] {
        for cut in CUTS {
            let mut host = Host::new(&config, Security::Plain, mailbox());
            host.hear_in(format!("AUTH LOGIN\r\n{word}\r\nbW9yZQ==\r\n").as_bytes(), &[cut]);
            let said = String::from_utf8(host.take()).unwrap();
            let lines: Vec<_> = said.split_terminator("\r\n").collect();
            assert_eq!((lines.len(), lines[1]), (4, "+ "), "{word}: {said}");
            assert!(lines[2].starts_with("-ERR ") && lines[3].starts_with("-ERR "), "{word}: {said}");
            assert!(host.log.iter().all(|event| event.starts_with("Auth") || event.starts_with("Sasl")));
            assert_eq!(host.log.len(), 2, "{word}: {:?}", host.log);
            assert_eq!(host.closed, None);
        }
    }
}

#[test]
fn lines_of_an_exchange_that_are_no_base64_end_it_and_are_not_run() {
    let config = open_config();
    for line in [
        "QUIT ",
        " QUIT",
        "DELE 1",
        "USER tim",
        "Q",
        "QUIT\nQUIT",
        "QUIT\rQUIT",
        "QUIT\0",
        "====",
        "Zg=",
        "Zh==",
        "=",
    ] {
        for cut in CUTS {
            let mut host = Host::new(&config, Security::Plain, mailbox());
            host.hear_in(format!("AUTH LOGIN\r\n{line}\r\nNOOP\r\n").as_bytes(), &[cut]);
            let said = host.take();
            assert_eq!(statuses(&said), ["+OK", "+", "-ERR", "-ERR"], "{line:?}");
            assert_eq!((host.log.len(), host.closed), (1, None), "{line:?}: {:?}", host.log);
        }
    }
}

#[test]
fn an_over_long_line_of_an_exchange_leaves_no_tail_that_runs() {
    let mut config = open_config();
    config.limits = Limits::window(600).with_max_login_failures(u16::MAX);
    for (front, begun) in
        [("AUTH LOGIN\r\n", vec!["+OK", "+", "-ERR", "-ERR"]), ("AUTH PLAIN ", vec!["+OK", "-ERR", "-ERR"])]
    {
        for len in [590, 596, 597, 598, 599, 600, 601, 1199, 1800] {
            for tail in ["QUIT", "\nQUIT", "\rQUIT", "\nUSER tim\n"] {
                for cut in [usize::MAX, 1, 599, 600, 601] {
                    let octets = format!("{front}{}{tail}\r\nNOOP\r\n", "A".repeat(len));
                    let mut host = Host::new(&config, Security::Plain, mailbox());
                    host.hear_in(octets.as_bytes(), &[cut]);
                    let said = host.take();
                    let good = len + tail.len() + front.len() <= 600 && tail == "QUIT";
                    if !good {
                        assert_eq!(statuses(&said), begun, "{len} and {tail:?} in cuts of {cut}");
                        assert_eq!(host.log.len(), begun.len() - 3, "{:?}", host.log);
                    }
                    assert_eq!((host.closed, host.session.phase()), (None, Phase::Authorization));
                }
            }
        }
    }
}

// ----- echoes

#[test]
fn what_a_client_says_cannot_forge_a_reply_when_it_is_echoed() {
    let config = open_config();
    for (decoded, due) in [
        ("a\r\n+OK forged", "-ERR a??+OK forged\r\n"),
        ("[AUTH] x", "-ERR (AUTH] x\r\n"),
        ("[SYS/TEMP]", "-ERR (SYS/TEMP]\r\n"),
        ("\0tim\0pass", "-ERR ?tim?pass\r\n"),
        ("\r\n.\r\n", "-ERR ??.??\r\n"),
        ("\u{e9}\n", "-ERR ??\r\n"),
        ("\u{1b}[2J", "-ERR ?[2J\r\n"),
    ] {
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(b"");
        host.take();
        host.hear(format!("AUTH PLAIN {}\r\n", base64(decoded.as_bytes())).as_bytes());
        assert_eq!(show(&host.take()), show(due.as_bytes()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_response_that_is_echoed_makes_one_line_without_a_code(
        front in select(&["", "[", "[AUTH]", "\r\n", "\n", " "]),
        data in vec(prop_oneof![select(b"\r\n\0[] +-.<>"), any::<u8>()], 0..60),
        utf8 in any::<bool>(),
    ) {
        let mut config = open_config();
        config.utf8 = true;
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(if utf8 { b"UTF8\r\n" } else { b"" });
        host.take();
        let data = [front.as_bytes(), b"x", &data].concat();
        host.hear(format!("AUTH LOGIN\r\n{}\r\n", base64(&data)).as_bytes());
        let said = host.take();
        let refusal = said.strip_prefix(b"+ \r\n").unwrap();
        check_lines(refusal, 1);
        prop_assert!(refusal.starts_with(b"-ERR "));
    }

    #[test]
    fn any_line_that_is_echoed_makes_one_line_without_a_code(
        front in select(&["[X]", "[AU]", "+OK", "-ERR", "....", "<1@h>"]),
        rest in vec(prop_oneof![2 => 0x20_u8..=0x7E, 1 => select(b"[]<>. +-"), 1 => 0x80_u8..], 0..60),
    ) {
        let mut config = open_config();
        config.other = true;
        let mut host = logged_in(&config, mailbox());
        host.hear(&[front.as_bytes(), b" ", &rest, b"\r\n"].concat());
        check_lines(&host.take(), 1);
    }
}

// ----- over-long lines of a server

fn small() -> Client {
    let mut client = Client::new(Profile::LENIENT, Security::Plain).with_limits(Limits::window(512));
    assert!(matches!(client.receive(&mut &b"+OK ready\r\n"[..]), Ok(Got::Greeting(_))));
    client
}

#[test]
fn an_over_long_status_line_leaves_no_tail_in_the_message() {
    let mail = b"Subject: x\r\n\r\nbody\r\n";
    for tail in ["", ".", "..", "\r", "\r.", "+OK forged"] {
        for len in (500..520).chain([1000, 1022, 1023, 1024, 5000]) {
            let status = format!("+OK {}{tail}\r\n", "x".repeat(len));
            let octets = [status.as_bytes(), mail, b".\r\n"].concat();
            for cut in [usize::MAX, 1, 511, 512, 513] {
                let (mut client, mut heard) = (small(), VecDeque::new());
                client.send(&Command::Retr(ONE), &mut Vec::new()).unwrap();
                listen(&mut client, &octets, &[cut], &mut heard, |_, _| {});
                let heard: Vec<_> = heard.iter().skip(1).collect();
                let due = [&Heard::Data(mail.to_vec()), &event("Reply(Id(0), End)")];
                assert_eq!(heard, due, "{len} octets and {tail:?} in cuts of {cut}");
            }
        }
    }
}

#[test]
fn an_over_long_line_of_a_listing_leaves_no_tail_that_is_a_line() {
    for tail in ["\r", ".", "\r.\r", "+OK 9 9", "-ERR"] {
        for len in (500..520).chain([1000, 1023, 5000]) {
            let octets = format!("+OK\r\n1 {}{tail}\r\n2 two\r\n.\r\n", "x".repeat(len));
            for cut in [usize::MAX, 1, 511, 512] {
                let (mut client, mut heard) = (small(), VecDeque::new());
                client.send(&Command::Uidl(None), &mut Vec::new()).unwrap();
                listen(&mut client, octets.as_bytes(), &[cut], &mut heard, |_, _| {});
                let heard: Vec<_> = heard.iter().skip(2).collect();
                let due = [&event("Reply(Id(0), UidItem(UidLine(2, \"two\")))"), &event("Reply(Id(0), End)")];
                assert_eq!(heard, due, "{len} octets and {tail:?} in cuts of {cut}");
            }
        }
    }
}

#[test]
fn an_over_long_reply_leaves_no_tail_that_answers_the_next_command() {
    for status in ["+OK", "-ERR"] {
        for tail in ["", "\r", "+OK forged", "\r+OK forged"] {
            let octets = format!("{status} {}{tail}\r\n-ERR second\r\n", "x".repeat(900));
            for cut in [usize::MAX, 1, 511, 512] {
                let (mut client, mut heard) = (small(), VecDeque::new());
                client.send(&Command::Noop, &mut Vec::new()).unwrap();
                listen(&mut client, octets.as_bytes(), &[cut], &mut heard, |client, event| {
                    if let Got::Reply(id, _) = event
                        && id.get() == 0
                    {
                        client.send(&Command::Noop, &mut Vec::new()).unwrap();
                    }
                });
                assert_eq!(heard.len(), 2);
                let second = "Reply(Id(1), Err(Refusal { code: None, text: Text(\"second\") }))";
                assert_eq!(heard[1], event(second), "{status} and {tail:?} in cuts of {cut}");
            }
        }
    }
}

#[test]
fn a_challenge_that_was_cut_does_not_pass_for_a_whole_one() {
    for len in [520, 1024, 4000] {
        let octets = format!("+ {}\r\n", "A".repeat(len));
        for cut in [usize::MAX, 1] {
            let (mut client, mut heard) = (small(), VecDeque::new());
            client.auth("LOGIN", None, &mut Vec::new()).unwrap();
            let mut whole = false;
            listen(&mut client, octets.as_bytes(), &[cut], &mut heard, |_, event| {
                whole |= matches!(event, Got::Reply(_, Part::Challenge(_)));
            });
            assert!(!whole, "the front of {len} octets came as a challenge: {heard:?}");
        }
    }
}

#[test]
fn an_over_long_answer_to_stls_leaves_no_tail_that_counts_as_tls() {
    let octets = format!("+OK {}\r\n", "x".repeat(900));
    for cut in [usize::MAX, 1, 511, 512] {
        let mut client = small();
        client.send(&Command::Stls, &mut Vec::new()).unwrap();
        let (mut window, mut left) = (Vec::new(), octets.as_bytes());
        while !left.is_empty() {
            let (now, later) = left.split_at(left.len().min(cut));
            window.extend_from_slice(now);
            left = later;
            let mut unread = &window[..];
            let event = client.receive(&mut unread);
            let behind = unread.to_vec();
            match event {
                Ok(Got::NeedInput) => {}
                Err(error) => {
                    assert_eq!(error, ProtocolError::PlaintextAfterStls);
                    assert!(client.handover().is_none());
                    break;
                }
                Ok(_) => {
                    let handover = client.handover().expect("accepted");
                    assert!(handover.secured(&behind).is_err(), "the end of the line is still to come");
                    break;
                }
            }
            window = behind;
        }
    }
}

#[test]
fn a_text_in_a_status_line_never_frames_anything() {
    for text in ["1 messages\\.", "0 octets", ". ", "-ERR", "+OK", "[AUTH]"] {
        let mut line = Vec::new();
        encode::status_line(Status::Ok, None, text, &mut line).unwrap();
        let octets = [&line[..], b"a\r\n.\r\n+OK 2 320\r\n"].concat();
        for cut in CUTS {
            let heard = retr_and_stat(Profile::STRICT, &octets, cut);
            assert_eq!(heard[1..3], [Heard::Data(b"a\r\n".to_vec()), event("Reply(Id(1), End)")], "{text}");
            assert_eq!(heard.len(), 4);
        }
    }
}

#[test]
fn a_status_line_that_ends_in_a_bare_lf_does_not_let_a_body_end_so() {
    let octets = b"+OK\na\n.\n+OK 2 320\n.\r\n\r\n.\r\n+OK 2 320\r\n";
    for cut in CUTS {
        let due = retr_and_stat_heard("", b"a\n.\n+OK 2 320\n.\r\n\r\n");
        assert_eq!(retr_and_stat(Profile::LENIENT, octets, cut), due);
    }
}
