//! `server/locks`: two sessions, and mail that comes.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::codes::{has, refusal, wrong_password};
use super::pop::{Own, Pop};
use super::read::Reply;
use super::stage::Stage;
use crate::conformance::corpus;
use crate::conformance::facts::{Channel, Method};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// A message of this session that may be removed: any, or the one of this name. Its number may have changed
/// since the survey.
pub(super) async fn own(s: &Stage, pop: &mut Pop, name: Option<&str>) -> Result<Own> {
    let facts = s.facts();
    let spares =
        facts.corpus.iter().filter(|(name, _)| name.starts_with("spare-")).map(|(_, number)| *number);
    let spares: Vec<u32> = spares.collect();
    let sizes =
        facts.messages.iter().filter(|(number, _)| spares.contains(number)).map(|(_, octets)| *octets);
    let sizes: Vec<u64> = sizes.collect();
    for (number, octets) in pop.listing("LIST").await?.scans() {
        let Ok(number) = u32::try_from(number) else { continue };
        if sizes.contains(&octets)
            && let Ok(own) = pop.recognise(number).await
            && name.is_none_or(|name| name == own.name())
        {
            return Ok(own);
        }
    }
    Err(Stop::NotRun("no message of the kit that may be removed"))
}

/// A second login; the connection, and the reply to it.
async fn second(s: &Stage) -> Result<(Pop, Reply)> {
    let account = s.account()?.clone();
    let method = s.facts().way().ok_or(Stop::NotRun("no way in"))?.method.clone();
    let mut pop = s.before_login().await?;
    let reply = s.login(&mut pop, &account, &method).await?;
    Ok((pop, reply))
}

