//! Sessions that break: what is not known afterwards, and how the next session settles it.

use pop3_proto::client::ProtocolError;
use pop3_proto::fetch::Record;

use crate::drive::{Confirm, DAY, Outcome, Session, digest, flags, have, ids};

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
        let done = session.lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(1).dele(2).quits();
        assert_eq!((done.told.join(" ").as_str(), done.left()), ("known 1 known 2 fetched", 0));
        assert_eq!((done.unknown, done.summary.fetched, done.summary.deleted), (0, 0, 2));
    }
}

/// Covers quirk-112.
#[test]
fn deletions_that_did_happen_are_settled_and_forgotten_a_year_later_and_nothing_is_fetched_again() {
    let none = deleting(Session::with(unknown().record)).say("STAT", "+OK 0 0").quits();
    assert_eq!(none.unknown, 0);
    assert_eq!(flags(&none.record), ["leaving,missed uid:a", "leaving,missed uid:b"]);
    let later = Session::with(none.record).later(366 * DAY).say("STAT", "+OK 0 0").quits();
    assert_eq!(later.record.len(), 0);
    let half = deleting(Session::with(unknown().record)).lists(&[("b", 5), ("c", 5)]);
    let half = half.retr(1, "\nB").retr(2, "\nC").dele(1).dele(2).quits();
    assert_eq!(half.told, ["known 1", r"whole 2 \r\nC\r\n", "fetched"]);
    assert_eq!(half.unknown, 0);
    assert_eq!(flags(&half.record), ["leaving,missed uid:a", "gone uid:b", "gone uid:c"]);
}

#[test]
fn deletions_stay_unknown_through_sessions_that_break_before_they_settle() {
    let mut record = unknown().record;
    for session in [0, 1, 2] {
        let again = deleting(Session::with(record.clone()).later(session * DAY));
        let again = match session {
            0 => again.say("STAT", "+OK 2 10").say("LIST", "+OK\n1 5"),
            1 => again.lists_sizes(&TWO).say("UIDL", "-ERR Command not understood"),
            _ => again.lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(2).cut("DELE 1"),
        };
        let done = again.run();
        assert_eq!((done.unknown, done.summary.deleted), (2, 0));
        record = done.record;
    }
    let done = Session::with(record).lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(1).dele(2).quits();
    assert_eq!((done.unknown, done.left(), done.summary.fetched), (0, 0, 0));
}

/// Proves 1939-6-08.
#[test]
fn a_session_that_breaks_before_quit_has_ordered_no_deletion_and_knows_what_is_safe() {
    let session = deleting(Session::new()).lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(2).cut("DELE 1");
    let done = session.run();
    assert_eq!(done.end, format!("Err({:?})", ProtocolError::Truncated));
    assert_eq!((done.unknown, done.saved), (0, None));
    assert_eq!(flags(&done.record), ["have uid:a", "have uid:b"]);
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
    let done = session().retr(1, "Subject: b").quits();
    assert_eq!(done.told[0], r"whole 1 Subject: b\r\n");
    assert_eq!(done.unknown, 0);
    assert_eq!(flags(&done.record), ["leaving,missed uid:a", "have uid:a 1"]);
    // The same header is not enough.
    let done = session().retr(1, "Subject: a\n\nb").quits();
    assert_eq!(done.told[0], r"whole 1 Subject: a\r\n\r\nb\r\n");
    let done = session().retr(1, "Subject: a").dele(1).quits();
    assert_eq!((done.told[0].as_str(), done.left()), ("known 1", 0));
}

