//! Sessions that break: what is not known afterwards, and how the next session settles it.

use pop3_proto::client::ProtocolError;

use crate::drive::{Confirm, DAY, Outcome, Session, digest, have, ids};

const TWO: [(&str, u64); 2] = [("a", 5), ("b", 5)];

fn deleting(session: Session) -> Session {
    session.rules(|r| r.delete_after_days = Some(0))
}

/// QUIT had no answer.
fn unknown() -> Outcome {
    let session = deleting(Session::new()).lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(1).dele(2);
    let done = session.cut("QUIT").run();
    assert_eq!(done.end, format!("Err({:?})", ProtocolError::OutcomeUnknown));
    assert_eq!((done.unknown, done.summary.deleted), (2, 0));
    assert_eq!(ids(&done.record), ["leaving uid:a", "leaving uid:b"]);
    assert_eq!(done.saved.as_ref(), Some(&done.record), "a crash after QUIT takes nothing away");
    done
}

/// Covers quirk-112, quirk-114.
/// Proves 1939-6-08.
#[test]
fn deletions_that_did_not_happen_are_asked_for_again_and_nothing_is_fetched_again() {
    for leaves_mail in [false, true] {
        let session = Session::with(unknown().record);
        let session = if leaves_mail { session } else { deleting(session) };
        let done = session.lists(&TWO).top(1, 0, "").top(2, 0, "").dele(1).dele(2).quits();
        assert_eq!((done.told.join(" ").as_str(), done.left()), ("fetched", 0));
        assert_eq!((done.unknown, done.summary.deleted), (0, 2));
    }
}

/// Covers quirk-112.
#[test]
fn deletions_that_did_happen_are_forgotten_and_nothing_is_fetched_again() {
    let none = deleting(Session::with(unknown().record)).say("STAT", "+OK 0 0").quits();
    assert_eq!((none.unknown, none.left()), (0, 0));
    let half = deleting(Session::with(unknown().record)).lists(&[("b", 5), ("c", 5)]);
    let half = half.top(1, 0, "").retr(2, "\nC").dele(1).dele(2).quits();
    assert_eq!((half.told[0].as_str(), half.left()), (r"whole 2 \r\nC\r\n", 0));
}

#[test]
fn deletions_stay_unknown_through_sessions_that_break_before_they_settle() {
    let mut record = unknown().record;
    for session in [0, 1, 2] {
        let again = deleting(Session::with(record.clone()).later(session * DAY));
        let again = match session {
            0 => again.say("STAT", "+OK 2 10").say("LIST", "+OK\n1 5"),
            1 => again.lists_sizes(&TWO).say("UIDL", "-ERR Command not understood"),
            _ => again.lists(&TWO).top(1, 0, "").top(2, 0, "").dele(1).cut("DELE 2"),
        };
        let done = again.run();
        assert_eq!((done.unknown, done.summary.deleted), (2, 0));
        record = done.record;
    }
    let done = Session::with(record).lists(&TWO).top(1, 0, "").top(2, 0, "").dele(1).dele(2).quits();
    assert_eq!((done.unknown, done.left()), (0, 0));
}

/// Proves 1939-6-08.
#[test]
fn a_session_that_breaks_before_quit_deletes_nothing_and_knows_what_is_safe() {
    let session = deleting(Session::new()).lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(1).cut("DELE 2");
    let done = session.run();
    assert_eq!(done.end, format!("Err({:?})", ProtocolError::Truncated));
    assert_eq!(ids(&done.record), ["leaving uid:a", "have uid:b"]);
    let next = deleting(Session::with(done.record)).lists(&TWO).top(1, 0, "").top(2, 0, "").dele(1).dele(2);
    let next = next.quits();
    assert_eq!((next.told.join(" ").as_str(), next.left()), ("fetched", 0));
}

#[test]
fn what_was_not_safe_when_the_session_broke_is_fetched_again() {
    let session = || Session::new().lists(&TWO).retr(1, "\nA").say("RETR 2", "+OK\n\nB");
    let safe = session().run();
    assert_eq!(ids(&safe.record), ["have uid:a"]);
    let unsafe_yet = session().confirm(Confirm::AtFetched).run();
    assert_eq!(unsafe_yet.left(), 0);
    let next = Session::with(safe.record).lists(&TWO).retr(2, "\nB").quits();
    assert_eq!(ids(&next.record), ["have uid:a", "have uid:b"]);
}

