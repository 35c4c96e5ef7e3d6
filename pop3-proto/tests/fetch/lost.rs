//! Messages that look like others which were deleted, or will be: they are fetched before they are deleted.

use pop3_proto::fetch::Record;

use crate::drive::{DAY, NOW, Session, bare, digest, have, ids, record};

const A: &str = "Subject: a\n";
const B: &str = "Subject: b\n";

/// The line of the record for a message with a unique-id, seen and stored at that time.
fn line(state: &str, octets: u64, time: u64, header: &str, nth: u32, uid: &str) -> String {
    format!("{state} {octets} {time} {time} {time} {} {nth} uid:{uid}", digest(header))
}

fn gone(line: &str) -> String {
    line.replace("have", "gone")
}

fn deleting(session: Session) -> Session {
    session.rules(|r| r.delete_after_days = Some(0))
}

fn no_uidl(session: Session, octets: u64) -> Session {
    session.capabilities("TOP\n").lists_sizes(&[("", octets)]).say("UIDL", "-ERR unknown command")
}

/// A session one week after `a` was stored, under the rule that deletes it then.
fn late(session: Session) -> Session {
    session.rules(|r| r.delete_after_days = Some(7)).later(7 * DAY).lists(&[("a", 12)])
}

/// Covers quirk-72.
#[test]
fn a_late_deletion_goes_for_a_message_of_the_same_header_only() {
    let known = || late(Session::of(&[have("uid:a", 12, A)]));
    let same = known().top(1, 0, "Subject: a").dele(1).quits();
    assert_eq!((same.told.join(" ").as_str(), same.summary.deleted), ("fetched", 1));
    let other = known().top(1, 0, "Subject: b").retr(1, "Subject: b").quits();
    assert_eq!(other.told, [r"whole 1 Subject: b\r\n", "fetched"]);
    assert_eq!((other.summary.known, other.summary.fetched, other.summary.deleted), (0, 1, 0));
    let lines = [have("uid:a", 12, A), line("have", 12, NOW + 7 * DAY, B, 1, "a")];
    assert_eq!(other.record, record(&lines));
    // Its own days count from that moment.
    let again = |days: u64| {
        let session = Session::of(&lines).rules(|r| r.delete_after_days = Some(7)).later(days * DAY);
        session.lists(&[("a", 12)]).top(1, 0, "Subject: b")
    };
    assert_eq!(again(13).quits().left(), 2);
    let done = again(14).dele(1).quits();
    assert_eq!((done.told.join(" ").as_str(), ids(&done.record)), ("fetched", vec!["have uid:a".to_owned()]));
}

#[test]
fn what_has_to_go_at_once_is_fetched_first_if_its_header_is_another() {
    let session = deleting(Session::of(&[have("uid:a", 12, A)])).lists(&[("a", 12)]);
    let done = session.top(1, 0, "Subject: b").retr(1, "Subject: b").dele(1).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "fetched"]);
    assert_eq!(done.record, record(&[have("uid:a", 12, A), gone(&line("have", 12, NOW, B, 1, "a"))]));
}

/// Covers quirk-88.
#[test]
fn before_a_late_deletion_a_header_that_top_shows_otherwise_is_corrected_by_retr() {
    for shown in ["", "Received: x\nSubject: a"] {
        let session = late(Session::of(&[have("uid:a", 12, A)])).top(1, 0, shown);
        let done = session.retr(1, "Subject: a").dele(1).quits();
        assert_eq!((done.told.join(" ").as_str(), done.summary.deleted), ("known 1 fetched", 1));
        assert_eq!((done.summary.known, done.summary.fetched), (1, 0));
    }
}

#[test]
fn nothing_is_looked_at_that_stays_or_whose_header_nobody_knows() {
    let session = Session::of(&[have("uid:a", 12, A), have("uid:b", 12, B)]).later(DAY);
    let session = session.rules(|r| r.keep_count = Some(1)).lists(&[("a", 12), ("b", 12)]);
    assert_eq!(ids(&session.top(1, 0, "Subject: a").dele(1).quits().record), ["have uid:b"]);
    let imported = Record::from_getmail(b"a\x001\n").unwrap();
    let done = deleting(Session::with(imported)).lists(&[("a", 12)]).dele(1).quits();
    assert_eq!(done.record, record(&[format!("gone 12 1 1 {NOW} - 0 uid:a")]));
}

#[test]
fn an_id_of_another_program_that_is_listed_again_after_its_deletion_is_a_new_message() {
    for (state, known) in [("gone", "12"), ("gone", "-"), ("leaving", "12"), ("leaving", "-")] {
        for octets in [12, 13] {
            let deleted = format!("{state} {known} 1 1 {NOW} - 0 uid:a");
            let session = deleting(Session::of(&[deleted])).lists(&[("a", octets)]);
            let done = session.retr(1, "Subject: b").dele(1).quits();
            assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "fetched"]);
            assert_eq!(done.record, record(&[line("gone", octets, NOW, B, 1, "a")]));
        }
    }
}