#[test]
fn without_unique_ids_unknown_deletions_are_settled_by_whole_messages() {
    let header = "Subject: a\n";
    let leaving = have("uid:a", 12, header).replace("have", "leaving");
    let session = || Session::of(std::slice::from_ref(&leaving)).capabilities("TOP\n");
    let there = session().lists_sizes(&[("", 12)]).say("UIDL", "-ERR").top(1, 0, "Subject: a");
    let done = there.retr(1, "Subject: a").dele(1).quits();
    assert_eq!((done.told.join(" ").as_str(), done.left()), ("known 1 fetched", 0));
    let gone = session().lists_sizes(&[("", 12)]).say("UIDL", "-ERR").top(1, 0, "Subject: b");
    let done = gone.retr(1, "Subject: b").quits();
    assert_eq!(done.unknown, 0);
    let due = [format!("have digest:{}", digest("Subject: b\n")), "leaving,missed uid:a".to_owned()];
    let mut got = flags(&done.record);
    got.sort();
    assert_eq!(got, due);
}

#[test]
fn where_there_never_were_unique_ids_unknown_deletions_are_settled_by_whole_messages() {
    let header = "Subject: a\n";
    let leaving = have(&format!("digest:{}", digest(header)), 12, header).replace("have", "leaving");
    let session = || {
        let session = Session::of(std::slice::from_ref(&leaving)).capabilities("TOP\n");
        session.lists_sizes(&[("", 12)]).say("UIDL", "-ERR")
    };
    let done = session().top(1, 0, "Subject: a").retr(1, "Subject: a").dele(1).quits();
    assert_eq!((done.told.join(" ").as_str(), done.unknown, done.left()), ("known 1 fetched", 0, 0));
    let done = session().top(1, 0, "Subject: b").retr(1, "Subject: b").quits();
    assert_eq!(done.unknown, 0);
    let mut due = [
        format!("have digest:{}", digest("Subject: b\n")),
        format!("leaving,missed digest:{}", digest(header)),
    ];
    let mut got = flags(&done.record);
    got.sort();
    due.sort();
    assert_eq!(got, due);
}

#[test]
fn a_deletion_that_was_confirmed_is_checked_by_the_next_session() {
    let first = deleting(Session::new()).lists(&TWO).retr(1, "\nA").retr(2, "\nB").dele(1).dele(2).quits();
    assert_eq!((first.unknown, first.summary.deleted), (0, 2));
    assert!(first.record.iter().all(|entry| entry.is_gone() && entry.is_stored()));
    assert!(first.record.to_string().contains("\ngone 5 "));
    // One of the two was really deleted, and nothing is fetched again.
    let next = Session::with(first.record).lists(&TWO[1..]).retr(1, "\nB").dele(1).quits();
    assert_eq!(next.told, ["known 1", "fetched"]);
    assert_eq!(flags(&next.record), ["gone,missed uid:a", "gone uid:b"]);
    let last = Session::with(next.record.clone()).later(366 * DAY).say("STAT", "+OK 0 0").quits();
    assert_eq!(last.record.len(), 0);
    // The same unique-id is there again, and it belongs to another message.
    let other = Session::with(next.record).lists(&[("b", 12)]).retr(1, "Subject: c");
    assert_eq!(ids(&other.quits().record), ["have uid:b 1"]);
}

#[test]
fn a_dry_run_settles_nothing() {
    let session = Session::with(unknown().record).rules(|r| r.dry_run = true);
    let done = session.lists(&[("b", 5), ("c", 5)]).quits();
    // Whether the first is the one that was to be deleted shows only when it comes whole.
    assert_eq!((done.doomed, done.unknown), (vec![], 2));
    assert_eq!(done.wanted.len(), 2);
    assert_eq!(done.record, unknown().record);
}

/// Messages at which the connection always ends keep back no others, and none that came before one of them is in
/// doubt.
#[test]
fn after_an_end_in_the_middle_of_a_message_the_next_session_begins_with_another_one() {
    const FOUR: [(&str, u64); 4] = [("a", 5), ("b", 5), ("c", 5), ("d", 5)];
    let session = |record: Record| Session::with(record).lists(&FOUR);
    let ends = |session: Session, n: u32| session.cut(&format!("RETR {n}")).run();
    let first = ends(session(Record::new()), 1);
    assert_eq!(first.record.to_string(), "pop3-proto record 1\ninterrupted 1\n");
    assert_eq!(first.record.to_string().parse::<Record>().unwrap(), first.record);
    let second = ends(session(first.record).retr(2, "\nB"), 3);
    assert_eq!((second.record.interruptions(), ids(&second.record)), (2, vec!["have uid:b".to_owned()]));
    // Three are left: 1, 3 and 4.
    let third = ends(session(second.record).retr(4, "\nD"), 1);
    assert_eq!(ids(&third.record), ["have uid:b", "have uid:d"]);
    let last = session(third.record).retr(3, "\nC").retr(1, "\nA").quits();
    assert_eq!((last.summary.fetched, last.left(), last.record.interruptions()), (2, 4, 0));
}

