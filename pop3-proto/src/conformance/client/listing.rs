//! `client/listing`.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::act::{Act, Step};
use super::host::Host;
use super::mail::Mail;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;
use crate::conformance::task::Job;

/// Whether each of the messages is stored exactly once, and nothing else is.
pub(super) async fn each_once(h: &Host, row: &'static str, mails: &[Mail], what: &str) -> Result<()> {
    let form = h.form()?.clone();
    let stored = h.stored().await?;
    for (at, mail) in mails.iter().enumerate() {
        let number = at.saturating_add(1);
        let count = stored.count(mail, &form);
        h.check_with(row, count > 0, format!("{what}: message {number} is not stored whole"));
        h.lenient_with(row, count < 2, format!("{what}: message {number} is stored {count} times"));
    }
    let mut distinct: Vec<&Mail> = Vec::new();
    for mail in mails {
        if !distinct.iter().any(|known| known.octets == mail.octets) {
            distinct.push(mail);
        }
    }
    let known: usize = distinct.iter().map(|mail| stored.count(mail, &form)).sum();
    let others = stored.len().saturating_sub(known);
    h.check_with(
        row,
        others == 0,
        format!("{what}: {others} stored messages are none of those that were sent"),
    );
    Ok(())
}

/// The octets of a listing with a part replaced.
fn list_of(lines: &[&str]) -> Vec<u8> {
    let mut octets = b"+OK listing follows\r\n".to_vec();
    for line in lines {
        octets.extend_from_slice(line.as_bytes());
        octets.extend_from_slice(b"\r\n");
    }
    octets.extend_from_slice(b".\r\n");
    octets
}

const MEBIBYTES: usize = 64;

