//! The text form of the record: its exact bytes, and what may be done with it.

use std::collections::BTreeMap;

use pop3_proto::fetch::{BadRecord, Id, Record};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::drive::{NOW, Session, bare, flags, ids};

/// A record with every field in every form.
const TEXT: &str = "pop3-proto record 1
preview - 7 - 8 - 0 uid:!
have 0 0 0 0 e3b0c44298fc1c149afbf4c8996fb924 0 uid:%00%20%25%7F%FF
have 18446744073709551615 1 18446744073709551615 2 - 4294967295 uid:a
leaving 11 1790000000 1790000001 1790000002 - 0 uid:b/../x@y
gone 12 1790000000 1790000001 1790000002 - 1 uid:b/../x@y
have,doubtful,odd,unproved,missed,returned,shared 7 1 2 3 000102030405060708090a0b0c0d0e0f/f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff 0 uid:c
broken,left-out 13 1790000000 - 1790000002 - 0 uid:d
gone,missed 13 1790000000 1790000001 1790000002 - 0 uid:e
have - 1 2 3 - 0 long-uid:00000000000000000000000000000001
have - 1 2 3 00000000000000000000000000000000 0 digest:00000000000000000000000000000000
";

fn parse(lines: &str) -> Result<Record, BadRecord> {
    format!("pop3-proto record 1\n{lines}").parse()
}

#[test]
fn the_text_form_is_stable() {
    let record: Record = TEXT.parse().unwrap();
    let mut due: Vec<_> = TEXT.lines().collect();
    // The lines are in the order of the ids, by bytes, and digests come after them.
    due.swap(1, 2);
    assert_eq!(record.to_string().lines().collect::<Vec<_>>(), due);
    assert_eq!(record.to_string().parse(), Ok(record));
    assert_eq!(Record::new().to_string(), "pop3-proto record 1\n");
}

#[test]
fn an_entry_tells_what_its_line_says() {
    let record: Record = TEXT.parse().unwrap();
    let tell = |n: usize| {
        let entry = record.iter().nth(n).unwrap();
        (entry.is_stored(), entry.is_leaving(), entry.octets())
    };
    assert_eq!(tell(1), (false, false, None));
    assert_eq!(tell(2), (true, false, Some(u64::MAX)));
    assert_eq!(tell(3), (true, true, Some(11)));
    assert_eq!(record.iter().next().unwrap().id(), &Id::Uid((*b"\0 %\x7F\xFF").into()));
    assert_eq!(record.iter().last().unwrap().id(), &Id::Digest([0; 16]));
    assert_eq!((record.len(), record.is_empty(), Record::new().is_empty()), (10, false, true));
    let tell = |n: usize| {
        let entry = record.iter().nth(n).unwrap();
        (entry.is_stored(), entry.is_doubtful(), entry.is_broken(), entry.is_gone())
    };
    assert_eq!(tell(5), (true, true, false, false));
    assert_eq!(tell(6), (false, false, true, false));
    assert_eq!(tell(7), (true, false, false, true));
}

#[test]
fn the_line_one_by_one_may_stand_anywhere_and_is_written_first() {
    let line = bare("a", 5);
    for text in [format!("one-by-one\n{line}\n"), format!("{line}\none-by-one\n")] {
        let record = parse(&text).unwrap();
        assert!(record.is_one_by_one());
        assert_eq!(record.to_string(), format!("pop3-proto record 1\none-by-one\n{line}\n"));
    }
    let torn = parse(&format!("{line}\none-by-one")).unwrap();
    assert!(!torn.is_one_by_one() && !Record::new().is_one_by_one());
}

#[test]
fn a_line_that_comes_later_replaces_one_of_the_same_message() {
    let line = |state: &str, octets: u64, id: &str| format!("{state} {octets} 1 2 3 - 0 uid:{id}\n");
    // Flags do not stay from one line to the next.
    let proved = [line("have,unproved,missed", 1, "a"), line("have,doubtful", 1, "a")].concat();
    assert_eq!(flags(&parse(&proved).unwrap()), ["have,doubtful uid:a"]);
    let lines = [line("have", 1, "a"), line("have", 2, "b"), line("leaving", 3, "a")].concat();
    let record = parse(&lines).unwrap();
    assert_eq!(ids(&record), ["leaving uid:a", "have uid:b"]);
    assert_eq!(record.iter().next().unwrap().octets(), Some(3));
    // The same id in another spelling is the same id.
    assert_eq!(parse(&[line("have", 1, "a"), line("have", 2, "%61")].concat()).unwrap().len(), 1);
}

