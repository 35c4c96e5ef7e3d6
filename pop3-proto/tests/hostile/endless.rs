//! Listings and lines of a hostile server that do not end.

use pop3_proto::client::{Client, Event, Need, Profile, ProtocolError};
use pop3_proto::fetch::Fault;
use pop3_proto::{Command, Deviation, FixedBuf, Limits, MsgNo, Security};

use crate::programs::{Attempt, Download, ask};
use crate::secrets::SOMEBODY;
use crate::wire::{Answer, End, GREETING, Line, MIB, Piece, ROOM, WINDOW, endless, say};

/// The length of a line that is far longer than every buffer, and is still skipped.
const LONG: u64 = MIB;

fn lines(opening: &str, line: Line, many: u64) -> Answer {
    vec![Piece::Octets(opening.into(), 1), Piece::Lines(line, many)]
}

/// An answer that starts with `front` and goes on with `x` until its line ends.
fn long_line(front: &str) -> Answer {
    let mut answer = endless(front, &"x".repeat(4096), LONG);
    answer.extend(say("\r\n"));
    answer
}

fn with_greeting(answer: impl Fn() -> Answer) -> impl Fn(&str) -> Answer {
    move |line| if line == GREETING { say("+OK\r\n") } else { answer() }
}

/// Each line is an event, and none of them is kept.
/// Covers endless-listing.
#[test]
fn listings_without_end_take_no_memory_of_the_session() {
    let listings: [(Command<'_>, Line); 7] = [
        (Command::Capa, |_| "X-NEVER-HEARD-OF-IT at all\r\n".into()),
        (Command::Capa, |n| format!("SASL X-{n} PLAIN\r\n")),
        (Command::List(None), |n| format!("{n} 5\r\n")),
        (Command::Uidl(None), |n| format!("{n} id-{n}\r\n")),
        (Command::Uidl(None), |_| "\0\r\n".into()),
        (Command::Lang(None), |n| format!("x-{n} Language\r\n")),
        (Command::List(None), |_| "1\r\n".into()),
    ];
    for (command, line) in listings {
        let heard = ask(Profile::LENIENT, Some(&command), with_greeting(|| lines("+OK\r\n", line, 50_000)));
        heard.outcome.ends(End::Silent).fits(ROOM);
        assert_eq!(heard.outcome.events, 50_002, "{command:?}");
        assert_eq!(heard.client.end_of_input(), Err(ProtocolError::Truncated));
    }
}

/// The answer to AUTH without a mechanism comes as bytes.
/// Covers endless-listing.
#[test]
fn a_list_of_mechanisms_without_end_takes_no_memory_of_the_session() {
    let answer = || lines("+OK\r\n", |n| format!("X-MECHANISM-{n}\r\n"), 50_000);
    let heard = ask(Profile::LENIENT, Some(&Command::AuthList), with_greeting(answer));
    heard.outcome.ends(End::Silent).fits(ROOM).took(MIB / 2);
    assert!(heard.outcome.events < 1000, "{} events", heard.outcome.events);
    assert_eq!(heard.client.end_of_input(), Err(ProtocolError::Truncated));
}

/// Covers endless-listing.
#[test]
fn a_login_after_capabilities_without_end_says_nothing_and_a_program_can_count_them() {
    let server = |line: &str, _| match line {
        GREETING => say("+OK\r\n"),
        _ => lines("+OK\r\nSASL PLAIN\r\nUSER\r\nSTLS\r\n", |n| format!("X-{n}\r\n"), u64::MAX),
    };
    for attempt in [Attempt::in_clear(SOMEBODY), Attempt::in_tls(SOMEBODY)] {
        attempt.against(server).ends(End::OutOfPatience).said("CAPA\r\n").fits(ROOM);
    }
}

/// Covers endless-listing.
#[test]
fn capabilities_without_end_after_the_login_are_no_login_yet() {
    let server = |line: &str, _| match line {
        GREETING => say("+OK\r\n"),
        "CAPA" => say("+OK\r\nSASL PLAIN\r\n.\r\n"),
        _ => {
            let mut answer = say("+OK in\r\n");
            answer.extend(lines("+OK\r\n", |n| format!("X-{n}\r\n"), u64::MAX));
            answer
        }
    };
    let outcome = Attempt::in_tls(SOMEBODY).against(server);
    outcome.ends(End::OutOfPatience).fits(ROOM);
    assert!(outcome.said.ends_with(b"\r\nCAPA\r\n"));
}

/// A server that has announced few messages need not be listened to until the memory is full.
/// Covers endless-listing.
#[test]
fn a_download_gives_up_a_list_without_end() {
    let numbered: Line = |n| format!("{n} 5\r\n");
    let equal: Line = |_| "1 5\r\n".into();
    let with_ids: Line = |n| format!("{n} id-{n}\r\n");
    let long_ids: Line = |n| format!("{n} {}\r\n", "x".repeat(12_000));
    for stat in ["+OK 1 5\r\n", "+OK 18446744073709551615 5\r\n", "+OK\r\n", "-ERR\r\n"] {
        for (verb, line, said) in [
            ("LIST", numbered, "STAT\r\nLIST\r\n"),
            ("LIST", equal, "STAT\r\nLIST\r\n"),
            ("UIDL", with_ids, "STAT\r\nLIST\r\nUIDL\r\n"),
            ("UIDL", long_ids, "STAT\r\nLIST\r\nUIDL\r\n"),
        ] {
            let download = Download::new().rules(|rules| rules.max_memory = MIB as usize);
            let got = download.from(|command| match command {
                "STAT" => say(stat),
                _ if command == verb => lines("+OK\r\n", line, u64::MAX),
                _ => say("+OK\r\n.\r\n"),
            });
            // A vector that grows exists twice for a moment, and may have as much again in reserve.
            got.outcome.ends(End::Fault(Fault::TooMany)).said(said).fits(3 * MIB + ROOM);
            assert!(got.told.is_empty() && got.record.is_empty());
        }
    }
}

/// Nothing of these lines is kept, and yet they count.
/// Covers endless-listing.
#[test]
fn a_download_gives_up_a_list_without_end_of_which_nothing_can_be_read() {
    let junk: [Line; 3] =
        [|_| "junk\r\n".into(), |_| "0 0\r\n".into(), |n| format!("{} 5\r\n", n + (1 << 32))];
    for stat in ["+OK 1 5\r\n", "+OK 18446744073709551615 5\r\n", "-ERR\r\n"] {
        for line in junk {
            let download = Download::new().rules(|rules| rules.max_memory = MIB as usize);
            let got = download.from(|command| match command {
                "STAT" => say(stat),
                _ => lines("+OK\r\n", line, u64::MAX),
            });
            got.outcome.ends(End::Fault(Fault::TooMany)).said("STAT\r\nLIST\r\n").fits(ROOM);
        }
    }
}

/// The session hands out the front of the line, skips the rest, and is in step after it.
/// Covers endless-line, line-length-off-by-one.
#[test]
fn lines_of_a_mebibyte_are_skipped_in_a_window_of_twelve_kib() {
    let capa = Command::Capa;
    let retr = Command::Retr(MsgNo::FIRST);
    for (name, command, answer, first, last) in [
        ("a greeting", None, long_line("+OK "), "Greeting(", ""),
        (
            "a status line",
            Some(&Command::Noop),
            long_line("+OK "),
            "Reply { id: Id(0), part: Ok(Text(\"xxx",
            "Ok",
        ),
        (
            "a refusal",
            Some(&Command::Noop),
            long_line("-ERR "),
            "Reply { id: Id(0), part: Err(Refusal",
            "Err",
        ),
        (
            "a line of CAPA",
            Some(&capa),
            long_line("+OK\r\n"),
            "Reply { id: Id(0), part: Begin(Text(\"\")), last: false }",
            "End",
        ),
        (
            "a status line of a message",
            Some(&retr),
            long_line("+OK "),
            "Reply { id: Id(0), part: Begin(",
            "End",
        ),
        ("a line of a message", Some(&retr), long_line("+OK\r\n"), "Reply { id: Id(0), part: Begin(", "End"),
    ] {
        let is_listing = last == "End";
        let answer = std::cell::RefCell::new(Some(answer));
        let heard = ask(Profile::LENIENT, command, |line| {
            if line == GREETING && command.is_some() {
                return say("+OK\r\n");
            }
            let mut answer = answer.take().unwrap();
            if is_listing {
                answer.extend(say(".\r\n"));
            }
            answer
        });
        heard.outcome.ends(End::Silent).fits(ROOM).took(LONG);
        let at = usize::from(command.is_some());
        assert!(heard.first[at].starts_with(first), "{name}: {:?}", heard.first);
        assert!(heard.last.contains(last), "{name}: {}", heard.last);
        assert!(heard.client.is_idle(), "{name}");
        assert_eq!(heard.client.end_of_input(), Ok(()), "{name}");
        let is_body = name == "a line of a message";
        let noted = heard.client.deviations().contains(Deviation::LongLine);
        assert_eq!(noted, !is_body, "{name}");
    }
}

/// The limit is for status lines and items; a message may be one line of any length.
/// Covers endless-line.
#[test]
fn a_line_without_end_ends_the_session_after_a_mebibyte() {
    let retr = Command::Retr(MsgNo::FIRST);
    for (command, front) in [
        (None, "+OK "),
        (Some(&Command::Noop), "-ERR "),
        (Some(&Command::Uidl(None)), "+OK\r\n1 "),
        (Some(&retr), "+OK "),
    ] {
        let heard = ask(Profile::LENIENT, command, |line| match (line, command) {
            (GREETING, Some(_)) => say("+OK\r\n"),
            _ => endless(front, &"x".repeat(4096), 64 * MIB),
        });
        heard.outcome.ends(End::Broken(ProtocolError::EndlessLine)).fits(ROOM);
        let octets = heard.outcome.octets;
        assert!((MIB..MIB + 4 * WINDOW as u64).contains(&octets), "{front}: {octets}");
        assert_eq!(heard.client.end_of_input(), Err(ProtocolError::EndlessLine));
    }
    let heard = ask(Profile::LENIENT, Some(&retr), |line| match line {
        GREETING => say("+OK\r\n"),
        _ => endless("+OK\r\n", &"x".repeat(4096), 64 * MIB),
    });
    heard.outcome.ends(End::Silent).fits(ROOM).took(64 * MIB);
}

/// Covers endless-line, line-length-off-by-one.
#[test]
fn the_last_octet_that_is_skipped_is_the_same_wherever_the_segments_are_cut() {
    let limits = Limits::for_window(512).with_max_skip(1000);
    for (octets, ends) in [(1512, Ok(())), (1513, Err(ProtocolError::EndlessLine))] {
        let reply = format!("+OK {}\r\n+OK next\r\n", "x".repeat(octets - 6));
        for step in [1, 7, 511, 512] {
            let mut client: Client = Client::new(Profile::LENIENT, Security::Tls).with_limits(limits);
            let mut window = FixedBuf::<512>::new();
            let mut replies = 0;
            let mut rest = reply.as_bytes();
            let end = loop {
                while client.poll(window.unread()) == Need::Input && !rest.is_empty() {
                    let room = window.space();
                    let n = step.min(rest.len()).min(room.len());
                    room[..n].copy_from_slice(&rest[..n]);
                    rest = &rest[n..];
                    window.commit(n);
                }
                match client.receive(window.unread()) {
                    Ok(Event::NeedInput) => break Ok(()),
                    Ok(_) => replies += 1,
                    Err(error) => break Err(error),
                }
            };
            assert_eq!((end, replies), (ends, 1 + u8::from(ends.is_ok())), "{octets} in steps of {step}");
        }
    }
}

/// Covers endless-line.
#[test]
fn a_strict_client_ends_at_the_first_line_that_is_too_long() {
    let heard = ask(Profile::STRICT, None, |_| long_line("+OK "));
    heard.outcome.ends(End::Broken(ProtocolError::Deviation(Deviation::LongLine))).fits(ROOM);
    assert!(heard.outcome.octets <= WINDOW as u64);
}

/// Half a name is no capability, half an id no unique-id, and half a size no size.
/// Covers endless-line, unique-id-too-long.
#[test]
fn the_front_of_an_endless_line_of_a_listing_counts_for_nothing() {
    for (command, front) in [
        (Command::Capa, "+OK\r\nSASL PLAIN "),
        (Command::List(None), "+OK\r\n1 5 "),
        (Command::Uidl(None), "+OK\r\n1 "),
    ] {
        let heard = ask(
            Profile::LENIENT,
            Some(&command),
            with_greeting(|| {
                let mut answer = long_line(front);
                answer.extend(say(".\r\n"));
                answer
            }),
        );
        heard.outcome.ends(End::Silent).fits(ROOM);
        let start = "Reply { id: Id(0), part: UnreadableItem(";
        assert!(heard.first[2].starts_with(start), "{:?}", heard.first);
        assert!(!heard.client.capabilities().offers("PLAIN"));
        assert!(heard.client.is_idle());
    }
}
