//! A server that gets out of step: what was not proved to be whole is neither stored nor deleted, now or later.

use pop3_proto::fetch::{Record, Rules};

use crate::drive::{Confirm, DAY, NOW, Session, flags, rules, whole};
use crate::liar::{Liar, Lie, Mail, Visit};

/// A message that a server which does not stuff cuts in two.
const CUT: &str = "Subject: pay\n\nfirst half\n.\nsecond half";
const OUT_OF_STEP: &str = "the server is out of step: what it sends does not belong to what it was asked for";

fn deleting() -> Rules {
    rules(|r| r.delete_after_days = Some(0))
}

fn mail(texts: &[&str]) -> Vec<Mail> {
    (1..).zip(texts).map(|(n, text)| Mail::of(&format!("id-{n}"), text)).collect()
}

/// A session with new messages, in which the reply of the server comes in two pieces at this place.
fn cut_at(liar: &mut Liar, at: usize) -> Visit {
    liar.visit(Record::new(), deleting(), NOW, &[at, usize::MAX])
}

/// Where the server's bytes may be cut; all places are within one session.
const PLACES: std::ops::RangeInclusive<usize> = 1..=160;

/// Covers quirk-157.
#[test]
fn a_message_with_a_false_end_is_neither_stored_nor_deleted_wherever_the_segments_are_cut() {
    for after in [&[][..], &["Subject: b\n\nb"]] {
        for at in PLACES {
            let texts: Vec<_> = std::iter::once(CUT).chain(after.iter().copied()).collect();
            let mut liar = Liar::new(mail(&texts), Lie::Unstuffed, false);
            let visit = cut_at(&mut liar, at);
            assert!([OUT_OF_STEP, "Status"].contains(&&*visit.end), "{} at {at}", visit.end);
            assert_eq!(visit.told, [""; 0], "at {at}");
            assert!(!visit.said.contains("DELE") && !visit.said.contains("QUIT"), "{} at {at}", visit.said);
            assert_eq!(flags(&visit.record), ["broken uid:id-1"], "at {at}");
            assert!(visit.retry && liar.removed.is_empty());
        }
    }
}

#[test]
fn in_one_segment_not_even_the_next_command_is_sent() {
    let mut liar = Liar::new(mail(&[CUT, "Subject: b\n\nb"]), Lie::Unstuffed, false);
    let visit = cut_at(&mut liar, usize::MAX);
    assert_eq!(
        (visit.end.as_str(), visit.said.as_str()),
        (OUT_OF_STEP, "STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\n")
    );
}

/// The messages after it come in a second connection, which tries it once more, as the last.
/// Covers quirk-157.
#[test]
fn a_message_at_which_the_server_breaks_step_twice_is_left_out_for_a_day_and_always_tried_last() {
    let texts = ["Subject: a\n\na", CUT, "Subject: c\n\nc"];
    let mut liar = Liar::new(mail(&texts), Lie::Unstuffed, false);
    let visits = liar.visits(Record::new(), rules(|_| {}), NOW, &[usize::MAX]);
    let [first, second, third] = &visits[..] else { panic!("{visits:#?}") };
    assert_eq!((first.told.join(" ").as_str(), first.end.as_str()), ("whole 1", OUT_OF_STEP));
    assert_eq!(flags(&first.record), ["have,unproved uid:id-1", "broken uid:id-2"]);
    assert!(second.said.ends_with("RETR 1\r\nRETR 3\r\nRETR 2\r\n"), "{}", second.said);
    assert_eq!((second.told.join(" ").as_str(), second.end.as_str()), ("known 1 whole 3", OUT_OF_STEP));
    assert_eq!((third.told.join(" ").as_str(), third.end.as_str()), ("known 1 known 3", "done"));
    assert_eq!((third.summary.broken, third.summary.known), (1, 2));
    assert_eq!(flags(&third.record), ["have uid:id-1", "broken,left-out uid:id-2", "have uid:id-3"]);
    // Within a day it is not asked for.
    let soon = liar.visit(third.record.clone(), deleting(), NOW + DAY - 1, &[usize::MAX]);
    assert!(!soon.said.contains("RETR"), "{}", soon.said);
    assert_eq!((soon.summary.deleted, liar.mail.len()), (2, 1));
    // Then it comes last, and still not whole.
    liar.mail.push(Mail::of("id-4", "Subject: d\n\nd"));
    let late = liar.visit(soon.record, deleting(), NOW + DAY, &[usize::MAX]);
    assert!(late.said.contains("RETR 2\r\nRETR 1\r\n"), "{}", late.said);
    assert_eq!(late.told, ["whole 2"]);
    assert!(late.retry);
    // The server was mended, and it is stored and deleted like any other.
    liar.lie = Lie::Nothing;
    let mended = liar.visit(late.record, deleting(), NOW + 2 * DAY, &[usize::MAX]);
    assert_eq!((mended.told.join(" ").as_str(), mended.end.as_str()), ("known 2 whole 1", "done"));
    assert_eq!(mended.stored[0].text, crate::drive::lines(CUT.as_bytes()));
    assert!(liar.mail.is_empty());
}

