//! Times of a clock that was wrong, in the record of an earlier session.

use pop3_proto::fetch::{EARLIEST_TIME, Import, Record};

use crate::drive::{DAY, NOW, Session, whole};

fn record(times: &str) -> Record {
    format!("pop3-proto record 1\nhave 5 {times} 00000000000000000000000000000000 0 uid:a\n").parse().unwrap()
}

fn mended(times: &str, now: u64) -> String {
    let mut record = record(times);
    record.mend_times(now);
    let line = record.iter().next().unwrap().to_string();
    line.strip_prefix("have 5 ")
        .unwrap()
        .strip_suffix(" 00000000000000000000000000000000 0 uid:a")
        .unwrap()
        .into()
}

/// Covers quirk-150.
#[test]
fn times_that_cannot_be_count_as_now() {
    assert_eq!(mended("61 62 63", NOW), format!("{NOW} {NOW} {NOW}"));
    assert_eq!(mended("2145916800 2145916800 2145916800", NOW), format!("{NOW} {NOW} {NOW}"));
    let (early, late) = (EARLIEST_TIME - 1, NOW + DAY + 1);
    assert_eq!(mended(&format!("{early} {NOW} {late}"), NOW), format!("{NOW} {NOW} {NOW}"));
    let right = format!("{EARLIEST_TIME} {NOW} {}", NOW + DAY);
    assert_eq!(mended(&right, NOW), right);
}

#[test]
fn a_clock_that_is_wrong_now_mends_nothing() {
    let right = format!("{EARLIEST_TIME} {NOW} {NOW}");
    assert_eq!(mended(&right, EARLIEST_TIME - 1), right);
    assert_eq!(mended("61 62 63", 64), "61 62 63");
}

#[test]
fn old_times_of_other_programs_stay() {
    let mut imported = Import::from_getmail(b"a\x001000000000\n", NOW).record;
    let before = imported.clone();
    imported.mend_times(NOW);
    assert_eq!(imported, before);
}

/// A board without a battery: it stored the message in 1970, and its clock is right now.
#[test]
fn a_message_that_was_stored_under_a_wrong_clock_stays_for_all_its_days() {
    let session = |days: u64| {
        let line = whole("uid:a", 5, "", "A\r\n").replace(&NOW.to_string(), "61");
        let known = Session::of(&[line]).rules(|r| r.delete_after_days = Some(7)).later(days * DAY);
        known.lists(&[("a", 5)])
    };
    let first = session(0).quits();
    assert_eq!(
        first.record.to_string(),
        format!("pop3-proto record 1\n{}\n", whole("uid:a", 5, "", "A\r\n"))
    );
    let next = |days| {
        let session = Session::with(first.record.clone()).rules(|r| r.delete_after_days = Some(7));
        session.later(days * DAY).lists(&[("a", 5)])
    };
    assert_eq!(next(6).quits().summary.deleted, 0);
    assert_eq!(next(7).top(1, 0, "").dele(1).quits().summary.deleted, 1);
    // Nor is it forgotten at once, although it was listed long ago.
    let away = Session::of(&[whole("uid:a", 5, "", "A\r\n").replace(&NOW.to_string(), "61")]);
    assert_eq!(away.say("STAT", "+OK 0 0").quits().left(), 1);
}
