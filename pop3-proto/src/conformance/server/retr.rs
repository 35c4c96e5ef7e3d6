//! `server/retr`: messages as they come. Those of odd content are in `retr_contents`.

use alloc::format;

use super::maildrop::{Picture, in_step_or_anew, leave, must_refuse, taken_or_silent};
use super::read::Body;
use super::stage::Stage;
use super::stored::{check_size, whole};
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;

/// Whether it is a known message that begins with a dot: many do not stuff that one, which retr/first-dot tells.
pub(super) fn is_first_dot(s: &Stage, number: u64) -> bool {
    let is = |name| s.facts().number(name).is_some_and(|known| u64::from(known) == number);
    ["first-dot", "first-line-dot"].into_iter().any(is)
}

/// Whether a message with a header in UTF-8 came with another one. LIST may then show the size of either form
/// (RFC 6858 section 4).
fn is_surrogate(s: &Stage, number: u64, body: &Body) -> bool {
    let known = s.facts().number("utf8-header").map(u64::from);
    known == Some(number) && body.header_and_blank().is_ascii()
}

pub(super) const PROBES: Plays = plays! {
    "server/retr/absent" => |s| {
        let mut pop = s.transaction().await?;
        let absent = Picture::take(&s, &mut pop).await?.absent();
        pop.quit().await?;
        must_refuse(&s, &["1939-5-14"], &["RETR", &format!("RETR {absent}"), "RETR x"], taken_or_silent).await
    }

    "server/retr/sizes" => |s| {
        let mut pop = s.transaction().await?;
        let mut list = Picture::take(&s, &mut pop).await?;
        for (number, _) in list.messages.clone().into_iter().take(100) {
            let body = pop.body(format!("RETR {number}")).await?;
            let in_step;
            (pop, in_step) = in_step_or_anew(&s, pop).await?;
            let what = format!("message {number}");
            if in_step && body.is_ok() && is_surrogate(&s, number, &body) {
                let (listed, came) = (list.octets(number), body.unstuffed().len() as u64);
                let words = format!("{what}: LIST says {listed}, and a surrogate of {came} octets came");
                for row in ["1939-5-12", "1939-11-03"] {
                    s.lenient_with(row, came == listed, &words);
                }
            } else if in_step && body.is_ok() && !is_first_dot(&s, number) {
                check_size(&s, &["1939-5-12", "1939-11-03"], &what, list.octets(number), &body);
            }
            if !in_step {
                // Some servers show other sizes in another session.
                list = Picture::take(&s, &mut pop).await?;
            }
        }
        leave(&s, pop).await
    }

    "server/retr/again" => |s| {
        let number = s.facts().first(1).first().copied().ok_or(Stop::NotRun("no message"))?;
        let mut sessions = alloc::vec::Vec::new();
        for _ in 0..2 {
            let mut pop = s.transaction().await?;
            let (first, second) = (pop.body(format!("RETR {number}")).await?, pop.body(format!("RETR {number}")).await?);
            if !first.is_ok() {
                return Err(Stop::Control(format!("RETR {number} is refused")));
            }
            pop.in_step().await?;
            for row in ["1939-5-18", "1939-4-11"] {
                s.check_with(row, second.raw == first.raw, format!("RETR {number} gives other octets the second time"));
            }
            leave(&s, pop).await?;
            sessions.push(first.raw);
        }
        if sessions.first() != sessions.last() {
            s.note("1939-5-18", format!("RETR {number} gives other octets in the second session"));
        }
        Ok(())
    }

    "server/retr/all" => |s| {
        let mut pop = s.transaction().await?;
        let numbers = Picture::take(&s, &mut pop).await?.messages.into_keys();
        for (i, number) in numbers.take(200).enumerate() {
            // Where a first line is a dot alone that is not stuffed, nothing after it is in step.
            if is_first_dot(&s, number) {
                continue;
            }
            let body = match whole(&mut pop, &format!("RETR {number}")).await {
                Ok(Ok(body)) => body,
                Ok(Err(words)) => {
                    s.check_with("1939-3-13", false, format!("RETR {number}: {words}"));
                    return Ok(());
                }
                Err(Stop::Hung(_)) => {
                    s.check_with("1939-3-13", false, format!("RETR {number}: the connection is closed"));
                    return Ok(());
                }
                Err(stop) => return Err(stop),
            };
            let refused = !body.is_ok();
            if refused {
                match pop.in_step().await {
                    Ok(()) => {}
                    // Some hang up after any refusal.
                    Err(Stop::Hung(_)) => pop = s.transaction().await?,
                    Err(_) => {
                        let words = format!("RETR {number} is not answered by its own reply");
                        s.check_with("1939-3-13", false, words);
                        return Ok(());
                    }
                }
            }
            let words = format!("RETR {number} is refused, and LIST shows it");
            match body.status.code().as_deref() {
                // The mode UTF8 is missing (RFC 6856 section 5), or the trouble is told to pass.
                Some(b"UTF8" | b"SYS/TEMP") if !body.is_ok() => s.note("1939-5-14", words),
                _ => s.lenient_with("1939-5-14", body.is_ok(), words),
            }
            if refused {
                continue;
            }
            let in_step = i % 10 != 9 || pop.ask("NOOP").await.is_ok_and(|noop| noop.is_ok());
            s.check_with("1939-3-13", in_step, format!("NOOP after RETR {number} is not answered by its own reply"));
            if !in_step {
                return Ok(());
            }
        }
        let in_step = pop.in_step().await.is_ok();
        s.check_with("1939-3-13", in_step, "STAT after the last message is not answered by figures");
        if in_step { leave(&s, pop).await } else { Ok(()) }
    }

    "server/retr/big" => |s| {
        let number = s.number("big")?;
        let mut pop = s.transaction().await?;
        pop.say(format!("RETR {number}\r\n")).await?;
        // Buffers of the server and of the systems between are full by then.
        s.wait(core::time::Duration::from_secs(1)).await;
        let body = match pop.next_body().await {
            Err(Stop::Hung(_)) => {
                s.check_with("1939-5-15", false, "the connection ends before the message does");
                return Ok(());
            }
            other => other?,
        };
        let came = super::stored::Came::new("big", body)?;
        came.check_intact(&s, &["1939-5-15"]);
        let in_step = pop.in_step().await.is_ok();
        s.check_with("1939-5-15", in_step, "the session does not go on after the message");
        if in_step {
            return leave(&s, pop).await;
        }
        pop.end(End::Fin).await;
        Ok(())
    }
};
