//! Unique-ids as real servers have them: repeated, empty, long, odd, and used again.

use crate::drive::{Session, bare, digest, flags, have, ids, record, whole};

/// Covers quirk-71, quirk-138.
/// Proves 1939-7-14.
#[test]
fn equal_messages_with_the_same_id_are_counted() {
    let twice = [("same", 5), ("same", 5)];
    let done = Session::new().lists(&twice).retr(1, "\nA").retr(2, "\nA").quits();
    assert_eq!(ids(&done.record), ["have uid:same", "have uid:same 1"]);
    // The same two messages again, then one of them alone, then a further one.
    let again = |messages: &[(&str, u64)]| Session::with(done.record.clone()).lists(messages);
    assert_eq!(again(&twice).top(1, 0, "").top(2, 0, "").quits().record, done.record);
    let one = again(&twice[1..]).top(1, 0, "").quits();
    assert_eq!(flags(&one.record), ["have,shared uid:same", "have,missed,shared uid:same 1"]);
    let three = again(&[("same", 5), ("same", 5), ("same", 5)]);
    let three = three.top(1, 0, "").top(2, 0, "").top(3, 0, "").retr(3, "\nA").quits();
    assert_eq!(ids(&three.record), ["have uid:same", "have uid:same 1", "have uid:same 2"]);
}

/// Covers quirk-71.
#[test]
fn of_equal_messages_those_beyond_the_count_are_deleted() {
    let twice = [("same", 5), ("same", 5)];
    let session = Session::new().rules(|r| r.keep_count = Some(1)).lists(&twice);
    let done = session.retr(1, "\nA").retr(2, "\nA").dele(1).quits();
    assert_eq!((ids(&done.record), done.summary.deleted), (vec!["have uid:same 1".to_owned()], 1));
}

/// Covers quirk-71.
#[test]
fn different_messages_with_the_same_id_are_told_apart_by_size() {
    let done = Session::new().lists(&[("same", 5), ("same", 6)]).retr(1, "\nA").retr(2, "\nBB").quits();
    let shared = |octets, body| whole("uid:same", octets, "", body).replacen("have", "have,shared", 1);
    let lines = [shared(5, "A\r\n"), shared(6, "BB\r\n").replace(" 0 uid", " 1 uid")];
    assert_eq!(done.record, record(&lines));
    let doomed = Session::with(done.record).rules(|r| r.keep_count = Some(0));
    let done = doomed.lists(&[("same", 12), ("same", 6)]).top(1, 0, "Subject: c").top(2, 0, "");
    let done = done.retr(1, "Subject: c").retr(2, "\nBB").dele(1).dele(2).quits();
    // An id that is repeated is not enough for a deletion, so the second came once more.
    assert_eq!(done.told, [r"whole 1 Subject: c\r\n", "known 2", "fetched"]);
    assert_eq!(ids(&done.record), ["have uid:same"]);
}

/// Covers quirk-71.
#[test]
fn different_messages_with_the_same_id_and_size_are_told_apart_by_header_when_one_is_new() {
    let lines = [have("uid:same", 12, "Subject: a\n")];
    let session = Session::of(&lines).lists(&[("same", 12), ("same", 12)]);
    let done = session.top(1, 0, "Subject: b").top(2, 0, "Subject: a").retr(1, "Subject: b").quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n", "fetched"]);
    assert_eq!(ids(&done.record), ["have uid:same", "have uid:same 1"]);
}

/// Covers quirk-70, unique-id-empty.
#[test]
fn a_message_with_an_empty_id_is_known_by_its_header() {
    let done = Session::new().lists(&[("", 12), ("a", 5)]).retr(1, "Subject: x").retr(2, "\nA").quits();
    let known = format!("have digest:{}", digest("Subject: x\n"));
    assert_eq!(ids(&done.record), ["have uid:a", &known]);
    let again = Session::with(done.record.clone()).rules(|r| r.delete_after_days = Some(0));
    let again = again.lists(&[("a", 5), ("", 12)]).top(1, 0, "").top(2, 0, "Subject: x");
    let done = again.retr(2, "Subject: x").dele(1).dele(2).quits();
    assert_eq!((done.told.join(" ").as_str(), done.left()), ("known 2 fetched", 0));
}

