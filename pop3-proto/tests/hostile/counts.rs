//! Wrong numbers from a hostile server, in the answers to STAT, LIST and UIDL.

use pop3_proto::MsgNo;
use pop3_proto::fetch::Record;

use crate::programs::{Download, Got};
use crate::wire::{End, NOW, ROOM, say};

/// A maildrop that reports these numbers about itself; the text of each message is its number.
fn maildrop(download: Download, stat: &str, list: &str, uidl: &str) -> Got {
    download.from(|line| match line {
        "STAT" => say(&format!("{stat}\r\n")),
        "LIST" => say(&format!("+OK\r\n{list}.\r\n")),
        "UIDL" => say(&format!("+OK\r\n{uidl}.\r\n")),
        _ if line.starts_with("TOP") => say("-ERR\r\n"),
        _ => match line.strip_prefix("RETR ") {
            Some(number) => say(&format!("+OK\r\n{number}\r\n.\r\n")),
            None => say("+OK\r\n"),
        },
    })
}

/// What was said after the listing.
#[track_caller]
fn asked(got: &Got, due: &str) {
    let (bodies, deletions) = due.split_at(due.find("DELE").unwrap_or(due.len()));
    let said = format!("STAT\r\nLIST\r\nUIDL\r\n{bodies}NOOP\r\n{deletions}QUIT\r\n");
    got.outcome.ends(End::Done).said(&said).fits(ROOM);
}

/// Covers odd-numbers-in-listings.
#[test]
fn the_counts_of_stat_decide_neither_what_is_fetched_nor_how_much_memory_it_takes() {
    for stat in [
        "+OK 1 1",
        "+OK 7 1000000",
        "+OK 4294967295 18446744073709551615",
        "+OK 18446744073709551616 99999999999999999999999999",
        "+OK -1 -5",
        "+OK -4294967295 1",
        "+OK many",
        "+OK",
        "-ERR",
    ] {
        let got = maildrop(Download::new(), stat, "1 3\r\n2 3\r\n", "1 a\r\n2 b\r\n");
        asked(&got, "RETR 1\r\nRETR 2\r\n");
        assert_eq!(got.told, ["whole 1 Some(3) 1\\r\\n", "whole 2 Some(3) 2\\r\\n"], "{stat}");
    }
}

/// Only the users of this server are harmed, who do not get their mail; nothing in the record is forgotten.
#[test]
fn a_server_that_says_it_has_nothing_is_believed_and_the_record_stays() {
    let record: Record =
        format!("pop3-proto record 1\nhave 3 {NOW} {NOW} {NOW} - 0 uid:a\n").parse().unwrap();
    let got = maildrop(Download::knowing(record.clone()), "+OK 0 0", "1 3\r\n", "1 a\r\n");
    got.outcome.ends(End::Done).said("STAT\r\nQUIT\r\n");
    let due = record.to_string().replace("have ", "have,missed ");
    assert_eq!(got.record.to_string(), due);
}

/// Covers odd-numbers-in-listings.
#[test]
fn sizes_that_are_wrong_change_nothing_of_what_comes() {
    // A message may be longer than announced by its last line end, and nothing else explains more of a single one.
    for (size, read, doubtful) in [
        ("0", "Some(0)", 1),
        ("1", "Some(1)", 0),
        ("18446744073709551615", "Some(18446744073709551615)", 1),
        ("18446744073709551616", "Some(18446744073709551615)", 1),
        ("-1", "Some(0)", 1),
        ("3.5", "Some(3)", 0),
        ("", "None", 1),
        ("three", "None", 1),
    ] {
        let got = maildrop(Download::new(), "+OK 1 3", &format!("1 {size}\r\n"), "1 a\r\n");
        asked(&got, "RETR 1\r\n");
        assert_eq!(got.told, [format!("whole 1 {read} 1\\r\\n")], "{size}");
        assert_eq!(got.data, 3);
        assert_eq!(got.summary.octets, 3, "what came is counted, not what was announced");
        assert_eq!(got.summary.doubtful, doubtful, "{size}");
    }
}

/// Sums of sizes stop at the largest number; the rule then finds all messages but the newest too much.
/// Covers odd-numbers-in-listings.
#[test]
fn huge_sizes_do_not_wrap_round_where_they_are_added_up() {
    let download = Download::new().rules(|rules| {
        rules.keep_octets = Some(u64::MAX - 1);
        rules.delete_doubtful = true;
    });
    let list = "1 18446744073709551615\r\n2 18446744073709551615\r\n3 5\r\n";
    let got = maildrop(download, "+OK 3 5", list, "1 a\r\n2 b\r\n3 c\r\n");
    asked(&got, "RETR 1\r\nRETR 2\r\nRETR 3\r\nDELE 2\r\nDELE 1\r\n");
    let download = Download::new().rules(|rules| rules.preview_above = Some(1000));
    let got = download.from(|line| match line {
        "STAT" => say("+OK 2 5\r\n"),
        "LIST" => say("+OK\r\n1 18446744073709551616\r\n2 -9\r\n.\r\n"),
        "UIDL" => say("+OK\r\n1 a\r\n2 b\r\n.\r\n"),
        "TOP 1 20" | "RETR 2" => say("+OK\r\nx\r\n.\r\n"),
        "QUIT" => say("+OK\r\n"),
        other => panic!("{other}"),
    });
    assert_eq!(got.summary.previewed, 1);
    assert_eq!(got.summary.fetched, 1);
}

/// Covers odd-numbers-in-listings.
#[test]
fn numbers_that_repeat_leap_or_are_none_name_each_message_once() {
    let largest = u32::MAX;
    for (list, uidl, due) in [
        ("1 3\r\n1 3\r\n1 9\r\n", "1 a\r\n1 b\r\n", "RETR 1\r\n".to_owned()),
        ("0 3\r\n1 3\r\n", "0 a\r\n1 b\r\n", "RETR 1\r\n".into()),
        ("-1 3\r\n1 3\r\n", "-1 a\r\n1 b\r\n", "RETR 1\r\n".into()),
        ("3 3\r\n1 3\r\n", "1 a\r\n3 b\r\n", "RETR 1\r\nRETR 3\r\n".into()),
        (
            "4294967295 3\r\n4294967296 3\r\n18446744073709551617 3\r\n",
            "4294967295 a\r\n4294967296 b\r\n18446744073709551617 c\r\n",
            format!("RETR {largest}\r\n"),
        ),
        ("", "1 a\r\n", "RETR 1\r\n".into()),
        ("1 3\r\n", "7 a\r\n", "RETR 1\r\nRETR 7\r\n".into()),
        ("1 3\r\n", "1\r\n1 \r\na\r\n", "RETR 1\r\n".into()),
    ] {
        let got = maildrop(Download::new(), "+OK 1 3", list, uidl);
        asked(&got, &due);
        assert_eq!(got.summary.fetched, got.told.len() as u64, "{list} {uidl}");
        assert!(got.told.iter().all(|told| told.starts_with("whole ")), "{:?}", got.told);
    }
    assert_eq!(MsgNo::new(0), None);
}
