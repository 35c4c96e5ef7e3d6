//! Servers without UIDL: a message is known by a digest of its header, which comes by TOP or by RETR.

use crate::drive::{Confirm, DAY, NOW, Session, bare, digest, flags, have, ids, record, whole};

const A: &str = "Subject: a\n\nbody";
const B: &str = "Subject: b\n\nbody";
const SIZES: [(&str, u64); 2] = [("", 18), ("", 18)];

fn id(header: &str) -> String {
    format!("digest:{}", digest(header))
}

fn no_uidl(session: Session) -> Session {
    session.capabilities("TOP\n").lists_sizes(&SIZES).say("UIDL", "-ERR unknown command")
}

fn known() -> Session {
    Session::of(&[whole(&id("Subject: a\n"), 18, "Subject: a\n", "body\r\n")])
}

#[test]
fn the_first_session_fetches_all_and_looks_at_no_header() {
    let done = no_uidl(Session::new()).retr(1, A).retr(2, B).quits();
    let mut due = [id("Subject: a\n"), id("Subject: b\n")].map(|id| format!("have {id}"));
    due.sort();
    assert_eq!(ids(&done.record), due);
}

#[test]
fn later_sessions_look_at_the_headers_and_fetch_what_is_new() {
    let session = no_uidl(known()).top(1, 0, "Subject: b\n").top(2, 0, "Subject: a\n");
    let done = session.retr(1, B).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n\r\nbody\r\n", "fetched"]);
    assert_eq!((done.summary.known, done.left()), (1, 2));
}

/// Covers quirk-15.
#[test]
fn without_top_messages_come_again_and_are_told_to_be_known() {
    let session = no_uidl(known().rules(|r| r.delete_after_days = Some(0)));
    let session = session.say("TOP 1 0", "-ERR unknown command").retr(1, B).retr(2, A);
    let done = session.dele(1).dele(2).quits();
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n\r\nbody\r\n", "known 2", "fetched"]);
    assert_eq!((done.summary.known, done.summary.fetched, done.left()), (1, 1, 0));
}

/// Covers quirk-88.
#[test]
fn a_header_that_top_shows_otherwise_is_corrected_by_retr() {
    let session = no_uidl(known()).top(1, 0, "").top(2, 0, "Received: x\nSubject: b");
    let done = session.retr(1, A).retr(2, B).quits();
    assert_eq!(done.told, ["known 1", r"whole 2 Subject: b\r\n\r\nbody\r\n", "fetched"]);
    assert_eq!(done.left(), 2);
}

#[test]
fn equal_headers_are_counted() {
    let session = no_uidl(known()).top(1, 0, "Subject: a").top(2, 0, "Subject: a").retr(2, A);
    let done = session.quits();
    let have = format!("have {}", id("Subject: a\n"));
    assert_eq!(ids(&done.record), [have.clone(), format!("{have} 1")]);
    let again = no_uidl(Session::with(done.record)).top(1, 0, "Subject: a").top(2, 0, "Subject: a");
    assert_eq!(again.quits().summary.known, 2);
}

#[test]
fn with_pipelining_the_headers_come_in_one_go() {
    let session = known().capabilities("TOP\nPIPELINING\n");
    let session = session.say("STAT\nLIST\nUIDL", "+OK 2 36\n+OK\n1 18\n2 18\n.\n-ERR");
    let done =
        session.say("TOP 1 0\nTOP 2 0", "+OK\nSubject: a\n\n.\n+OK\nSubject: b\n\n.").retr(2, B).quits();
    assert_eq!(done.left(), 2);
}

#[test]
fn headers_only_works_without_unique_ids() {
    let only = |session: Session| no_uidl(session.rules(|r| r.headers_only = true));
    let done = only(Session::new()).top(1, 0, "Subject: a\n").top(2, 0, "Subject: b\n").quits();
    assert_eq!((done.summary.previewed, done.left()), (2, 2));
    let again = only(Session::with(done.record.clone()));
    let again = again.top(1, 0, "Subject: b\n").top(2, 0, "Subject: a\n").quits();
    assert_eq!((again.summary.previewed, again.summary.known), (0, 2));
    let whole = no_uidl(Session::with(done.record)).top(1, 0, "Subject: a\n").top(2, 0, "Subject: b\n");
    let whole = whole.retr(1, A).retr(2, B).quits();
    assert_eq!((whole.summary.fetched, whole.left()), (2, 2));
    assert!(whole.record.iter().all(|entry| entry.is_stored()));
}