#[test]
fn with_all_a_broken_message_is_asked_for_at_once() {
    let broken = format!("broken,left-out 5 {NOW} - {NOW} - 0 uid:a");
    let session = || Session::of(std::slice::from_ref(&broken)).lists(&[("a", 5)]);
    assert_eq!(session().quits().summary.broken, 1);
    assert_eq!(session().rules(|r| r.all = true).retr(1, "\nA").quits().summary.fetched, 1);
}

/// A broken entry says nothing about its text, so it does not hide that the store has the message.
#[test]
fn a_message_that_the_store_has_and_that_broke_under_another_size_is_known_when_it_comes() {
    let lines = [whole("uid:same", 5, "", "A\r\n"), format!("broken 6 {NOW} - {NOW} - 1 uid:same")];
    let done = Session::of(&lines).later(2 * DAY).rules(|r| r.delete_after_days = Some(0));
    let done = done.lists(&[("same", 6)]).top(1, 0, "").retr(1, "\nA").quits();
    assert_eq!(done.told, ["known 1", "fetched"]);
}

/// Covers quirk-156.
#[test]
fn replies_that_are_mixed_are_noticed_and_asked_for_again_one_by_one() {
    let texts = ["Subject: a\n\na", "Subject: bb\n\nbb", "Subject: ccc\n\nccc"];
    let mut liar = Liar::new(mail(&texts), Lie::Mixed(vec![0, 1, 2]), true);
    let visits = liar.visits(Record::new(), deleting(), NOW, &[usize::MAX]);
    let [first, second] = &visits[..] else { panic!("{visits:#?}") };
    assert_eq!(first.told, [""; 0]);
    assert!(first.record.is_one_by_one() && first.retry);
    assert_eq!(second.end, "done");
    let after = "STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nRETR 2\r\nRETR 3\r\nNOOP\r\nDELE 3\r\nDELE 2\r\nDELE 1\r\nQUIT\r\n";
    assert_eq!(second.said, after);
    for (stored, text) in second.stored.iter().zip(texts) {
        assert_eq!(stored.text, crate::drive::lines(text.as_bytes()));
    }
    assert!(liar.mail.is_empty() && second.stored.len() == 3);
}

/// What came before the break, and might be the text of another message, is compared in the next session.
#[test]
fn what_was_stored_before_a_break_in_a_pipeline_comes_once_more_and_is_compared() {
    let right = [whole("uid:a", 12, "S: a\n", "A\r\n")];
    let unproved = right[0].replacen("have", "have,unproved", 1);
    let session = || Session::of(&[format!("one-by-one\n{unproved}")]).lists(&[("a", 12)]);
    let same = session().retr(1, "S: a\n\nA").quits();
    assert_eq!(same.told, ["known 1", "fetched"]);
    assert_eq!(flags(&same.record), ["have,doubtful uid:a"], "11 octets came");
    // It was another message: the right one is stored now.
    let other = session().rules(|r| r.delete_after_days = Some(0)).retr(1, "S: b\n\nBB").dele(1).quits();
    assert_eq!(other.told, [r"whole 1 S: b\r\n\r\nBB\r\n", "fetched"]);
    assert_eq!(flags(&other.record), ["have,unproved,missed uid:a", "gone uid:a 1"]);
}

/// Covers quirk-157.
#[test]
fn a_stored_message_at_which_the_server_breaks_step_while_it_is_compared_is_kept_as_doubtful() {
    let line = whole("digest:00000000000000000000000000000000", 9, "", "A\r\n").replace("have", "leaving");
    let known = Session::of(&[whole("uid:a", 9, "S: a\n", "A\r\n").replacen("have", "have,missed", 1), line]);
    let session = known.rules(|r| r.delete_after_days = Some(0)).lists(&[("a", 9)]).top(1, 0, "S: a\n");
    let done = session.say("RETR 1", "* what?").run();
    assert_eq!(done.end, "Status");
    assert!(flags(&done.record)[0].starts_with("have,doubtful,missed uid:a"), "{:?}", flags(&done.record));
}

