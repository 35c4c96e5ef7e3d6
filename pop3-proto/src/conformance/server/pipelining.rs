//! `server/pipelining`: several commands in one segment.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::pop::Pop;
use super::stage::Stage;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// The most octets of messages that are asked for at once.
const MOST_OCTETS: u64 = 16 * 1024 * 1024;

/// A reply without its free text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    ok: bool,
    figures: Vec<u8>,
}

/// Reads the reply to this command.
async fn reply_to(pop: &mut Pop, command: &str) -> Result<Said> {
    let verb = command.split(' ').next().unwrap_or_default();
    if matches!(verb, "RETR" | "TOP") || matches!(command, "LIST" | "UIDL") {
        let body = pop.next_body().await?;
        return Ok(Said { ok: body.is_ok(), figures: body.raw });
    }
    let reply = pop.reply().await?;
    let is_listed = reply.is_ok() && matches!(verb, "STAT" | "LIST" | "UIDL");
    let words = reply.text().split(|octet| *octet == b' ').take(if is_listed { 2 } else { 0 });
    Ok(Said { ok: reply.is_ok(), figures: words.collect::<Vec<_>>().join(&b' ') })
}

/// The replies to the commands, one by one.
pub(super) async fn alone(pop: &mut Pop, commands: &[String]) -> Result<Vec<Said>> {
    let mut replies = Vec::new();
    for command in commands {
        pop.say(format!("{command}\r\n")).await?;
        replies.push(reply_to(pop, command).await?);
    }
    Ok(replies)
}

/// The commands at once; in words what is not as it was alone.
pub(super) async fn together(pop: &mut Pop, commands: &[String], alone: &[Said]) -> Result<Option<String>> {
    pop.say(commands.iter().map(|command| format!("{command}\r\n")).collect::<String>()).await?;
    for (command, due) in commands.iter().zip(alone) {
        match reply_to(pop, command).await {
            Ok(came) if came == *due => {}
            Ok(_) => return Ok(Some(format!("the reply to {command} is not what it is alone"))),
            Err(Stop::Cannot) => return Err(Stop::Cannot),
            Err(stop) => return Ok(Some(format!("the reply to {command}: {stop}"))),
        }
    }
    Ok(None)
}

/// The replies to RETR of these messages, one by one. A server that changes messages when they are fetched
/// cannot be compared with itself.
async fn bodies_alone(pop: &mut Pop, commands: &[String]) -> Result<Vec<Said>> {
    let due = alone(pop, commands).await?;
    // The last is the smallest.
    let last = commands.get(commands.len().saturating_sub(1)..).unwrap_or_default();
    if alone(pop, last).await?.first() != due.last() {
        return Err(Stop::Control("a message is not the same when it is fetched again".into()));
    }
    pop.in_step().await?;
    Ok(due)
}

/// Commands that are all legal.
pub(super) fn legal(s: &Stage) -> Vec<String> {
    let facts = s.facts();
    let number = facts.messages.first().map_or(1, |(number, _)| *number);
    let mut commands: Vec<String> = ["STAT", "NOOP"].map(String::from).into();
    commands.push(format!("LIST {number}"));
    if facts.uidl {
        commands.push(format!("UIDL {number}"));
    }
    commands.push("NOOP".into());
    if facts.top == Some(true) {
        commands.push(format!("TOP {number} 0"));
    }
    commands.extend(["LIST", "RSET", "STAT"].map(String::from));
    commands
}

/// Twenty messages that can be fetched whatever the server does with dots, the largest first. What stands in for
/// a header in UTF-8 may be made anew each time.
fn largest(s: &Stage) -> Vec<String> {
    let facts = s.facts();
    let odd = ["first-line-dot", "final-dot-line", "dots", "edges", "near-ends", "utf8-header"];
    let odd: Vec<u32> = odd.iter().filter_map(|name| facts.number(name)).collect();
    let mut left = MOST_OCTETS;
    let mut messages = facts.messages.clone();
    messages.sort_by_key(|(_, octets)| core::cmp::Reverse(*octets));
    messages.retain(|(number, octets)| {
        let fits = !odd.contains(number) && *octets <= left;
        left = left.saturating_sub(if fits { *octets } else { 0 });
        fits
    });
    messages.into_iter().take(20).map(|(number, _)| format!("RETR {number}")).collect()
}

