//! `server/states`: what is legal when.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::capa::by_auth;
use super::forms::{Bench, TAKEN_FAILS, Then, Weight, Weights};
use super::pop::Pop;
use super::stage::{Answer, Stage};
use super::way_in;
use crate::conformance::facts::Method;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// AUTH after a login: refused, and no challenge.
async fn auth_again(
    s: &Stage,
    mut pop: Pop,
    rows: &[&'static str],
    mechanism: &str,
    how: &str,
) -> Result<()> {
    let mut bench = Bench::new(s, rows);
    let answer = s.answer(&mut pop, format!("AUTH {mechanism}\r\n")).await?;
    let words = format!("AUTH {mechanism} after a login by {how} {answer}");
    match answer {
        Answer::Err(_) => bench.refused(pop, &words, Then::Stat, TAKEN_FAILS).await?,
        Answer::Ok(_) | Answer::Other(_) => {
            bench.found(Weight::Fails, words);
            pop.end(End::Fin).await;
        }
        Answer::Hung | Answer::Silent => bench.found(Weight::Unclear, words),
    }
    bench.end()
}

/// The first two words of a text: figures, if there are some. The rest means nothing.
pub(super) fn figures(text: &[u8]) -> Vec<u8> {
    let words = text.split(|octet| *octet == b' ').filter(|word| !word.is_empty());
    words.take(2).collect::<Vec<_>>().join(&b' ')
}

/// What a command says, as far as it has to be the same each time; `None` if it is refused.
pub(super) async fn said(pop: &mut Pop, command: &str) -> Result<Option<Vec<u8>>> {
    let multi =
        ["LIST", "UIDL"].contains(&command) || command.starts_with("TOP") || command.starts_with("RETR");
    if multi {
        let body = pop.body(command).await?;
        return Ok(body.is_ok().then_some(body.raw));
    }
    let reply = pop.ask(command).await?;
    let counts = !["NOOP", "RSET"].contains(&command);
    Ok(reply.is_ok().then(|| if counts { figures(reply.text()) } else { Vec::new() }))
}

pub(super) const PROBES: Plays = plays! {
    "server/states/before-login" => |s| {
        let forms = [
            ("1939-5-02", "STAT"),
            ("1939-5-08", "LIST"),
            ("1939-5-08", "LIST 1"),
            ("1939-5-14", "RETR 1"),
            ("1939-5-19", "DELE 1"),
            ("1939-5-22", "NOOP"),
            ("1939-5-23", "RSET"),
            ("1939-7-03", "TOP 1 0"),
            ("1939-7-06", "UIDL"),
        ];
        let mut unclear = None;
        for (row, line) in forms {
            let rows = ["1939-3-21", row];
            let mut bench = Bench::new(&s, &rows);
            let taken = if line == "NOOP" { Weight::Deviates } else { Weight::Fails };
            let weights = Weights { taken, hung: Weight::Fails, lost: Weight::Unclear };
            bench.form(s.connect().await?, line, Then::Quit, weights).await?;
            unclear = unclear.or(bench.unclear());
        }
        match unclear {
            Some(words) => Err(Stop::Control(words)),
            None => {
                forms.iter().for_each(|(row, _)| s.check(row, true));
                s.check("1939-3-21", true);
                Ok(())
            }
        }
    }

    "server/states/login-again" => |s| {
        let account = s.account()?.clone();
        for (row, verb) in [("1939-7-16", "USER"), ("1939-7-20", "PASS"), ("1939-7-27", "APOP")] {
            let rows = ["1939-3-19", row];
            let mut bench = Bench::new(&s, &rows);
            let mut pop = s.transaction().await?;
            let may = s.setup().clear_passwords || pop.secured().is_some();
            let greeting = pop.greeting().raw.clone();
            let digest =
                way_in::timestamp(&greeting).map(|stamp| way_in::apop_digest(stamp, &account.password));
            let argument = match (verb, may) {
                ("USER", _) => account.name.clone(),
                ("PASS", true) => account.password.clone(),
                ("PASS", false) => "x".into(),
                _ => format!(
                    "{} {}",
                    account.name,
                    digest.and_then(Result::ok).unwrap_or_else(|| "0".repeat(32))
                ),
            };
            if verb != "USER" {
                s.hide(argument.rsplit(' ').next().unwrap_or_default());
            }
            let answer = s.answer(&mut pop, format!("{verb} {argument}\r\n")).await?;
            let words = format!("{verb} after the login {answer}");
            match answer {
                Answer::Err(_) => bench.refused(pop, &words, Then::Stat, TAKEN_FAILS).await?,
                Answer::Ok(_) => {
                    bench.found(Weight::Fails, words);
                    pop.end(End::Fin).await;
                }
                _ => {
                    bench.found(Weight::Unclear, words);
                    pop.end(End::Fin).await;
                }
            }
            bench.end()?;
        }
        Ok(())
    }

    "server/states/auth-again" => |s| {
        let (_, list) = s.channel()?;
        let offered = list.map(|list| list.mechanisms()).unwrap_or_default();
        let plain = offered.iter().find(|name| *name == "PLAIN").or(offered.first());
        let mechanism = plain.ok_or(Stop::NotApplicable("no mechanism is offered on this channel"))?;
        match by_auth(&s).await? {
            Some(pop) => {
                auth_again(&s, pop, &["5034-4-02", "5034-4-03", "4422-3.8-01"], mechanism, "AUTH").await?
            }
            None => s.note("5034-4-02", "the account does not log in by AUTH"),
        }
        if s.facts().way().is_some_and(|way| !matches!(way.method, Method::Sasl(_))) {
            let pop = s.transaction().await?;
            auth_again(&s, pop, &["5034-4-03", "4422-3.8-01"], mechanism, "another command").await?;
        }
        Ok(())
    }

    "server/states/any-order" => |s| {
        let mut bench = Bench::new(&s, &["1939-5-01"]);
        let mut pop = s.transaction().await?;
        let mut commands: Vec<String> =
            ["STAT", "LIST", "NOOP", "RSET"].into_iter().map(String::from).collect();
        if s.facts().uidl {
            commands.push("UIDL".into());
        }
        for number in s.facts().in_step(3, 1024 * 1024) {
            commands.extend([format!("LIST {number}"), format!("RETR {number}")]);
            if s.facts().top == Some(true) {
                commands.push(format!("TOP {number} 1"));
            }
        }
        let mut known: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
        for turn in 0..40_u64 {
            let at = s.random().checked_rem(commands.len() as u64).unwrap_or(0);
            let Some(command) = usize::try_from(at).ok().and_then(|at| commands.get(at)).cloned() else {
                continue;
            };
            let came = said(&mut pop, &command).await?;
            let is_text = command.starts_with("RETR") || command.starts_with("TOP");
            if is_text && !known.contains_key(&command) {
                pop.in_step().await?;
            }
            // RETR and TOP may be refused for a message, but then always.
            if came.is_none() && !is_text {
                bench.found(
                    Weight::Fails,
                    format!("{command} is refused, as number {}", turn.saturating_add(1)),
                );
            }
            match known.get(&command) {
                Some(before) if *before != came => {
                    bench.found(Weight::Fails, format!("{command} is answered otherwise than before"));
                }
                Some(_) => {}
                None => drop(known.insert(command, came)),
            }
        }
        pop.end(End::Fin).await;
        bench.end()
    }
};
