//! `server/top`: TOP, judged by RETR of the same message in the same session.

use alloc::format;
use alloc::string::String;

use super::maildrop::{Picture, in_step_or_anew, leave, must_refuse};
use super::pop::Pop;
use super::read::Body;
use super::stage::{Answer, Stage};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

const CUTS: &str = "1939-7-04";
const BEYOND: &str = "1939-7-05";

/// Fetches a message, which has to work and to leave the session in step.
async fn fetched(pop: &mut Pop, number: u32) -> Result<Body> {
    let body = pop.body(format!("RETR {number}")).await?;
    if !body.is_ok() {
        return Err(Stop::Control(format!("RETR {number} is refused")));
    }
    pop.in_step().await?;
    Ok(body)
}

/// What is wrong with the reply to TOP against the front that is due.
fn wrong(top: &Body, due: &[u8], what: &str) -> Option<String> {
    if !top.is_ok() {
        return Some(format!("{what} is refused"));
    }
    let lines = |octets: &[u8]| memchr::memchr_iter(b'\n', octets).count();
    let (came, all) = (lines(&top.raw), lines(due));
    (top.raw != due).then(|| format!("{what}: {all} lines are due as RETR gives them, and {came} came"))
}

/// Whether TOP gives the message and the empty line that it lacks: after the header, TOP has one (RFC 1939).
fn adds_empty_line(top: &Body, retr: &Body) -> bool {
    let has_none =
        retr.raw == retr.header_and_blank() && !retr.raw.ends_with(b"\r\n\r\n") && retr.raw != b"\r\n";
    has_none && top.raw.strip_suffix(b"\r\n") == Some(retr.raw.as_slice())
}

/// The lines that begin with a dot, as they came.
fn dotted(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split_inclusive(|octet| *octet == b'\n').filter(|line| line.starts_with(b"."))
}

/// TOP with each of the counts gives the front of RETR.
async fn counts(s: &Stage, name: &str, counts: &[usize]) -> Result<()> {
    let number = s.number(name)?;
    let mut pop = s.transaction().await?;
    let retr = fetched(&mut pop, number).await?;
    for count in counts {
        let top = pop.body(format!("TOP {number} {count}")).await?;
        let wrong = wrong(&top, retr.top(*count), &format!("TOP {number} {count}"));
        s.check_with(CUTS, wrong.is_none(), wrong.unwrap_or_default());
    }
    leave(s, pop).await
}

/// TOP of a message of odd shape; silence and a hang-up fail.
async fn shape(s: &Stage, name: &str) -> Result<()> {
    let number = s.number(name)?;
    let mut pop = s.transaction().await?;
    let retr = fetched(&mut pop, number).await?;
    for count in [0, 2] {
        let top = match pop.body(format!("TOP {number} {count}")).await {
            Err(stop @ (Stop::Hung(_) | Stop::Silent | Stop::Control(_))) => {
                s.check_with(CUTS, false, format!("TOP {number} {count} of {name}: {stop}"));
                return Ok(());
            }
            other => other?,
        };
        if adds_empty_line(&top, &retr) {
            s.check(CUTS, true);
            s.note(
                CUTS,
                format!("TOP {number} {count} of {name} ends with an empty line, which RETR has not"),
            );
            continue;
        }
        let wrong = wrong(&top, retr.top(count), &format!("TOP {number} {count} of {name}"));
        if retr.raw.starts_with(&top.raw) {
            s.lenient_with(CUTS, wrong.is_none(), wrong.unwrap_or_default());
        } else {
            s.check_with(CUTS, wrong.is_none(), wrong.unwrap_or_default());
        }
    }
    leave(s, pop).await
}

