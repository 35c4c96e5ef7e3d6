//! Messages that are not listed: they wait, whatever became of them, and a listing that is not complete makes
//! nothing forgotten.

use pop3_proto::fetch::{Import, Record};

use crate::drive::{Confirm, DAY, NOW, Session, bare, flags, ids, whole};

fn deleting(session: Session) -> Session {
    session.rules(|r| r.delete_after_days = Some(0))
}

/// A record of one message whose deletion was ordered, without an answer.
fn leaving() -> Record {
    let session = deleting(Session::new()).lists(&[("a", 5)]).retr(1, "\nA").dele(1);
    session.cut("QUIT").run().record
}

/// A server that shows its newest message only. QUIT was lost, and new mail hides the message.
#[test]
fn a_message_that_was_to_go_and_is_hidden_for_a_while_is_known_when_it_is_back() {
    let hidden = deleting(Session::with(leaving())).lists(&[("b", 6)]).retr(1, "\nBB").dele(1).quits();
    assert_eq!(flags(&hidden.record), ["leaving,missed uid:a", "gone uid:b"]);
    let back = deleting(Session::with(hidden.record)).later(300 * DAY).lists(&[("a", 5)]).retr(1, "\nA");
    let back = back.dele(1).quits();
    assert_eq!(back.told, ["known 1", "fetched"]);
}

/// The maildrop is away for a moment.
#[test]
fn a_maildrop_that_is_empty_once_makes_nothing_forgotten() {
    let record = deleting(Session::with(leaving())).say("STAT", "+OK 0 0").quits().record;
    let back = deleting(Session::with(record)).lists(&[("a", 5)]).retr(1, "\nA").dele(1).quits();
    assert_eq!(back.told, ["known 1", "fetched"]);
    let kept = Session::of(&[bare("a", 5)]).say("STAT", "+OK 0 0").quits().record;
    let back = Session::with(kept).lists(&[("a", 5)]).top(1, 0, "").quits();
    assert_eq!((back.told.join(" ").as_str(), back.summary.known), ("fetched", 1));
}

/// A connection that breaks between DELE and QUIT has ordered nothing.
#[test]
fn what_was_marked_and_not_ordered_is_not_unknown() {
    for cut in ["DELE 1", "QUIT"] {
        let session =
            deleting(Session::new()).lists(&[("a", 5), ("b", 5)]).retr(1, "\nA").retr(2, "\nB").dele(2);
        let session = if cut == "QUIT" { session.dele(1) } else { session };
        let done = session.cut(cut).run();
        let state = if cut == "QUIT" { "leaving" } else { "have" };
        assert_eq!(ids(&done.record), [format!("{state} uid:a"), format!("{state} uid:b")]);
        assert_eq!(done.unknown, if cut == "QUIT" { 2 } else { 0 });
        assert_eq!(done.saved.is_some(), cut == "QUIT", "the record is saved before QUIT is sent");
    }
}

/// 400 days later, in listings that are not complete.
#[test]
fn a_listing_that_is_not_complete_makes_nothing_forgotten() {
    let known = || Session::of(&[bare("a", 5), bare("away", 5)]).later(400 * DAY);
    let complete = known().lists(&[("a", 5)]).quits();
    assert_eq!(ids(&complete.record), ["have uid:a"]);
    let stat = |stat: &str, list: &str, uidl: &str| {
        let session = known().say("STAT", stat).say("LIST", format!("+OK\n{list}\n."));
        session.say("UIDL", format!("+OK\n{uidl}\n.")).quits()
    };
    let fewer = stat("+OK 3 15", "1 5", "1 a");
    assert_eq!((fewer.left(), fewer.summary.missing, fewer.summary.unreadable), (2, 2, 0));
    // A count that cannot be read, and a line that may be that of a message.
    let unreadable = stat("+OK", "1 5\nx 5", "1 a");
    assert_eq!((unreadable.left(), unreadable.summary.missing, unreadable.summary.unreadable), (2, 0, 1));
    // All are there that STAT counted, so it was none.
    let unreadable = stat("+OK 1 5", "1 5\nx 5", "1 a\n? b");
    assert_eq!((unreadable.left(), unreadable.summary.missing, unreadable.summary.unreadable), (1, 0, 0));
    // More than STAT counts is complete.
    let more = stat("+OK 1 5", "1 5\n2 5", "1 a\n2 away");
    assert_eq!((more.left(), more.summary.missing), (2, 0));
}

/// TAB in the place of the blank, and blanks in front, are read; a list that is empty is told.
/// Covers quirk-161, quirk-159.
#[test]
fn listings_that_used_to_be_empty_are_read_or_counted_as_missing() {
    let session = Session::new().say("STAT", "+OK 2 10").say("LIST", "+OK\n1\t5\n 2 5\n.");
    let session = session.say("UIDL", "+OK\n1\ta\n\t2  b\n.").retr(1, "\nA").retr(2, "\nB");
    let done = session.quits();
    assert_eq!(flags(&done.record), ["have uid:a", "have uid:b"]);
    assert_eq!((done.summary.missing, done.summary.unreadable), (0, 0));
    let empty = Session::new().say("STAT", "+OK 7 70").say("LIST", "+OK\n.").say("UIDL", "+OK\n.").quits();
    assert_eq!((empty.summary.listed, empty.summary.missing), (0, 7));
    let bad =
        Session::new().say("STAT", "+OK 2 10").say("LIST", "+OK\none 5\ntwo 5\n.").say("UIDL", "+OK\n.");
    let bad = bad.quits();
    assert_eq!((bad.summary.missing, bad.summary.unreadable), (2, 2));
}