pub(super) const PROBES: Plays = plays! { Client:
    "client/listing/any-order" => |h| {
        let mails: Vec<Mail> = (1..=5).map(Mail::letter).collect();
        let act = Act { order: alloc::vec![2, 0, 4, 1, 3], ..Act::new().mails(mails.clone()) };
        let mut uidl = b"+OK unique-ids follow\r\n".to_vec();
        for number in [2, 5, 1, 4, 3] {
            uidl.extend_from_slice(format!("{number} id-{number}\r\n").as_bytes());
        }
        uidl.extend_from_slice(b".\r\n");
        let ran = h.run(Job::Fetch, act.answer("UIDL", uidl)).await?;
        if !ran.said("LIST") && !ran.said("UIDL") {
            return Err(Stop::NotApplicable("the client asks for no list"));
        }
        h.is_well("1939-5-13", &ran, 5, "lists in any order");
        each_once(&h, "1939-5-13", &mails, "lists in any order").await
    }

    "client/listing/text-behind" => |h| {
        let mails: Vec<Mail> = (1..=3).map(Mail::letter).collect();
        let size = |at: usize| mails.get(at).map_or(0, Mail::size);
        let total = mails.iter().map(Mail::size).fold(0, u64::saturating_add);
        let lines = [
            format!("1 {} more text", size(0)),
            format!("2 {} more text", size(1)),
            format!("3 {} x", size(2)),
        ];
        let lines: Vec<&str> = lines.iter().map(|line| &**line).collect();
        let act = Act::new()
            .answer("STAT", format!("+OK 3 {total} in 3 messages\r\n"))
            .on("=LIST", [Step::Idle(list_of(&lines))]);
        let single = |act: Act, n: usize| {
            let line = format!("+OK {n} {} more text\r\n", size(n.saturating_sub(1)));
            act.on(&format!("LIST {n}"), [Step::Idle(line.into_bytes())])
        };
        let act = (1..=3).fold(act, single);
        let ran = h.run(Job::Fetch, act).await?;
        for row in ["1939-5-05", "1082-XTND-01"] {
            h.is_well(row, &ran, 3, "text after the figures");
        }
        Ok(())
    }

    "client/listing/large-numbers" => |h| {
        for size in [4_294_967_297, 9_223_372_036_854_775_809] {
            let large = Mail { told: Some(size), ..Mail::letter(1) };
            let act = Act::new().mails([large, Mail::letter(2), Mail::letter(3)]);
            let mails = act.mails.clone();
            let ran = h.run(Job::Fetch, act).await?;
            h.check_with(
                "1939-4-13",
                !ran.exit.crashed && !ran.hung,
                format!("a size of {size}: {}", ran.words()),
            );
            if let (Ok(stored), Some(form)) = (h.stored().await, h.subject().store.clone()) {
                let first = mails.first().map_or(0, |mail| stored.count(mail, &form));
                let whole = first == 1 || !ran.fetched().contains(&1);
                h.check_with(
                    "1939-4-13",
                    whole,
                    format!("a size of {size}: the message is not stored whole"),
                );
            }
        }
        Ok(())
    }

    "client/listing/empty" => |h| {
        let empty = || Act::new().mails([]);
        let split = || [Step::Split(3)];
        for (act, what) in
            [(empty(), "in one segment"), (empty().on("LIST", split()).on("UIDL", split()), "the dot alone")]
        {
            let ran = h.run(Job::Fetch, act).await?;
            h.check_with("1939-3-16", ran.is_well(0), format!("an empty maildrop, {what}: {}", ran.words()));
        }
        Ok(())
    }

    "client/listing/figures-in-text" => |h| {
        let act = Act::new();
        let list: Vec<alloc::string::String> =
            act.mails.iter().zip(1..).map(|(mail, n)| format!("{n} {}\r\n", mail.size())).collect();
        let ran = h
            .run(
                Job::Fetch,
                act.on(
                    "=LIST",
                    [Step::Idle(format!("+OK 20 Messages\r\n{}.\r\n", list.concat()).into_bytes())],
                ),
            )
            .await?;
        if !ran.lines().any(|line| line.text.eq_ignore_ascii_case(b"LIST")) {
            return Err(Stop::NotApplicable("the client does not ask for the list of sizes"));
        }
        let wrong = ran.fetched().contains(&20)
            || ran.numbers("UIDL").contains(&20)
            || ran.numbers("LIST").contains(&20);
        h.check_with("1939-9-01", !wrong, "'+OK 20 Messages' is taken for a message of number 20");
        Ok(())
    }

    "client/listing/odd-lines" => |h| {
        for odd in [
            &["1 $1", "2", "3 $3"][..],
            &["1 $1", "2 $2", "3 -5"],
            &["1 $1", "2 $2", "4 x", "3 $3"],
            &["0 10", "1 $1", "2 $2", "3 $3"],
            &["1 $1", "2 $2", "2 $2", "3 $3"],
            &["  1 $1", " 2 $2", "3 $3"],
        ] {
            let act = Act::new();
            let mails = act.mails.clone();
            let size = |n: usize| mails.get(n).map_or(0, Mail::size);
            let sized = |line: &&str| {
                line.replace("$1", &format!("{}", size(0)))
                    .replace("$2", &format!("{}", size(1)))
                    .replace("$3", &format!("{}", size(2)))
            };
            let lines: Vec<_> = odd.iter().map(sized).collect();
            let shown = lines.join(", ");
            let lines: Vec<&str> = lines.iter().map(|line| &**line).collect();
            let act = act.on("=LIST", [Step::Idle(list_of(&lines))]);
            let ran = h.run(Job::Fetch, act.hushed()).await?;
            if !ran.lines().any(|line| line.text.eq_ignore_ascii_case(b"LIST")) {
                return Err(Stop::NotApplicable("the client does not ask for the list of sizes"));
            }
            h.check_with("1939-3-16", !ran.exit.crashed && !ran.hung, format!("'{shown}': {}", ran.words()));
            let form = h.form()?.clone();
            let stored = h.stored().await?;
            let known: usize = mails.iter().map(|mail| stored.count(mail, &form)).sum();
            h.check_with(
                "1939-3-16",
                stored.len() == known,
                format!("'{shown}': another message is stored than one that was sent"),
            );
            h.lenient_with("1939-3-16", known >= 2, format!("'{shown}': the client gives up"));
        }
        Ok(())
    }

    "client/listing/endless" => |h| {
        let mut steps = alloc::vec![Step::Idle(b"+OK\r\n".to_vec())];
        let mut number = 0_u32;
        for _ in 0..MEBIBYTES {
            let mut lines = Vec::with_capacity(1 << 20);
            while lines.len() < 1 << 20 {
                number = number.saturating_add(1);
                lines.extend_from_slice(format!("{number} 100\r\n").as_bytes());
            }
            steps.push(Step::Idle(lines));
            steps.push(Step::Hold(Duration::from_millis(20)));
        }
        steps.push(Step::Close(End::Fin));
        let ran = h.run(Job::Fetch, Act::new().on("LIST", steps).hushed()).await?;
        if !ran.lines().any(|line| line.text.eq_ignore_ascii_case(b"LIST")) {
            return Err(Stop::NotApplicable("the client does not ask for the list of sizes"));
        }
        h.check_with("1939-3-16", !ran.exit.crashed, "the client crashes");
        let cut = ran.sessions.iter().any(|session| session.unsaid);
        h.lenient_with("1939-3-16", cut, format!("a listing of {MEBIBYTES} MiB is read to its end"));
        Ok(())
    }

    "client/listing/answered-by-list" => |h| {
        let list = list_of(&["1 100", "2 100", "3 100"]);
        let ids = list_of(&["1 id-1", "2 id-2", "3 id-3"]);
        let mut act = Act { pause: Duration::from_millis(100), ..Act::new() };
        for n in 1..=3 {
            act = act
                .on(&format!("LIST {n}"), [Step::Idle(list.clone())])
                .on(&format!("UIDL {n}"), [Step::Idle(ids.clone())]);
        }
        let ran = h.run(Job::Fetch, act.hushed()).await?;
        if !ran.lines().any(|line| matches!(line.verb().as_str(), "LIST" | "UIDL") && line.text.len() > 5) {
            return Err(Stop::NotApplicable("the client does not ask for single messages"));
        }
        let ahead = ran.sessions.iter().any(|session| session.at_once > 0);
        let kept = !ahead || ran.success() == Some(false);
        h.check_with("2449-6.6-02", kept, "lines of the list are taken for the replies to the next commands");
        Ok(())
    }
};