/// Each line is one that nobody asked for.
#[test]
fn a_line_that_nobody_asked_for_ends_the_session_before_anything_is_deleted() {
    for line in ["+OK", "-ERR", "text", "."] {
        for at in PLACES {
            let mut liar = Liar::new(mail(&["Subject: a\n\na"]), Lie::Also(line), false);
            let visit = cut_at(&mut liar, at);
            assert!(liar.removed.is_empty(), "{line} at {at}: {}", visit.said);
            assert_ne!(visit.end, "done", "{line} at {at}");
        }
    }
}

/// The first is the right one, and nothing proves it.
#[test]
fn what_was_stored_before_the_server_broke_step_in_a_pipeline_is_unproved() {
    let listing = "+OK 3 15\n+OK\n1 5\n2 5\n3 5\n.\n+OK\n1 a\n2 b\n3 c\n.";
    let piped = Session::new().capabilities("TOP\nUIDL\nPIPELINING\n").say("STAT\nLIST\nUIDL", listing);
    let bodies = "+OK\n\nA\n.\n+OK\n\nB\n.\nthe text of another one";
    let done = piped.say("RETR 1\nRETR 2\nRETR 3", bodies).run();
    assert_eq!((done.end.as_str(), done.told.join(" ").as_str()), ("Status", r"whole 1 \r\nA\r\n"));
    assert_eq!(flags(&done.record), ["have,unproved uid:a"]);
    let next = Session::with(done.record).lists(&[("a", 5), ("b", 5), ("c", 5)]);
    let next = next.retr(1, "\nA").retr(2, "\nB").retr(3, "\nC").quits();
    assert_eq!(next.told, ["known 1", r"whole 2 \r\nB\r\n", r"whole 3 \r\nC\r\n", "fetched"]);
    assert_eq!(flags(&next.record), ["have uid:a", "have uid:b", "have uid:c"]);
}

/// The line may be the rest of the second message, so that one is left out. The first may be the text of another
/// one, if replies come twice and a little late, so it comes once more and is compared.
#[test]
fn a_break_in_step_takes_back_the_last_of_those_that_came_one_by_one_and_has_the_others_compared() {
    let session = Session::new().lists(&[("a", 5), ("b", 5), ("c", 5)]).retr(1, "\nA").retr(2, "\nB");
    let done = session.say("RETR 3", "* what?").run();
    assert_eq!(flags(&done.record), ["have,unproved uid:a", "broken uid:b"]);
    let next = Session::with(done.record).lists(&[("a", 5), ("b", 5), ("c", 5)]);
    let next = next.retr(1, "\nX").retr(3, "\nC").retr(2, "\nB").quits();
    assert_eq!(next.told[0], r"whole 1 \r\nX\r\n", "the store had the text of another message");
}

/// Stores that commit late learn only then that the server had lost step.
#[test]
fn what_becomes_safe_after_the_server_broke_step_is_unproved() {
    let listing = "+OK 3 15\n+OK\n1 5\n2 5\n3 5\n.\n+OK\n1 a\n2 b\n3 c\n.";
    let piped = Session::new().confirm(Confirm::AtEnd).capabilities("TOP\nUIDL\nPIPELINING\n");
    let piped = piped.say("STAT\nLIST\nUIDL", listing);
    let done = piped.say("RETR 1\nRETR 2\nRETR 3", "+OK\n\nB\n.\n+OK\n\nA\n.\nthe text of another one").run();
    assert_eq!(flags(&done.record), ["have,unproved uid:a"]);
}

#[test]
fn where_ids_repeat_a_broken_message_is_found_by_its_size() {
    let broken = format!("broken,left-out 6 {NOW} - {NOW} - 0 uid:same");
    let session = Session::of(&[broken]).lists(&[("same", 5), ("same", 6)]).retr(1, "\nA");
    let done = session.quits();
    assert_eq!((done.summary.broken, done.summary.fetched), (1, 1));
    assert_eq!(flags(&done.record), ["broken,shared,left-out uid:same", "have,shared uid:same 1"]);
}
