//! `server/dele`: DELE and RSET. Own messages only are marked by a session that may end by QUIT.

use alloc::format;
use alloc::vec::Vec;

use super::maildrop::{
    Picture, check_kept, expendable, leave, must_refuse, others, spare, spare_inside, spare_of,
};
use super::pop::{Own, Pop};
use super::stage::{Answer, Stage};
use super::stat_list::figures;
use crate::conformance::dialogue::escaped;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Marks the message; a control.
pub(super) async fn mark(pop: &mut Pop, own: &Own) -> Result<()> {
    if pop.dele(own).await?.is_ok() { Ok(()) } else { Err(Stop::Control("DELE is refused".into())) }
}

/// Marks any message of the corpus. Each is recognised just before, since numbers may change with each DELE.
async fn mark_known(pop: &mut Pop, number: u64) -> Result<()> {
    let own = pop.recognise_any(u32::try_from(number).unwrap_or(0)).await?;
    mark(pop, &own).await
}

/// Number of messages and octets, as STAT says.
async fn stat(pop: &mut Pop) -> Result<(u64, u64)> {
    let reply = pop.ask("STAT").await?;
    let found = figures(reply.text()).filter(|_| reply.is_ok());
    found.ok_or(Stop::Control("STAT is not answered by figures".into()))
}

/// RSET, and the end without QUIT.
async fn reset(mut pop: Pop) -> Result<()> {
    pop.ask("RSET").await?;
    pop.end(End::Fin).await;
    Ok(())
}

/// A command of a marked message is refused.
async fn refused_when_marked(s: &Stage, command: &str, row: &'static str) -> Result<()> {
    let mut pop = s.transaction().await?;
    let own = spare_inside(s, &mut pop).await?;
    mark(&mut pop, &own).await?;
    let line = command.replace('n', &format!("{}", own.number()));
    let answer = s.answer(&mut pop, format!("{line}\r\n")).await?;
    pop.end(End::Fin).await;
    let words = format!("'{line}' of a marked message {answer}");
    if !answer.is_ok() && !answer.is_refusal() {
        return Err(Stop::Control(words));
    }
    for row in ["1939-5-21", row] {
        s.check_with(row, answer.is_refusal(), &words);
    }
    Ok(())
}

