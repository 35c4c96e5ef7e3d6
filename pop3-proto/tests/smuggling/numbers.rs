//! Numbers that are huge, negative, zero, or none at all name no message, in what comes in and in what a
//! server answers.

use std::collections::VecDeque;

use pop3_proto::client::Profile;
use pop3_proto::{Command, Deviations, Scan, Security, parse};

use crate::common::show;
use crate::pair::listen;
use crate::{ONE, event, greeted, logged_in, mailbox, open_config};

/// None of these is the number of the one message that is there.
const NO_MESSAGE: [&str; 16] = [
    "0",
    "00",
    "000000000000000000000",
    "2",
    "65535",
    "65536",
    "65537",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "4294967297",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551617",
    "340282366920938463463374607431768211457",
];

const NO_NUMBER: [&str; 22] = [
    "-1",
    "-0",
    "-2147483648",
    "-4294967295",
    "-18446744073709551615",
    "+1",
    "01",
    "0000000001",
    "1.0",
    "1,",
    "1e0",
    "0x1",
    "1u",
    "one",
    "*",
    "1:1",
    "%d",
    "%n",
    "$1",
    "\u{661}",
    "\u{b9}",
    "\u{ff11}",
];

/// Covers huge-numbers, negative-numbers, letters-for-numbers.
#[test]
fn no_odd_number_names_a_message_and_each_has_one_refusal() {
    check_odd_numbers(true);
    check_odd_numbers(false);
}

/// Only the strict grammar refuses zeros in front of a number.
fn check_odd_numbers(strict: bool) {
    let mut config = open_config();
    config.strict_commands = strict;
    let long = "9".repeat(240);
    let missing = NO_MESSAGE.iter().copied().chain([&long[..]]).map(|number| (number, "no such message"));
    let letters = "A".repeat(240);
    let none = NO_NUMBER.iter().copied().chain([&letters[..]]).map(|number| (number, "not a number"));
    let none = none.filter(|(number, _)| strict || !number.bytes().all(|b| b.is_ascii_digit()));
    for (number, why) in missing.chain(none) {
        for command in ["LIST @", "UIDL @", "RETR @", "DELE @", "TOP @ 0", "TOP @ 18446744073709551616"] {
            let line = command.replace('@', number);
            if line.len() > 253 {
                continue;
            }
            let mut host = logged_in(&config, mailbox());
            host.hear(format!("{line}\r\nSTAT\r\n").as_bytes());
            let due = format!("-ERR {why}\r\n+OK 1 22\r\n");
            assert_eq!(show(&host.take()), show(due.as_bytes()), "{line}");
            assert!(host.log.is_empty(), "{:?}", host.log);
        }
    }
}

/// Covers huge-numbers, negative-numbers, letters-for-numbers.
#[test]
fn no_odd_number_of_lines_makes_top_show_less_or_more_than_there_is() {
    let config = open_config();
    let top = |lines: &str| {
        let mut host = logged_in(&config, mailbox());
        host.hear(format!("TOP 1 {lines}\r\n").as_bytes());
        show(&host.take())
    };
    let whole = show(b"+OK message follows\r\nSubject: one\r\n\r\nbody\r\n.\r\n");
    for lines in &NO_MESSAGE[3..] {
        assert_eq!(top(lines), whole, "{lines} lines");
    }
    assert_eq!(top(&"9".repeat(240)), whole);
    for lines in &NO_MESSAGE[..3] {
        assert_eq!(top(lines), show(b"+OK message follows\r\nSubject: one\r\n\r\n.\r\n"), "{lines} lines");
    }
    for lines in NO_NUMBER.iter().filter(|lines| !lines.bytes().all(|b| b.is_ascii_digit())) {
        assert_eq!(top(lines), show(b"-ERR not a number\r\n"), "{lines} lines");
    }
}

/// What a client reports about a line of a listing, or about the answer for one message.
/// Covers odd-numbers-in-listings.
#[test]
fn numbers_that_a_server_gets_wrong_never_count_backwards_or_round() {
    for (line, heard) in [
        ("0 1", "UnreadableItem(\"0 1\")"),
        ("-1 1", "UnreadableItem(\"-1 1\")"),
        ("1 -1", "ScanItem(Scan { number: MsgNo(1), octets: 0 })"),
        ("1 -18446744073709551616", "ScanItem(Scan { number: MsgNo(1), octets: 0 })"),
        ("1 99999999999999999999", "ScanItem(Scan { number: MsgNo(1), octets: 18446744073709551615 })"),
        ("1 4294967296", "ScanItem(Scan { number: MsgNo(1), octets: 4294967296 })"),
    ] {
        let mut client = greeted(Profile::LENIENT, Security::Plain);
        client.send(&Command::List(None), &mut Vec::new()).unwrap();
        let octets = format!("+OK\r\n{line}\r\n.\r\n");
        let mut all = VecDeque::new();
        listen(&mut client, octets.as_bytes(), &[1], &mut all, |_, _| {});
        assert_eq!(all[1], event(&format!("Reply(Id(0), {heard})")), "{line}");
        assert_eq!(all[2], event("Reply(Id(0), End)"));
    }
    for number in ["4294967296", "4294967297", "18446744073709551617", &"9".repeat(400)] {
        let [scan, uid, size] = [format!("{number} 1"), format!("{number} x"), format!("1 {number}")];
        assert!(parse::scan_item(scan.as_bytes(), &mut Deviations::default()).is_err(), "{scan}");
        assert!(parse::uid_item(uid.as_bytes(), &mut Deviations::default()).is_err(), "{uid}");
        let read = parse::scan_item(size.as_bytes(), &mut Deviations::default());
        let octets = number.parse().unwrap_or(u64::MAX);
        assert_eq!(read, Ok(Scan { number: ONE, octets }));
    }
}