/// Covers quirk-68, unique-id-too-long.
#[test]
fn an_id_of_300_octets_counts_whole_and_is_kept_as_a_digest() {
    let long = "x".repeat(299);
    let (one, two) = (format!("{long}1"), format!("{long}2"));
    let messages = [(one.as_str(), 5), (two.as_str(), 5)];
    let session = Session::of(&[bare(&two, 5)]).lists(&messages).retr(1, "\nA");
    let mut due = [one, two].map(|uid| format!("have long-uid:{}", digest(&uid)));
    due.sort();
    assert_eq!(ids(&session.quits().record), due);
}

/// Covers quirk-69, unique-id-as-path.
#[test]
fn ids_of_any_octets_are_kept_octet_for_octet() {
    let listing = b"+OK\n1 a b\n2 ../../etc/x@y\n3 \xFF\x01%41\n.";
    let session = || Session::new().lists_sizes(&[("", 5), ("", 5), ("", 5)]).say("UIDL", listing);
    let done = session().retr(1, "\nA").retr(2, "\nB").retr(3, "\nC").quits();
    assert_eq!(ids(&done.record), ["have uid:../../etc/x@y", "have uid:a%20b", "have uid:%FF%01%2541"]);
    let again = Session::with(done.record.clone()).lists_sizes(&[("", 5), ("", 5), ("", 5)]);
    assert_eq!(again.say("UIDL", listing).quits().record, done.record);
}

/// Proves 1939-7-15.
#[test]
fn ids_are_compared_octet_by_octet() {
    let session = Session::of(&[bare("Id-01", 5)]);
    let session = session.lists(&[("id-01", 5), ("Id-1", 5), ("Id-01x", 5), ("Id-0", 5), ("Id-01", 5)]);
    let done = (1..=4).fold(session, |session, n| session.retr(n, "\nA")).quits();
    assert_eq!((done.summary.fetched, done.summary.known, done.left()), (4, 1, 5));
}

/// Covers quirk-66, quirk-67.
#[test]
fn ids_are_the_same_however_the_line_is_written() {
    let session = Session::of(&[bare("a", 5), bare("b", 5), bare("c", 5)]);
    let session = session.lists_sizes(&[("", 5), ("", 5), ("", 5)]);
    let done = session.say("UIDL", "+OK\n1   a\n+OK 2 b\n3 c \n.").quits();
    assert_eq!((done.summary.known, done.summary.fetched), (3, 0));
}

/// Covers quirk-72.
#[test]
fn an_id_that_comes_back_on_a_message_of_another_size_and_header_is_a_new_message() {
    let session = Session::of(&[have("uid:a", 12, "Subject: x\n")]);
    let done = session.lists(&[("a", 13)]).top(1, 0, "Subject: yy").retr(1, "Subject: yy").quits();
    assert_eq!(done.told[0], r"whole 1 Subject: yy\r\n");
    assert_eq!(ids(&done.record), ["have uid:a", "have uid:a 1"]);
}

/// Covers quirk-55, quirk-72.
#[test]
fn a_size_that_changed_under_the_same_header_is_the_same_message() {
    let line = |octets| whole("uid:a", octets, "Subject: x\n", "b\r\n");
    let known = || Session::of(&[line(15)]).lists(&[("a", 25)]);
    let done = known().top(1, 0, "Status: RO\nSubject: x").quits();
    // The record has the new size then, and the whole message has to come before it is deleted.
    let changed = line(25).replacen("have", "have,returned", 1);
    assert_eq!((done.summary.known, &done.record), (1, &record(&[changed])));
    assert_eq!(Session::with(done.record).lists(&[("a", 25)]).quits().summary.known, 1);
    // Without TOP the whole message has to come.
    let done = known().say("TOP 1 0", "-ERR").retr(1, "Status: RO\nSubject: x\n\nb").quits();
    assert_eq!(done.told, ["known 1", "fetched"]);
    assert_eq!((done.left(), done.summary.known, done.summary.fetched), (1, 1, 0));
}

/// Covers quirk-78.
#[test]
fn numbers_that_changed_do_not_matter() {
    let session = Session::of(&[bare("a", 5), bare("b", 6)]).rules(|r| r.keep_count = Some(1));
    let session = session.lists(&[("b", 6), ("new", 7), ("a", 5)]).top(1, 0, "").retr(2, "\nCCC");
    let done = session.dele(1).dele(2).quits();
    assert_eq!(ids(&done.record), ["have uid:a"]);
}
