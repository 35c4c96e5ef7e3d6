//! When a message counts as one that the store has: the more is at stake, the more of it has to be the same.

use crate::drive::{DAY, NOW, Session, digest, flags, ids, whole};

const A: &str = "S: a\n";

fn deleting(session: Session) -> Session {
    session.rules(|r| r.delete_after_days = Some(0))
}

fn no_uidl(session: Session, octets: &[u64]) -> Session {
    let sizes: Vec<_> = octets.iter().map(|octets| ("", *octets)).collect();
    session.capabilities("TOP\n").lists_sizes(&sizes).say("UIDL", "-ERR unknown command")
}

fn by_header(state: &str, octets: u64, body: &str) -> String {
    whole(&format!("digest:{}", digest(A)), octets, A, body).replacen("have", state, 1)
}

/// Two messages with one header, of 12 and 14 octets. The first was stored, and somebody else has removed it.
#[test]
fn without_unique_ids_another_message_with_the_same_header_is_fetched_before_it_is_deleted() {
    for (octets, text, told) in
        [(12, "S: a\n\nXY", "whole 1"), (14, "S: a\n\nWXYZ", "whole 1"), (12, "S: a\n\nAB", "known 1")]
    {
        let session = no_uidl(deleting(Session::of(&[by_header("have", 12, "AB\r\n")])), &[octets]);
        let done = session.top(1, 0, "S: a\n").retr(1, text).dele(1).quits();
        assert!(done.told[0].starts_with(told), "{text:?}: {:?}", done.told);
        assert_eq!(done.summary.deleted, 1);
    }
}

/// Without a rule that deletes, the header and the size are enough, and the size is necessary.
#[test]
fn without_unique_ids_header_and_size_are_enough_for_a_message_that_stays() {
    let known = || Session::of(&[by_header("have", 12, "AB\r\n")]);
    assert_eq!(no_uidl(known(), &[12]).top(1, 0, "S: a\n").quits().summary.known, 1);
    let other = no_uidl(known(), &[14]).top(1, 0, "S: a\n").retr(1, "S: a\n\nWXYZ").quits();
    assert_eq!((other.summary.fetched, other.left()), (1, 2));
    // Both are there, in the other order: each is found.
    let both = [
        by_header("have", 12, "AB\r\n"),
        by_header("have", 14, "WXYZ\r\n").replace(" 0 digest", " 1 digest"),
    ];
    let done = no_uidl(deleting(Session::of(&both)), &[14, 12]).top(1, 0, "S: a\n").top(2, 0, "S: a\n");
    let done = done.retr(1, "S: a\n\nWXYZ").retr(2, "S: a\n\nAB").dele(1).dele(2).quits();
    assert_eq!(done.told, ["known 1", "known 2", "fetched"]);
}

/// An entry of an earlier version, with the digest of a header alone.
#[test]
fn without_unique_ids_a_record_that_has_only_headers_deletes_nothing_unseen() {
    let old = format!("have 12 {NOW} {NOW} {NOW} {0} 0 digest:{0}", digest(A));
    let done = no_uidl(deleting(Session::of(&[old])), &[12])
        .top(1, 0, "S: a\n")
        .retr(1, "S: a\n\nXY")
        .dele(1)
        .quits();
    assert_eq!(done.told, [r"whole 1 S: a\r\n\r\nXY\r\n", "fetched"]);
    // Where the unique-id agrees, too, it is the same message.
    let old = format!("have 12 {NOW} {NOW} {NOW} {} 0 uid:a", digest(A));
    let done = deleting(Session::of(&[old])).lists(&[("a", 12)]).retr(1, "S: a\n\nXY").dele(1).quits();
    assert_eq!(done.told, ["known 1", "fetched"]);
}

/// The id, the header and the size of a message that was deleted come back, on another message.
#[test]
fn a_message_like_one_whose_deletion_was_confirmed_is_new_unless_its_text_is_the_same() {
    for state in ["gone", "leaving"] {
        let line = whole("uid:a", 12, A, "AB\r\n").replacen("have", state, 1);
        let session = || deleting(Session::of(std::slice::from_ref(&line))).lists(&[("a", 12)]);
        let done = session().retr(1, "S: a\n\nXY").dele(1).quits();
        assert_eq!(done.told, [r"whole 1 S: a\r\n\r\nXY\r\n", "fetched"]);
        let done = session().retr(1, "S: a\n\nAB").dele(1).quits();
        assert_eq!(done.told, ["known 1", "fetched"]);
        // Without an id, a message whose deletion was confirmed is not believed to be there.
        let done = no_uidl(deleting(Session::of(&[by_header(state, 12, "AB\r\n")])), &[12]);
        let done = done.top(1, 0, "S: a\n").retr(1, "S: a\n\nAB").dele(1).quits();
        let due = if state == "gone" { r"whole 1 S: a\r\n\r\nAB\r\n" } else { "known 1" };
        assert_eq!(done.told[0], due);
    }
}

