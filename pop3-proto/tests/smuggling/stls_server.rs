//! STLS on the server's side: nothing that was sent in clear is run as a command inside TLS, and nothing but
//! the configuration is carried into TLS.

use pop3_proto::server::session::{Event as Said, Session};
use pop3_proto::server::{Phase, Reason, Server};
use pop3_proto::{Code, Security, Time};

use crate::common::show;
use crate::pair::Host;
use crate::{GREETING, is_secured, mailbox, open_config};

/// Covers commands-after-stls.
/// Proves 2595-4-13.
#[test]
fn octets_after_stls_are_never_run_as_commands() {
    let mut config = open_config();
    config.stls = true;
    let refused = format!("{GREETING}-ERR no command may follow STLS before the TLS handshake\r\n");
    for after in [
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
            host.hear(&[stls, after].concat());
            assert_eq!(host.closed, Some(Reason::PlaintextAfterStls), "{}", after.escape_ascii());
            assert_eq!(show(&host.take()), show(refused.as_bytes()));
            assert!(host.server.handover().is_none());
            host.hear(b"USER tim\r\nQUIT\r\n");
            assert_eq!(show(&host.take()), "");
            assert!(host.log.is_empty(), "{:?}", host.log);
        }
    }
}

/// Covers commands-after-stls.
/// Proves 2595-4-04, 2595-4-13.
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
                    assert_eq!(lines, ["-ERR no command may follow STLS before the TLS handshake"]);
                    assert!(host.server.handover().is_none());
                }
                Some(Reason::StartTls) => {
                    assert_eq!(cut, 6, "accepted in spite of what is after");
                    assert_eq!(lines, ["+OK begin TLS negotiation"]);
                    assert_eq!(host.window, &octets[6..], "the session used bytes from before the handshake");
                    let handover = host.server.handover().unwrap();
                    assert!(!is_secured(handover, &host.window));
                }
                other => panic!("cut {cut}: {other:?}"),
            }
        }
    }
}

/// Covers commands-after-stls.
#[test]
fn octets_that_come_while_the_stls_ticket_is_out_stop_the_hand_over() {
    let mut config = open_config();
    config.stls = true;
    let (mut session, mut out) = (Session::new(&config, Security::Plain), Vec::new());
    let mut window = &b"STLS\r\n"[..];
    let Said::Stls { reply } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    let reply = reply.defer(&mut session);
    let mut window = &b"DELE 1\r\n"[..];
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Said::Waiting));
    reply.accept(&mut session, &mut out);
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Said::Closed(Reason::StartTls)));
    assert_eq!(window, b"DELE 1\r\n");
    assert_eq!(show(&out), show(format!("{GREETING}+OK begin TLS negotiation\r\n").as_bytes()));
    assert!(!is_secured(session.handover().unwrap(), window));
    assert!(!is_secured(session.handover().unwrap(), b"\n"));
}