#[test]
fn a_message_without_a_header_is_none_of_another_size() {
    for state in ["have", "leaving", "gone"] {
        let line = have(&format!("digest:{}", digest("")), 5, "").replace("have", state);
        let session = || deleting(Session::of(std::slice::from_ref(&line)));
        let same = no_uidl(session(), 5).top(1, 0, "");
        if state == "have" {
            let done = same.dele(1).quits();
            assert_eq!((done.told.join(" ").as_str(), done.left()), ("fetched", 0));
        } else {
            // A message that should be gone is not believed to be there because of its size alone.
            let done = same.retr(1, "\nB").dele(1).quits();
            assert_eq!(done.told, [r"whole 1 \r\nB\r\n", "fetched"], "{state}");
        }
        let done = no_uidl(session(), 6).top(1, 0, "").retr(1, "\nBB").dele(1).quits();
        assert_eq!(done.told, [r"whole 1 \r\nBB\r\n", "fetched"], "{state}");
        assert_eq!((done.summary.deleted, done.summary.fetched), (1, 1), "{state}");
        // Nor is it because its unique-id comes back.
        let session = deleting(Session::of(&[bare("a", 5).replace("have", state)])).lists(&[("a", 6)]);
        let done = session.top(1, 0, "").retr(1, "\nBB").dele(1).quits();
        assert_eq!(done.told, [r"whole 1 \r\nBB\r\n", "fetched"], "{state}");
    }
}

#[test]
fn of_two_with_the_same_id_and_size_the_header_tells_which_has_come_as_a_preview_only() {
    let preview =
        line("have", 12, NOW, B, 1, "same").replacen(&format!("{NOW} {NOW}"), &format!("{NOW} -"), 1);
    let lines = [have("uid:same", 12, A), preview.replace("have", "preview")];
    let known = || deleting(Session::of(&lines));
    // The message that is left is the preview. It stays while the rules say so, and is fetched whole before
    // it is deleted.
    let small = || known().rules(|r| r.preview_above = Some(11)).lists(&[("same", 12)]);
    let done = small().top(1, 0, "Subject: b").quits();
    assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", record(&lines)));
    let done = known().lists(&[("same", 12)]).top(1, 0, "Subject: b").retr(1, "Subject: b").dele(1).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "fetched"]);
    assert_eq!(done.record, record(&[have("uid:same", 12, A), line("gone", 12, NOW, B, 1, "same")]));
    // The message that is left is stored already.
    let done = small().top(1, 0, "Subject: a").dele(1).quits();
    assert_eq!(ids(&done.record), ["preview uid:same 1"]);
    // Both are there, in the other order.
    let both =
        || known().lists(&[("same", 12), ("same", 12)]).top(1, 0, "Subject: b").top(2, 0, "Subject: a");
    let done = both().retr(1, "Subject: b").dele(1).dele(2).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "fetched"]);
    assert_eq!((done.summary.known, done.summary.deleted, done.left()), (1, 2, 0));
}

#[test]
fn beside_an_equal_message_that_is_gone_the_one_that_was_kept_stays() {
    for state in ["gone", "leaving"] {
        let kept = line("have", 12, NOW, A, 1, "same");
        let known = || Session::of(&[line(state, 12, NOW, A, 0, "same"), kept.clone()]);
        let done = known().lists(&[("same", 12)]).quits();
        assert_eq!(
            (done.told.join(" ").as_str(), done.record),
            ("fetched", record(std::slice::from_ref(&kept)))
        );
        // The deletion did not happen, so one of the two is deleted now.
        let two =
            known().lists(&[("same", 12), ("same", 12)]).top(1, 0, "Subject: a").top(2, 0, "Subject: a");
        let done = two.dele(2).quits();
        assert_eq!(done.record, record(&[line("gone", 12, NOW, A, 0, "same"), kept]));
    }
}

#[test]
fn one_that_is_gone_is_recognized_by_its_size_before_one_of_another_size_that_was_kept() {
    let lines = [line("have", 12, NOW, A, 0, "same"), line("gone", 13, NOW, A, 1, "same")];
    let session = |octets| Session::of(&lines).lists(&[("same", octets)]).top(1, 0, "Subject: a");
    let done = session(13).dele(1).quits();
    assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", record(&lines)));
    let done = session(14).quits();
    assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", record(&[have("uid:same", 14, A)])));
}

#[test]
fn without_unique_ids_too_the_one_that_was_kept_stays_beside_one_that_is_gone() {
    let by_header =
        |state: &str, nth: u32| format!("{state} 12 {NOW} {NOW} {NOW} {0} {nth} digest:{0}", digest(A));
    let known = || Session::of(&[by_header("gone", 0), by_header("have", 1)]);
    let done = no_uidl(known(), 12).top(1, 0, "Subject: a").quits();
    assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", record(&[by_header("have", 1)])));
}
