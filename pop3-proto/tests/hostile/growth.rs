//! Work that a hostile server could make grow with the square of what it sends.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use pop3_proto::fetch::Record;

use crate::programs::Download;
use crate::wire::{End, Line, NOW, Piece, say};

/// Listings of `count` messages, and as many entries of the record, that all look alike.
struct Alike {
    uid: Line,
    /// The sizes of the entries.
    size: fn(u64) -> u64,
    /// The lines of LIST.
    sizes: Line,
    digest: &'static str,
}

/// The time from STAT to the first command after the listing, which has to be `command`.
fn matching(count: u64, alike: &Alike, command: &str) -> Duration {
    let mut text = "pop3-proto record 1\n".to_owned();
    for n in 1..=count {
        let (octets, uid) = ((alike.size)(n), (alike.uid)(n));
        let nth = if uid == "same" { n - 1 } else { 0 };
        writeln!(text, "have {octets} {NOW} {NOW} {NOW} {} {nth} uid:{uid}", alike.digest).unwrap();
    }
    let record: Record = text.parse().unwrap();
    assert_eq!(record.len() as u64, count);
    let (sizes, uids) = (alike.sizes, alike.uid);
    let numbered: Line =
        if uids(1) == "same" { |n| format!("{n} same\r\n") } else { |n| format!("{n} new-{n}\r\n") };
    let started = Instant::now();
    let got = Download::knowing(record).from(|line| match line {
        "STAT" => say(&format!("+OK {count} 0\r\n")),
        "LIST" => vec![
            Piece::Octets(b"+OK\r\n".to_vec(), 1),
            Piece::Lines(sizes, count),
            Piece::Octets(b".\r\n".to_vec(), 1),
        ],
        "UIDL" => vec![
            Piece::Octets(b"+OK\r\n".to_vec(), 1),
            Piece::Lines(numbered, count),
            Piece::Octets(b".\r\n".to_vec(), 1),
        ],
        _ => vec![Piece::Close],
    });
    let time = started.elapsed();
    assert!(matches!(got.outcome.end, End::Cut(Err(_))));
    got.outcome.said(&format!("STAT\r\nLIST\r\nUIDL\r\n{command}\r\n"));
    time
}

/// There are 16 times as many messages. On a busy machine that may take 128 times as long; work that grows
/// with the square would take 256 times as long.
#[track_caller]
fn grows_with_the_number(alike: &Alike, command: &str) {
    let (few, many) = (matching(12_500, alike, command), matching(200_000, alike, command));
    assert!(many < few * 128 + Duration::from_millis(100), "{few:?} {many:?}");
}

/// Covers super-linear-parsing.
#[test]
fn equal_unique_ids_with_sizes_that_no_entry_has() {
    grows_with_the_number(
        &Alike {
            uid: |_| "same".into(),
            size: |n| n * 2,
            sizes: |n| format!("{n} {}\r\n", n * 2 + 1),
            digest: "-",
        },
        "RETR 1",
    );
}

/// Covers super-linear-parsing.
#[test]
fn equal_unique_ids_with_sizes_that_no_entry_has_and_headers_that_are_known() {
    grows_with_the_number(
        &Alike {
            uid: |_| "same".into(),
            size: |n| n * 2,
            sizes: |n| format!("{n} {}\r\n", n * 2 + 1),
            digest: "00000000000000000000000000000000",
        },
        "TOP 1 0",
    );
}

/// Covers super-linear-parsing.
#[test]
fn equal_sizes_and_headers_with_unique_ids_that_no_entry_has() {
    grows_with_the_number(
        &Alike {
            uid: |n| format!("old-{n}"),
            size: |_| 5,
            sizes: |n| format!("{n} 5\r\n"),
            digest: "00000000000000000000000000000000",
        },
        "RETR 1",
    );
}

/// The time of two sessions with this many messages of the same header, each session with its own unique-ids.
fn sessions(count: u64, uids: [Line; 2]) -> Duration {
    let mut record = Record::new();
    let started = Instant::now();
    for uid in uids {
        let got = Download::knowing(record).from(|line| match line {
            "STAT" => say(&format!("+OK {count} 0\r\n")),
            "LIST" | "UIDL" => vec![
                Piece::Octets(b"+OK\r\n".to_vec(), 1),
                Piece::Lines(if line == "LIST" { |n| format!("{n} 4\r\n") } else { uid }, count),
                Piece::Octets(b".\r\n".to_vec(), 1),
            ],
            "QUIT" => say("+OK\r\n"),
            _ => say("+OK\r\nHi\r\n.\r\n"),
        });
        got.outcome.ends(End::Done);
        assert_eq!(got.summary.fetched + got.summary.known, count);
        record = got.record;
    }
    started.elapsed()
}

/// Covers super-linear-parsing.
#[test]
fn whole_sessions_of_equal_messages_with_equal_unique_ids() {
    let same: Line = |n| format!("{n} same\r\n");
    let (few, many) = (sessions(1_000, [same; 2]), sessions(16_000, [same; 2]));
    assert!(many < few * 128 + Duration::from_millis(100), "{few:?} {many:?}");
}

/// Covers super-linear-parsing.
#[test]
fn whole_sessions_of_equal_messages_with_unique_ids_that_change() {
    let uids: [Line; 2] = [|n| format!("{n} a-{n}\r\n"), |n| format!("{n} b-{n}\r\n")];
    let (few, many) = (sessions(1_000, uids), sessions(16_000, uids));
    assert!(many < few * 128 + Duration::from_millis(100), "{few:?} {many:?}");
}