/// Covers quirk-72.
#[test]
fn an_id_that_should_be_gone_and_is_there_need_not_be_the_same_message() {
    let leaving = have("uid:a", 12, "Subject: a\n").replace("have", "leaving");
    let session = || Session::of(std::slice::from_ref(&leaving)).lists(&[("a", 12)]);
    let done = session().top(1, 0, "Subject: b").retr(1, "Subject: b").quits();
    assert_eq!(done.told[0], r"whole 1 Subject: b\r\n");
    assert_eq!((done.unknown, ids(&done.record)), (0, vec!["have uid:a 1".to_owned()]));
    // Without TOP the whole message has to come.
    let done = session().say("TOP 1 0", "-ERR").retr(1, "Subject: a").dele(1).quits();
    assert_eq!((done.told[0].as_str(), done.left()), ("known 1", 0));
}

#[test]
fn without_unique_ids_unknown_deletions_are_settled_by_headers() {
    let header = "Subject: a\n";
    let leaving = have("uid:a", 12, header).replace("have", "leaving");
    let session = || Session::of(std::slice::from_ref(&leaving)).capabilities("TOP\n");
    let there = session().lists_sizes(&[("", 12)]).say("UIDL", "-ERR").top(1, 0, "Subject: a").dele(1);
    assert_eq!(there.quits().left(), 0);
    let gone = session().lists_sizes(&[("", 12)]).say("UIDL", "-ERR").top(1, 0, "Subject: b");
    let done = gone.retr(1, "Subject: b").quits();
    assert_eq!((done.unknown, done.left()), (0, 1));
}

#[test]
fn where_there_never_were_unique_ids_unknown_deletions_are_settled_by_headers() {
    let header = "Subject: a\n";
    let leaving = have(&format!("digest:{}", digest(header)), 12, header).replace("have", "leaving");
    let session = || {
        let session = Session::of(std::slice::from_ref(&leaving)).capabilities("TOP\n");
        session.lists_sizes(&[("", 12)]).say("UIDL", "-ERR")
    };
    let done = session().top(1, 0, "Subject: a").dele(1).quits();
    assert_eq!((done.told.join(" ").as_str(), done.unknown, done.left()), ("fetched", 0, 0));
    let done = session().top(1, 0, "Subject: b").retr(1, "Subject: b").quits();
    assert_eq!(
        (done.unknown, ids(&done.record)),
        (0, vec![format!("have digest:{}", digest("Subject: b\n"))])
    );
}

#[test]
fn a_deletion_that_was_confirmed_is_checked_by_the_next_session() {
    let first = deleting(Session::new()).lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(1).dele(2).quits();
    assert_eq!((first.unknown, first.summary.deleted), (0, 2));
    assert!(first.record.iter().all(|entry| entry.is_gone() && entry.is_stored()));
    assert!(first.record.to_string().contains("\ngone 5 "));
    // One of the two was really deleted, and nothing is fetched again.
    let next = Session::with(first.record).lists(&TWO[1..]).top(1, 0, "").dele(1).quits();
    assert_eq!((next.told, next.record.len()), (vec!["fetched".to_owned()], 1));
    let last = Session::with(next.record.clone()).say("STAT", "+OK 0 0").quits();
    assert_eq!(last.record.len(), 0);
    // The same unique-id is there again, and it belongs to another message.
    let other = Session::with(next.record).lists(&[("b", 12)]).top(1, 0, "Subject: c").retr(1, "Subject: c");
    assert_eq!(ids(&other.quits().record), ["have uid:b 1"]);
}

#[test]
fn a_dry_run_settles_nothing() {
    let session = Session::with(unknown().record).rules(|r| r.dry_run = true);
    let done = session.lists(&[("b", 5), ("c", 5)]).top(1, 0, "").quits();
    assert_eq!((done.doomed, done.unknown), (vec![1], 2));
}
