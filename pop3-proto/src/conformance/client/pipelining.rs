//! `client/pipelining`.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::act::{Act, Step};
use super::host::Host;
use super::listing::each_once;
use super::mail::Mail;
use super::ran::Ran;
use crate::conformance::probe::{Plays, Result, plays};
use crate::conformance::steps::End;
use crate::conformance::task::{Job, Task, Wish};

async fn pipelined(h: &Host, job: Job, act: Act) -> Result<Ran> {
    h.play(Task { pipelining: true, ..h.task(job) }, act.with("PIPELINING")).await
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/pipelining/only-announced" => |h| {
        let task = Task { pipelining: true, ..h.task(Job::Fetch) };
        let ran = h.play(task, Act { pause: Duration::from_millis(50), ..Act::new() }).await?;
        let at_once: u32 = ran.sessions.iter().map(|session| session.at_once).sum();
        h.check_with(
            "2449-6.6-03",
            at_once == 0,
            format!("{at_once} commands do not wait for the reply to the one before"),
        );
        Ok(())
    }

    "client/pipelining/by-order" => |h| {
        let mails: Vec<Mail> = [1, 40, 3, 900, 5, 6].into_iter().map(Mail::letter).collect();
        let act = Act::new().mails(mails.clone()).on("RETR 3", [Step::Idle(b"-ERR not now\r\n".to_vec())]);
        let job = if h.subject().jobs.contains(&Job::Delete) { Job::Delete } else { Job::Fetch };
        let ran = pipelined(&h, job, act).await?;
        let deleted = ran.numbers("DELE").contains(&3);
        h.check_with(
            "2449-6.6-02",
            !deleted,
            "the message that was refused is taken for fetched, and deleted",
        );
        let (form, stored) = (h.form()?.clone(), h.stored().await?);
        let gave_up = ran.success() == Some(false);
        let mut known = 0_usize;
        for (number, mail) in (1..).zip(&mails).filter(|(number, _)| *number != 3) {
            let count = stored.count(mail, &form);
            known = known.saturating_add(count);
            let words = format!("message {number} is stored {count} times");
            if count == 0 && gave_up {
                h.note("2449-6.6-02", format!("{words}: the client gives up, and tells failure"));
            } else {
                h.check_with("2449-6.6-02", count == 1, words);
            }
        }
        h.check_with(
            "2449-6.6-02",
            stored.len() == known,
            "a message is stored under the reply to another command",
        );
        Ok(())
    }

    "client/pipelining/never-behind-login" => |h| {
        let wish = if h.subject().can(Wish::Stls) { Wish::Stls } else { h.subject().usual() };
        let hold = || [Step::Hold(Duration::from_millis(300)), Step::Truth];
        let act = Act::new().with("PIPELINING").on("STLS", hold()).on("AUTH", hold());
        let ran = h.play(Task { pipelining: true, tls: wish, ..h.task(Job::Fetch) }, act).await?;
        let early = ran.sessions.iter().any(|session| !session.early.is_empty());
        h.check_with("2449-6.6-06", !early, "octets come after STLS and before its answer");
        let verbs = [&b"CAPA"[..], b"STAT", b"LIST", b"UIDL", b"QUIT"];
        let command = ran.responses().iter().any(|line| verbs.contains(&&*line.text));
        h.check_with("2449-6.6-06", !command, "a command comes inside an exchange of AUTH");
        Ok(())
    }

    "client/pipelining/no-deadlock" => |h| {
        let ran = pipelined(
            &h,
            Job::Fetch,
            Act::new()
                .mails((1..=3_000).map(|n| Mail::with_body(n, "A line of a longer body.\r\n".repeat(80)))),
        )
        .await?;
        h.check_with("2449-6.6-04", ran.is_well(3_000), format!("3,000 messages: {}", ran.words()));
        Ok(())
    }

    "client/pipelining/in-order" => |h| {
        let mails: Vec<Mail> = (1..=6).map(Mail::letter).collect();
        for (place, steps) in [
            ("RETR 4", [Step::Front(100), Step::Close(End::Reset)]),
            ("DELE 2", [Step::Truth, Step::Close(End::Reset)]),
        ] {
            pipelined(&h, Job::Delete, Act::new().mails(mails.clone()).on(place, steps)).await?;
            h.again(Job::Delete, Act::new().mails(mails.clone())).await?;
            each_once(&h, "2449-6.6-02", &mails, &format!("a reset at {place}, and another session")).await?;
        }
        Ok(())
    }
};
