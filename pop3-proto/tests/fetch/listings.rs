//! Listings as real servers send them: in part, with gaps, unsorted, repeated, unreadable, or refused.

use crate::drive::{DAY, NOW, Session, bare, digest, flags, have, ids};

/// Covers quirk-60.
#[test]
fn what_is_outside_of_a_window_is_neither_gone_nor_fetched_again() {
    let lines = [bare("a", 5), bare("b", 5), bare("c", 5)];
    let first = Session::of(&lines).later(364 * DAY).lists(&[("a", 5), ("b", 5)]).quits();
    assert_eq!(ids(&first.record), ["have uid:a", "have uid:b", "have uid:c"]);
    assert_eq!(flags(&first.record), ["have uid:a", "have uid:b", "have,missed uid:c"]);
    // Its id may have been used again meanwhile, so its header is looked at.
    let second = Session::with(first.record).later(364 * DAY).lists(&[("c", 5)]).top(1, 0, "").quits();
    assert_eq!((second.summary.known, second.left()), (1, 3));
}

#[test]
fn what_was_not_listed_for_so_many_days_is_forgotten() {
    let lines = [bare("gone", 5), bare("there", 5)];
    let later = |seconds| Session::of(&lines).later(seconds).lists(&[("there", 5)]).quits().record;
    assert_eq!(ids(&later(365 * DAY)), ["have uid:gone", "have uid:there"]);
    assert_eq!(ids(&later(365 * DAY + 1)), ["have uid:there"]);
    let short = |days| Session::of(&lines).later(2 * DAY).rules(|r| r.forget_days = days);
    assert_eq!(short(2).lists(&[("there", 5)]).quits().left(), 2);
    assert_eq!(short(1).lists(&[("there", 5)]).quits().left(), 1);
    assert_eq!(short(0).say("STAT", "+OK 0 0").quits().left(), 0);
}

/// Covers quirk-59, quirk-58.
#[test]
fn an_empty_maildrop_is_not_listed_and_a_refusal_to_list_it_does_not_matter() {
    let known = || Session::of(&[bare("a", 5)]);
    let done = known().say("STAT", "+OK 0 0").quits();
    assert_eq!((done.told, ids(&done.record)), (vec!["fetched".to_owned()], vec!["have uid:a".to_owned()]));
    let piped = known().capabilities("TOP\nUIDL\nPIPELINING\n");
    let done = piped.say("STAT\nLIST\nUIDL", "+OK 0 0\n-ERR no messages\n-ERR no messages").quits();
    assert_eq!((done.end.as_str(), done.left()), ("done", 1));
    let piped = known().capabilities("TOP\nUIDL\nPIPELINING\n");
    let done = piped.say("STAT\nLIST\nUIDL", "+OK 0 0\n+OK\n.\n+OK\n.").quits();
    assert_eq!(done.left(), 1);
}

/// Covers quirk-76.
#[test]
fn a_refusal_to_list_ends_the_download_and_forgets_nothing() {
    let known = || {
        let leaving = format!("leaving 5 {NOW} {NOW} {NOW} {} 0 uid:b", digest(""));
        Session::of(&[bare("a", 5), leaving]).later(400 * DAY)
    };
    let listed = known().lists_sizes(&[("", 5)]);
    let done = listed.say("UIDL", "-ERR Command not understood").run();
    assert_eq!(done.end, "the server refuses UIDL");
    assert_eq!(ids(&done.record), ["have uid:a", "leaving uid:b"]);
    let done = known().say("STAT", "+OK 1 5").say("LIST", "-ERR [SYS/TEMP] later").run();
    assert_eq!(done.end, "the server refuses LIST: try again later");
    assert_eq!(done.left(), 2);
    let piped = known().capabilities("UIDL\nPIPELINING\n");
    let done = piped.say("STAT\nLIST\nUIDL", "+OK 1 5\n-ERR [IN-USE] busy\n+OK\n1 a\n.").run();
    assert_eq!((done.end.as_str(), done.left()), ("the server refuses LIST: the maildrop is in use", 2));
}

#[test]
fn a_refusal_of_stat_or_numbers_that_it_lacks_do_not_matter() {
    for stat in ["-ERR", "+OK", "+OK many messages", "+OK 1 -5"] {
        let session = Session::of(&[bare("a", 5)]).say("STAT", stat).say("LIST", "+OK\n1 5\n.");
        assert_eq!(session.say("UIDL", "+OK\n1 a\n.").quits().summary.known, 1, "{stat}");
    }
}