/// Where only headers tell messages apart, the lowest numbers are taken for those that were stored.
#[test]
fn messages_that_only_headers_tell_apart_come_in_order_also_after_an_interruption() {
    for uid in ["-ERR unknown command", "+OK\n1 same\n2 same\n."] {
        let record = "pop3-proto record 1\ninterrupted 1\n".parse::<Record>().unwrap();
        let session = Session::with(record)
            .capabilities("TOP\n")
            .say("STAT", "+OK 2 10")
            .say("LIST", "+OK\n1 5\n2 5\n.");
        let done = session.say("UIDL", uid).retr(1, "\nA").retr(2, "\nB").quits();
        assert_eq!((done.summary.fetched, done.record.interruptions()), (2, 0));
    }
}

/// A size that changed is no proof that the message is the one that came, however many sessions see it.
#[test]
fn a_message_that_grew_comes_once_more_before_it_is_deleted() {
    let whole = "Subject: a\n\nfirst";
    let first = Session::new().lists(&[("a", 21)]).retr(1, whole).quits();
    assert_eq!(ids(&first.record), ["have uid:a"]);
    let kept = Session::with(first.record).lists(&[("a", 29)]).top(1, 0, "Subject: a\n").quits();
    assert_eq!(kept.summary.known, 1);
    let grown = deleting(Session::with(kept.record)).lists(&[("a", 29)]).top(1, 0, "Subject: a\n");
    let done = grown.retr(1, "Subject: a\n\nfirst\nsecond").dele(1).quits();
    assert_eq!((done.summary.fetched, done.summary.deleted), (1, 1), "{:?}", done.told);
}

/// A header alone gave an entry its unique-id.
#[test]
fn an_entry_that_got_its_unique_id_by_a_header_is_compared_before_it_is_deleted() {
    let none = |session: Session| {
        session.capabilities("TOP\n").lists_sizes(&[("", 17)]).say("UIDL", "-ERR unknown command")
    };
    let first = none(Session::new()).retr(1, "Subject: a\n\nA").quits();
    let named = Session::with(first.record).lists(&[("b", 17)]).top(1, 0, "Subject: a\n").quits();
    assert_eq!((named.summary.known, ids(&named.record)), (1, vec!["have uid:b".to_owned()]));
    let done = deleting(Session::with(named.record)).lists(&[("b", 17)]).top(1, 0, "Subject: a\n");
    let done = done.retr(1, "Subject: a\n\nB").dele(1).quits();
    assert_eq!((done.summary.fetched, done.summary.deleted), (1, 1), "{:?}", done.told);
}

/// What the store refused says nothing about what it has: a part.
#[test]
fn a_part_stays_one_although_the_whole_came_and_was_refused() {
    let listed = |session: Session| session.lists(&[("a", 20), ("b", 5)]);
    let part = listed(Session::new()).retr(1, "\nA").retr(2, "\nB").quits();
    assert_eq!(part.summary.doubtful, 1);
    let all = Session::with(part.record).rules(|r| r.all = true).confirm(Confirm::Only(&[2]));
    let refused = listed(all).retr(1, "\n0123456789ABCD\n\n").retr(2, "\nB").quits();
    let kept = refused.record.iter().find(|entry| entry.to_string().ends_with("uid:a")).unwrap();
    assert!(kept.is_doubtful(), "{kept}");
}