/// Covers state-carried-into-tls.
/// Proves 2595-4-12, 2595-4-15.
#[test]
fn nothing_but_configuration_goes_over_the_edge_of_tls() {
    let mut config = open_config();
    config.stls = true;
    let mut host = Host::new(&config, Security::Plain, mailbox());
    host.hear(b"USER tim\r\nSTLS\r\n");
    assert_eq!(host.closed, Some(Reason::StartTls));
    let session = Server::secured(host.server.handover().unwrap(), b"").unwrap();
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

/// What the client may have sent before STLS, and the answers to it.
const BEFORE: [(&str, &str); 8] = [
    ("", ""),
    ("USER tim\r\n", "+OK send PASS\r\n"),
    ("USER tim\r\nPASS wrong\r\n", "+OK send PASS\r\n-ERR [AUTH] tim\r\n"),
    ("AUTH PLAIN\r\n*\r\n", "+ \r\n-ERR authentication cancelled\r\n"),
    ("AUTH PLAIN\r\nQUIT\r\n", "+ \r\n-ERR AB?\r\n"),
    ("LANG es\r\n", "+OK es Espa\u{f1}ol\r\n"),
    ("UTF8\r\n", "+OK now in UTF-8: ?\r\n"),
    (
        "\0\r\nSTLS now\r\n",
        "-ERR character not allowed in a command\r\n-ERR too many arguments or spaces\r\n",
    ),
];

/// Covers commands-after-stls.
#[test]
fn any_octet_after_stls_closes_whatever_was_said_before_and_however_the_line_ends() {
    let mut config = open_config();
    (config.stls, config.utf8, config.lang, config.bare_lf) = (true, true, true, true);
    for (before, answers) in BEFORE {
        for stls in ["STLS\r\n", "sTlS\n"] {
            for octet in 0..=255_u8 {
                let mut host = Host::new(&config, Security::Plain, mailbox()).later(octet % 2 == 1);
                host.hear(before.as_bytes());
                host.log.clear();
                host.hear(&[stls.as_bytes(), &[octet]].concat());
                let due = format!(
                    "{GREETING}{answers}-ERR no command may follow STLS before the TLS handshake\r\n"
                );
                assert_eq!(show(&host.take()), show(due.as_bytes()), "{octet:#04x} after {before:?}");
                assert_eq!(host.closed, Some(Reason::PlaintextAfterStls));
                assert!(host.server.handover().is_none() && host.log.is_empty(), "{:?}", host.log);
            }
        }
    }
}

/// Covers commands-after-stls, state-carried-into-tls.
#[test]
fn any_octet_left_from_clear_stops_the_hand_over() {
    let mut config = open_config();
    (config.stls, config.utf8, config.lang) = (true, true, true);
    for (before, answers) in BEFORE {
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(before.as_bytes());
        host.hear(b"STLS\r\n");
        let due = format!("{GREETING}{answers}+OK begin TLS negotiation\r\n");
        assert_eq!(show(&host.take()), show(due.as_bytes()));
        let handover = host.server.handover().unwrap();
        for octet in 0..=255_u8 {
            assert!(!is_secured(handover.clone(), &[octet]), "{octet:#04x} after {before:?}");
            assert!(!is_secured(handover.clone(), &[octet; 300]), "{octet:#04x} after {before:?}");
        }
        let mut host = Host::of(Server::secured(handover, b"").unwrap(), mailbox());
        // The mode that UTF8 and LANG set is gone, too: the accent is not said back.
        host.hear(b"PASS secret\r\nNOOP\r\nAUTH PLAIN w6k=\r\n");
        let due = "-ERR send USER first\r\n-ERR log in first\r\n-ERR ?\r\n";
        assert_eq!(show(&host.take()), show(due.as_bytes()), "after {before:?}");
        assert_eq!(host.log.len(), 1, "{:?}", host.log);
    }
}

/// An embedder that throws away what is left from clear, and hands over then, has lost it; the rest of that
/// line, which comes inside TLS, is a line of its own.
/// Covers halves-over-the-edge-of-tls.
#[test]
fn a_command_begun_in_clear_is_not_ended_inside_tls() {
    let mut config = open_config();
    config.stls = true;
    for (front, tail, due) in [
        ("US", "ER tim\r\n", "-ERR unknown command\r\n"),
        ("DELE ", "1\r\n", "-ERR unknown command\r\n"),
        ("QUIT", "\r\n", "-ERR empty command\r\n"),
        ("QUIT\r", "\nNOOP\r\n", "-ERR character not allowed in a command\r\n"),
        ("AUTH PLAIN\r\n", "Z29vZA==\r\n", "-ERR unknown command\r\n"),
        ("USER tim\r\n", "PASS secret\r\n", "-ERR send USER first\r\n"),
    ] {
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(b"STLS\r\n");
        host.hear(front.as_bytes());
        assert_eq!(host.window, front.as_bytes(), "the session used bytes from before the handshake");
        assert!(!is_secured(host.server.handover().unwrap(), &host.window));
        let mut host = Host::of(Server::secured(host.server.handover().unwrap(), b"").unwrap(), mailbox());
        host.hear(tail.as_bytes());
        assert_eq!(show(&host.take()), show(due.as_bytes()), "{front:?} and {tail:?}");
        assert!(host.log.is_empty() && host.closed.is_none(), "{:?}", host.log);
    }
}

/// Covers commands-after-stls.
#[test]
fn a_refused_stls_is_no_border_and_what_follows_it_stays_in_clear() {
    let mut config = open_config();
    config.stls = true;
    let (mut session, mut out) = (Session::new(&config, Security::Plain), Vec::new());
    let mut window = &b"STLS\r\n"[..];
    let Said::Stls { reply } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    let reply = reply.defer(&mut session);
    let mut window = &b"NOOP\r\nQUIT\r\n"[..];
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Said::Waiting));
    assert_eq!(window, b"NOOP\r\nQUIT\r\n");
    out.clear();
    reply.err(&mut session, &mut out, Code::SysTemp, "no certificate");
    assert!(session.handover().is_none());
    let event = session.receive(Time::ZERO, &mut window, &mut out);
    assert!(matches!(event, Said::Quit { update: false, .. }), "{event:?}");
    assert_eq!(show(&out), show(b"-ERR [SYS/TEMP] no certificate\r\n-ERR log in first\r\n"));
    assert_eq!((session.security(), session.phase()), (Security::Plain, Phase::Authorization));
    assert!(session.handover().is_none());
}
