//! `server/states`: the commands that every server has.

use alloc::format;
use alloc::vec::Vec;

use super::forms::{Bench, Weight};
use super::states::{figures, said};
use crate::conformance::dialogue::escaped;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;

pub(super) const PROBES: Plays = plays! {
    "server/states/required" => |s| {
        let mut bench = Bench::new(&s, &["1939-7-01"]);
        let mut missing: Vec<&str> = Vec::new();
        let mut pop = s.transaction().await?;
        for command in ["STAT", "LIST", "NOOP", "RSET"] {
            match said(&mut pop, command).await {
                Ok(Some(_)) => {}
                Ok(None) => missing.push(command),
                Err(Stop::Hung(_)) => {
                    missing.push(command);
                    pop = s.transaction().await?;
                }
                Err(stop) => return Err(stop),
            }
        }
        if !pop.quit().await?.is_ok() {
            missing.push("QUIT");
        }
        // What has been fetched may be removed by QUIT where EXPIRE is 0: the second session ends without it.
        let mut pop = s.transaction().await?;
        let mut fetched = false;
        let numbers = s.facts().in_step(3, 1024 * 1024);
        if numbers.is_empty() {
            return Err(Stop::NotRun("no small message"));
        }
        for number in numbers {
            fetched |= pop.body(format!("RETR {number}")).await?.is_ok();
        }
        if !fetched {
            missing.push("RETR");
        }
        let spare = s.facts().corpus.iter().find(|(name, _)| name.starts_with("spare-"));
        match (spare, s.setup().leave.delete && s.facts().keeps_at_a_drop != Some(false)) {
            (Some((_, number)), true) => match pop.recognise(*number).await {
                Ok(own) => {
                    if !pop.dele(&own).await?.is_ok() {
                        missing.push("DELE");
                    }
                    pop.ask("RSET").await?;
                }
                Err(Stop::NotRun(why)) => bench.note(format!("DELE is left out: {why}")),
                Err(stop) => return Err(stop),
            },
            _ => bench.note("DELE is left out: no message that may be removed"),
        }
        pop.end(End::Fin).await;
        if !missing.is_empty() {
            bench.found(Weight::Fails, format!("refused: {}", missing.join(" ")));
        }
        bench.end()
    }

    "server/states/noop" => |s| {
        let mut pop = s.transaction().await?;
        let mut bench = Bench::new(&s, &["1939-5-22"]);
        let before = pop.ask("STAT").await?;
        if !before.is_ok() {
            return Err(Stop::Control("STAT is refused".into()));
        }
        let answer = s.answer(&mut pop, "NOOP\r\n").await?;
        if !answer.is_ok() {
            bench.found(Weight::Fails, format!("NOOP {answer}"));
        }
        if pop.has_ended() {
            return Ok(());
        }
        let after = pop.ask("STAT").await?;
        if figures(before.text()) != figures(after.text()) {
            let (before, after) = (escaped(before.text()), escaped(after.text()));
            bench.found(Weight::Fails, format!("STAT says '{before}', and after NOOP '{after}'"));
        }
        pop.quit().await?;
        bench.end()
    }
};
