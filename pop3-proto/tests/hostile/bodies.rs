//! Hostile messages: bodies and headers that are not what they should be.

use pop3_proto::client::ProtocolError;
use pop3_proto::fetch::Record;
use sha2::{Digest as _, Sha256};

use crate::programs::Download;
use crate::wire::{Answer, End, MIB, NOW, Piece, ROOM, endless, say};

fn listing(line: &str) -> Answer {
    match line {
        "STAT" => say("+OK 1 100\r\n"),
        "LIST" => say("+OK\r\n1 100\r\n.\r\n"),
        "UIDL" => say("+OK\r\n1 a\r\n.\r\n"),
        "QUIT" => say("+OK\r\n"),
        other => panic!("{other}"),
    }
}

/// A server without unique-ids.
fn without_ids(line: &str) -> Answer {
    if line == "UIDL" { say("+OK\r\n.\r\n") } else { listing(line) }
}

/// The digest of a header whose lines end in LF.
fn digest(header: &str) -> String {
    Sha256::digest(header)[..16].iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A record of messages known by their headers alone.
fn known(headers: &[&str]) -> Record {
    let entry = |header: &&str| {
        let digest = digest(header);
        format!("have 100 {NOW} {NOW} {NOW} {digest} 0 digest:{digest}\n")
    };
    let lines: String = headers.iter().map(entry).collect();
    format!("pop3-proto record 1\n{lines}").parse().unwrap()
}

/// A message without end passes in slices; the record has nothing of it when the program or the connection
/// breaks off.
#[test]
fn a_message_without_end_passes_in_constant_memory_and_counts_for_nothing() {
    let line = "a line of a message, of ordinary length and content\r\n".repeat(100);
    for unit in [line.as_str(), "..\r\n..\r\n..\r\n..\r\n", &"x".repeat(4096), &"\n.\n\r\r\n\n.".repeat(512)]
    {
        let got = Download::new().from(|line| match line {
            "RETR 1" => endless("+OK\r\n", unit, 4 * MIB),
            other => listing(other),
        });
        got.outcome.ends(End::Cut(Err(ProtocolError::Truncated))).fits(ROOM).took(3 * MIB);
        got.outcome.said("STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\n");
        assert!(got.told.is_empty() && got.record.is_empty(), "{:?}", got.told);
        assert!(got.data > 2 * MIB);
    }
}

/// Of a header without end only the state of its digest is kept; a program can count the events.
#[test]
fn a_header_without_end_takes_no_memory() {
    for unit in ["X-More: and more\r\n".repeat(200), "x".repeat(4096), "Status: RO\r\n ".repeat(300)] {
        let got = Download::knowing(known(&["Subject: a\n"])).from(|line| match line {
            "TOP 1 0" => endless("+OK\r\n", &unit, 4 * MIB),
            other => without_ids(other),
        });
        got.outcome.ends(End::Cut(Err(ProtocolError::Truncated))).fits(ROOM).took(3 * MIB);
        got.outcome.said("STAT\r\nLIST\r\nUIDL\r\nTOP 1 0\r\n");
        assert!(got.told.is_empty());
        assert_eq!(got.record.len(), 1);
    }
}

/// Covers bare-line-ends-in-replies, cr-without-lf.
#[test]
fn forged_ends_are_part_of_the_message() {
    for inside in
        ["\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\r\n.\r\r\n", "\r\n. \r\n", "\n.\n+OK\n1 1\n.\n"]
    {
        let got = Download::new().from(|line| match line {
            "RETR 1" => say(&format!("+OK\r\na{inside}b\r\n.\r\n")),
            other => listing(other),
        });
        got.outcome.ends(End::Done).said("STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nNOOP\r\nQUIT\r\n");
        // A dot after CRLF is stuffing.
        let inside =
            inside.replace("\r\n. ", "\r\n ").replace("\r\n.\n", "\r\n\n").replace("\r\n.\r\r", "\r\n\r\r");
        assert_eq!(got.told, [format!("whole 1 Some(100) {}", format!("a{inside}b\r\n").escape_default())]);
    }
}

/// A server that lies about the header of a new message hides that message, which it could do in any case.
#[test]
fn a_top_of_another_message_hides_what_the_server_can_hide_anyway_and_forgets_nothing() {
    let record = known(&["Subject: a\n"]);
    let got = Download::knowing(record.clone()).from(|line| match line {
        "TOP 1 0" => say("+OK\r\nSubject: a\r\n\r\n.\r\n"),
        other => without_ids(other),
    });
    got.outcome.ends(End::Done).said("STAT\r\nLIST\r\nUIDL\r\nTOP 1 0\r\nNOOP\r\nQUIT\r\n");
    assert_eq!(got.summary.known, 1);
    assert_eq!(got.record, record);
}

/// A message that TOP made look new is recognised when RETR brings it.
#[test]
fn a_top_with_another_header_does_not_make_a_message_come_twice() {
    let message = |line: &str| match line {
        "RETR 1" => say("+OK\r\nSubject: a\r\n\r\nbody\r\n.\r\n"),
        "LIST" => say("+OK\r\n1 20\r\n.\r\n"),
        other => without_ids(other),
    };
    let record = Download::new().from(message).record;
    for top in ["Subject: forged\r\n\r\n", "", "\r\n", "no header at all\r\n"] {
        let got = Download::knowing(record.clone()).from(|line| match line {
            "TOP 1 0" => say(&format!("+OK\r\n{top}.\r\n")),
            other => message(other),
        });
        got.outcome.ends(End::Done).said("STAT\r\nLIST\r\nUIDL\r\nTOP 1 0\r\nRETR 1\r\nNOOP\r\nQUIT\r\n");
        assert_eq!(got.told, ["known 1"], "{top:?}");
        assert_eq!(got.record, record);
    }
}

/// The body of an answer to TOP is no message and is never stored, however much comes.
#[test]
fn a_top_that_brings_the_whole_message_brings_its_header_only() {
    let got = Download::knowing(known(&["Subject: a\n"])).from(|line| match line {
        "TOP 1 0" => {
            let mut answer = endless("+OK\r\nSubject: a\r\n\r\n", &"body\r\n".repeat(500), 2 * MIB);
            answer.extend(say(".\r\n"));
            answer
        }
        other => without_ids(other),
    });
    got.outcome
        .ends(End::Done)
        .said("STAT\r\nLIST\r\nUIDL\r\nTOP 1 0\r\nNOOP\r\nQUIT\r\n")
        .fits(ROOM)
        .took(MIB);
    assert_eq!((got.summary.known, got.data), (1, 0));
}

/// A preview takes whatever comes. A server that sends the whole message is limited by the program, as with
/// RETR.
#[test]
fn a_preview_that_brings_the_whole_message_stays_a_preview() {
    let download = Download::new().rules(|rules| {
        rules.preview_above = Some(50);
        rules.delete_after_days = Some(0);
    });
    let got = download.from(|line| match line {
        "TOP 1 20" => vec![
            Piece::Octets(b"+OK\r\nSubject: a\r\n\r\n".to_vec(), 1),
            Piece::Octets(b"body\r\n".to_vec(), 1000),
            Piece::Octets(b".\r\n".to_vec(), 1),
        ],
        other => listing(other),
    });
    got.outcome.ends(End::Done).said("STAT\r\nLIST\r\nUIDL\r\nTOP 1 20\r\nNOOP\r\nQUIT\r\n");
    assert_eq!((got.summary.previewed, got.summary.fetched, got.summary.deleted), (1, 0, 0));
    assert!(got.record.iter().all(|entry| !entry.is_stored()));
}

/// What came is stored under the id that the server gave it. Its size tells that it is another message, so it
/// is not deleted; where the sizes are equal, nobody can tell.
#[test]
fn a_retr_that_brings_another_message_brings_it_under_the_id_that_was_listed() {
    for (octets, doubtful, dele) in [(100, 1, ""), (16, 0, "DELE 1\r\n")] {
        let download = Download::new().rules(|rules| rules.delete_after_days = Some(0));
        let got = download.from(|line| match line {
            "STAT" => say("+OK 2 200\r\n"),
            "LIST" => say(&format!("+OK\r\n1 {octets}\r\n2 16\r\n.\r\n")),
            "UIDL" => say("+OK\r\n1 a\r\n2 b\r\n.\r\n"),
            "RETR 1" => say("+OK\r\nSubject: two\r\n\r\n.\r\n"),
            "RETR 2" => say("-ERR gone\r\n"),
            "DELE 1" | "QUIT" => say("+OK\r\n"),
            other => panic!("{other}"),
        });
        let said = format!("STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nRETR 2\r\nNOOP\r\n{dele}QUIT\r\n");
        got.outcome.ends(End::Done).said(&said);
        assert_eq!(got.told, [&*format!("whole 1 Some({octets}) Subject: two\\r\\n\\r\\n"), "refused 2"]);
        assert_eq!(got.summary.doubtful, doubtful);
    }
}

/// It costs as much traffic as a first session, and no message.
#[test]
fn unique_ids_that_change_with_every_session_lose_nothing_and_delete_nothing() {
    let mut record = Record::new();
    for session in 0..5 {
        let got = Download::knowing(record).from(|line| match line {
            "UIDL" => say(&format!("+OK\r\n1 id-{session}\r\n.\r\n")),
            "RETR 1" => say("+OK\r\nSubject: a\r\n\r\n.\r\n"),
            other => listing(other),
        });
        got.outcome.ends(End::Done).said("STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nNOOP\r\nQUIT\r\n");
        assert_eq!(got.told.len(), 1);
        record = got.record;
        assert_eq!(record.len(), session + 1);
    }
}