#[test]
fn the_lines_of_what_is_stored_make_the_record_when_they_are_appended() {
    let before = Session::of(&[bare("a", 5), bare("same", 5)]);
    let text = crate::drive::record(&[bare("a", 5), bare("same", 5)]).to_string();
    let session = before.lists(&[("a", 5), ("b", 5), ("same", 5), ("same", 12), ("same", 13)]);
    let session = session.top(3, 0, "").top(4, 0, "Subject: d").top(5, 0, "Subject: ee");
    let done = session.retr(2, "\nB").retr(4, "Subject: d").retr(5, "Subject: ee").quits();
    let new = done.record.iter().filter(|entry| !text.contains(&entry.to_string()));
    let appended: String = new.map(|entry| format!("{entry}\n")).collect();
    // That one has shared its id is noted, too.
    assert_eq!(appended.lines().count(), 4);
    assert_eq!((text + &appended).parse(), Ok(done.record));
}

#[test]
fn a_last_line_that_was_torn_is_skipped_wherever_it_was_torn() {
    let whole = bare("a", 5) + "\n";
    let torn = bare("b", 5);
    for len in 0..=torn.len() {
        assert_eq!(ids(&parse(&format!("{whole}{}", &torn[..len])).unwrap()), ["have uid:a"], "at {len}");
    }
    assert_eq!(parse(&format!("{whole}{torn}\n")).unwrap().len(), 2);
    for len in 0.."pop3-proto record 1".len() {
        assert_eq!("pop3-proto record 1"[..len].parse(), Ok(Record::new()));
    }
    for other in ["x", "pop3-proto record 2", "pop3-proto record 1 ", "op3", "\u{fc}"] {
        assert_eq!(other.parse::<Record>(), Err(BadRecord(1)), "{other:?}");
    }
}

