//! The rules of a download: what each fetches and deletes, alone, together with others, and at its limit.

use crate::drive::{Confirm, DAY, NOW, Outcome, Session, bare, both, ids, number, whole};

const THREE: [(&str, u64); 3] = [("a", 5), ("b", 5), ("c", 5)];

/// A session that knows `a`, `b` and `c`, stored at `NOW`.
fn three() -> Session {
    Session::of(&THREE.map(|(uid, octets)| bare(uid, octets)))
}

/// The session finds these messages again and no others, looks at their headers, and deletes them.
fn deletes(session: Session, doomed: &[u32]) {
    let session = doomed.iter().fold(session.lists(&THREE), |session, n| session.top(*n, 0, ""));
    let session = doomed.iter().fold(session, |session, n| session.dele(*n));
    let done = session.quits();
    assert_eq!(done.told, ["fetched"]);
    assert_eq!((done.summary.known, done.summary.deleted), (3, doomed.len() as u64));
    let left = (1..).zip(["a", "b", "c"]).filter(|(n, _)| !doomed.contains(n));
    assert_eq!(ids(&done.record), left.map(|(_, uid)| format!("have uid:{uid}")).collect::<Vec<_>>());
}

/// A session with three new messages under these rules, in which these are deleted.
fn fetches_and_deletes(session: Session, doomed: &[u32]) -> Outcome {
    let session = session.lists(&THREE).retr(1, "\nA").retr(2, "\nB").retr(3, "\nC");
    doomed.iter().fold(session, |session, n| session.dele(*n)).quits()
}

/// Covers quirk-87, quirk-90.
#[test]
fn what_is_new_is_fetched_in_order_and_nothing_is_deleted_unasked() {
    let done = fetches_and_deletes(Session::new(), &[]);
    assert_eq!(done.told, [r"whole 1 \r\nA\r\n", r"whole 2 \r\nB\r\n", r"whole 3 \r\nC\r\n", "fetched"]);
    assert_eq!(done.record.to_string(), {
        let line = |(uid, body): (&str, &str)| whole(&format!("uid:{uid}"), 5, "", body) + "\n";
        let lines = [("a", "A\r\n"), ("b", "B\r\n"), ("c", "C\r\n")].map(line);
        format!("pop3-proto record 1\n{}", lines.concat())
    });
    let summary = done.summary;
    assert_eq!((summary.listed, summary.fetched, summary.octets), (3, 3, 15));
    assert_eq!((summary.previewed, summary.known, summary.refused, summary.deleted), (0, 0, 0, 0));
}

#[test]
fn what_the_record_has_is_not_fetched_again() {
    deletes(three(), &[]);
    deletes(three().later(400 * DAY), &[]);
}

/// Proves 1939-8-01.
#[test]
fn delete_at_once_goes_for_what_was_stored_in_this_session_and_before() {
    let done = fetches_and_deletes(Session::new().rules(|r| r.delete_after_days = Some(0)), &[1, 2, 3]);
    assert_eq!((done.left(), done.summary.deleted), (0, 3));
    deletes(three().rules(|r| r.delete_after_days = Some(0)), &[1, 2, 3]);
}

#[test]
fn delete_after_days_counts_from_when_it_was_stored_to_the_second() {
    let after = |seconds| three().rules(|r| r.delete_after_days = Some(7)).later(seconds);
    deletes(after(7 * DAY - 1), &[]);
    deletes(after(7 * DAY), &[1, 2, 3]);
    let most = three().rules(|r| r.delete_after_days = Some(u32::MAX)).later(4_000 * DAY);
    deletes(most, &[]);
}

#[test]
fn delete_after_days_bears_a_clock_that_was_set_back() {
    let stored = format!("have 5 {0} {0} {0} {1} 0 uid:a", NOW + DAY, both("", "A\r\n"));
    let known = || Session::of(std::slice::from_ref(&stored)).lists(&THREE[..1]);
    assert_eq!(known().rules(|r| r.delete_after_days = Some(1)).quits().left(), 1);
    let done = known().rules(|r| r.delete_after_days = Some(0)).top(1, 0, "").dele(1).quits();
    assert_eq!(done.left(), 0);
}

