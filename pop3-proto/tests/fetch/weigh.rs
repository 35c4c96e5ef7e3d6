//! The sizes of what came against those of LIST: what differs may be a part of the message or another one, so it
//! is kept and not deleted.

use crate::drive::{NOW, Outcome, Session, flags, whole};

fn deleting(session: Session) -> Session {
    session.rules(|r| r.delete_after_days = Some(0))
}

/// A session with new messages whose announced sizes and texts these are, in which these are deleted.
fn fetches(sizes: &[u64], texts: &[&str], deleted: &[u32]) -> Outcome {
    let uids = ["a", "b", "c", "d"];
    let messages: Vec<_> = uids.into_iter().zip(sizes.iter().copied()).collect();
    let session = deleting(Session::new()).lists(&messages);
    let session = (1..).zip(texts).fold(session, |session, (n, text)| session.retr(n, text));
    let done = deleted.iter().fold(session, |session, n| session.dele(*n)).quits();
    assert_eq!(done.summary.fetched, texts.len() as u64);
    assert_eq!(done.summary.doubtful as usize, texts.len() - deleted.len());
    done
}

/// 5, 8 and 13 octets, with 2, 3 and 4 lines.
const TEXTS: [&str; 3] = ["\nA", "\nB\nC", "\nD\nE\nFGH"];

#[test]
fn sizes_in_octets_are_believed_with_and_without_the_last_line_end() {
    fetches(&[5, 8, 13], &TEXTS, &[1, 2, 3]);
    fetches(&[3, 6, 11], &TEXTS, &[1, 2, 3]);
    fetches(&[5, 6, 13], &TEXTS, &[1, 2, 3]);
}

#[test]
fn sizes_with_each_line_end_as_one_octet_are_believed_if_all_are_counted_so() {
    fetches(&[3, 5, 9], &TEXTS, &[1, 2, 3]);
    fetches(&[2, 5, 8], &TEXTS, &[1, 2, 3]);
    // One is counted in octets, so nothing explains the others; what is exact is believed.
    let mixed = fetches(&[5, 5, 9], &TEXTS, &[1]);
    assert_eq!(flags(&mixed.record), ["gone uid:a", "have,odd uid:b", "have,odd uid:c"]);
    // One alone proves less: its last line may have no end only if it is counted in octets.
    fetches(&[3], &TEXTS[..1], &[1]);
    fetches(&[5], &TEXTS[1..2], &[1]);
    fetches(&[4], &TEXTS[1..2], &[]);
}

/// A proxy adds the same lines to each message.
#[test]
fn messages_that_are_all_longer_by_as_much_are_believed_and_those_that_are_shorter_are_not() {
    fetches(&[1, 4, 9], &TEXTS, &[1, 2, 3]);
    let states = |sizes: &[u64]| flags(&fetches(sizes, &TEXTS[..sizes.len()], &[]).record);
    assert_eq!(states(&[15, 18, 23]), ["have,doubtful uid:a", "have,doubtful uid:b", "have,doubtful uid:c"]);
    assert_eq!(states(&[1, 4, 8]), ["have,odd uid:a", "have,odd uid:b", "have,odd uid:c"]);
    assert_eq!(states(&[6]), ["have,doubtful uid:a"]);
    // Two may be longer by as much because the server repeats a line, and one alone proves nothing.
    assert_eq!(states(&[1, 4]), ["have,odd uid:a", "have,odd uid:b"]);
    assert_eq!(states(&[1]), ["have,odd uid:a"]);
    // The same notice in the place of each message is none of them.
    fetches(&[1, 1, 1], &[TEXTS[0]; 3], &[]);
}

/// More came than announced: it stays until it has come once more, beside others that explain it.
#[test]
fn a_message_that_is_longer_than_announced_waits_for_an_explanation() {
    let odd = fetches(&[1], &TEXTS[..1], &[]).record;
    let alone = deleting(Session::with(odd)).lists(&[("a", 1)]).top(1, 0, "").retr(1, TEXTS[0]).quits();
    assert_eq!(
        (flags(&alone.record), alone.told),
        (vec!["have,odd uid:a".to_owned()], vec!["known 1".into(), "fetched".into()])
    );
    let beside = |sizes: [u64; 3]| {
        let messages: Vec<_> = ["a", "b", "c"].into_iter().zip(sizes).collect();
        let session = deleting(Session::with(alone.record.clone())).lists(&messages).top(1, 0, "");
        session.retr(1, TEXTS[0]).retr(2, TEXTS[1]).retr(3, TEXTS[2])
    };
    let explained = beside([1, 4, 9]).dele(1).dele(2).dele(3).quits();
    assert_eq!((explained.told[0].as_str(), explained.summary.deleted), ("known 1", 3));
    // Beside others that are as announced it was not the server's way of counting.
    let never = beside([1, 8, 13]).dele(2).dele(3).quits();
    assert_eq!(flags(&never.record), ["have,doubtful uid:a", "gone uid:b", "gone uid:c"]);
}