pub(super) const PROBES: Plays = plays! {
    "server/top/zero" => |s| { counts(&s, "plain", &[0]).await }

    "server/top/lines" => |s| { counts(&s, "plain", &[1, 5, 19]).await }

    "server/top/beyond" => |s| {
        let mut pop = s.transaction().await?;
        for number in s.facts().first(10) {
            let retr = pop.body(format!("RETR {number}")).await?;
            let (mut next, in_step) = in_step_or_anew(&s, pop).await?;
            if in_step && retr.is_ok() {
                let top = next.body(format!("TOP {number} 100000")).await?;
                let wrong = wrong(&top, retr.top(100_000), &format!("TOP {number} 100000"));
                s.check_with(BEYOND, wrong.is_none(), wrong.unwrap_or_default());
            }
            pop = in_step_or_anew(&s, next).await?.0;
        }
        leave(&s, pop).await
    }

    "server/top/huge-count" => |s| {
        let largest = s.facts().largest_first(1).first().copied();
        let number = s.facts().number("plain").or(largest).ok_or(Stop::NotRun("no message"))?;
        for count in ["4294967296", "18446744073709551616"] {
            let mut pop = s.transaction().await?;
            let retr = fetched(&mut pop, number).await?;
            if retr.raw == retr.header_and_blank() {
                return Err(Stop::NotRun("no message with a body"));
            }
            // What TOP has that RETR has not is told by server/top/beyond.
            let all = pop.body(format!("TOP {number} 100000")).await?;
            let what = format!("TOP {number} {count}");
            let top = pop.body(&what).await?;
            if top.is_ok() {
                let kept = top.raw == retr.raw || all.is_ok() && top.raw == all.raw;
                s.check_with(BEYOND, kept, wrong(&top, &retr.raw, &what).unwrap_or_default());
            } else {
                s.lenient_with(BEYOND, false, format!("{what} is refused"));
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/top/shapes" => |s| {
        for name in ["no-body", "header-and-blank", "body-only", "empty"] {
            if s.number(name).is_ok() {
                shape(&s, name).await?;
            }
        }
        Ok(())
    }

    "server/top/dots" => |s| {
        for name in ["dots", "first-dot"] {
            let Ok(number) = s.number(name) else { continue };
            let mut pop = s.transaction().await?;
            let retr = fetched(&mut pop, number).await?;
            let what = format!("TOP {number} 100000");
            let top = pop.body(&what).await?;
            if !top.is_ok() {
                return Err(Stop::Control(format!("{what} is refused")));
            }
            let same = dotted(&top.raw).eq(dotted(&retr.raw));
            s.check_with("1939-3-14", same, format!("{what} of {name} has other lines with dots than RETR"));
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/top/forms" => |s| {
        let mut pop = s.transaction().await?;
        let absent = Picture::take(&s, &mut pop).await?.absent();
        pop.quit().await?;
        let lines = ["TOP", "TOP 1", "TOP 1 x", "TOP 1 -1", &format!("TOP {absent} 0"), "TOP 0 0"];
        let fails = |answer: &Answer| matches!(answer, Answer::Ok(_) | Answer::Hung | Answer::Silent);
        must_refuse(&s, &["1939-7-03"], &lines, fails).await
    }

    "server/top/prefix" => |s| {
        let mut pop = s.transaction().await?;
        let before = Picture::take(&s, &mut pop).await?;
        let mut is_one_session = true;
        for number in s.facts().first(50) {
            let none = pop.body(format!("TOP {number} 0")).await?;
            let three = pop.body(format!("TOP {number} 3")).await?;
            let retr = pop.body(format!("RETR {number}")).await?;
            let in_step;
            (pop, in_step) = in_step_or_anew(&s, pop).await?;
            is_one_session &= in_step;
            if !(in_step && none.is_ok() && three.is_ok() && retr.is_ok()) {
                continue;
            }
            for (count, top) in [(0, none), (3, three)] {
                let is_front = retr.raw.starts_with(&top.raw) || adds_empty_line(&top, &retr);
                s.check_with(CUTS, is_front, format!("TOP {number} {count} gives what RETR has not in front"));
            }
        }
        if !is_one_session {
            return Err(Stop::Control("a message throws the session out of step".into()));
        }
        let after = Picture::take(&s, &mut pop).await?;
        let same = before.messages.keys().eq(after.messages.keys());
        s.check_with("1939-5-18", same, "LIST shows other numbers after TOP and RETR");
        leave(&s, pop).await
    }
};