pub(super) const PROBES: Plays = plays! {
    "server/dele/absent" => |s| {
        let mut pop = s.transaction().await?;
        let absent = Picture::take(&s, &mut pop).await?.absent();
        pop.quit().await?;
        must_refuse(&s, &["1939-5-19"], &["DELE", "DELE x", &format!("DELE {absent}")], Answer::is_ok).await
    }

    "server/dele/marked" => |s| {
        refused_when_marked(&s, "RETR n", "1939-5-14").await?;
        refused_when_marked(&s, "LIST n", "1939-5-08").await?;
        for (command, row, works) in
            [("TOP n 0", "1939-7-03", s.facts().top == Some(true)), ("UIDL n", "1939-7-06", s.facts().uidl)]
        {
            if works {
                refused_when_marked(&s, command, row).await?;
            } else {
                s.note(row, format!("{command} does not work"));
            }
        }
        Ok(())
    }

    "server/dele/twice" => |s| {
        let mut pop = s.transaction().await?;
        let own = spare_inside(&s, &mut pop).await?;
        mark(&mut pop, &own).await?;
        let again = pop.dele_again(&own).await?;
        for row in ["1939-5-19", "1939-5-21"] {
            s.check_with(row, !again.is_ok(), "the second DELE is taken");
        }
        reset(pop).await
    }

    "server/dele/counts" => |s| {
        let mut pop = s.transaction().await?;
        let own = spare_inside(&s, &mut pop).await?;
        let number = u64::from(own.number());
        let (before, all) = (stat(&mut pop).await?, Picture::take(&s, &mut pop).await?);
        let lines = others(&pop.listing("LIST").await?, number);
        let ids = if s.facts().uidl { others(&pop.listing("UIDL").await?, number) } else { Vec::new() };
        mark(&mut pop, &own).await?;
        let after = stat(&mut pop).await?;
        // Where STAT has other sizes than LIST, which is judged elsewhere, it has to say less.
        let sum = all.messages.values().fold(0_u64, |sum, (octets, _)| sum.saturating_add(*octets));
        let less = if before.1 == sum {
            before.1.saturating_sub(after.1) == all.octets(number)
        } else {
            after.1 < before.1
        };
        let words = format!("STAT says {before:?} and, with message {number} marked, {after:?}");
        s.check_with("1939-5-06", after.0.saturating_add(1) == before.0 && less, words);
        // No message has the number 0.
        let list = others(&pop.listing("LIST").await?, 0);
        s.check_with("1939-5-10", list == lines, format!("LIST changes in more than the line of message {number}"));
        if let Some((behind, octets)) = lines.iter().find(|(other, _)| *other > number) {
            let one = pop.ask(format!("LIST {behind}")).await?;
            let same = one.is_ok() && one.text().split(|octet| *octet == b' ').nth(1) == Some(octets);
            s.check_with("1939-5-10", same, format!("LIST {behind} is another with message {number} marked"));
        }
        if !s.facts().uidl {
            s.note("1939-7-07", "UIDL does not work");
            return reset(pop).await;
        }
        let uidl = others(&pop.listing("UIDL").await?, 0);
        s.check_with("1939-7-07", uidl == ids, format!("UIDL changes in more than the line of message {number}"));
        if let Some((behind, id)) = ids.iter().find(|(other, _)| *other > number) {
            let one = pop.ask(format!("UIDL {behind}")).await?;
            let same = one.is_ok() && one.text().ends_with(id);
            s.check_with("1939-7-07", same, format!("UIDL {behind} is another with message {number} marked"));
        }
        reset(pop).await
    }

    "server/dele/others-fetched" => |s| {
        let mut pop = s.transaction().await?;
        let good = s.facts().in_step(usize::MAX, 1 << 20);
        let there = Picture::take(&s, &mut pop).await?.messages;
        let numbers: Vec<u64> = good.into_iter().map(u64::from).filter(|n| there.contains_key(n)).collect();
        let last = numbers.last().copied().unwrap_or(0);
        let own = spare_of(&s, &mut pop, u32::try_from(last).unwrap_or(u32::MAX)).await?;
        let marked = u64::from(own.number());
        let behind = numbers.iter().copied().find(|number| *number > marked);
        let mut chosen: Vec<u64> = [numbers.first().copied(), behind, Some(last)].into_iter().flatten().collect();
        chosen.retain(|number| *number != marked);
        chosen.dedup();
        let mut before = Vec::new();
        for number in chosen {
            let body = pop.body(format!("RETR {number}")).await?;
            let again = pop.body(format!("RETR {number}")).await?;
            let line = pop.ask(format!("LIST {number}")).await?;
            if !(body.is_ok() && line.is_ok() && again.raw == body.raw) {
                let words = format!("RETR or LIST of message {number} is refused, or RETR says two things");
                return Err(Stop::Control(words));
            }
            before.push((number, body.raw, line));
        }
        mark(&mut pop, &own).await?;
        for (number, body, line) in before {
            let now = pop.body(format!("RETR {number}")).await?;
            let words = format!("with message {marked} marked, RETR {number} does not give what it gave before");
            s.check_with("1939-5-10", now.is_ok() && now.raw == body, words);
            let now = pop.ask(format!("LIST {number}")).await?;
            let words = format!(
                "with message {marked} marked, LIST {number}: '{}', before: '{}'",
                escaped(&now.raw),
                escaped(&line.raw)
            );
            s.check_with("1939-5-09", now.is_ok() && figures(now.text()) == figures(line.text()), words);
        }
        reset(pop).await
    }

    "server/dele/only-marks" => |s| {
        let mut first = s.transaction().await?;
        let own = expendable(&s, &mut first).await?;
        let before = Picture::take(&s, &mut first).await?;
        mark(&mut first, &own).await?;
        let mut second = s.before_login().await?;
        let (account, way) = (s.account()?.clone(), s.facts().way().cloned());
        let way = way.ok_or(Stop::NotRun("no account that can log in"))?;
        if !s.login(&mut second, &account, &way.method).await?.is_ok() {
            second.end(End::Fin).await;
            first.end(End::Fin).await;
            second = s.transaction().await?;
        }
        let after = Picture::take(&s, &mut second).await?;
        second.end(End::Fin).await;
        check_kept(&s, "1939-5-20", &before, &after, "the message is gone, and no QUIT was sent")?;
        Ok(())
    }

    "server/dele/all-marked" => |s| {
        let mut pop = s.transaction().await?;
        let all = Picture::take(&s, &mut pop).await?;
        for number in all.messages.keys() {
            if let Err(stop) = mark_known(&mut pop, *number).await {
                reset(pop).await?;
                return Err(stop);
            }
        }
        let figures = stat(&mut pop).await?;
        s.check_with("1939-5-07", figures == (0, 0), format!("STAT says {figures:?}"));
        let list = pop.listing("LIST").await?;
        let empty = list.is_ok() && list.lines.is_empty();
        s.check_with("1939-5-11", empty, "LIST is refused, or shows lines");
        reset(pop).await
    }

    "server/dele/rset" => |s| {
        let mut pop = s.transaction().await?;
        let own = spare(&s, &mut pop).await?;
        let command = format!("RETR {}", own.number());
        let body = pop.body(&command).await?;
        let (figures, all) = (stat(&mut pop).await?, Picture::take(&s, &mut pop).await?);
        mark(&mut pop, &own).await?;
        let reply = pop.ask("RSET").await?;
        let row = "1939-5-23";
        s.check_with(row, reply.is_ok(), "RSET is refused");
        s.check_with(row, stat(&mut pop).await? == figures, "STAT is another after RSET");
        s.check_with(row, Picture::take(&s, &mut pop).await? == all, "LIST or UIDL is another after RSET");
        s.check_with(row, pop.body(&command).await?.raw == body.raw, format!("{command} is another after RSET"));
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/dele/rset-idle" => |s| {
        let mut pop = s.transaction().await?;
        s.check_with("1939-5-23", pop.ask("RSET").await?.is_ok(), "RSET is refused where nothing is marked");
        leave(&s, pop).await
    }
};
