//! `client/tls`: STLS, and what comes around it.

use alloc::format;
use core::time::Duration;

use super::act::{Act, Step};
use super::host::Host;
use super::ran::Ran;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;
use crate::conformance::task::{Job, Task, Wish};

async fn stls(h: &Host, act: Act) -> Result<Ran> {
    h.play(Task { tls: Wish::Stls, ..h.task(Job::Fetch) }, act).await
}

/// Nothing but CAPA, STLS and QUIT in clear, and no success.
fn judge(h: &Host, rows: &[&'static str], ran: &Ran, what: &str) {
    for row in rows {
        h.check_with(row, !ran.tried_in_clear(), format!("{what}: credentials go in clear"));
        h.is_told(row, ran, what);
    }
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/tls/stripped" => |h| {
        let acts = [
            (Act::new().without("STLS"), "a list without STLS"),
            (Act::new().answer("CAPA", "-ERR what?\r\n").answer("STLS", "-ERR what?\r\n"), "CAPA refused"),
            (Act { clear: alloc::vec![], ..Act::new() }, "an empty list"),
            (
                Act::new().on("CAPA", [Step::Say(b"+OK\r\n".to_vec()), Step::Close(End::Fin)]),
                "+OK to CAPA and the end",
            ),
        ];
        for (act, what) in acts {
            let ran = stls(&h, act).await?;
            // Who goes on to STLS all the same, and is let in, has lost nothing.
            if ran.is_in() && !ran.tried_in_clear() {
                continue;
            }
            let rows =
                ["8314-5.1-01", "8314-5.2-01", "8314-5.2-02", "2595-2.2-01", "2595-2.3-01", "6186-6-01"];
            judge(&h, &rows, &ran, what);
        }
        for row in ["8314-5.1-01", "8314-5.2-01", "8314-5.2-02", "2595-2.2-01", "2595-2.3-01", "6186-6-01"] {
            h.check(row, true);
        }
        Ok(())
    }

    "client/tls/refused" => |h| {
        for reply in ["-ERR no", "-ERR [SYS/PERM] no TLS here", "what?"] {
            let ran =
                stls(&h, Act::new().on("STLS", [Step::Idle(format!("{reply}\r\n").into_bytes())])).await?;
            judge(&h, &["2595-4-17", "8314-5.2-02"], &ran, reply);
        }
        Ok(())
    }

    "client/tls/injection" => |h| {
        let usual = stls(&h, Act::new()).await?;
        let first = usual.lines().find(|line| line.secured).map(super::ran::Line::verb);
        let Some(first) = first else { return Err(Stop::NotApplicable("the client does not use STLS")) };
        let reply = if first == "CAPA" { "+OK\r\nSASL PLAIN\r\nUSER\r\n.\r\n" } else { "+OK\r\n" };
        let said = format!("+OK go on\r\n{reply}").into_bytes();
        // Inside TLS nothing is ever answered.
        let silent = [Step::Hold(Duration::from_secs(3)), Step::Close(End::Fin)];
        let act = Act::new().on("STLS", [Step::Say(said)]).on(&format!("TLS {first}"), silent);
        let ran = stls(&h, act).await?;
        let inside = ran.lines().filter(|line| line.secured).count();
        h.check_with(
            "2595-4-14",
            inside < 2,
            "what came in clear after STLS is taken for a reply inside TLS",
        );
        Ok(())
    }

    "client/tls/injection-half" => |h| {
        let usual = stls(&h, Act::new()).await?;
        let first = usual.lines().find(|line| line.secured).map(super::ran::Line::verb);
        let Some(first) = first else { return Err(Stop::NotApplicable("the client does not use STLS")) };
        let halves = [
            Step::Idle(b"OK\r\nSASL PLAIN\r\n.\r\n".to_vec()),
            Step::Hold(Duration::from_secs(2)),
            Step::Close(End::Fin),
        ];
        let act =
            Act::new().on("STLS", [Step::Say(b"+OK x\r\n+".to_vec())]).on(&format!("TLS {first}"), halves);
        let ran = stls(&h, act.hushed()).await?;
        let inside = ran.lines().filter(|line| line.secured).count();
        // Only the joined reply names a mechanism.
        h.check_with(
            "2595-4-14",
            ran.auth("PLAIN").is_none(),
            "half a line in clear and half inside TLS are joined to a reply",
        );
        h.lenient_with("2595-4-14", inside < 2, "the client goes on after a line that is no reply");
        let junk = [b"+OK x\r\n".to_vec(), "\u{f6}".repeat(100).into_bytes()].concat();
        let silent = [Step::Hold(Duration::from_secs(2)), Step::Close(End::Fin)];
        let ran =
            stls(&h, Act::new().on("STLS", [Step::Say(junk)]).on(&format!("TLS {first}"), silent)).await?;
        h.check_with("2595-4-14", !ran.tried_in_clear(), "after junk the client goes on in clear");
        Ok(())
    }

    "client/tls/nothing-behind" => |h| {
        let ran =
            stls(&h, Act::new().on("STLS", [Step::Hold(Duration::from_millis(500)), Step::Truth])).await?;
        if !ran.said("STLS") {
            return Err(Stop::NotApplicable("the client does not use STLS"));
        }
        let early = ran.sessions.iter().find(|session| !session.early.is_empty() || session.at_once > 0);
        for row in ["2595-4-06", "2449-6.6-06"] {
            h.check_with(row, early.is_none(), "octets come after STLS and before its answer");
        }
        Ok(())
    }

    "client/tls/forgets" => |h| {
        let inside = ["TOP", "UIDL", "USER", "SASL PLAIN"];
        let clear = ["TOP", "UIDL", "USER", "SASL CRAM-MD5 LOGIN", "PIPELINING", "STLS"];
        let lists = |clear: &[&str], secured: &[&str]| {
            let secured = Act::new().capa(secured).secured;
            Act { secured, clear: Act::new().capa(clear).clear, ..Act::new() }
        };
        let task = Task { tls: Wish::Stls, ..h.task(Job::Fetch) };
        let ran = h.play(task.clone(), lists(&clear, &inside)).await?;
        if !ran.said("STLS") {
            return Err(Stop::NotApplicable("the client does not use STLS"));
        }
        let used = |ran: &Ran, names: [&str; 2]| {
            names.into_iter().any(|name| ran.auth(name).is_some_and(|line| line.secured))
        };
        let pipelined = ran.sessions.iter().any(|session| session.at_once > 0);
        for row in ["2595-4-09", "4422-3.2-01", "2595-4-15"] {
            h.check_with(
                row,
                !used(&ran, ["CRAM-MD5", "LOGIN"]),
                "a mechanism of the clear list is used inside TLS",
            );
            h.check_with(
                row,
                !pipelined,
                "inside TLS the client pipelines, since the clear list has PIPELINING",
            );
        }
        let ran = h
            .play(
                task,
                lists(&["TOP", "UIDL", "USER", "SASL PLAIN", "STLS"], &["TOP", "UIDL", "USER", "SASL LOGIN"]),
            )
            .await?;
        h.check_with(
            "4422-3.2-01",
            !used(&ran, ["PLAIN", "X"]),
            "a mechanism of the clear list is used inside TLS",
        );
        Ok(())
    }

    "client/tls/asks-again" => |h| {
        let ran = stls(&h, Act::new()).await?;
        let Some(first) = ran.lines().find(|line| line.secured) else {
            return Err(Stop::NotApplicable("the client does not use STLS"));
        };
        h.lenient_with(
            "2595-4-10",
            first.verb() == "CAPA",
            format!("the first command inside TLS is {}", first.verb()),
        );
        Ok(())
    }

    "client/tls/broken-handshake" => |h| {
        let alert = b"\x15\x03\x03\x00\x02\x02\x28".to_vec();
        let junk: alloc::vec::Vec<u8> = (0..200).map(|n: u32| n.wrapping_mul(167).to_le_bytes()[0]).collect();
        for (steps, what) in [
            (alloc::vec![Step::Say(alert), Step::Close(End::Fin)], "an alert"),
            (alloc::vec![Step::Say(junk), Step::Close(End::Fin)], "random octets"),
            (alloc::vec![Step::Close(End::Fin)], "the end"),
            (
                alloc::vec![
                    Step::Say(b"-ERR sorry\r\n".to_vec()),
                    Step::Hold(Duration::from_secs(1)),
                    Step::Close(End::Fin)
                ],
                "-ERR in clear",
            ),
        ] {
            let ran = stls(&h, Act::new().on("HANDSHAKE", steps)).await?;
            let verbs: [&[u8]; 4] = [b"USER ", b"PASS ", b"AUTH ", b"APOP "];
            let raw = ran
                .sessions
                .iter()
                .any(|s| verbs.iter().any(|verb| memchr::memmem::find(&s.raw, verb).is_some()));
            let what = format!("after {what} in place of the handshake");
            h.check_with(
                "2595-4-18",
                !ran.tried_in_clear() && !raw,
                format!("{what} credentials go in clear"),
            );
            h.is_told("2595-4-18", &ran, what);
        }
        Ok(())
    }

    "client/tls/default" => |h| {
        let task = Task { tls: Wish::Unsaid, ..h.task(Job::Fetch) };
        let act = || Act::new().sasl("SASL PLAIN");
        let with = h.play(task.clone(), act()).await?;
        let without = h.play(task, act().without("STLS")).await?;
        let encrypts = with.said("STLS") || with.sessions.iter().any(|session| session.tls.is_some());
        let clear = without.tried_in_clear();
        for row in ["8314-5.2-01", "2595-9-01"] {
            h.lenient_with(row, !clear, "the password goes in clear without a word about TLS");
        }
        h.lenient_with("8314-5.2-04", encrypts, "STLS is on offer and not used");
        if encrypts && clear {
            h.note("2595-2.2-02", "STLS is used where it is offered, and not required");
        } else {
            h.check("2595-2.2-02", true);
        }
        Ok(())
    }

    "client/tls/cut-inside" => |h| {
        let task = Task { job: Job::Delete, ..h.task_in_tls(Job::Delete) };
        let act = Act::new().on(
            "RETR 2",
            [Step::Front(200), Step::Hold(Duration::from_millis(100)), Step::Close(End::Truncated)],
        );
        let mails = act.mails.clone();
        let ran = h.play(task, act).await?;
        let form = h.form()?.clone();
        let stored = h.stored().await?;
        let kept =
            stored.holds(b"<letter-2@") && mails.get(1).is_some_and(|mail| stored.count(mail, &form) == 0);
        let deleted = ran.deleted().contains(&2);
        if kept && !deleted && ran.success() == Some(false) {
            h.lenient_with("1939-3-16", false, "a part of a message is in the store; failure is told");
        } else {
            h.check_with("1939-3-16", !kept && !deleted, "a message that was cut is kept as whole");
        }
        Ok(())
    }

    "client/tls/not-behind-utf8" => |h| {
        let ran = h.run(Job::Fetch, Act::new().with("UTF8 USER")).await?;
        if !ran.said("UTF8") {
            return Err(Stop::NotApplicable("the client never sends UTF8"));
        }
        let order = |session: &super::ran::Session| {
            let at = |verb: &str| session.lines.iter().position(|line| line.verb() == verb);
            at("UTF8").zip(at("STLS")).is_none_or(|(utf8, stls)| stls < utf8)
        };
        h.check_with("6856-2.1-10", ran.sessions.iter().all(order), "STLS comes after UTF8");
        Ok(())
    }
};
