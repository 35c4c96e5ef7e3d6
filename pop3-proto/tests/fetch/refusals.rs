//! Sessions in which the server refuses messages, deletions or QUIT.

use crate::drive::{Session, bare, flags, ids};

const THREE: [(&str, u64); 3] = [("a", 5), ("b", 5), ("c", 5)];

fn deleting() -> Session {
    Session::new().rules(|r| r.delete_after_days = Some(0)).lists(&THREE)
}

/// Covers quirk-117.
#[test]
fn a_message_that_is_refused_stays_new_and_the_others_come() {
    let session = deleting().retr(1, "\nA").say("RETR 2", "-ERR Message was expunged").retr(3, "\nC");
    let done = session.dele(1).dele(3).quits();
    assert_eq!(
        done.told,
        [r"whole 1 \r\nA\r\n", "refused 2 Message was expunged", r"whole 3 \r\nC\r\n", "fetched"]
    );
    assert_eq!((done.summary.refused, done.summary.deleted, done.left()), (1, 2, 0));
}

/// Covers quirk-101, quirk-116.
#[test]
fn a_server_that_has_given_enough_is_asked_for_no_more() {
    for text in ["Download exceed", "[SYS/TEMP] lock down in sector 4", "[IN-USE] busy"] {
        let five = [("a", 5), ("b", 5), ("c", 5), ("d", 5), ("e", 5)];
        let session = Session::new().rules(|r| r.delete_after_days = Some(0)).lists(&five).retr(1, "\nA");
        let refusal = || format!("-ERR {text}");
        let session = session.say("RETR 2", refusal()).say("RETR 3", refusal()).say("RETR 4", refusal());
        let done = session.dele(1).quits();
        assert_eq!((done.summary.fetched, done.summary.refused, done.summary.deleted), (1, 3, 1), "{text}");
        // A server may be unable to give one message only.
        let session = deleting().retr(1, "\nA").say("RETR 2", refusal()).retr(3, "\nC");
        let done = session.dele(1).dele(3).quits();
        assert_eq!((done.summary.fetched, done.summary.refused, done.summary.deleted), (2, 1, 2), "{text}");
    }
    let piped = Session::new().capabilities("UIDL\nPIPELINING\n");
    let sizes: String = (1..=9).map(|n| format!("{n} 5\n")).collect();
    let uids: String = (1..=9).map(|n| format!("{n} id-{n}\n")).collect();
    let piped = piped.say("STAT\nLIST\nUIDL", format!("+OK 9 45\n+OK\n{sizes}.\n+OK\n{uids}."));
    let session = piped.say("RETR 1\nRETR 2\nRETR 3\nRETR 4", ["-ERR Download exceed"; 4].join("\n"));
    let session = session.say("RETR 5\nRETR 6", ["-ERR Download exceed"; 2].join("\n"));
    assert_eq!(session.quits().summary.refused, 6);
}

/// Covers quirk-92.
#[test]
fn a_body_without_an_octet_is_no_message_unless_the_size_says_so() {
    let session = Session::new().lists(&[("a", 5), ("b", 2), ("c", 0)]);
    let session = session.say("RETR 1", "+OK\n.").say("RETR 2", "+OK\n.").say("RETR 3", "+OK\n.");
    let done = session.quits();
    assert_eq!(done.told, ["empty 1", "whole 2 ", "whole 3 ", "fetched"]);
    assert_eq!((done.summary.refused, done.summary.fetched), (1, 2));
    assert_eq!(flags(&done.record), ["have,doubtful uid:b", "have uid:c"]);
}

/// Covers quirk-92.
#[test]
fn an_empty_body_takes_nothing_away_from_what_is_known() {
    let session = Session::of(&[bare("a", 5)]).rules(|r| (r.all, r.delete_after_days) = (true, Some(1)));
    let done = session.lists(&THREE[..1]).say("RETR 1", "+OK\n.").quits();
    assert_eq!((done.told[0].as_str(), ids(&done.record)), ("empty 1", vec!["have uid:a".to_owned()]));
}

/// Covers quirk-129.
#[test]
fn a_deletion_that_is_refused_leaves_the_message_known_and_is_tried_again() {
    let session = deleting().retr(1, "\nA").retr(2, "\nB").retr(3, "\nC");
    let done = session.dele(3).say("DELE 2", "-ERR [SYS/PERM] read-only").dele(1).quits();
    assert_eq!((done.summary.deleted, done.summary.refused), (2, 1));
    assert_eq!(ids(&done.record), ["have uid:b"]);
    let again = Session::with(done.record).rules(|r| r.delete_after_days = Some(0));
    assert_eq!(again.lists(&[("b", 5)]).top(1, 0, "").dele(1).quits().left(), 0);
}

/// Proves 1939-6-08.
#[test]
fn quit_that_is_refused_leaves_all_deletions_unknown_until_the_next_session() {
    let session = deleting().retr(1, "\nA").retr(2, "\nB").retr(3, "\nC").dele(1).dele(2).dele(3);
    let done = session.say("QUIT", "-ERR some deleted messages not removed").run();
    assert_eq!(done.end, "the server refuses QUIT");
    assert_eq!((done.unknown, done.summary.deleted), (3, 0));
    assert_eq!(ids(&done.record), ["leaving uid:a", "leaving uid:b", "leaving uid:c"]);
    // One is gone and two are there. These are deleted now, although no rule asks for it any more.
    let next = Session::with(done.record).lists(&[("a", 5), ("c", 5)]).retr(1, "\nA").retr(2, "\nC");
    let next = next.dele(1).dele(2).quits();
    assert_eq!((next.told.join(" ").as_str(), next.unknown), ("known 1 known 2 fetched", 0));
    assert_eq!(flags(&next.record), ["gone uid:a", "leaving,missed uid:b", "gone uid:c"]);
}
