//! Messages that look like others which were deleted, or will be: they are fetched before they are deleted.

use pop3_proto::fetch::Import;

use crate::drive::{DAY, NOW, Session, bare, both, digest, have, ids, record, whole};

const A: &str = "Subject: a\n";
const B: &str = "Subject: b\n";

/// The line of the record for a message with a unique-id and without text, seen and stored at that time.
fn line(state: &str, octets: u64, time: u64, header: &str, nth: u32, uid: &str) -> String {
    format!("{state} {octets} {time} {time} {time} {} {nth} uid:{uid}", both(header, ""))
}

fn missed(line: &str) -> String {
    let (state, rest) = line.split_once(' ').unwrap();
    format!("{state},missed {rest}")
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
    let lines = [missed(&have("uid:a", 12, A)), line("have", 12, NOW + 7 * DAY, B, 1, "a")];
    assert_eq!(other.record, record(&lines));
    // Its own days count from that moment.
    let again = |days: u64| {
        let session = Session::of(&lines).rules(|r| r.delete_after_days = Some(7)).later(days * DAY);
        session.lists(&[("a", 12)]).top(1, 0, "Subject: b")
    };
    assert_eq!(again(13).quits().left(), 2);
    let done = again(14).dele(1).quits();
    let left = vec!["have uid:a".to_owned()];
    assert_eq!((done.told.join(" ").as_str(), ids(&done.record)), ("fetched", left));
}

#[test]
fn what_has_to_go_at_once_is_fetched_first_if_its_header_is_another() {
    let session = deleting(Session::of(&[have("uid:a", 12, A)])).lists(&[("a", 12)]);
    let done = session.top(1, 0, "Subject: b").retr(1, "Subject: b").dele(1).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "fetched"]);
    let due = [missed(&have("uid:a", 12, A)), line("gone", 12, NOW, B, 1, "a")];
    assert_eq!(done.record, record(&due));
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
    let imported = Import::from_getmail(b"a\x001750000000\n", NOW).record;
    let done = deleting(Session::with(imported)).lists(&[("a", 12)]).dele(1).quits();
    assert_eq!(done.record, record(&[format!("gone 12 1750000000 1750000000 {NOW} - 0 uid:a")]));
}

#[test]
fn an_id_of_another_program_that_is_listed_again_after_its_deletion_is_a_new_message() {
    for (state, known) in [("gone", "12"), ("gone", "-"), ("leaving", "12"), ("leaving", "-")] {
        for header in ["Subject: b", "Subject: bb"] {
            let octets = header.len() as u64 + 2;
            let deleted = format!("{state} {known} 1750000000 1750000000 {NOW} - 0 uid:a");
            let session = deleting(Session::of(std::slice::from_ref(&deleted))).lists(&[("a", octets)]);
            let done = session.retr(1, header).dele(1).quits();
            assert_eq!(done.told, [format!("whole 1 {header}\\r\\n"), "fetched".to_owned()]);
            let new = line("gone", octets, NOW, &format!("{header}\n"), 1, "a");
            assert_eq!(done.record, record(&[missed(&deleted), new]));
        }
    }
}

#[test]
fn a_message_without_a_header_is_none_of_another_size() {
    for state in ["have", "leaving", "gone"] {
        let line = whole(&format!("digest:{}", digest("")), 5, "", "A\r\n").replace("have", state);
        let session = || deleting(Session::of(std::slice::from_ref(&line)));
        // A message of the same size is another one unless its text is the same, too. If the deletion was
        // confirmed, it is another one in any case.
        let done = no_uidl(session(), 5).top(1, 0, "").retr(1, "\nB").dele(1).quits();
        assert_eq!(done.told, [r"whole 1 \r\nB\r\n", "fetched"], "{state}");
        let done = no_uidl(session(), 5).top(1, 0, "").retr(1, "\nA").dele(1).quits();
        let told = if state == "gone" { r"whole 1 \r\nA\r\n" } else { "known 1" };
        assert_eq!(done.told, [told, "fetched"], "{state}");
        let done = no_uidl(session(), 6).top(1, 0, "").retr(1, "\nBB").dele(1).quits();
        assert_eq!(done.told, [r"whole 1 \r\nBB\r\n", "fetched"], "{state}");
        assert_eq!((done.summary.deleted, done.summary.fetched), (1, 1), "{state}");
        // Nor is it because its unique-id comes back.
        let session = deleting(Session::of(&[bare("a", 5).replace("have", state)])).lists(&[("a", 6)]);
        // The header of a message that should be gone is not looked at, because it would not be enough.
        let session = if state == "have" { session.top(1, 0, "") } else { session };
        let done = session.retr(1, "\nBB").dele(1).quits();
        assert_eq!(done.told, [r"whole 1 \r\nBB\r\n", "fetched"], "{state}");
    }
}