/// Covers quirk-14, quirk-76.
#[test]
fn a_record_of_unique_ids_serves_a_session_without_them() {
    let session = no_uidl(Session::of(&[have("uid:x", 18, "Subject: a\n")]));
    let session = session.top(1, 0, "Subject: a\n").top(2, 0, "Subject: b\n").retr(2, B);
    assert_eq!(ids(&session.quits().record), ["have uid:x", &format!("have {}", id("Subject: b\n"))]);
}

#[test]
fn what_could_not_be_looked_at_settles_nothing() {
    let leaving = bare("gone", 9).replace("have", "leaving");
    let session =
        || no_uidl(Session::of(std::slice::from_ref(&leaving)).later(400 * DAY)).say("TOP 1 0", "-ERR");
    let done = session().confirm(Confirm::AtFetched).retr(1, A).say("RETR 2", "-ERR expunged").quits();
    assert_eq!(done.told, [r"whole 1 Subject: a\r\n\r\nbody\r\n", "refused 2 expunged", "fetched"]);
    assert_eq!((done.unknown, done.left()), (1, 2));
    // The second is asked for before the first is known to be whole, so a third is the one that stays away.
    let three = Session::of(std::slice::from_ref(&leaving)).later(400 * DAY).capabilities("TOP\n");
    let three = three.lists_sizes(&[("", 18); 3]).say("UIDL", "-ERR").say("TOP 1 0", "-ERR");
    let done = three.confirm(Confirm::AtOnceAndStop).retr(1, A).retr(2, B).quits();
    assert_eq!(done.told.len(), 3, "{:?}", done.told);
    assert_eq!((done.unknown, done.left()), (1, 3));
    let done =
        session().say("RETR 1", "-ERR [SYS/TEMP] later").say("RETR 2", "-ERR [SYS/TEMP] later").quits();
    let told = "refused 1 later refused 2 later fetched";
    assert_eq!((done.told.join(" ").as_str(), done.unknown, done.left()), (told, 1, 1));
    // The headers of all of them were looked at.
    let done = session().retr(1, A).retr(2, B).quits();
    assert_eq!((done.unknown, done.left()), (0, 2));
}

#[test]
fn one_header_that_is_refused_after_others_that_came_does_not_end_the_looking() {
    let sizes = [("", 18); 3];
    let session = known().capabilities("TOP\n").lists_sizes(&sizes).say("UIDL", "-ERR");
    let session = session.top(1, 0, "Subject: b\n").say("TOP 2 0", "-ERR expunged").top(3, 0, "Subject: a\n");
    let done = session.retr(1, B).say("RETR 2", "-ERR expunged").quits();
    assert_eq!((done.summary.known, done.summary.fetched, done.summary.refused), (1, 1, 1));
}

#[test]
fn with_pipelining_the_looking_goes_on_after_a_refusal_if_a_later_header_comes() {
    let sizes: String = (1..=6).map(|n| format!("{n} 18\n")).collect();
    let session = known().capabilities("TOP\nPIPELINING\n");
    let session = session.say("STAT\nLIST\nUIDL", format!("+OK 6 108\n+OK\n{sizes}.\n-ERR"));
    let header = "+OK\nSubject: b\n\n.";
    let first = format!("-ERR expunged\n{header}\n{header}\n{header}");
    let session = session.say("TOP 1 0\nTOP 2 0\nTOP 3 0\nTOP 4 0", first);
    let session = session.say("TOP 5 0\nTOP 6 0", format!("{header}\n+OK\nSubject: a\n\n."));
    let body = "+OK\nSubject: b\n\nbody\n.";
    let session =
        session.say("RETR 1\nRETR 2\nRETR 3\nRETR 4", ["-ERR expunged", body, body, body].join("\n"));
    let done = session.say("RETR 5", body).quits();
    assert_eq!((done.summary.known, done.summary.fetched, done.summary.refused), (1, 4, 1));
}