/// The second login is refused, which is right.
fn right_refusal(s: &Stage, reply: &Reply, rows: &[&'static str]) {
    for row in rows {
        s.check_with(row, reply.is_err(), format!("a second login: {}", reply.raw.escape_ascii()));
        s.note(row, "a second session is refused");
    }
}

pub(super) const PROBES: Plays = plays! {
    "server/locks/second-session" => |s| {
        let rows = ["1939-4-03", "1939-4-05"];
        let mut first = s.transaction().await?;
        let (mut pop, reply) = second(&s).await?;
        if !reply.is_ok() {
            right_refusal(&s, &reply, &rows);
            pop.end(End::Fin).await;
            return first.quit().await.map(drop);
        }
        let (here, there) = (first.listing("LIST").await?.lines, pop.listing("LIST").await?.lines);
        if let Some((number, _)) = s.facts().messages.first() {
            pop.body(format!("RETR {number}")).await?;
        }
        let (here_again, there_again) = (first.listing("LIST").await?.lines, pop.listing("LIST").await?.lines);
        for row in rows {
            s.check_with(row, here == here_again, "the list of the first session changed");
            s.check_with(row, there == there_again, "the list of the second session changed");
            s.note(row, "a second session is let in");
        }
        pop.end(End::Fin).await;
        first.quit().await.map(drop)
    }

    "server/locks/other-deletes" => |s| {
        let rows = ["1939-4-03", "1939-4-11"];
        let mut first = s.transaction().await?;
        let before = (first.ask("STAT").await?, first.listing("LIST").await?);
        let (mut pop, reply) = second(&s).await?;
        if !reply.is_ok() {
            right_refusal(&s, &reply, &rows);
            pop.end(End::Fin).await;
            return first.quit().await.map(drop);
        }
        let own = own(&s, &mut pop, None).await?;
        if !pop.dele(&own).await?.is_ok() || !pop.quit().await?.is_ok() {
            return Err(Stop::Control("the second session could not remove a message".into()));
        }
        let after = (first.ask("STAT").await?, first.listing("LIST").await?);
        let (whole, came) = match first.body(format!("RETR {}", own.number())).await {
            Ok(body) => (corpus::recognised(&body.unstuffed()).is_some(), format!("{}", body.status.raw.escape_ascii())),
            Err(stop @ (Stop::Hung(_) | Stop::Silent)) => (false, format!("{stop}")),
            Err(stop) => return Err(stop),
        };
        for row in rows {
            s.check_with(row, before.1.lines == after.1.lines, "LIST changed in the first session");
            s.check_with(row, before.0.text() == after.0.text(), "STAT changed in the first session");
            s.check_with(row, whole, format!("RETR of it in the first session: {came}"));
            s.note(row, "a second session is let in");
        }
        first.end(End::Fin).await;
        Ok(())
    }

    "server/locks/new-mail" => |s| {
        let message = corpus::stored("spare-1", s.setup().run).ok_or(Stop::Cannot)?;
        let mut pop = s.transaction().await?;
        let before = pop.listing("LIST").await?;
        let count = before.lines.len();
        s.deliver(&message).await?;
        s.wait(Duration::from_secs(1)).await;
        for command in ["STAT", "LIST", "NOOP", "RSET", "STAT"] {
            let now = match command {
                "LIST" => pop.listing(command).await?.lines.len(),
                "STAT" => {
                    let reply = pop.ask(command).await?;
                    let number = reply.text().split(|octet| *octet == b' ').next().unwrap_or_default();
                    core::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).unwrap_or(usize::MAX)
                }
                _ => {
                    pop.ask(command).await?;
                    continue;
                }
            };
            s.check_with("1939-4-11", now == count, format!("{command} tells {now} messages, and there were {count}"));
        }
        pop.quit().await?;
        for _ in 0..10 {
            let mut pop = s.transaction().await?;
            let now = pop.listing("LIST").await?.lines.len();
            if now > count {
                let own = if s.setup().leave.delete { own_last(&mut pop, now).await } else { None };
                if let Some(own) = own {
                    pop.dele(&own).await?;
                }
                return pop.quit().await.map(drop);
            }
            pop.quit().await?;
            s.wait(Duration::from_secs(2)).await;
        }
        s.unsure("1939-4-11", "the message did not come in 20 seconds");
        Ok(())
    }

    "server/locks/refused-session" => |s| {
        let rows = ["5034-4-36", "1939-4-05"];
        let first = s.transaction().await?;
        let (channel, list) = s.channel()?;
        let here = list.is_some_and(|list| list.mechanisms().iter().any(|name| name == "PLAIN"));
        let channel = match (here, s.facts().tls) {
            (true, _) => channel,
            (false, true) => Channel::Tls,
            (false, false) => Channel::Stls,
        };
        let account = s.account()?.clone();
        let mut pop = s.connect_by(channel).await?;
        let reply = s.login(&mut pop, &account, &Method::Sasl("PLAIN".into())).await?;
        let stat = pop.ask("STAT").await;
        if reply.is_ok() && stat.as_ref().is_ok_and(Reply::is_ok) {
            return Err(Stop::NotApplicable("a second session is let in"));
        }
        for row in rows {
            s.check_with(row, reply.is_err(), format!("AUTH ends in {}, and STAT is refused", reply.raw.escape_ascii()));
            let open = stat.as_ref().is_ok_and(Reply::is_ok);
            s.check_with(row, !open, "AUTH is refused, and STAT is answered");
        }
        pop.end(End::Fin).await;
        first.quit().await.map(drop)
    }

    "server/locks/no-lock-left" => |s| {
        let method = s.facts().way().ok_or(Stop::NotRun("no way in"))?.method.clone();
        let wrong = refusal(&s, &wrong_password(&s)?, &method).await?;
        if has(&wrong, b"IN-USE") {
            return Err(Stop::Control("the maildrop is in use".into()));
        }
        let first = match let_in(&s).await? {
            Ok(pop) => pop,
            Err(reply) => {
                still_refused(&s, &reply, &wrong, "a wrong password");
                return Ok(());
            }
        };
        let (pop, reply) = second(&s).await?;
        if reply.is_ok() {
            s.note("1939-4-06", "a second session is let in");
        }
        pop.end(End::Fin).await;
        first.quit().await?;
        match let_in(&s).await? {
            Ok(pop) => {
                s.check("1939-4-06", true);
                pop.quit().await.map(drop)
            }
            Err(reply) => {
                still_refused(&s, &reply, &wrong, "a refused second login");
                Ok(())
            }
        }
    }
};

/// Logs in, at once or within the settling time; the last refusal if that does not succeed.
async fn let_in(s: &Stage) -> Result<core::result::Result<Pop, Reply>> {
    let until = s.elapsed().saturating_add(s.settling_time());
    loop {
        let (pop, reply) = second(s).await?;
        if reply.is_ok() {
            return Ok(Ok(pop));
        }
        pop.end(End::Fin).await;
        if s.elapsed() >= until {
            return Ok(Err(reply));
        }
        s.wait(Duration::from_millis(250)).await;
    }
}

/// The right login is refused for the settling time. `wrong` is the refusal of a wrong password.
fn still_refused(s: &Stage, reply: &Reply, wrong: &Reply, after: &str) {
    let words =
        format!("after {after}, and {} s more: {}", s.settling_time().as_secs(), reply.raw.escape_ascii());
    // Many servers let nobody in for a while after a wrong password, and that is no lock.
    let may_be_throttled = reply.text() == wrong.text() || reply.code().is_some() && !has(reply, b"IN-USE");
    if may_be_throttled {
        s.unsure("1939-4-06", words);
    } else {
        s.check_with("1939-4-06", false, words);
    }
}

/// The last message, if it is one that may be removed.
async fn own_last(pop: &mut Pop, count: usize) -> Option<Own> {
    pop.recognise(u32::try_from(count).ok()?).await.ok()
}
