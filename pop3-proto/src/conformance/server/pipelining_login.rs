//! `server/pipelining`: what follows PASS in its segment, and servers that do not announce PIPELINING.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::pipelining::{alone, legal, together};
use super::stage::Stage;
use crate::conformance::facts::Method;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// USER is accepted, and pipelining is announced before the login.
fn user_in_clear(s: &Stage, announced: bool) -> Result<()> {
    let (_, list) = s.channel()?;
    if s.facts().way().is_none_or(|way| way.method != Method::User) {
        return Err(Stop::NotApplicable("USER is not the way in"));
    }
    if announced && list.is_some_and(|list| !list.has("PIPELINING")) {
        return Err(Stop::NotApplicable("PIPELINING is not announced before the login"));
    }
    Ok(())
}

/// PASS with commands after it in one segment; with `whole`, USER in it, too. In words what is missing.
async fn after_pass(s: &Stage, whole: bool) -> Result<Option<String>> {
    let account = s.account()?.clone();
    s.hide(&account.password);
    let until = s.elapsed().saturating_add(s.settling_time());
    loop {
        let mut pop = s.before_login().await?;
        let (user, pass) = (format!("USER {}\r\n", account.name), format!("PASS {}\r\n", account.password));
        if whole {
            pop.say(format!("{user}{pass}STAT\r\nNOOP\r\nQUIT\r\n")).await?;
            match pop.reply().await {
                Ok(reply) if reply.is_ok() => {}
                Ok(_) => return Err(Stop::NotApplicable("USER is refused")),
                Err(stop) => return Ok(Some(format!("the reply to USER: {stop}"))),
            }
        } else {
            pop.say(user).await?;
            if !pop.reply().await?.is_ok() {
                return Err(Stop::NotApplicable("USER is refused"));
            }
            pop.say(format!("{pass}STAT\r\nNOOP\r\n")).await?;
        }
        let login = match pop.reply().await {
            Ok(reply) => reply,
            Err(stop) if whole => return Ok(Some(format!("the reply to PASS: {stop}"))),
            Err(stop) => return Err(stop),
        };
        if !login.is_ok() {
            pop.end(End::Fin).await;
            if s.elapsed() >= until {
                return Err(Stop::Control("the login is refused".into()));
            }
            s.wait(Duration::from_millis(250)).await;
            continue;
        }
        for command in if whole { &["STAT", "NOOP", "QUIT"][..] } else { &["STAT", "NOOP"] } {
            match pop.reply().await {
                Ok(reply) if reply.is_ok() => {}
                Ok(_) => return Ok(Some(format!("{command} is refused"))),
                Err(stop) => return Ok(Some(format!("the reply to {command}: {stop}"))),
            }
        }
        if whole {
            pop.end(End::Fin).await;
        } else {
            pop.quit().await?;
        }
        return Ok(None);
    }
}

pub(super) const PROBES: Plays = plays! {
    "server/pipelining/behind-pass" => |s| {
        user_in_clear(&s, true)?;
        for whole in [false, true] {
            let wrong = after_pass(&s, whole).await?;
            let words = wrong.clone().unwrap_or_default();
            s.check_with("2449-6.6-01", wrong.is_none(), words);
        }
        Ok(())
    }

    "server/pipelining/not-announced" => |s| {
        if s.facts().announces("PIPELINING") {
            return Err(Stop::NotApplicable("PIPELINING is announced"));
        }
        let mut pop = s.transaction().await?;
        let commands = legal(&s);
        let due = alone(&mut pop, &commands).await?;
        match together(&mut pop, &commands, &due).await? {
            None => {
                s.check("2449-6.6-01", true);
                pop.quit().await?;
            }
            Some(wrong) => {
                s.note("2449-6.6-01", format!("after the login: {wrong}"));
                pop.end(End::Fin).await;
            }
        }
        if user_in_clear(&s, false).is_ok()
            && let Some(wrong) = after_pass(&s, false).await?
        {
            s.note("2449-6.6-01", format!("after PASS: {wrong}"));
        }
        Ok(())
    }
};
