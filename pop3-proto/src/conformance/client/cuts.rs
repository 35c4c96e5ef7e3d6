//! `client/cuts`: segments, breaks and silence.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::act::{Act, Step};
use super::listing::each_once;
use super::mail::Mail;
use crate::conformance::probe::{Plays, plays};
use crate::conformance::steps::End;
use crate::conformance::task::Job;

fn letters() -> Vec<Mail> {
    (1..=3).map(Mail::letter).collect()
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/cuts/one-octet" => |h| {
        let mails = [Mail::letter(1), Mail::with_body(2, ".\r\n..\r\n.x\r\nend\r\n"), Mail::letter(3)];
        let ran = h.run(Job::Fetch, Act { each: 1, ..Act::new().mails(mails.clone()) }).await?;
        h.is_well("1939-3-16", &ran, 3, "octet by octet");
        each_once(&h, "1939-3-16", &mails, "octet by octet").await
    }

    "client/cuts/last-dot-alone" => |h| {
        for (octets, what) in
            [(3, "dot, CR LF alone"), (5, "CR LF, dot, CR LF alone"), (4, "a cut between CR and LF")]
        {
            let mails = letters();
            let mut act = Act::new().mails(mails.clone());
            for verb in ["CAPA", "LIST", "UIDL", "RETR", "TOP"] {
                act = act.on(verb, [Step::Split(octets)]);
            }
            let ran = h.run(Job::Fetch, act).await?;
            h.is_well("1939-3-16", &ran, 3, what);
            each_once(&h, "1939-3-16", &mails, what).await?;
        }
        Ok(())
    }

    "client/cuts/resets" => |h| {
        let mails = letters();
        for place in ["GREETING", "CAPA", "USER", "PASS", "AUTH", "STAT", "LIST", "UIDL", "RETR"] {
            // USER and PASS are used only by those who have nothing better.
            let act = if matches!(place, "USER" | "PASS") { Act::new().sasl("") } else { Act::new() };
            let steps = [Step::Truth, Step::Close(End::Reset)];
            let act = act.mails(mails.clone()).on(place, steps.clone());
            // Some fetch by TOP.
            let act = if place == "RETR" { act.on_body(1, None, &steps) } else { act };
            let first = h.run(Job::Delete, act).await?;
            if place != "GREETING" && !first.said(place) {
                continue;
            }
            let what = format!("a reset after {place}, and another session");
            h.check_with(
                "1939-6-08",
                !first.hung && !first.exit.crashed,
                format!("a reset after {place}: {}", first.words()),
            );
            let there: Vec<Mail> = (1..)
                .zip(&mails)
                .filter(|(n, _)| !first.deleted().contains(n))
                .map(|(_, mail)| mail.clone())
                .collect();
            h.again(Job::Delete, Act::new().mails(there)).await?;
            each_once(&h, "1939-6-08", &mails, &what).await?;
        }
        Ok(())
    }

    "client/cuts/silence" => |h| {
        let silence = Duration::from_secs(660);
        for (place, steps) in [
            ("PASS", alloc::vec![Step::Hold(silence), Step::Close(End::Fin)]),
            ("STAT", alloc::vec![Step::Hold(silence), Step::Close(End::Fin)]),
            ("RETR", alloc::vec![Step::Front(100), Step::Hold(silence), Step::Close(End::Fin)]),
        ] {
            let ran = h.run(Job::Fetch, Act::new().sasl("").on(place, steps)).await?;
            if ran.said(place) {
                h.lenient_with(
                    "1939-6-08",
                    ran.took < silence,
                    format!("no answer to {place}: the client waits for more than eleven minutes"),
                );
            }
        }
        Ok(())
    }

    "client/cuts/bye" => |h| {
        let row = "1939-3-23";
        for (end, what) in [(Some(Step::Close(End::Fin)), "the end"), (None, "no end")] {
            let bye = [Step::Truth, Step::Idle(b"-ERR going down\r\n".to_vec())];
            let act = Act::new().on_body(1, None, &bye.into_iter().chain(end).collect::<Vec<_>>()).hushed();
            let mails = act.mails.clone();
            let ran = h.run(Job::Delete, act).await?;
            let what = format!("'-ERR going down' after message 1, and {what}");
            h.check_with(row, !ran.exit.crashed && !ran.hung, format!("{what}: {}", ran.words()));
            if let (Ok(stored), Some(form)) = (h.stored().await, h.subject().store.clone()) {
                let known: usize = mails.iter().map(|mail| stored.count(mail, &form)).sum();
                let words = format!("{what}: something is stored that is no message");
                h.check_with(row, known == stored.len(), words);
                let lost = (1..)
                    .zip(&mails)
                    .find(|(n, mail)| ran.deleted().contains(n) && stored.count(mail, &form) == 0);
                let words = format!("{what}: a message is deleted and not stored");
                h.check_with(row, lost.is_none(), words);
            }
        }
        Ok(())
    }
};
