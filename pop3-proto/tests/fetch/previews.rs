//! Previews, which are headers and the beginnings of large messages: the message stays on the server, and
//! comes whole when the rules say so.

use crate::drive::{DAY, NOW, Session, both, digest, ids};

const HEADER: &str = "Subject: x\n";
/// 21 octets.
const WHOLE: &str = "Subject: x\n\nbody!";

fn preview(uid: &str, octets: u64) -> String {
    format!("preview {octets} {NOW} - {NOW} {} 0 uid:{uid}", digest(HEADER))
}

#[test]
fn a_size_up_to_the_limit_comes_whole_and_one_above_as_a_preview() {
    let session = Session::new().rules(|r| (r.preview_above, r.preview_lines) = (Some(20), 3));
    let session = session.lists(&[("a", 20), ("b", 21)]).retr(1, "Subject: x\n\nbody");
    let done = session.top(2, 3, "Subject: x\n\none\ntwo").quits();
    assert_eq!(
        done.told,
        [
            r"whole 1 Subject: x\r\n\r\nbody\r\n",
            r"preview of 3: whole 2 Subject: x\r\n\r\none\r\ntwo\r\n",
            "fetched"
        ]
    );
    assert_eq!((done.summary.fetched, done.summary.previewed), (1, 1));
    assert_eq!(done.record.iter().last().unwrap().to_string(), preview("b", 21));
}

/// Covers quirk-89.
#[test]
fn a_preview_has_20_lines_unless_the_rules_say_otherwise() {
    let session = Session::new().rules(|r| r.preview_above = Some(20)).lists(&[("a", 21)]);
    assert_eq!(session.top(1, 20, "Subject: x").quits().summary.previewed, 1);
}

#[test]
fn a_preview_is_fetched_once_and_never_deleted() {
    let known = Session::of(&[preview("a", 21)]).later(9 * DAY).rules(|r| {
        r.preview_above = Some(20);
        (r.delete_after_days, r.delete_older_days) = (Some(0), Some(0));
        (r.keep_count, r.keep_octets) = (Some(0), Some(0));
    });
    let done = known.lists(&[("a", 21)]).quits();
    assert_eq!((done.told, done.summary.known), (vec!["fetched".to_owned()], 1));
    assert_eq!(ids(&done.record), ["preview uid:a"]);
}

#[test]
fn a_preview_becomes_whole_when_the_limit_permits_it_and_may_go_then() {
    let known = || Session::of(&[preview("a", 21)]).later(DAY).lists(&[("a", 21)]);
    let done = known().rules(|r| r.preview_above = Some(21)).retr(1, WHOLE).quits();
    let whole = format!("have 21 {NOW} {0} {0} {1} 0 uid:a", NOW + DAY, both(HEADER, "body!\r\n"));
    assert_eq!(done.record.iter().map(ToString::to_string).collect::<Vec<_>>(), [whole]);
    let done = known().rules(|r| r.delete_after_days = Some(0)).retr(1, WHOLE).dele(1).quits();
    assert_eq!(done.left(), 0);
}

#[test]
fn an_upgrade_that_is_cut_leaves_the_preview() {
    let known = Session::of(&[preview("a", 21)]).lists(&[("a", 21)]);
    let done = known.say("RETR 1", "+OK\nSubject: x").run();
    assert_eq!(done.end, "Err(Truncated)");
    assert_eq!(ids(&done.record), ["preview uid:a"]);
}

#[test]
fn headers_only_asks_for_no_line_of_any_body() {
    let headers = || Session::new().rules(|r| (r.headers_only, r.delete_after_days) = (true, Some(0)));
    let done = headers().lists(&[("a", 21), ("b", 2)]).top(1, 0, "Subject: x\n").top(2, 0, "").quits();
    assert_eq!(done.told[0], r"preview of 0: whole 1 Subject: x\r\n\r\n");
    assert_eq!(ids(&done.record), ["preview uid:a", "preview uid:b"]);
    let again = Session::with(done.record.clone()).lists(&[("a", 21), ("b", 2)]);
    let done = again.retr(1, WHOLE).retr(2, "").quits();
    assert_eq!(ids(&done.record), ["have uid:a", "have uid:b"]);
}

#[test]
fn headers_and_previews_of_what_is_stored_whole_are_not_fetched() {
    let line = format!("have 21 {NOW} {NOW} {NOW} {} 0 uid:a", digest(HEADER));
    for session in [
        Session::of(std::slice::from_ref(&line)).rules(|r| r.headers_only = true),
        Session::of(std::slice::from_ref(&line)).rules(|r| r.preview_above = Some(0)),
    ] {
        assert_eq!(ids(&session.lists(&[("a", 21)]).quits().record), ["have uid:a"]);
    }
}

#[test]
fn all_as_headers_takes_nothing_away_from_what_is_stored_whole() {
    let both = both(HEADER, "body!\r\n");
    let line = format!("have,doubtful 21 {NOW} {NOW} {NOW} {both} 0 uid:a");
    let session = Session::of(&[line]).later(DAY).rules(|r| (r.all, r.headers_only) = (true, true));
    let done = session.lists(&[("a", 21)]).top(1, 0, "Subject: x").quits();
    assert_eq!(done.told[0], r"preview of 0: whole 1 Subject: x\r\n");
    let entry = done.record.iter().next().unwrap();
    assert!(entry.is_stored());
    let due = format!("have,doubtful 21 {NOW} {NOW} {} {both} 0 uid:a", NOW + DAY);
    assert_eq!(entry.to_string(), due, "a preview proves nothing about the rest");
}

#[test]
fn a_message_whose_size_is_not_known_comes_whole() {
    let session = Session::new().rules(|r| r.preview_above = Some(0));
    let session = session.say("STAT", "+OK 1 5").say("LIST", "+OK\n1\n.").say("UIDL", "+OK\n1 a\n.");
    assert_eq!(session.retr(1, WHOLE).quits().summary.fetched, 1);
}

#[test]
fn a_preview_that_the_server_refuses_is_asked_for_again_next_time() {
    let session = || Session::new().capabilities("UIDL\n").rules(|r| r.headers_only = true);
    let done = session().lists(&[("a", 5)]).say("TOP 1 0", "-ERR unknown command").quits();
    assert_eq!(done.told[0], "preview of 0: refused 1 unknown command");
    assert_eq!((done.left(), done.summary.refused), (0, 1));
}