#[test]
fn of_two_with_the_same_id_and_size_the_header_tells_which_has_come_as_a_preview_only() {
    let preview = format!("preview 12 {NOW} - {NOW} {} 1 uid:same", digest(B));
    let lines = [have("uid:same", 12, A), preview.clone()];
    let known = || deleting(Session::of(&lines));
    // The message that is left is the preview. It stays while the rules say so, and is fetched whole before
    // it is deleted.
    let small = || known().rules(|r| r.preview_above = Some(11)).lists(&[("same", 12)]);
    let done = small().top(1, 0, "Subject: b").quits();
    let due = record(&[missed(&lines[0]), preview]);
    assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", due));
    let done = known().lists(&[("same", 12)]).top(1, 0, "Subject: b").retr(1, "Subject: b").dele(1).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "fetched"]);
    assert_eq!(done.record, record(&[missed(&lines[0]), line("gone", 12, NOW, B, 1, "same")]));
    // The message that is left is stored already.
    let done = small().top(1, 0, "Subject: a").dele(1).quits();
    assert_eq!(ids(&done.record), ["preview uid:same 1"]);
    // Both are there, in the other order.
    let both =
        || known().lists(&[("same", 12), ("same", 12)]).top(1, 0, "Subject: b").top(2, 0, "Subject: a");
    let done = both().retr(1, "Subject: b").retr(2, "Subject: a").dele(1).dele(2).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "known 2", "fetched"]);
    assert_eq!((done.summary.known, done.summary.deleted, done.left()), (1, 2, 0));
}

#[test]
fn beside_an_equal_message_that_is_gone_the_one_that_was_kept_stays() {
    for state in ["gone", "leaving"] {
        let kept = line("have", 12, NOW, A, 1, "same");
        let deleted = line(state, 12, NOW, A, 0, "same");
        let known = || Session::of(&[deleted.clone(), kept.clone()]);
        let done = known().lists(&[("same", 12)]).top(1, 0, "Subject: a").quits();
        let due = record(&[missed(&deleted), kept.clone()]);
        assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", due));
        // The deletion did not happen, so one of the two is deleted now.
        let two =
            known().lists(&[("same", 12), ("same", 12)]).top(1, 0, "Subject: a").top(2, 0, "Subject: a");
        let done = two.retr(2, "Subject: a").dele(2).quits();
        assert_eq!(done.told, ["known 2", "fetched"]);
        let kept = kept.replacen("have", "have,shared", 1);
        assert_eq!(done.record, record(&[line("gone,shared", 12, NOW, A, 0, "same"), kept]));
    }
}

#[test]
fn one_that_is_gone_is_not_recognized_by_id_size_and_header() {
    let lines = [line("have", 12, NOW, A, 0, "same"), line("gone", 13, NOW, A, 1, "same")];
    let session = |octets| Session::of(&lines).lists(&[("same", octets)]).top(1, 0, "Subject: a");
    // It is taken for the one that was kept, whose size may have changed, so nothing is deleted.
    for octets in [13, 14] {
        let done = session(octets).quits();
        let kept = have("uid:same", octets, A).replacen("have", "have,returned", 1);
        let due = record(&[kept, missed(&lines[1])]);
        assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", due));
    }
}

#[test]
fn without_unique_ids_too_the_one_that_was_kept_stays_beside_one_that_is_gone() {
    let by_header = |state: &str, nth: u32| {
        line(state, 12, NOW, A, nth, "x").replace("uid:x", &format!("digest:{}", digest(A)))
    };
    let known = || Session::of(&[by_header("gone", 0), by_header("have", 1)]);
    let done = no_uidl(known(), 12).top(1, 0, "Subject: a").quits();
    let due = record(&[by_header("gone,missed", 0), by_header("have", 1)]);
    assert_eq!((done.told.join(" ").as_str(), done.record), ("fetched", due));
}