#[test]
fn delete_when_older_counts_from_when_it_was_first_seen_to_the_second() {
    let line = |seen: u64| format!("have 5 {seen} {NOW} {NOW} {} 0 uid:a", both("", "A\r\n"));
    let known = |seen| Session::of(&[line(seen)]).rules(|r| r.delete_older_days = Some(7)).lists(&THREE[..1]);
    assert_eq!(ids(&known(NOW - 7 * DAY + 1).quits().record), ["have uid:a"]);
    assert_eq!(known(NOW - 7 * DAY).top(1, 0, "").dele(1).quits().left(), 0);
    let done = fetches_and_deletes(Session::new().rules(|r| r.delete_older_days = Some(0)), &[1, 2, 3]);
    assert_eq!(done.summary.deleted, 3);
}

#[test]
fn beyond_a_count_the_oldest_go() {
    for (keep, doomed) in [(0, &[1, 2, 3][..]), (1, &[1, 2]), (2, &[1]), (3, &[]), (u32::MAX, &[])] {
        deletes(three().rules(|r| r.keep_count = Some(keep)), doomed);
        fetches_and_deletes(Session::new().rules(|r| r.keep_count = Some(keep)), doomed);
    }
}

#[test]
fn beyond_a_total_size_the_oldest_go() {
    for (keep, doomed) in [(0, &[1, 2, 3][..]), (4, &[1, 2, 3]), (5, &[1, 2]), (14, &[1]), (15, &[])] {
        deletes(three().rules(|r| r.keep_octets = Some(keep)), doomed);
        fetches_and_deletes(Session::new().rules(|r| r.keep_octets = Some(keep)), doomed);
    }
}

#[test]
fn once_a_total_size_is_passed_everything_older_goes() {
    let messages = [("a", 5), ("b", 5), ("c", 30), ("d", 5)];
    let session = Session::new().rules(|r| r.keep_octets = Some(20)).lists(&messages);
    let session =
        session.retr(1, "\nA").retr(2, "\nB").retr(3, "\nThese are twenty-six bytes").retr(4, "\nD");
    let done = session.dele(1).dele(2).dele(3).quits();
    assert_eq!((ids(&done.record), done.summary.deleted), (vec!["have uid:d".to_owned()], 3));
}

#[test]
fn any_rule_that_dooms_a_message_is_enough_and_what_goes_counts_for_no_other() {
    let old = |uid: &str, days: u64| {
        format!("have 5 {0} {0} {NOW} {1} 0 uid:{uid}", NOW - days * DAY, both("", "A\r\n"))
    };
    let lines = [old("a", 0), old("b", 9), old("c", 0)];
    let known = || Session::of(&lines);
    deletes(known().rules(|r| r.delete_after_days = Some(9)), &[2]);
    deletes(known().rules(|r| (r.delete_after_days, r.keep_count) = (Some(9), Some(2))), &[2]);
    deletes(known().rules(|r| (r.delete_after_days, r.keep_count) = (Some(9), Some(1))), &[1, 2]);
    deletes(known().rules(|r| (r.delete_older_days, r.keep_octets) = (Some(9), Some(10))), &[2]);
    deletes(known().rules(|r| (r.delete_older_days, r.keep_octets) = (Some(9), Some(9))), &[1, 2]);
}

#[test]
fn what_is_not_safe_is_not_deleted_whatever_the_rules_say() {
    let all = |session: Session| {
        session.rules(|r| {
            (r.delete_after_days, r.delete_older_days) = (Some(0), Some(0));
            (r.keep_count, r.keep_octets) = (Some(0), Some(0));
        })
    };
    let done = fetches_and_deletes(all(Session::new()).confirm(Confirm::Only(&[2])), &[2]);
    assert_eq!(done.left(), 0);
    assert_eq!(fetches_and_deletes(all(Session::new()).confirm(Confirm::Only(&[])), &[]).left(), 0);
    let done = fetches_and_deletes(all(Session::new()).confirm(Confirm::AtFetched), &[1, 2, 3]);
    assert_eq!((done.left(), done.summary.deleted), (0, 3));
}

