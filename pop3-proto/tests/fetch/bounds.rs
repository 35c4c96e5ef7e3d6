//! A server that lists without end, or very much: bounded memory, and work that grows with the listing and no
//! faster.

use std::time::{Duration, Instant};

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::fetch::{Fault, Fetch, FetchEvent, Progress, Record, Rules};
use pop3_proto::{Command, Security};

use crate::drive::{NOW, lines, rules};

const MIB: usize = 1024 * 1024;

fn client() -> Client<16> {
    let mut client = Client::new(Profile::LENIENT, Security::Plain);
    let _ = client.receive(&mut &b"+OK\r\n"[..]).unwrap();
    client.send(&Command::Capa, &mut Vec::new()).unwrap();
    let answer = lines(b"+OK\nTOP\nUIDL\nPIPELINING\n.");
    let mut unread = &answer[..];
    while !client.is_idle() {
        let _ = client.receive(&mut unread).unwrap();
    }
    client
}

/// Shows bytes to the client and the download, and stores what comes whole; the result is where the download
/// stands, and what it says.
fn hear(client: &mut Client<16>, fetch: &mut Fetch, octets: &[u8]) -> (Progress, Vec<u8>) {
    let (mut unread, mut out, mut said) = (octets, Vec::new(), Vec::new());
    loop {
        let progress = fetch.advance(client, &mut out).unwrap();
        said.append(&mut out);
        if progress == Progress::Fetched {
            continue;
        }
        if progress != Progress::Pending {
            return (progress, said);
        }
        match client.receive(&mut unread).unwrap() {
            Event::NeedInput => {
                assert!(unread.is_empty(), "only whole lines are shown");
                return (progress, said);
            }
            event => {
                for told in fetch.handle_event(&event) {
                    if let FetchEvent::Whole(wanted) = told {
                        assert!(fetch.stored(wanted.number).is_some());
                    }
                }
            }
        }
    }
}

/// Lists until the download gives up; the result is how many lines that takes, and the most memory it had.
fn endless(max_memory: usize, before: &str, line: impl Fn(u32) -> String) -> (u32, u64) {
    let mut count = 0;
    let used = allocation_counter::measure(|| {
        let mut client = client();
        let mut fetch = Fetch::new(Record::new(), rules(|r| r.max_memory = max_memory), NOW);
        let _ = hear(&mut client, &mut fetch, &lines(before.as_bytes()));
        loop {
            count += 1;
            match hear(&mut client, &mut fetch, line(count).as_bytes()).0 {
                Progress::Pending => assert!(count < 1_000_000, "it does not give up"),
                progress => {
                    assert_eq!(progress, Progress::Failed(Fault::TooMany));
                    break;
                }
            }
        }
        assert_eq!(fetch.record().len(), 0);
    });
    (count, used.bytes_max)
}

/// Covers endless-listing.
#[test]
fn a_listing_without_end_is_given_up_before_it_fills_the_memory() {
    for limit in [MIB / 4, 2 * MIB] {
        let stat = "+OK 1 1\n+OK";
        let uidl = "+OK 1 1\n+OK\n.\n+OK";
        for (before, line) in [
            (stat, &(|n: u32| format!("{n} 5\r\n")) as &dyn Fn(u32) -> String),
            (stat, &|_| "1 5\r\n".into()),
            (stat, &|_| "x\r\n".into()),
            (uidl, &|n| format!("{n} {n}\r\n")),
            (uidl, &|n| format!("{n}\r\n")),
            (uidl, &|n| format!("{n} {}\r\n", "x".repeat(1000))),
            (uidl, &|_| "\r\n".into()),
        ] {
            let (count, bytes) = endless(limit, before, line);
            assert!(count as usize <= limit / 64, "{count} lines");
            // A vector that grows exists twice for a moment, and may have as much again in reserve.
            assert!(bytes <= 3 * limit as u64 + 64 * 1024, "{bytes} bytes for a limit of {limit}");
        }
    }
}