/// A scanner adds a counter to the header, and LIST may not know of it. A session that listed nothing changes
/// nothing.
/// Covers quirk-162.
#[test]
fn a_header_that_differs_at_each_reading_makes_no_new_message() {
    for (state, octets) in ["have", "have,missed"].into_iter().flat_map(|s| [(s, 30), (s, 18)]) {
        let line = whole("uid:a", octets, "Subject: a\nX-Count: 1\n", "AB\r\n").replacen("have", state, 1);
        let week = || {
            Session::of(std::slice::from_ref(&line)).later(7 * DAY).rules(|r| r.delete_after_days = Some(7))
        };
        let seen = week().lists(&[("a", octets)]).top(1, 0, "Subject: a\nX-Count: 2\n");
        let done = seen.retr(1, "Subject: a\nX-Count: 3\n\nAB").dele(1).quits();
        assert_eq!(done.told, ["known 1", "fetched"], "{state}, {octets}");
        assert_eq!(flags(&done.record), ["gone uid:a"]);
    }
}

/// The unique-id of a message that was deleted, or may have been, is used again for one that differs in a field
/// that names nothing: it comes before it is deleted.
#[test]
fn a_header_that_differs_is_a_new_message_where_the_old_one_should_be_gone() {
    for state in ["leaving", "gone"] {
        let line = whole("uid:a", 28, "Date: d\nX-Number: 1\n", "AB\r\n").replacen("have", state, 1);
        let session = deleting(Session::of(&[line])).lists(&[("a", 28)]);
        let done = session.retr(1, "Date: d\nX-Number: 2\n\nAB").dele(1).quits();
        assert_eq!(done.told[0], r"whole 1 Date: d\r\nX-Number: 2\r\n\r\nAB\r\n", "{state}");
    }
}

#[test]
fn a_header_that_differs_is_excused_by_nothing_less_than_names_and_text() {
    // Another text, another name, no name, a text that was not the right one.
    for (flag, old, now, body) in [
        ("", "Subject: a\nX: 1\n", "Subject: a\nX: 2\n", "The text of b"),
        ("", "Subject: a\nX: 1\n", "Subject: b\nX: 1\n", "The text of a"),
        ("", "Subject: a\n b\nX: 1\n", "Subject: a\n c\nX: 1\n", "The text of a"),
        ("", "X: 1\n", "X: 2\n", "The text of a"),
        (",missed", "X: 1\n", "X: 2\n", "The text of a"),
        (",unproved", "Subject: a\nX: 1\n", "Subject: a\nX: 2\n", "The text of a"),
    ] {
        let message = format!("{now}\n{body}");
        let octets = (message.len() + message.lines().count() + 1) as u64;
        let line =
            whole("uid:a", octets, old, "The text of a\r\n").replacen("have", &format!("have{flag}"), 1);
        let session = deleting(Session::of(&[line])).lists(&[("a", octets)]);
        // What is unproved comes again in any case.
        let session = if flag == ",unproved" { session } else { session.top(1, 0, now) };
        let done = session.retr(1, &message).dele(1).quits();
        assert!(done.told[0].starts_with("whole 1 "), "{old:?} {now:?}: {:?}", done.told);
    }
}

/// One id for all: A and B are stored, and B is kept. A is removed by others, and C comes.
#[test]
fn of_messages_with_one_id_a_new_one_is_found_and_no_other_comes_twice() {
    let line = |header: &str, nth: u32| {
        whole("uid:x", 12, header, "AB\r\n").replace(" 0 uid", &format!(" {nth} uid"))
    };
    let record = [line("S: a\n", 0), line("S: b\n", 1)];
    for deletes in [false, true] {
        let session =
            Session::of(&record).lists(&[("x", 12), ("x", 12)]).top(1, 0, "S: b\n").top(2, 0, "S: c\n");
        let (session, told): (_, &[&str]) = if deletes {
            let session = deleting(session).retr(1, "S: b\n\nAB").retr(2, "S: c\n\nAB").dele(1).dele(2);
            (session, &["known 1", r"whole 2 S: c\r\n\r\nAB\r\n", "fetched"])
        } else {
            (session.retr(2, "S: c\n\nAB"), &[r"whole 2 S: c\r\n\r\nAB\r\n", "fetched"])
        };
        assert_eq!(session.quits().told, told);
    }
}