#[test]
fn all_fetches_what_the_record_has_and_keeps_one_entry_of_it_and_the_time_of_its_first_storing() {
    let done = fetches_and_deletes(three().later(DAY).rules(|r| r.all = true), &[]);
    assert_eq!((done.summary.fetched, done.summary.known), (3, 0));
    assert_eq!(ids(&done.record), ["have uid:a", "have uid:b", "have uid:c"]);
    let first = done.record.iter().next().unwrap();
    let due = format!("have 5 {NOW} {NOW} {} {} 0 uid:a", NOW + DAY, both("", "A\r\n"));
    assert_eq!(first.to_string(), due);
    // The days count from that moment.
    let old = |days| three().later(DAY).rules(|r| (r.all, r.delete_after_days) = (true, Some(days)));
    let seen = |days| (1..=3).fold(old(days).lists(&THREE), |session, n| session.top(n, 0, ""));
    let came = |session: Session| session.retr(1, "\nA").retr(2, "\nB").retr(3, "\nC");
    assert_eq!(came(seen(1)).dele(1).dele(2).dele(3).quits().summary.deleted, 3);
    assert_eq!(fetches_and_deletes(old(2), &[]).left(), 3);
}

/// What the store refused this time stays, although it took it earlier.
#[test]
fn all_deletes_only_what_was_stored_again() {
    let again = three().later(DAY).rules(|r| (r.all, r.delete_after_days) = (true, Some(1)));
    let seen = (1..=3).fold(again.lists(&THREE), |session, n| session.top(n, 0, ""));
    let came = seen.retr(1, "\nA").retr(2, "\nB").retr(3, "\nC");
    let done = came.confirm(Confirm::Only(&[2])).dele(2).quits();
    assert_eq!((done.summary.fetched, done.summary.deleted), (3, 1));
    assert_eq!(ids(&done.record), ["have uid:a", "have uid:c"]);
}

#[test]
fn a_dry_run_lists_and_plans_and_changes_nothing() {
    let lines = [bare("a", 5), bare("gone", 9)];
    let dry = Session::of(&lines)
        .later(400 * DAY)
        .rules(|r| (r.dry_run, r.keep_count, r.preview_above) = (true, Some(1), Some(6)));
    let dry = dry.lists(&[("a", 5), ("b", 6), ("c", 7), ("d", 5)]).top(1, 0, "");
    let done = dry.quits();
    assert_eq!(done.told, [""; 0]);
    let wanted: Vec<_> = done.wanted.iter().map(|w| (w.number, w.octets, w.preview)).collect();
    let due = [(number(2), Some(6), None), (number(3), Some(7), Some(20)), (number(4), Some(5), None)];
    assert_eq!(wanted, due);
    assert_eq!(done.doomed, [1, 2], "a preview stays, and counts");
    assert_eq!(done.record, crate::drive::record(&lines));
}

#[test]
fn whoever_wants_no_more_gets_what_was_asked_for_and_the_rest_next_time() {
    let session = || Session::new().confirm(Confirm::AtOnceAndStop).rules(|r| r.delete_after_days = Some(0));
    // The second is asked for before the first is known to be whole.
    let done = session().lists(&THREE).retr(1, "\nA").retr(2, "\nB").dele(1).dele(2).quits();
    assert_eq!((done.told.len(), done.left()), (3, 0));
    let piped = session().capabilities("TOP\nUIDL\nPIPELINING\n");
    let listing = "+OK 3 15\n+OK\n1 5\n2 5\n3 5\n.\n+OK\n1 a\n2 b\n3 c\n.";
    let bodies = "+OK\n\nA\n.\n+OK\n\nB\n.\n+OK\n\nC\n.";
    let piped = piped.say("STAT\nLIST\nUIDL", listing).say("RETR 1\nRETR 2\nRETR 3", bodies);
    let done = piped.say("DELE 3\nDELE 2\nDELE 1", "+OK\n+OK\n+OK").quits();
    assert_eq!(done.summary.deleted, 3);
}

#[test]
fn the_wanted_are_told_once_the_listing_is_in() {
    let done = fetches_and_deletes(Session::of(&[]), &[]);
    let wanted: Vec<_> = done.wanted.iter().map(|wanted| wanted.number.get()).collect();
    assert_eq!((wanted, done.doomed), (vec![1, 2, 3], vec![]));
}
