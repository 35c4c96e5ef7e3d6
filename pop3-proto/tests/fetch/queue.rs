//! The order of the download planner's commands, and how many are on their way at once.

use crate::drive::{Confirm, Session, ids};

const SIX: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const LISTING: &str = "+OK 6 30\n+OK\n1 5\n2 5\n3 5\n4 5\n5 5\n6 5\n.\n+OK\n1 a\n2 b\n3 c\n4 d\n5 e\n6 f\n.";
const BODY: &str = "+OK\n\nA\n.";

fn piped() -> Session {
    let session = Session::new().capabilities("TOP\nUIDL\nPIPELINING\n");
    session.rules(|r| r.delete_after_days = Some(0))
}

/// Proves 2449-6.6-02.
#[test]
fn with_pipelining_as_many_commands_go_at_once_as_the_queue_holds_and_stages_do_not_mix() {
    let session =
        piped().say("STAT\nLIST\nUIDL", LISTING).say("RETR 1\nRETR 2\nRETR 3\nRETR 4", [BODY; 2].join("\n"));
    let session = session.say("RETR 5\nRETR 6", [BODY; 4].join("\n"));
    let session = session.say("DELE 6\nDELE 5\nDELE 4\nDELE 3", "+OK").say("DELE 2", ["+OK"; 3].join("\n"));
    let done = session.say("DELE 1", "+OK\n+OK").quits();
    assert_eq!((done.summary.fetched, done.summary.deleted), (6, 6));
    assert_eq!(done.left(), 0);
}

/// Proves 2449-6.6-03.
#[test]
fn without_pipelining_each_command_waits_for_the_answer_before() {
    let messages = SIX.map(|uid| (uid, 5));
    let sessions = [
        piped().without_pipelining(),
        Session::new().rules(|r| r.delete_after_days = Some(0)),
        Session::new().capabilities("").rules(|r| r.delete_after_days = Some(0)),
    ];
    for session in sessions {
        let session = (1..=6).fold(session.lists(&messages), |session, n| session.retr(n, "\nA"));
        let done = (1..=6).fold(session, Session::dele).quits();
        assert_eq!((done.summary.fetched, done.summary.deleted), (6, 6));
    }
}

#[test]
fn no_deletion_is_asked_for_before_all_messages_have_come_and_are_safe() {
    let session = piped()
        .confirm(Confirm::AtFetched)
        .say("STAT\nLIST\nUIDL", "+OK 2 10\n+OK\n1 5\n2 5\n.\n+OK\n1 a\n2 b\n.");
    let done = session.say("RETR 1\nRETR 2", "+OK\n\nA\n.\n+OK\n\nB").run();
    assert_eq!((done.end.as_str(), done.left()), ("Err(Truncated)", 0));
    assert_eq!(done.told, [r"whole 1 \r\nA\r\n"]);
}

#[test]
fn quit_waits_for_the_answers_to_all_deletions() {
    let listing = "+OK 2 10\n+OK\n1 5\n2 5\n.\n+OK\n1 a\n2 b\n.";
    let session = piped().say("STAT\nLIST\nUIDL", listing).say("RETR 1\nRETR 2", "+OK\n\nA\n.\n+OK\n\nB\n.");
    let done = session.say("DELE 2\nDELE 1", "+OK").run();
    assert_eq!(done.end, "Err(Truncated)");
    assert_eq!((done.unknown, done.saved), (0, None));
    assert_eq!(ids(&done.record), ["have uid:a", "have uid:b"]);
}