/// Covers endless-listing.
#[test]
fn a_listing_far_beyond_what_stat_counts_is_given_up() {
    let (stat, uidl) = ("+OK 100 1\n+OK", "+OK 100 1\n+OK\n.\n+OK");
    for (before, line) in [
        (stat, &(|n: u32| format!("{n} 5\r\n")) as &dyn Fn(u32) -> String),
        (stat, &|_| "x\r\n".into()),
        (uidl, &|n| format!("{n} x\r\n")),
        (uidl, &|_| "\r\n".into()),
    ] {
        assert_eq!(endless(256 * MIB, before, line).0, 4 * 100 + 10_000 + 1);
    }
    // The lines of LIST and of UIDL both count.
    let sizes: String = (1..=10_000).map(|n| format!("{n} 5\n")).collect();
    let before = format!("+OK 100 1\n+OK\n{sizes}.\n+OK");
    assert_eq!(endless(256 * MIB, &before, |n| format!("{n} x\r\n")).0, 4 * 100 + 1);
}

/// The time for a listing of `count` messages that are all in the record, with ids from `uid`.
fn matching(count: u32, uid: impl Fn(u32) -> String) -> Duration {
    let mut text = "pop3-proto record 1\n".to_owned();
    let (mut sizes, mut uids) = ("+OK\r\n".to_owned(), "+OK\r\n".to_owned());
    for n in 1..=count {
        let id = uid(n);
        let nth = if id == "same" { n - 1 } else { 0 };
        text += &format!("have {n} {NOW} {NOW} {NOW} - {nth} uid:{id}\n");
        sizes += &format!("{n} {n}\r\n");
        uids += &format!("{n} {id}\r\n");
    }
    sizes += ".\r\n";
    uids += ".\r\n";
    let record: Record = text.parse().unwrap();
    let (mut client, mut fetch) = (client(), Fetch::new(record, Rules::DEFAULT, NOW));
    let stat = format!("+OK {count} 0\r\n");
    let started = Instant::now();
    for answer in [&stat, &sizes] {
        assert_eq!(hear(&mut client, &mut fetch, answer.as_bytes()).0, Progress::Pending);
    }
    let (_, out) = hear(&mut client, &mut fetch, uids.as_bytes());
    let time = started.elapsed();
    assert_eq!(out, b"QUIT\r\n", "all of them are known");
    assert_eq!(fetch.summary().known, u64::from(count));
    time
}

/// Covers super-linear-parsing.
#[test]
fn a_million_messages_are_matched_in_time_that_grows_with_their_number() {
    // The listing is 20 times as long. On a busy machine that may take 200 times as long; work that grows
    // with the square would take 400 times as long.
    let few = matching(50_000, |n| format!("id-{n}"));
    let many = matching(1_000_000, |n| format!("id-{n}"));
    assert!(many < few * 200 + Duration::from_millis(100), "{few:?} {many:?}");
}

/// Covers super-linear-parsing.
#[test]
fn messages_that_all_have_the_same_id_are_matched_in_time_that_grows_with_their_number() {
    let few = matching(5_000, |_| "same".into());
    let many = matching(100_000, |_| "same".into());
    assert!(many < few * 200 + Duration::from_millis(100), "{few:?} {many:?}");
}

/// The time for `count` new messages with the same id, stored one by one.
fn storing(count: u32) -> Duration {
    let sizes: String = (1..=count).map(|n| format!("{n} 5\r\n")).collect();
    let uids: String = (1..=count).map(|n| format!("{n} same\r\n")).collect();
    let bodies = "+OK\r\n\r\nA\r\n.\r\n".repeat(count as usize);
    let (mut client, mut fetch) = (client(), Fetch::new(Record::new(), Rules::DEFAULT, NOW));
    let listing = format!("+OK {count} 0\r\n+OK\r\n{sizes}.\r\n+OK\r\n{uids}.\r\n");
    let started = Instant::now();
    assert_eq!(hear(&mut client, &mut fetch, listing.as_bytes()).0, Progress::Pending);
    let (_, out) = hear(&mut client, &mut fetch, bodies.as_bytes());
    assert!(out.ends_with(format!("RETR {count}\r\nNOOP\r\n").as_bytes()));
    let (_, out) = hear(&mut client, &mut fetch, b"+OK\r\n");
    let time = started.elapsed();
    assert_eq!(out, b"QUIT\r\n");
    assert_eq!((fetch.summary().fetched, fetch.record().len()), (u64::from(count), count as usize));
    time
}

/// Covers super-linear-parsing.
#[test]
fn messages_that_all_have_the_same_id_are_stored_in_time_that_grows_with_their_number() {
    let few = storing(10_000);
    let many = storing(200_000);
    assert!(many < few * 200 + Duration::from_millis(100), "{few:?} {many:?}");
}