#[test]
fn of_several_the_one_that_is_cut_stays_and_keeps_no_other_back() {
    let done = fetches(&[5, 108, 13], &TEXTS, &[1, 3]);
    assert_eq!(flags(&done.record), ["gone uid:a", "have,doubtful uid:b", "gone uid:c"]);
    // It is not fetched again, and not deleted in a later session.
    let later = deleting(Session::with(done.record.clone())).lists(&[("b", 108)]).quits();
    assert_eq!((later.summary.doubtful, later.summary.known), (1, 1));
    // Whoever knows that the sizes are estimates says so.
    let trusting = deleting(Session::with(done.record)).rules(|r| r.delete_doubtful = true);
    let trusting = trusting.lists(&[("b", 108)]).top(1, 0, "").dele(1).quits();
    assert_eq!(trusting.summary.deleted, 1);
}

#[test]
fn a_message_of_which_no_size_is_known_stays_and_keeps_no_other_back() {
    let session = deleting(Session::new()).say("STAT", "+OK 3 15").say("LIST", "+OK\n1 3\n2 x\n3 9\n.");
    let session = session.say("UIDL", "+OK\n1 a\n2 b\n3 c\n.");
    let session = session.retr(1, TEXTS[0]).retr(2, TEXTS[1]).retr(3, TEXTS[2]);
    let done = session.dele(1).dele(3).quits();
    assert_eq!(flags(&done.record), ["gone uid:a", "have,odd uid:b", "gone uid:c"]);
}

#[test]
fn a_stored_message_that_is_compared_is_weighed_too() {
    // The store has what the server sends, which is less than the server announces.
    let line = whole("uid:a", 105, "", "A\r\n").replacen("have", "have,missed", 1);
    let session = deleting(Session::of(&[line])).lists(&[("a", 105)]).top(1, 0, "").retr(1, "\nA");
    let done = session.quits();
    assert_eq!(done.told, ["known 1", "fetched"]);
    assert_eq!((flags(&done.record), done.summary.deleted), (vec!["have,doubtful uid:a".to_owned()], 0));
}

/// What is not known to be whole when the program dies is doubtful in the next session.
#[test]
fn the_line_for_the_file_says_whether_the_size_is_unusual() {
    for (octets, state) in
        [(5, "have"), (3, "have,odd"), (2, "have,odd"), (4, "have,odd"), (105, "have,doubtful")]
    {
        let session = Session::new().lists(&[("a", octets), ("b", 5)]).retr(1, "\nA").say("RETR 2", "+OK");
        let broken = session.run();
        assert_eq!(broken.end, "Err(Truncated)");
        assert_eq!(flags(&broken.record), [format!("{state} uid:a")], "{octets}");
        assert_eq!(broken.record.iter().next().unwrap().is_doubtful(), state != "have");
    }
}

/// Where several were asked for at once, a message of another size may be the text of another one.
#[test]
fn in_a_pipeline_an_unusual_size_is_out_of_step_and_the_messages_come_one_by_one() {
    let listing = "+OK 2 18\n+OK\n1 9\n2 9\n.\n+OK\n1 a\n2 b\n.";
    let piped =
        deleting(Session::new()).capabilities("TOP\nUIDL\nPIPELINING\n").say("STAT\nLIST\nUIDL", listing);
    let piped = piped.say("RETR 1\nRETR 2", "+OK\n\nA\n.\n+OK\n\nB\n.");
    let done = piped.run();
    assert!(done.end.starts_with("the server is out of step"), "{}", done.end);
    assert_eq!(done.record.to_string(), "pop3-proto record 1\none-by-one\n");
    let next = deleting(Session::with(done.record)).capabilities("TOP\nUIDL\nPIPELINING\n");
    let next = next.say("STAT", "+OK 2 18").say("LIST", "+OK\n1 9\n2 9\n.").say("UIDL", "+OK\n1 a\n2 b\n.");
    let done = next.retr(1, "\nA").retr(2, "\nB").quits();
    assert_eq!(flags(&done.record), ["have,doubtful uid:a", "have,doubtful uid:b"]);
    assert!(done.record.to_string().contains(&format!(" {NOW} ")) && done.record.is_one_by_one());
}