/// Covers quirk-14.
#[test]
fn uidl_that_is_not_announced_is_tried() {
    for capabilities in ["TOP\n", "", "PIPELINING-NOT\n"] {
        let session = Session::of(&[bare("a", 5)]).capabilities(capabilities);
        let done = session.lists(&[("a", 5), ("b", 5)]).retr(2, "\nB").quits();
        assert_eq!(ids(&done.record), ["have uid:a", "have uid:b"]);
    }
}

/// Covers quirk-61, quirk-62, odd-numbers-in-listings.
#[test]
fn gaps_any_order_and_repeated_numbers_are_borne_and_of_a_repeated_number_the_last_line_counts() {
    let session = Session::of(&[bare("a", 5)]).say("STAT", "+OK 3 15");
    let session = session.say("LIST", "+OK\n9 77\n4 5\n9 5\n0 5\n4294967295 5\n.");
    let session = session.say("UIDL", "+OK\n4294967295 c\n4 other\n4 a\n9 b\n9 b\n0 x\n.");
    let done = session.retr(9, "\nB").retr(4_294_967_295, "\nC").quits();
    assert_eq!((done.summary.listed, done.summary.known), (3, 1));
    assert_eq!(ids(&done.record), ["have uid:a", "have uid:b", "have uid:c"]);
    assert_eq!(done.record.iter().nth(1).unwrap().octets(), Some(5));
}

/// Covers quirk-63, quirk-65.
#[test]
fn an_unreadable_line_costs_its_size_and_no_message() {
    let session = Session::of(&[have("uid:c", 5, "Subject: c\n")]).say("STAT", "+OK 4 20");
    let session = session.say("LIST", "+OK\n1\n2 big\n3\n4 5.0\n.").say("UIDL", "+OK\n1 a\n2 b\n3 c\n4 d\n.");
    let session = session.top(3, 0, "Subject: c").retr(1, "\nA").retr(2, "\nB").retr(4, "\nD");
    let done = session.quits();
    let due = ["have,odd uid:a", "have,odd uid:b", "have uid:c", "have uid:d"];
    assert_eq!(flags(&done.record), due, "without a size nobody can say whether a message is all there");
    // As many messages are there as STAT counted, so the unreadable lines hide none.
    assert_eq!((done.summary.unreadable, done.summary.doubtful), (0, 2));
    let sizes: Vec<_> = done.record.iter().map(|entry| entry.octets()).collect();
    assert_eq!(sizes, [None, None, Some(5), Some(5)]);
}

#[test]
fn a_message_whose_id_cannot_be_read_is_known_by_its_header() {
    let long = "x".repeat(600);
    let session = |record| {
        let session = Session::with(record).window(512).lists_sizes(&[("", 12), ("", 5)]);
        session.say("UIDL", format!("+OK\n1 {long}\n2 b\n."))
    };
    let done = session(Default::default()).retr(1, "Subject: x").retr(2, "\nB").quits();
    let known = format!("have digest:{}", digest("Subject: x\n"));
    assert_eq!(ids(&done.record), ["have uid:b", &known]);
    assert_eq!(session(done.record).top(1, 0, "Subject: x").quits().summary.known, 2);
}

#[test]
fn a_message_that_only_one_of_the_listings_has_is_there() {
    let session = Session::new().say("STAT", "+OK 2 17").say("LIST", "+OK\n1 12\n.");
    let session = session.say("UIDL", "+OK\n2 b\n.").retr(1, "Subject: x").retr(2, "\nB").quits();
    let due = ["have,odd uid:b", &format!("have digest:{}", digest("Subject: x\n"))];
    assert_eq!(flags(&session.record), due);
}

/// Covers quirk-52.
#[test]
fn a_line_that_is_no_answer_ends_the_session_and_the_message_is_left_out_for_a_while() {
    let session = Session::of(&[bare("a", 5)]).lists(&[("a", 5), ("b", 5)]);
    let done = session.say("RETR 2", "* BYE").run();
    assert_eq!(done.end, "Status");
    assert_eq!(flags(&done.record), ["have uid:a", "broken uid:b"]);
}