#[test]
fn of_equal_headers_the_size_decides_and_with_another_size_it_is_another_message() {
    let by_header = id("Subject: a\n");
    for ids in [[&*by_header, &by_header], ["uid:x", "uid:y"]] {
        let line = |place: usize, octets: u64, listed: u64| {
            let nth = if ids[0] == ids[1] { place } else { 0 };
            format!("have {octets} {NOW} {NOW} {listed} {} {nth} {}", digest("Subject: a\n"), ids[place])
        };
        let missed = |place, octets| line(place, octets, NOW).replace("have", "have,missed");
        let session = |octets: u64| {
            let session = Session::of(&[line(0, 18, NOW), line(1, 19, NOW)]).later(DAY).capabilities("TOP\n");
            session.lists_sizes(&[("", octets)]).say("UIDL", "-ERR").top(1, 0, "Subject: a\n")
        };
        assert_eq!(session(18).quits().record, record(&[line(0, 18, NOW + DAY), missed(1, 19)]));
        assert_eq!(session(19).quits().record, record(&[missed(0, 18), line(1, 19, NOW + DAY)]));
        let done = session(20).retr(1, A).quits();
        assert_eq!(done.told, [r"whole 1 Subject: a\r\n\r\nbody\r\n", "fetched"]);
        assert_eq!(done.record.len(), 3);
    }
}

#[test]
fn unique_ids_that_come_back_after_a_session_without_them_are_the_names_again() {
    let session = no_uidl(Session::of(&[have("uid:x", 18, "Subject: a\n")]));
    let done = session.top(1, 0, "Subject: a\n").top(2, 0, "Subject: b\n").retr(2, B).quits();
    assert_eq!(ids(&done.record), ["have uid:x", &format!("have {}", id("Subject: b\n"))]);
    let both = [("x", 18), ("y", 18)];
    let done = Session::with(done.record).lists(&both).top(2, 0, "Subject: b\n").quits();
    assert_eq!((done.told.join(" ").as_str(), done.summary.known), ("fetched", 2));
    // That only a header has said so does not matter before it is deleted.
    let named = whole("uid:y", 18, "Subject: b\n", "body\r\n").replacen("have", "have,returned", 1);
    let lines = [have("uid:x", 18, "Subject: a\n"), named];
    assert_eq!(done.record, record(&lines));
    // No header is asked for any more.
    assert_eq!(Session::with(done.record).lists(&both).quits().record, record(&lines));
}

#[test]
fn a_message_that_has_a_unique_id_now_is_deleted_under_it() {
    let session = known().rules(|r| r.delete_after_days = Some(0)).lists(&[("x", 18), ("y", 18)]);
    let session = session.top(1, 0, "Subject: b\n").top(2, 0, "Subject: a\n").retr(1, B).retr(2, A);
    let done = session.dele(1).dele(2).quits();
    // Its header alone is not enough for a deletion, so it came once more.
    assert_eq!(done.told, [r"whole 1 Subject: b\r\n\r\nbody\r\n", "known 2", "fetched"]);
    let gone = [("x", "Subject: b\n"), ("y", "Subject: a\n")]
        .map(|(uid, header)| whole(&format!("uid:{uid}"), 18, header, "body\r\n"));
    assert_eq!(done.record, record(&gone.map(|line| line.replace("have", "gone"))));
}

#[test]
fn what_is_known_by_its_header_and_not_listed_waits_like_all_others_to_be_forgotten() {
    let by_header = have(&id("Subject: a\n"), 18, "Subject: a\n");
    let session = || Session::of(&[have("uid:x", 18, "Subject: x\n"), by_header.clone()]);
    let missed = format!("have,missed {}", id("Subject: a\n"));
    assert_eq!(flags(&session().lists(&[("x", 18)]).quits().record), ["have uid:x", &missed]);
    let done = session().lists(&[("x", 18), ("", 18)]).top(2, 0, "Subject: b\n").retr(2, B).quits();
    assert_eq!((done.left(), done.summary.fetched), (3, 1));
    assert_eq!(session().say("STAT", "+OK 0 0").quits().left(), 2);
    let late = session().later(366 * DAY).lists(&[("x", 18)]).quits();
    assert_eq!(flags(&late.record), ["have uid:x"]);
}
