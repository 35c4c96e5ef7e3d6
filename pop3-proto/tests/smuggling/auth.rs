//! Lines of an AUTH exchange are data, and none of them is run as a command.

use pop3_proto::server::session::{Event, Session};
use pop3_proto::server::{Phase, Reason};
use pop3_proto::{FixedBuf, Limits, Security, Time};

use crate::common::show;
use crate::pair::Host;
use crate::{CUTS, GREETING, mailbox, open_config, statuses};

/// Covers exchange-lines-as-commands.
/// Proves 5034-4-35.
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

/// Covers exchange-lines-as-commands, invalid-base64-response.
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

/// Covers over-long-exchange-line.
/// Proves 5034-4-19.
#[test]
fn an_over_long_line_of_an_exchange_leaves_no_tail_that_runs() {
    let mut config = open_config();
    config.limits = Limits::for_window(600).with_max_login_failures(u16::MAX);
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
                    assert_eq!((host.closed, host.server.phase()), (None, Phase::Authorization));
                }
            }
        }
    }
}

/// Commands that are also base64, what they decode to, and how the host says that back.
const WORDS: [(&str, &[u8], &str); 6] = [
    ("QUIT", b"AB\x13", "AB?"),
    ("NOOP", b"4\xE3\x8F", "4?"),
    ("CAPA", b"\x08\x03\xC0", "???"),
    ("STLS", b"I2\xD2", "I2?"),
    ("STAT", b"I0\x13", "I0?"),
    ("RSET", b"E!\x13", "E!?"),
];

/// The places where a response may stand: the lines before it, their answers, and how many events they make.
const POSITIONS: [(&str, &str, usize); 4] = [
    ("AUTH PLAIN ", "", 0),
    ("AUTH PLAIN\r\n", "+ \r\n", 1),
    ("AUTH PLAIN bW9yZQ==\r\n", "+ bW9yZQ==\r\n", 1),
    ("AUTH LOGIN\r\nbW9yZQ==\r\n", "+ \r\n+ bW9yZQ==\r\n", 2),
];

/// Covers exchange-lines-as-commands.
#[test]
fn a_command_that_is_base64_is_data_in_every_position_of_a_response() {
    let mut config = open_config();
    config.stls = true;
    for (front, challenges, events) in POSITIONS {
        for (word, octets, echo) in WORDS {
            for cut in CUTS {
                let mut host = Host::new(&config, Security::Plain, mailbox());
                host.hear_in(format!("{front}{word}\r\nNOOP\r\n").as_bytes(), &[cut]);
                let due = format!("{GREETING}{challenges}-ERR {echo}\r\n-ERR log in first\r\n");
                assert_eq!(show(&host.take()), show(due.as_bytes()), "{front:?} {word} in cuts of {cut}");
                assert_eq!((host.closed, host.server.phase()), (None, Phase::Authorization));
                assert!(host.server.handover().is_none());
                assert_eq!(host.log.len(), events + 1, "{:?}", host.log);
                assert!(host.log[events].ends_with(&show(octets)), "{word}: {:?}", host.log);
            }
        }
    }
}

/// Covers exchange-lines-as-commands, invalid-base64-response.
#[test]
fn a_command_that_is_no_base64_ends_the_exchange_in_every_position_and_is_not_run() {
    let mut config = open_config();
    config.stls = true;
    for (front, challenges, events) in &POSITIONS[1..] {
        for line in [
            "USER tim",
            "PASS secret",
            "APOP tim c4c9334bac560ecc979e58001b3e22fb",
            "AUTH PLAIN Z29vZA==",
            "TOP 1 0",
            "DELE 1",
            "UTF",
            "STLS ",
            "QUIT=",
            "NOOPS",
            "=",
            "* ",
            "**",
        ] {
            for cut in CUTS {
                let mut host = Host::new(&config, Security::Plain, mailbox());
                host.hear_in(format!("{front}{line}\r\nNOOP\r\n").as_bytes(), &[cut]);
                let due = format!("{GREETING}{challenges}-ERR not base64\r\n-ERR log in first\r\n");
                assert_eq!(show(&host.take()), show(due.as_bytes()), "{front:?} {line:?} in cuts of {cut}");
                assert_eq!((host.closed, host.server.phase()), (None, Phase::Authorization));
                assert_eq!(host.log.len(), *events, "{:?}", host.log);
            }
        }
    }
}