/// A server whose ids change in each session.
#[test]
fn the_record_keeps_a_bounded_number_of_messages_that_are_not_listed() {
    let mut record = Record::new();
    for session in 0..6 {
        let uids = [format!("{session}-a"), format!("{session}-b")];
        let messages = [(uids[0].as_str(), 5), (uids[1].as_str(), 5)];
        let done = Session::with(record).later(session * DAY).rules(|r| r.max_unlisted = 3).lists(&messages);
        record = done.retr(1, "\nA").retr(2, "\nB").quits().record;
    }
    // Those that were listed last, and of equals the first.
    let due =
        ["have,missed uid:3-a", "have,missed uid:4-a", "have,missed uid:4-b", "have uid:5-a", "have uid:5-b"];
    assert_eq!(flags(&record), due);
    let none =
        Session::with(record).later(6 * DAY).rules(|r| r.max_unlisted = 0).lists(&[("5-a", 5)]).quits();
    assert_eq!(flags(&none.record), ["have uid:5-a"]);
}

#[test]
fn long_ids_take_no_more_room_in_the_record_than_a_digest() {
    let long = "x".repeat(12_000);
    let session = || Session::new().window(16_384).lists(&[(&long, 5)]);
    let done = session().retr(1, "\nA").quits();
    assert!(done.record.to_string().len() < 250, "{}", done.record);
    assert_eq!(Session::with(done.record).window(16_384).lists(&[(&long, 5)]).quits().summary.known, 1);
    // 70 octets are as many as an id may have.
    for (len, kind) in [(70, "uid:"), (71, "long-uid:")] {
        let uid = "x".repeat(len);
        let done = Session::new().lists(&[(&uid, 5)]).retr(1, "\nA").quits();
        assert!(ids(&done.record)[0].starts_with(&format!("have {kind}")), "{len}");
    }
}

/// Their sizes are known after the first session, and nothing else is.
#[test]
fn imported_messages_are_known_in_every_session_even_if_they_share_an_id_or_getmail_wrote_it_otherwise() {
    let mut record =
        Import::from_getmail(b"same\x001790000000\nsame\x001790000000\nx-y\x001790000000\n", NOW).record;
    for _ in 0..3 {
        let done = Session::with(record).lists(&[("same", 5), ("same", 6), ("x/y", 7)]).quits();
        assert_eq!((done.summary.known, done.summary.fetched), (3, 0));
        record = done.record;
    }
}

/// A message whose end was read when the connection broke is whole if its size is exact.
#[test]
fn the_last_message_before_a_break_counts_if_its_size_is_exact() {
    for (octets, text, due) in [(5, "\nA", 1), (105, "\nA", 0), (3, "\nA", 0)] {
        let session = Session::new().lists(&[("a", octets), ("b", 5)]).retr(1, text).cut("RETR 2");
        let done = session.run();
        assert_eq!((done.left(), done.end.as_str()), (due, "Err(Truncated)"), "{octets}");
    }
    let unsafe_yet =
        Session::new().confirm(Confirm::AtFetched).lists(&[("a", 5), ("b", 5)]).retr(1, "\nA").cut("RETR 2");
    assert_eq!(unsafe_yet.run().left(), 0);
}

/// Nothing depends on the answer to QUIT if nothing was deleted.
#[test]
fn quit_without_deletions_may_be_refused_or_not_answered() {
    let session = || Session::of(&[whole("uid:a", 5, "", "A\r\n")]).lists(&[("a", 5)]);
    let refused = session().say("QUIT", "-ERR go away").run();
    assert_eq!((refused.end.as_str(), refused.summary.deleted), ("done", 0));
    assert_eq!(session().cut("QUIT").run().end, "Ok(())");
    let deleting = || deleting(session()).top(1, 0, "").dele(1);
    assert_eq!(deleting().cut("QUIT").run().end, "Err(OutcomeUnknown)");
    assert_eq!(deleting().say("QUIT", "-ERR").run().end, "the server refuses QUIT");
}

/// A server that says `+ERR` has refused.
/// Covers quirk-158.
#[test]
fn a_plus_with_another_word_than_ok_is_a_refusal() {
    let session = deleting(Session::new()).lists(&[("a", 5), ("b", 5)]);
    let session =
        session.say("RETR 1", "+ERR no such message").retr(2, "\nB").say("DELE 2", "+ERR read-only");
    let done = session.quits();
    assert_eq!(done.told, ["refused 1 no such message", r"whole 2 \r\nB\r\n", "fetched"]);
    assert_eq!((flags(&done.record), done.summary.deleted), (vec!["have uid:b".to_owned()], 0));
}
