//! Texts, unique-ids and listings from a server: they reach the embedder whole, harmless to show, and take no
//! memory.

use std::collections::VecDeque;

use pop3_proto::client::{Event as Got, Part, Profile, ProtocolError};
use pop3_proto::{Command, Deviation, Limits, Security, Text};

use crate::common::show;
use crate::pair::listen;
use crate::{ONE, event, greeted};

/// Covers texts-in-logs.
#[test]
fn a_text_is_shown_without_control_characters_and_kept_as_it_came() {
    for (octets, shown) in [
        (&b"ready"[..], "ready"),
        (b"", ""),
        (b"\x1B]0;title\x07", "\\u{1b}]0;title\\u{7}"),
        (b"\x1B[2J", "\\u{1b}[2J"),
        (b"a\rb\tc\0d\x7F", "a\\rb\\tc\\u{0}d\\u{7f}"),
        ("\u{9b}2J\u{85}".as_bytes(), "\\u{9b}2J\\u{85}"),
        (b"\x9B2J", "\u{fffd}2J"),
        ("Espa\u{f1}ol".as_bytes(), "Espa\u{f1}ol"),
        (b"\xC3\x28\xFF\xFE", "\u{fffd}(\u{fffd}\u{fffd}"),
        (b"%s%n", "%s%n"),
    ] {
        let text = Text::new(octets);
        assert_eq!((text.to_string(), text.as_bytes()), (shown.to_owned(), octets));
        assert_eq!(format!("{text:?}"), format!("Text(\"{}\")", show(octets)));
    }
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for shown in [Text::new(&all).to_string(), format!("{:?}", Text::new(&all))] {
        assert!(!shown.contains(char::is_control));
    }
}

/// Unique-ids are opaque: the embedder gets them as they came, and one that looks like a path is no path.
/// Covers unique-id-too-long, unique-id-empty, unique-id-as-path, quirk-79.
#[test]
fn unique_ids_of_every_odd_form_come_as_they_are_and_are_named() {
    let long = "x".repeat(71);
    for (id, deviation) in [
        ("../../etc/passwd", None),
        ("/", None),
        (".", None),
        ("..", None),
        ("a/b\\c:d|e", None),
        ("%n%s", None),
        ("", Some(Deviation::EmptyUid)),
        (&long, Some(Deviation::LongUid)),
        ("a b", Some(Deviation::OddUid)),
        ("a\0b", Some(Deviation::OddUid)),
        ("\u{1b}[2J", Some(Deviation::OddUid)),
        ("\u{e9}", Some(Deviation::OddUid)),
    ] {
        for (command, octets) in [
            (Command::Uidl(None), format!("+OK\r\n1 {id}\r\n.\r\n")),
            (Command::Uidl(Some(ONE)), format!("+OK 1 {id}\r\n")),
        ] {
            let mut client = greeted(Profile::LENIENT, Security::Plain);
            client.send(&command, &mut Vec::new()).unwrap();
            let mut ids = Vec::new();
            listen(&mut client, octets.as_bytes(), &[1], &mut VecDeque::new(), |_, event| {
                if let Got::Reply { part: Part::UidItem(line) | Part::Uid(line), .. } = event {
                    ids.push((line.number, line.uid.to_vec()));
                }
            });
            assert_eq!(ids, [(Some(ONE), id.as_bytes().to_vec())]);
            assert!(client.is_idle());
            let seen: Vec<_> = client.deviations().iter().collect();
            assert_eq!(seen, Vec::from_iter(deviation), "{id:?}");
        }
    }
}

/// A listing without end comes line by line through the least window; nothing of it stays in the session.
/// Covers endless-listing.
#[test]
fn an_endless_listing_takes_no_memory_and_is_no_answer_until_it_ends() {
    for (command, line) in [
        (Command::List(None), &b"7 42\r\n"[..]),
        (Command::Uidl(None), b"7 unique\r\n"),
        (Command::Capa, b"X-NEVER-HEARD-OF-IT\r\n"),
        (Command::Lang(None), b"en English\r\n"),
    ] {
        let mut client = greeted(Profile::LENIENT, Security::Plain).with_limits(Limits::for_window(64));
        client.send(&command, &mut Vec::new()).unwrap();
        let begun = client.receive(&mut &b"+OK\r\n"[..]);
        assert!(matches!(begun, Ok(Got::Reply { part: Part::Begin(_), .. })), "{begun:?}");
        let allocated = allocation_counter::measure(|| {
            for _ in 0..200_000 {
                let mut window = line;
                let item = client.receive(&mut window);
                assert!(matches!(item, Ok(Got::Reply { part, .. }) if part != Part::End), "{item:?}");
                assert!(window.is_empty());
            }
        });
        assert_eq!(allocated.count_total, 0, "{command:?}");
        assert_eq!(client.end_of_input(), Err(ProtocolError::Truncated));
        let mut heard = VecDeque::new();
        listen(&mut client, b".\r\n", &[1], &mut heard, |_, _| {});
        assert_eq!(heard, [event("Reply(Id(0), End)")]);
    }
}
