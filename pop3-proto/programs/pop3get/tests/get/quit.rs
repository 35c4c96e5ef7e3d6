//! QUIT: what depends on its answer, and what does not.

use std::time::Duration;

use crate::support::{LOGIN, ONE_MESSAGE, Run, Server};

fn session(rest: &str) -> String {
    format!("{LOGIN}{ONE_MESSAGE}{rest}C: QUIT\\r\\n\n")
}

/// Covers quirk-145.
#[test]
fn a_server_that_hangs_up_or_refuses_at_quit_costs_nothing_if_nothing_was_deleted() {
    for (end, why) in [
        ("", "closed by the server"),
        ("S: -ERR cannot say goodbye\\r\\n", "the server refuses: cannot say goodbye"),
        ("S: what?\\r\\n", "the server sent neither +OK nor -ERR where one was due: what?"),
    ] {
        let server = Server::play(&[&(session("") + end)]);
        let run = Run::at(server.address).args(["--json"]);
        let ran = run.run();
        server.finish();
        let note = format!("QUIT: {why}; nothing depended on it");
        ran.assert(0, &format!("pop3get: ann@127.0.0.1: {note}\n"));
        let json = ran.json();
        assert_eq!(
            (&json["exit"], &json["error"], &json["note"], &json["fetched"]),
            (&0.into(), &serde_json::Value::Null, &note.as_str().into(), &1.into())
        );
        assert_eq!(run.delivered(), ["Subject: one\r\n\r\nfirst\r\n"]);
    }
}

/// Covers quirk-145.
#[test]
fn a_server_that_is_silent_at_quit_is_not_waited_for_long() {
    let server = Server::play_and_wait(&session(""));
    let ran = Run::at(server.address).run();
    ran.assert(0, "pop3get: ann@127.0.0.1: QUIT: no progress for 10 s; nothing depended on it\n");
    assert!((Duration::from_secs(9)..Duration::from_secs(20)).contains(&ran.time), "{ran:?}");
    server.finish();
}

#[test]
fn with_deletions_quit_has_to_be_answered() {
    let deleted = session("C: DELE 1\\r\\n\nS: +OK\\r\\n\n");
    for (end, code, why) in [
        ("", 4, "the connection ended before QUIT was answered: deletions may or may not be done"),
        ("S: -ERR not removed\\r\\n", 5, "the server refuses: not removed"),
    ] {
        let server = Server::play(&[&format!("{deleted}{end}")]);
        let ran = Run::at(server.address).args(["--delete"]).run();
        ran.assert(code, &format!("pop3get: ann@127.0.0.1: QUIT: {why}\n"));
        server.finish();
    }
    let server = Server::play_and_wait(&deleted);
    let ran = Run::at(server.address).args(["--delete", "--timeout", "2"]).run();
    ran.assert(4, "pop3get: ann@127.0.0.1: QUIT: no progress for 2 s\n");
    server.finish();
}

#[test]
fn the_plan_of_a_dry_run_is_shown_even_if_quit_fails() {
    let listing = &ONE_MESSAGE[..ONE_MESSAGE.find("C: RETR").unwrap()];
    let server = Server::play(&[&format!("{LOGIN}{listing}C: QUIT\\r\\n\n")]);
    let ran = Run::at(server.address).args(["--dry-run"]).run();
    server.finish();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("fetch 1 (23 octets)\n"), "{ran:?}");
}