/// The same, where a session in between saw an empty maildrop, and nothing is deleted.
#[test]
fn a_message_that_took_the_id_of_one_that_went_away_is_fetched() {
    let record = [whole("uid:x", 12, "S: a\n", "AB\r\n")];
    let empty = Session::of(&record).say("STAT", "+OK 0 0").quits();
    assert_eq!(flags(&empty.record), ["have,missed uid:x"]);
    let next =
        Session::with(empty.record).lists(&[("x", 12)]).top(1, 0, "S: b\n").retr(1, "S: b\n\nAB").quits();
    assert_eq!(next.told, [r"whole 1 S: b\r\n\r\nAB\r\n", "fetched"]);
    assert_eq!(ids(&next.record), ["have uid:x", "have uid:x 1"]);
}

/// The header of the new message is the same, too. A header does not prove that nothing happened meanwhile.
#[test]
fn a_message_that_went_away_is_never_again_deleted_by_its_header() {
    let record = [whole("uid:x", 12, A, "AB\r\n").replacen("have", "have,missed", 1)];
    let seen = Session::of(&record).lists(&[("x", 12)]).top(1, 0, "S: a\n").quits();
    assert_eq!(seen.summary.known, 1);
    assert_eq!(flags(&seen.record), ["have,returned uid:x"], "a header proves nothing");
    // It is not looked at while it stays.
    assert_eq!(Session::with(seen.record.clone()).lists(&[("x", 12)]).quits().summary.known, 1);
    let session = || deleting(Session::with(seen.record.clone())).lists(&[("x", 12)]).top(1, 0, "S: a\n");
    let other = session().retr(1, "S: a\n\nXY").dele(1).quits();
    assert_eq!(other.told, [r"whole 1 S: a\r\n\r\nXY\r\n", "fetched"]);
    let same = session().retr(1, "S: a\n\nAB").dele(1).quits();
    assert_eq!(same.told, ["known 1", "fetched"]);
    // Once the whole message was compared, its header is enough again.
    let compared = session().retr(1, "S: a\n\nAB").say("DELE 1", "-ERR").quits();
    assert_eq!(flags(&compared.record), ["have uid:x"]);
}

/// Its size has changed, so RETR has to show that it is the same.
#[test]
fn a_preview_is_not_taken_for_a_message_that_may_be_stored_already() {
    let leaving = whole("uid:a", 12, A, "AB\r\n").replacen("have", "leaving", 1);
    let done = Session::of(&[leaving]).rules(|r| r.preview_above = Some(5)).lists(&[("a", 12)]);
    let done = done.retr(1, "S: a\n\nAB").dele(1).quits();
    assert_eq!((done.told.join(" ").as_str(), done.summary.previewed), ("known 1 fetched", 0));
    let nameless = Session::of(&[by_header("have", 12, "AB\r\n")]).rules(|r| r.headers_only = true);
    let done =
        no_uidl(nameless, &[24]).top(1, 0, "Status: RO\nS: a\n").retr(1, "Status: RO\nS: a\n\nAB").quits();
    assert_eq!((done.told.join(" ").as_str(), done.summary.previewed), ("known 1 fetched", 0));
}

/// Of two with one id, one is left. The other may have taken its place.
#[test]
fn an_id_that_was_shared_once_is_never_enough_for_a_deletion() {
    let line = whole("uid:x", 12, A, "AB\r\n").replacen("have", "have,shared", 1);
    let session =
        || deleting(Session::of(std::slice::from_ref(&line))).lists(&[("x", 12)]).top(1, 0, "S: a\n");
    let other = session().retr(1, "S: a\n\nXY").dele(1).quits();
    assert_eq!(other.told, [r"whole 1 S: a\r\n\r\nXY\r\n", "fetched"]);
    assert_eq!(session().retr(1, "S: a\n\nAB").dele(1).quits().told, ["known 1", "fetched"]);
}

/// The store has a text that is longer than it should be. What comes now has the right size, and another header.
#[test]
fn what_came_too_long_is_not_the_message_that_has_the_right_size_now() {
    let line = whole("uid:a", 12, "+OK\nS: a\n", "AB\r\n").replacen("have", "have,odd", 1);
    let done = deleting(Session::of(&[line])).lists(&[("a", 12)]).top(1, 0, "S: a\n").retr(1, "S: a\n\nAB");
    let done = done.dele(1).quits();
    assert_eq!(done.told, [r"whole 1 S: a\r\n\r\nAB\r\n", "fetched"]);
}
