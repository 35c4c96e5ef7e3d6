//! `client/download`: nothing lost, nothing doubled.

use alloc::format;
use alloc::vec::Vec;

use super::act::{Act, Step};
use super::host::Host;
use super::listing::each_once;
use super::mail::{Mail, Stored};
use super::ran::Ran;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;
use crate::conformance::task::{Job, Task};

fn letters(count: u32) -> Vec<Mail> {
    (1..=count).map(Mail::letter).collect()
}

fn sorted(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// A run with trouble, and one without in which everything is still there. After both each message is stored once, and
/// the second run deletes all.
async fn repaired(h: &Host, row: &'static str, act: Act, what: &str) -> Result<()> {
    let mails = act.mails.clone();
    let first = h.run(Job::Delete, act).await?;
    if !first.said("DELE") && !first.said("RETR") {
        return Err(Stop::Control(format!("the client did not come to it: {}", first.words())));
    }
    let second = h.again(Job::Delete, Act::new().mails(mails.clone())).await?;
    let due: Vec<u32> = (1..).zip(&mails).map(|(n, _)| n).collect();
    let deleted = sorted(second.deleted());
    h.check_with(row, deleted == due, format!("{what}: the next run deletes {deleted:?} of {due:?}"));
    each_once(h, row, &mails, what).await
}

/// What is left after a run.
fn left(mails: &[Mail], ran: &Ran) -> Vec<Mail> {
    let deleted = ran.deleted();
    (1..).zip(mails).filter(|(n, _)| !deleted.contains(n)).map(|(_, mail)| mail.clone()).collect()
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/download/deletes-by-dele" => |h| {
        let ran = h.run(Job::Delete, Act::new()).await?;
        let deleted = sorted(ran.deleted());
        h.check_with(
            "1939-8-01",
            deleted == [1, 2, 3],
            format!("DELE and QUIT for {deleted:?} of [1, 2, 3]"),
        );
        Ok(())
    }

    "client/download/keeps" => |h| {
        let ran = h.run(Job::Fetch, Act::new()).await?;
        h.check_with("1939-8-01", !ran.said("DELE"), "DELE comes although the messages are to stay");
        Ok(())
    }

    "client/download/stored-first" => |h| {
        let act = Act::new().on("QUIT", [Step::Look, Step::Truth]);
        let mails = act.mails.clone();
        let ran = h.run(Job::Delete, act).await?;
        let form = h.form()?.clone();
        let (after, marked) = (h.stored().await?, sorted(ran.deleted()));
        if marked.is_empty() {
            return Err(Stop::Control(format!("nothing was deleted: {}", ran.words())));
        }
        let at_quit = Stored::new(&ran.look.clone().unwrap_or_default(), &form);
        for number in marked {
            let Some(mail) = mails.get((number as usize).saturating_sub(1)) else { continue };
            for row in ["1939-8-01", "1939-5-17"] {
                h.check_with(
                    row,
                    after.count(mail, &form) > 0,
                    format!("message {number} is deleted and not stored"),
                );
                h.lenient_with(
                    row,
                    at_quit.count(mail, &form) > 0,
                    format!("message {number} is stored only after QUIT"),
                );
            }
        }
        Ok(())
    }

    "client/download/store-fails" => |h| {
        // No file can have more than a few KiB.
        let mails =
            (1..=3).map(|n| Mail::with_body(n, "A line of a message that does not fit.\r\n".repeat(1_000)));
        let task = Task { store_fails: true, ..h.task(Job::Delete) };
        let ran = h.play(task, Act::new().mails(mails)).await?;
        if ran.fetched().is_empty() {
            return Err(Stop::Control(format!("the client did not come to it: {}", ran.words())));
        }
        let deleted = ran.deleted();
        h.check_with(
            "1939-8-01",
            deleted.is_empty(),
            format!("{deleted:?} could not be stored and are deleted"),
        );
        h.lenient_with("1939-8-01", ran.success() != Some(true), "the store refuses, and success is told");
        Ok(())
    }

    "client/download/refused-message" => |h| {
        let no = [Step::Idle(b"-ERR [SYS/TEMP] later\r\n".to_vec())];
        let ran = h.run(Job::Delete, Act::new().on("RETR 2", no.clone()).on("TOP 2 99999999", no)).await?;
        let deleted = ran.deleted();
        h.check_with(
            "1939-9-01",
            !ran.numbers("DELE").contains(&2),
            "a message that RETR refused is deleted",
        );
        h.lenient_with("1939-3-22", deleted.contains(&3), "after a refused RETR the client gives up");
        Ok(())
    }

    "client/download/cut-in-body" => |h| {
        let mails = letters(3);
        let steps = [Step::Front(150), Step::Close(End::Reset)];
        let act = Act::new().mails(mails.clone()).on_body(2, Some(1), &steps);
        let first = h.run(Job::Delete, act).await?;
        h.again(Job::Delete, Act::new().mails(left(&mails, &first))).await?;
        for row in ["1939-3-16", "1939-6-08"] {
            each_once(&h, row, &mails, "a session that breaks in a body, and another one").await?;
        }
        Ok(())
    }

    "client/download/cut-behind-dele" => |h| {
        let act = Act::new().on("DELE 3", [Step::Truth, Step::Close(End::Reset)]);
        repaired(&h, "1939-6-08", act, "a session that breaks after the last DELE, and another one").await
    }

    "client/download/quit-refused" => |h| {
        let act = Act::new().answer("QUIT", "-ERR [SYS/TEMP] nothing was removed\r\n");
        repaired(&h, "1939-6-08", act, "a refused QUIT, and another session").await
    }

    "client/download/quit-silent" => |h| {
        for removed in [false, true] {
            let mails = letters(3);
            let act = Act::new().mails(mails.clone()).end_at("QUIT", End::Fin);
            h.run(Job::Delete, act).await?;
            let there = if removed { Vec::new() } else { mails.clone() };
            h.again(Job::Delete, Act::new().mails(there)).await?;
            let what = if removed {
                "QUIT without an answer, removed"
            } else {
                "QUIT without an answer, not removed"
            };
            each_once(&h, "1939-6-08", &mails, what).await?;
        }
        Ok(())
    }

    "client/download/dele-refused" => |h| {
        let mails = letters(3);
        let act = Act::new().mails(mails.clone()).on("DELE", [Step::Idle(b"-ERR read only\r\n".to_vec())]);
        let ran = h.run(Job::Delete, act).await?;
        h.again(Job::Delete, Act::new().mails(mails.clone())).await?;
        if ran.said("UIDL") {
            return each_once(&h, "1939-9-01", &mails, "a refused DELE, and another session").await;
        }
        let (form, stored) = (h.form()?.clone(), h.stored().await?);
        let all = mails.iter().all(|mail| stored.count(mail, &form) > 0);
        h.check_with("1939-9-01", all, "after a refused DELE a message is missing");
        Ok(())
    }

    "client/download/resets" => |h| {
        let ran = h.run(Job::Delete, Act::new()).await?;
        let undone = ran.sessions.iter().any(|session| {
            let last = |verb: &str| session.lines.iter().rposition(|line| line.verb() == verb);
            last("RSET").zip(last("DELE")).is_some_and(|(rset, dele)| rset > dele)
        });
        h.check_with("1939-6-08", !undone, "RSET comes after the last DELE");
        Ok(())
    }
};
