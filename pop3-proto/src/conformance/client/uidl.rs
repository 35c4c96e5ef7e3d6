//! `client/uidl`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::act::{Act, Step};
use super::listing::each_once;
use super::mail::Mail;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::task::Job;

fn with_id(n: u32, id: &str) -> Mail {
    Mail { id: id.into(), ..Mail::letter(n) }
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/uidl/odd-ids" => |h| {
        let all: String = (b'!'..=b'~').map(char::from).collect();
        let (front, back) = all.split_at(all.len() / 2);
        let (longest, other) = (format!("{}1", "L".repeat(69)), format!("{}2", "L".repeat(69)));
        let ids = [front, back, "../../x", "%2e", "/etc/x", &longest, &other, "SameLetters", "sameletters"];
        let mails: Vec<Mail> = (1..).zip(ids).map(|(n, id)| with_id(n, id)).collect();
        let ran = h.run(Job::Fetch, Act::new().mails(mails.clone())).await?;
        if !ran.said("UIDL") {
            return Err(Stop::NotApplicable("the client does not ask UIDL"));
        }
        each_once(&h, "1939-7-15", &mails, "odd unique-ids").await?;
        let second = h.again(Job::Fetch, Act::new().mails(mails)).await?;
        match second.fetched().len() {
            0 => {}
            9 => h.note("1939-7-15", "the client keeps no record: everything is fetched again"),
            some => h.check_with("1939-7-15", false, format!("{some} of 9 messages are fetched again")),
        }
        Ok(())
    }

    "client/uidl/same-id" => |h| {
        let equal = with_id(3, "equal");
        for (mails, what) in [
            (alloc::vec![with_id(1, "same"), with_id(2, "same")], "two messages with one id"),
            (alloc::vec![equal.clone(), equal], "two equal messages with one id"),
        ] {
            let ran = h.run(Job::Fetch, Act::new().mails(mails.clone())).await?;
            if !ran.said("UIDL") {
                return Err(Stop::NotApplicable("the client does not ask UIDL"));
            }
            let form = h.form()?.clone();
            let stored = h.stored().await?;
            let due = mails.len();
            let there = mails.first().zip(mails.get(1)).map_or(0, |(one, two)| {
                if one.octets == two.octets {
                    stored.count(one, &form)
                } else {
                    stored.count(one, &form).saturating_add(stored.count(two, &form))
                }
            });
            h.lenient_with("1939-7-14", there >= due, format!("of {what} {there} are stored"));
        }
        Ok(())
    }

    "client/uidl/long-and-empty" => |h| {
        let (long, longer) = ("a".repeat(71), "b".repeat(2_000));
        let ids = [&*long, &*longer, "", "with space"];
        let mails: Vec<Mail> = (1..).zip(ids).map(|(n, id)| with_id(n, id)).collect();
        let ran = h.run(Job::Fetch, Act::new().mails(mails.clone())).await?;
        if !ran.said("UIDL") {
            return Err(Stop::NotApplicable("the client does not ask UIDL"));
        }
        h.check_with("1939-7-15", !ran.exit.crashed && !ran.hung, ran.words());
        let form = h.form()?.clone();
        let stored = h.stored().await?;
        let there = mails.iter().filter(|mail| stored.count(mail, &form) > 0).count();
        let words = format!("of four messages with unique-ids that are no unique-ids {there} are stored");
        match there == 4 {
            true => h.check("1939-7-15", true),
            false if ran.success() == Some(false) => h.note("1939-7-15", format!("{words}; failure is told")),
            false => h.lenient_with("1939-7-15", false, words),
        }
        Ok(())
    }

    "client/uidl/numbers-change" => |h| {
        let first: Vec<Mail> = (1..=4).map(Mail::letter).collect();
        let ran = h.run(Job::Fetch, Act::new().mails(first)).await?;
        let second: Vec<Mail> = [4, 3, 9, 1].into_iter().map(Mail::letter).collect();
        let again = h.again(Job::Fetch, Act::new().mails(second)).await?;
        if !ran.said("UIDL") {
            for row in ["1939-7-15", "1939-5-13"] {
                h.note(row, "the client asks no UIDL: everything is fetched again");
            }
            return Ok(());
        }
        let mut fetched = again.fetched();
        fetched.sort_unstable();
        fetched.dedup();
        for row in ["1939-7-15", "1939-5-13"] {
            if fetched == [1, 2, 3, 4] {
                h.note(row, "the client keeps no record: everything is fetched again");
            } else {
                h.check_with(
                    row,
                    fetched == [3],
                    format!("only message 3 is new, and {fetched:?} are fetched"),
                );
            }
        }
        Ok(())
    }

    "client/uidl/refused" => |h| {
        let act = || Act::new().on("UIDL", [Step::Idle(b"-ERR not now\r\n".to_vec())]);
        let ran = h.run(Job::Fetch, act()).await?;
        if !ran.said("UIDL") {
            return Err(Stop::NotApplicable("the client does not ask UIDL"));
        }
        let words = ran.words();
        for row in ["1939-3-22", "1957-Observations-03"] {
            let is_well = ran.is_well(3);
            let hides = ran.hung || ran.success() == Some(true) && !is_well;
            h.check_with(row, !hides, format!("a refused UIDL is taken for an empty maildrop: {words}"));
            let told = hides || is_well || ran.success() == Some(false);
            h.lenient_with(row, told, format!("nothing is fetched, and its exit does not say why: {words}"));
        }
        if h.subject().again {
            h.run(Job::Fetch, Act::new()).await?;
            let keeps_record = h.again(Job::Fetch, Act::new()).await?.fetched().is_empty();
            h.again(Job::Fetch, act()).await?;
            let fetched = h.again(Job::Fetch, Act::new()).await?.fetched();
            let words = format!("the record is forgotten: {fetched:?} are fetched once more after it");
            h.check_with("1939-3-22", !keeps_record || fetched.is_empty(), words);
        }
        Ok(())
    }
};
