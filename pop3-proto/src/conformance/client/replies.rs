//! `client/replies`.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::act::{Act, Step};
use super::mail::Mail;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;
use crate::conformance::task::Job;

/// A status line of so many octets with its CR LF.
pub(super) fn filled(octets: usize) -> Vec<u8> {
    let text = "x".repeat(octets.saturating_sub(6));
    format!("+OK {text}\r\n").into_bytes()
}

const MEBIBYTES: usize = 16;

pub(super) const PROBES: Plays = plays! { Client:
    "client/replies/sign-alone" => |h| {
        let ran =
            h.run(Job::Fetch, Act::new().sasl("").answer("PASS", "+OK error: login failed\r\n")).await?;
        if !ran.said("PASS") {
            return Err(Stop::NotApplicable("the client does not log in by USER"));
        }
        h.is_well("1939-9-01", &ran, 3, "+OK error: login failed");
        h.is_well("1957-Observations-01", &ran, 3, "+OK error: login failed");
        let ran = h.run(Job::Fetch, Act::new().sasl("").answer("PASS", "-ERR OK, logged in\r\n")).await?;
        h.is_not_in("1939-9-01", &ran, "-ERR OK, logged in");
        Ok(())
    }

    "client/replies/no-indicator" => |h| {
        for reply in ["welcome", "250 ok", "ok"] {
            let ran = h.run(Job::Fetch, Act::new().sasl("").answer("PASS", format!("{reply}\r\n"))).await?;
            h.is_not_in("1939-3-12", &ran, reply);
        }
        let job = if h.subject().jobs.contains(&Job::Delete) { Job::Delete } else { Job::Fetch };
        let ran = h.run(job, Act::new().answer("STAT", "3 320\r\n")).await?;
        if ran.said("STAT") {
            let goes_on = !ran.fetched().is_empty() || ran.said("DELE");
            h.lenient_with("1939-3-12", !goes_on, "after STAT answered by '3 320' the session goes on");
        }
        Ok(())
    }

    "client/replies/small-letters" => |h| {
        let ran = h.run(Job::Fetch, Act::new().sasl("").answer("PASS", "-err no\r\n")).await?;
        h.is_not_in("1725-4-01", &ran, "-err");
        let ran = h.run(Job::Fetch, Act::new().answer("GREETING", "+ok ready\r\n")).await?;
        let words = if ran.is_well(3) { "is taken" } else { "is not taken" };
        h.note("1725-4-01", format!("'+ok' as greeting {words}"));
        Ok(())
    }

    "client/replies/continuation" => |h| {
        let job = if h.subject().jobs.contains(&Job::Delete) { Job::Delete } else { Job::Fetch };
        for command in ["STAT", "LIST", "RETR 1"] {
            // Who takes it for +OK finds the end of a body.
            let ran =
                h.run(job, Act::new().on(command, [Step::Idle(b"+ \r\n.\r\n".to_vec())]).hushed()).await?;
            if !ran.said(command) {
                continue;
            }
            let verbs =
                ["CAPA", "QUIT", "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET", "LAST"];
            let known = |line: &super::ran::Line| !line.inside || verbs.contains(&line.verb().as_str());
            h.check_with(
                "5034-5-02",
                ran.lines().all(known),
                format!("'+ ' to {command} is answered as a challenge"),
            );
            let empty = command == "LIST" && ran.success() == Some(true) && ran.fetched().is_empty();
            h.check_with("5034-5-02", !empty, "'+ ' to LIST is taken for an empty maildrop");
            let taken = command == "RETR 1" && ran.deleted().contains(&1);
            h.check_with(
                "5034-5-02",
                !taken,
                "'+ ' to RETR 1 is taken for +OK and an empty message, and DELE 1 comes",
            );
            if let (Ok(stored), Some(form)) = (h.stored().await, h.subject().store.clone()) {
                let mails = Act::new().mails;
                let lost = (2..)
                    .zip(mails.iter().skip(1))
                    .find(|(number, mail)| ran.deleted().contains(number) && stored.count(mail, &form) == 0);
                // The line with the dot puts some clients out of step that took '+ ' for what it is.
                let words = "after '+ ' the client is out of step: a message is deleted and not stored";
                h.lenient_with("5034-5-02", lost.is_none(), words);
            }
        }
        h.check("5034-5-02", true);
        Ok(())
    }

    "client/replies/length-512" => |h| {
        let retr = |act: Act| {
            let body = Act::new().mails.first().map(|mail| mail.octets.clone()).unwrap_or_default();
            act.answer("RETR 1", [filled(512), body, b".\r\n".to_vec()].concat())
        };
        let act = retr(Act::new().sasl("").answer("GREETING", filled(512)).answer("PASS", filled(512)));
        let ran = h.run(Job::Fetch, act).await?;
        for row in ["1939-3-10", "2449-4-05"] {
            h.is_well(row, &ran, 3, "status lines of 512 octets");
        }
        Ok(())
    }

    "client/replies/long" => |h| {
        for octets in [513_usize, 4_096, 65_536] {
            // What stands at the end would be a reply if the line were cut in front of it.
            let line = format!("+OK {}+OK 9 9\r\n", "x".repeat(octets.saturating_sub(13)));
            let act = Act::new().sasl("").answer("GREETING", &line).answer("USER", &line);
            let act = Act { pause: Duration::from_millis(300), ..act.hushed() };
            let ran = h.run(Job::Fetch, act).await?;
            let ahead = ran.sessions.iter().any(|session| session.at_once > 0);
            h.check_with("2449-4-05", !ran.exit.crashed, "the client crashes");
            h.lenient_with(
                "2449-4-05",
                !ahead,
                format!("a line of {octets} octets is read as several replies"),
            );
        }
        Ok(())
    }

    "client/replies/endless" => |h| {
        let mut steps = alloc::vec![Step::Idle(b"+OK ".to_vec())];
        for _ in 0..MEBIBYTES {
            steps.push(Step::Idle(alloc::vec![b'x'; 1 << 20]));
            steps.push(Step::Hold(Duration::from_millis(20)));
        }
        steps.push(Step::Idle(b"\r\n".to_vec()));
        steps.push(Step::Close(End::Fin));
        let ran = h.run(Job::Fetch, Act::new().on("STAT", steps.clone()).on("LIST", steps)).await?;
        if !ran.said("STAT") && !ran.said("LIST") {
            return Err(Stop::NotApplicable("the client asks neither STAT nor LIST"));
        }
        h.check_with("2449-4-05", !ran.exit.crashed, "the client crashes");
        let cut = ran.sessions.iter().any(|session| session.unsaid);
        let end = if ran.hung { "is still being read when the kit ends it" } else { "is read to its end" };
        h.lenient_with("2449-4-05", cut && !ran.hung, format!("a line of {MEBIBYTES} MiB {end}"));
        Ok(())
    }

    "client/replies/one-refusal" => |h| {
        let act = || Act::new().mails((1..=5).map(Mail::letter));
        let ran = h.run(Job::Fetch, act().answer("RETR 2", "-ERR not now\r\n")).await?;
        let mut fetched = ran.fetched();
        if !(3..=5).all(|number| fetched.contains(&number)) {
            fetched.extend(h.again(Job::Fetch, act()).await?.fetched());
        }
        let all = (3..=5).all(|number| fetched.contains(&number));
        h.check_with("1939-3-22", all, "after one refused RETR the messages after it are never fetched");
        Ok(())
    }

    "client/replies/twice" => |h| {
        for place in ["STAT", "RETR 1"] {
            let act = Act::new().hushed();
            let mails = act.mails.clone();
            let body = mails.first().map(|mail| mail.octets.clone()).unwrap_or_default();
            // In one segment with the end of the message, or nobody could tell it from the next reply.
            let more = [Step::Say([b"+OK\r\n", &*body, b".\r\n+OK\r\n"].concat())];
            let act = match place {
                "STAT" => act.on(place, [Step::Truth, Step::Idle(b"+OK\r\n".to_vec())]),
                _ => act.on_body(1, None, &more),
            };
            let ran = h.run(Job::Fetch, act).await?;
            if place == "STAT" && !ran.said("STAT") {
                continue;
            }
            let form = h.form().cloned().unwrap_or_default();
            let right = match h.stored().await {
                Ok(stored) => {
                    let known: usize = mails.iter().map(|mail| stored.count(mail, &form)).sum();
                    known == stored.len() && (known >= mails.len() || ran.success() != Some(true))
                }
                Err(_) => true,
            };
            let words = format!(
                "one more '+OK' after the reply to {place} is taken for a reply: something is stored that is no message, or messages are missing and success is told"
            );
            match place {
                "STAT" => h.check_with("1939-3-23", right, words),
                // The replies of one session cannot be told apart by a client that does not look ahead.
                _ => h.lenient_with("1939-3-23", right, words),
            }
        }
        Ok(())
    }

    "client/replies/odd-octets" => |h| {
        let text = b"+OK \x1b[31m red \xff\xfe %s%n%x ";
        let long = [&text[..], "y".repeat(400).as_bytes(), b"\r\n"].concat();
        let ran =
            h.run(Job::Fetch, Act::new().sasl("").answer("GREETING", &long).answer("PASS", &long)).await?;
        h.check_with("1939-9-01", !ran.exit.crashed, "the client crashes");
        h.lenient_with(
            "1939-9-01",
            !ran.exit.printed.contains(&0x1b),
            "control characters of the server are printed as they are",
        );
        Ok(())
    }
};