#[test]
fn a_bad_line_gives_its_number() {
    let good = bare("a", 5);
    for bad in [
        "",
        "have",
        "had 5 1 2 3 - 0 uid:a",
        "have 5 1 - 3 - 0 uid:a",
        "preview 5 1 2 3 - 0 uid:a",
        "leaving 5 1 - 3 - 0 uid:a",
        "gone 5 1 - 3 - 0 uid:a",
        "have -5 1 2 3 - 0 uid:a",
        "have 5 - 2 3 - 0 uid:a",
        "have 5 1 2 - - 0 uid:a",
        "have 5 1 2 3 xyz 0 uid:a",
        "have 5 1 2 3 e3b0c442 0 uid:a",
        "have 5 1 2 3 - - uid:a",
        "have 5 1 2 3 - 4294967296 uid:a",
        "have 5 1 2 3 - 0",
        "have 5 1 2 3 - 0 uid:",
        "have 5 1 2 3 - 0 a",
        "have 5 1 2 3 - 0 uid:a b",
        "have 5 1 2 3 - 0 uid:%4",
        "have 5 1 2 3 - 0 uid:%4x",
        "have 5 1 2 3 - 0 uid:\u{fc}",
        "have 5 1 2 3 - 0 uid:a\r",
        "have 5 1 2 3 - 0 digest:00",
        "have  5 1 2 3 - 0 uid:a",
        "pop3-proto record 1",
        "have 18446744073709551616 1 2 3 - 0 uid:a",
        "have 5 1 2 3 -  0 uid:a",
        "have, 5 1 2 3 - 0 uid:a",
        "have,new 5 1 2 3 - 0 uid:a",
        "have,Odd 5 1 2 3 - 0 uid:a",
        "have,doubtful, 5 1 2 3 - 0 uid:a",
        ",doubtful 5 1 2 3 - 0 uid:a",
        "broken 5 1 2 3 - 0 uid:a",
        "have 5 1 2 3 e3b0c44298fc1c149afbf4c8996fb924/ 0 uid:a",
        "have 5 1 2 3 e3b0c44298fc1c149afbf4c8996fb924/- 0 uid:a",
        "have 5 1 2 3 - 0 long-uid:abc",
        "one-by-one ",
        "interrupted",
        "interrupted ",
        "interrupted x",
        "interrupted -1",
        "interrupted 65536",
        "One-by-one",
    ] {
        assert_eq!(parse(&format!("{bad}\n")), Err(BadRecord(2)), "{bad}");
        assert_eq!(parse(&format!("{good}\n{good}\n{bad}\n{good}\n")), Err(BadRecord(4)), "{bad}");
    }
    for bad in ["\n", "pop3-proto record 2\n", "pop3-proto record 1\r\n", "a\npop3-proto record 1\n"] {
        assert_eq!(bad.parse::<Record>(), Err(BadRecord(1)), "{bad:?}");
    }
    assert_eq!(BadRecord(4).to_string(), "line 4 is not that of a record");
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct State {
    account: String,
    record: Record,
}

#[test]
fn with_serde_a_record_is_its_text() {
    let state = State { account: "tim".into(), record: parse(&(bare("a", 5) + "\n")).unwrap() };
    let text = toml::to_string(&state).unwrap();
    let due = format!("account = \"tim\"\nrecord = \"\"\"\npop3-proto record 1\n{}\n\"\"\"\n", bare("a", 5));
    assert_eq!(text, due);
    assert_eq!(toml::from_str::<State>(&text).unwrap(), state);
    let bad = text.replace("have", "had");
    let error = toml::from_str::<State>(&bad).unwrap_err();
    assert!(error.to_string().contains("line 2 is not that of a record"), "{error}");
}

proptest! {
    #[test]
    fn any_record_reads_its_own_text(
        entries in vec(
            (vec(any::<u8>(), 1..40), 0_u32..3, any::<(Option<u64>, u64, u64, bool, Option<[u8; 16]>)>()),
            0..20,
        ),
    ) {
        let mut due = BTreeMap::new();
        let mut text = "pop3-proto record 1\n".to_owned();
        for (uid, nth, (octets, seen, listed, leaving, digest)) in entries {
            let octets = octets.map_or("-".into(), |octets| octets.to_string());
            let state = if leaving { "leaving" } else { "have" };
            let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
            let digest = digest.map_or("-".into(), |digest| hex(&digest));
            let shown = |b: &u8| match b {
                0x21..=0x24 | 0x26..=0x7E => char::from(*b).to_string(),
                _ => format!("%{b:02X}"),
            };
            let id: String = uid.iter().map(shown).collect();
            let line = format!("{state} {octets} {seen} {seen} {listed} {digest} {nth} uid:{id}\n");
            text += &line;
            due.insert((uid, nth), line);
        }
        let record: Record = text.parse().unwrap();
        let due: Vec<_> = due.into_values().collect();
        prop_assert_eq!(record.to_string(), format!("pop3-proto record 1\n{}", due.concat()));
        prop_assert_eq!(record.to_string().parse(), Ok(record));
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_number_of_one_of_its_lines(
        text in "(pop3-proto record 1\n)?[ -~\n\u{fc}]{0,200}",
    ) {
        match text.parse::<Record>() {
            Ok(record) => prop_assert_eq!(record.to_string().parse(), Ok(record)),
            Err(BadRecord(line)) => prop_assert!(line >= 1 && line <= text.lines().count()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Proves 1939-7-15.
    #[test]
    fn any_id_that_a_server_sends_is_known_again(uid in vec(any::<u8>(), 1..80)) {
        prop_assume!(!uid.contains(&b'\r') && !uid.contains(&b'\n') && uid.trim_ascii() == uid);
        let listing = [b"+OK\n1 ".as_slice(), &uid, b"\n."].concat();
        let session = |record| Session::with(record).lists_sizes(&[("", 5)]).say("UIDL", &listing);
        let done = session(Record::new()).retr(1, "\nA").quits();
        let text = done.record.to_string();
        prop_assert!(text.is_ascii() && text.lines().count() == 2);
        let shown = done.record.iter().next().unwrap().id().to_string();
        if uid.len() > 70 {
            let digest: String = Sha256::digest(&uid)[..16].iter().map(|b| format!("{b:02x}")).collect();
            prop_assert_eq!(shown, format!("long-uid:{digest}"));
        } else {
            prop_assert_eq!(done.record.iter().next().unwrap().id(), &Id::Uid(uid.into()));
        }
        prop_assert_eq!(session(text.parse().unwrap()).quits().summary.known, 1);
    }
}

#[test]
fn times_of_the_record_are_seconds_since_1970() {
    let done = Session::new().later(5).lists(&[("a", 5)]).retr(1, "\nA").quits();
    let line = done.record.iter().next().unwrap().to_string();
    assert_eq!(line, bare("a", 5).replace(&NOW.to_string(), &(NOW + 5).to_string()));
}