/// Covers exchange-aborted-anywhere.
#[test]
fn after_a_cancelled_exchange_lines_are_commands_again() {
    let mut config = open_config();
    config.stls = true;
    for (front, challenges, _) in &POSITIONS[1..] {
        let cancelled = format!("{GREETING}{challenges}-ERR authentication cancelled\r\n");
        for (said, answer, reason) in [
            ("NOOP\r\n", "-ERR log in first\r\n", None),
            ("STLS\r\n", "+OK begin TLS negotiation\r\n", Some(Reason::StartTls)),
            ("QUIT\r\n", "+OK bye\r\n", Some(Reason::Quit)),
            ("Z29vZA==\r\n", "-ERR unknown command\r\n", None),
        ] {
            for cut in CUTS {
                let mut host = Host::new(&config, Security::Plain, mailbox());
                host.hear_in(format!("{front}*\r\n{said}").as_bytes(), &[cut]);
                let due = format!("{cancelled}{answer}");
                assert_eq!(show(&host.take()), show(due.as_bytes()), "{front:?} {said:?} in cuts of {cut}");
                assert_eq!((host.closed, host.removed.as_ref()), (reason, None));
            }
        }
    }
}

/// Covers empty-response.
#[test]
fn an_empty_response_is_handed_out_empty_in_every_position() {
    let config = open_config();
    for (front, challenges, events) in POSITIONS {
        let empty = if front.ends_with(' ') { "=" } else { "" };
        for cut in CUTS {
            let mut host = Host::new(&config, Security::Plain, mailbox());
            host.hear_in(format!("{front}{empty}\r\nNOOP\r\n").as_bytes(), &[cut]);
            let due = format!("{GREETING}{challenges}-ERR\r\n-ERR log in first\r\n");
            assert_eq!(show(&host.take()), show(due.as_bytes()), "{front:?} in cuts of {cut}");
            assert_eq!(host.log.len(), events + 1, "{:?}", host.log);
        }
    }
}

/// The two sessions share the configuration and nothing else.
/// Covers invalid-base64-response, exchange-aborted-anywhere.
#[test]
fn what_goes_wrong_in_one_exchange_does_not_touch_that_of_another_session() {
    let mut config = open_config();
    config.limits = config.limits.with_max_login_failures(2);
    for wrong in ["====", "*", "QUIT\0", "\n", "Z29vZA", &"A".repeat(20_000), "\u{e9}"] {
        let mut one = Host::new(&config, Security::Plain, mailbox());
        let mut other = Host::new(&config, Security::Plain, mailbox());
        one.hear(b"AUTH LOGIN\r\nbW9y");
        for failed in [None, Some(Reason::TooManyLogins)] {
            other.hear(b"AUTH PLAIN\r\n");
            other.hear(format!("{wrong}\r\n").as_bytes());
            assert_eq!(other.closed, failed, "{wrong:.9}");
        }
        one.hear(b"ZQ==\r\nZ29vZA==\r\nSTAT\r\n");
        let due = format!("{GREETING}+ \r\n+ bW9yZQ==\r\n+OK welcome\r\n+OK 1 22\r\n");
        assert_eq!(show(&one.take()), show(due.as_bytes()), "{wrong:.9}");
    }
}

/// Covers memory-of-aborted-exchanges.
#[test]
fn aborted_exchanges_take_no_memory() {
    let config = open_config();
    let long = [&b"AUTH PLAIN\r\n"[..], &b"A".repeat(13_000), b"\r\n"].concat();
    for (said, answers) in [
        (&b"AUTH PLAIN\r\n*\r\n"[..], "+ \r\n-ERR authentication cancelled\r\n"),
        (b"AUTH LOGIN\r\n====\r\n", "+ \r\n-ERR not base64\r\n"),
        (b"AUTH PLAIN\r\n\0\n\r\n", "+ \r\n-ERR character not allowed in a command\r\n"),
        (&long, "+ \r\n-ERR line too long\r\n"),
        // The ticket is left unused.
        (b"AUTH PLAIN\r\nQUIT\r\n", "+ \r\n-ERR not available\r\n"),
    ] {
        let mut session = Session::new(&config, Security::Plain);
        let mut tx: FixedBuf<1024> = FixedBuf::new();
        assert!(matches!(session.receive(Time::ZERO, &mut &b""[..], &mut tx), Event::NeedInput));
        let allocated = allocation_counter::measure(|| {
            for _ in 0..10_000 {
                let mut window = said;
                tx.clear();
                loop {
                    match session.receive(Time::ZERO, &mut window, &mut tx) {
                        Event::NeedInput => break,
                        Event::Auth { reply, .. } => reply.challenge(&mut session, &mut tx, b"").unwrap(),
                        Event::SaslResponse { .. } => {}
                        _ => panic!(),
                    }
                }
                assert_eq!(tx.bytes(), answers.as_bytes());
            }
        });
        assert_eq!(allocated.count_total, 0);
    }
}
