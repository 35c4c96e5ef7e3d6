//! Floods of replies that nobody asked for.

use pop3_proto::client::{Knowledge, Profile, ProtocolError};
use pop3_proto::fetch::Fault;
use pop3_proto::login::{Method, Reason, RefusalKind};
use pop3_proto::{Command, Deviation};

use crate::programs::{Attempt, Download, ask};
use crate::secrets::{SOMEBODY, holds_a_secret};
use crate::wire::{Answer, End, GREETING, MIB, Piece, ROOM, say};

fn flood(line: &str) -> Answer {
    vec![Piece::Octets(line.into(), MIB / line.len() as u64)]
}

/// The first line is the greeting, the second opens the list, and the others are lines of the list, none of
/// which ends it.
#[test]
fn a_flood_of_ok_before_the_login_is_a_list_without_end() {
    for attempt in [Attempt::in_clear(SOMEBODY), Attempt::in_tls(SOMEBODY)] {
        let outcome = attempt.against(|line, _| match line {
            GREETING => flood("+OK\r\n"),
            other => panic!("{other}"),
        });
        outcome.said("CAPA\r\n").ends(End::OutOfPatience).fits(ROOM);
    }
}

#[test]
fn a_flood_of_refusals_before_the_login_ends_it() {
    let outcome = Attempt::in_clear(SOMEBODY).against(|line, _| match line {
        GREETING => [say("+OK\r\n"), flood("-ERR\r\n")].into_iter().flatten().collect(),
        other => panic!("{other}"),
    });
    outcome.said("CAPA\r\nSTLS\r\n").fails(RefusalKind::Policy, Reason::StlsRefused, None).fits(ROOM);
}

/// Answers that arrive before the questions log nobody in where the server has to prove itself.
#[test]
fn answers_prepared_before_the_login_prove_nothing() {
    let prepared = "+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n+OK\r\n+OK\r\n+OK\r\n";
    let outcome = Attempt::in_tls(SOMEBODY).against(|line, _| match line {
        GREETING => say(&format!("+OK\r\n{prepared}")),
        other => panic!("{other}"),
    });
    outcome.fails(RefusalKind::Policy, Reason::NotProved(Method::ScramSha256), None);
    assert!(!holds_a_secret(&outcome.said, "<1@h.example>"));
}

/// None of them answers anything that is asked later, and they take no memory.
#[test]
fn a_flood_of_replies_to_an_idle_client_answers_nothing() {
    for line in ["+OK\r\n", "+OK 2 320\r\n", "-ERR\r\n", "+ \r\n", ".\r\n", "\r\n", "+OK\r\nSTLS\r\n.\r\n"] {
        let heard =
            ask(Profile::LENIENT, None, |_| [say("+OK\r\n"), flood(line)].into_iter().flatten().collect());
        heard.outcome.ends(End::Silent).said("").fits(ROOM);
        let lines = line.matches('\n').count() as u64 * (MIB / line.len() as u64);
        assert_eq!(heard.outcome.events, 1 + lines);
        assert!(heard.first[1].starts_with("Unsolicited("), "{:?}", heard.first);
        assert!(heard.client.deviations().contains(Deviation::Unsolicited));
        assert_eq!(heard.client.capabilities().knowledge(), Knowledge::NotAsked);
        assert!(heard.client.is_idle());
        let mut client = heard.client;
        client.send(&Command::Stat, &mut Vec::new()).unwrap();
        let event = format!("{:?}", client.receive(&mut &b"+OK 7 77\r\n"[..]));
        assert_eq!(event, "Ok(Reply { id: Id(0), part: Stat(Stat { count: 7, octets: 77 }), last: true })");
    }
}

#[test]
fn a_strict_client_ends_at_the_first_reply_that_nobody_asked_for() {
    let heard =
        ask(Profile::STRICT, None, |_| [say("+OK\r\n"), flood("+OK\r\n")].into_iter().flatten().collect());
    heard.outcome.ends(End::Broken(ProtocolError::Deviation(Deviation::Unsolicited))).fits(ROOM);
    assert_eq!(heard.outcome.events, 1);
}

/// During a download such replies would pass for answers to what is asked next, so they end it. Those that come
/// with the end of a message leave it open whether that was its end.
#[test]
fn a_flood_in_a_download_is_no_message() {
    for (with_it, asked, told) in [("", "NOOP\r\n", &["whole 1 Some(3) x\\r\\n"][..]), ("+OK\r\n", "", &[])] {
        let got = Download::new().from(|line| match line {
            "STAT" => say("+OK 1 3\r\n"),
            "LIST" => say("+OK\r\n1 3\r\n.\r\n"),
            "UIDL" => say("+OK\r\n1 a\r\n.\r\n"),
            "RETR 1" => {
                let message = say(&format!("+OK\r\nx\r\n.\r\n{with_it}"));
                [message, flood("+OK\r\n")].into_iter().flatten().collect()
            }
            other => panic!("{other}"),
        });
        // Where nothing was left over, the first reply answers NOOP.
        let said = format!("STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\n{asked}");
        got.outcome.ends(End::Fault(Fault::OutOfStep)).said(&said).fits(ROOM);
        assert_eq!(got.told, told);
        assert!(got.record.iter().all(|entry| entry.is_broken() == told.is_empty()));
        assert_eq!(got.record.len(), 1);
    }
}

/// A deletion counts as done when QUIT is answered. A false answer that comes early is a lie about mail that
/// the server holds anyway.
#[test]
fn a_flood_of_ok_marks_nothing_that_the_store_has_not() {
    let download = Download::new().rules(|rules| rules.delete_after_days = Some(0));
    let got = download.from(|line| match line {
        "STAT" => flood("+OK\r\n"),
        other => panic!("{other}"),
    });
    // The listing never ends: neither RETR nor DELE is sent.
    got.outcome.ends(End::OutOfPatience).said("STAT\r\nLIST\r\n").fits(ROOM);
    assert!(got.told.is_empty() && got.record.is_empty());
}

/// The session is over, so what still comes is not read.
#[test]
fn a_flood_after_quit_is_not_read() {
    let heard = ask(Profile::LENIENT, Some(&Command::Quit), |line| match line {
        GREETING => say("+OK\r\n"),
        _ => [say("+OK bye\r\n"), flood("+OK\r\n")].into_iter().flatten().collect(),
    });
    heard.outcome.ends(End::Done).said("QUIT\r\n").fits(ROOM);
    assert_eq!(heard.outcome.octets, b"+OK\r\n+OK bye\r\n".len() as u64);
    assert_eq!(heard.client.end_of_input(), Ok(()));
}