pub(super) const PROBES: Plays = plays! {
    "server/pipelining/order" => |s| {
        let mut pop = s.transaction().await?;
        let commands = legal(&s);
        let due = alone(&mut pop, &commands).await?;
        let wrong = together(&mut pop, &commands, &due).await?;
        for row in ["2449-6.6-01", "1939-3-23"] {
            s.check_with(row, wrong.is_none(), wrong.as_deref().unwrap_or_default());
        }
        if wrong.is_none() { pop.quit().await.map(drop) } else { Ok(()) }
    }

    "server/pipelining/bodies" => |s| {
        let mut pop = s.transaction().await?;
        let commands = largest(&s);
        let due = bodies_alone(&mut pop, &commands).await?;
        let wrong = together(&mut pop, &commands, &due).await?;
        s.check_with("2449-6.6-01", wrong.is_none(), wrong.as_deref().unwrap_or_default());
        if wrong.is_none() { pop.quit().await.map(drop) } else { Ok(()) }
    }

    "server/pipelining/failure-inside" => |s| {
        let absent = format!("RETR {}", s.facts().absent());
        for (commands, due) in [
            (["STAT", &absent, "NOOP", "NOOP", "STAT"], [true, false, true, true, true]),
            (["STAT", &absent, "XPOP", "NOOP", "STAT"], [true, false, false, true, true]),
        ] {
            let mut pop = s.transaction().await?;
            pop.say(commands.iter().map(|command| format!("{command}\r\n")).collect::<String>()).await?;
            for (at, (command, ok)) in commands.iter().zip(due).enumerate() {
                match pop.reply().await {
                    Ok(reply) => {
                        let words = format!("the reply to {command}: {}", reply.raw.escape_ascii());
                        s.check_with("2449-6.6-05", if ok { reply.is_ok() } else { reply.is_err() }, words);
                    }
                    // A reset may take away replies that were sent before it.
                    Err(Stop::Hung(end)) if commands.contains(&"XPOP") && (at > 1 || end == End::Reset) => {
                        s.note("2449-6.6-05", "the connection is closed after the unknown verb");
                        return Ok(());
                    }
                    Err(stop @ (Stop::Hung(_) | Stop::Silent)) => {
                        s.check_with("2449-6.6-05", false, format!("the reply to {command}: {stop}"));
                        return Ok(());
                    }
                    Err(stop) => return Err(stop),
                }
            }
            pop.quit().await?;
        }
        Ok(())
    }

    "server/pipelining/cuts" => |s| {
        let commands = legal(&s);
        for each in [1, 3, 7] {
            let mut pop = s.transaction().await?;
            let due = alone(&mut pop, &commands).await?;
            pop.cut(each);
            let wrong = together(&mut pop, &commands, &due).await?;
            let words = format!("cut after each {each} octets: {}", wrong.as_deref().unwrap_or_default());
            s.check_with("2449-6.6-01", wrong.is_none(), words);
            if wrong.is_none() {
                pop.cut(usize::MAX);
                pop.quit().await?;
            }
        }
        Ok(())
    }

    "server/pipelining/no-deadlock" => |s| {
        let command = largest(&s).into_iter().next().ok_or(Stop::NotRun("no message of at most 16 MiB"))?;
        let mut pop = s.transaction().await?;
        let due = bodies_alone(&mut pop, core::slice::from_ref(&command)).await?;
        let octets = due.first().map_or(1, |said| said.figures.len().max(1)) as u64;
        let count = MOST_OCTETS.checked_div(octets).unwrap_or(1).clamp(1, 16);
        pop.say((0..count).map(|_| format!("{command}\r\n")).collect::<String>()).await?;
        s.wait(Duration::from_secs(2)).await;
        for n in 1..=count {
            match reply_to(&mut pop, &command).await {
                Ok(came) if due.first() == Some(&came) => s.check("2449-6.6-04", true),
                Ok(_) => {
                    // Nothing blocks, and server/pipelining/bodies tells the rest.
                    s.note("2449-6.6-04", format!("reply {n} of {count} is another one"));
                    pop.end(End::Fin).await;
                    return Ok(());
                }
                Err(Stop::Cannot) => return Err(Stop::Cannot),
                Err(stop) => {
                    s.check_with("2449-6.6-04", false, format!("reply {n} of {count}: {stop}"));
                    return Ok(());
                }
            }
        }
        pop.quit().await.map(drop)
    }
};
