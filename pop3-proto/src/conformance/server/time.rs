//! `server/time`: the inactivity timer (needs --slow).

use alloc::format;
use core::time::Duration;

use super::locks::own;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;

/// Less than the ten minutes for which a session has to stay.
const NEARLY_TEN_MINUTES: Duration = Duration::from_secs(595);

pub(super) const PROBES: Plays = plays! {
    "server/time/ten-minutes" => |s| {
        let mut pop = s.transaction().await?;
        s.wait(NEARLY_TEN_MINUTES).await;
        let noop = pop.ask("NOOP").await;
        let words = noop.as_ref().map_or_else(|stop| format!("{stop}"), |reply| format!("{}", reply.raw.escape_ascii()));
        s.check_with("1939-3-25", noop.is_ok_and(|reply| reply.is_ok()), format!("after 595 s: {words}"));
        pop.quit().await.map(drop).or(Ok(()))
    }

    "server/time/before-login" => |s| {
        let mut pop = s.connect().await?;
        s.wait(NEARLY_TEN_MINUTES).await;
        let quit = pop.ask("QUIT").await;
        s.lenient_with("1939-3-25", quit.is_ok_and(|reply| reply.is_ok()), "the connection ended within 595 s");
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/time/commands-restart" => |s| {
        let mut pop = s.transaction().await?;
        for command in ["NOOP", "XPOP", "NOOP"] {
            s.wait(Duration::from_secs(400)).await;
            let reply = pop.ask(command).await;
            let kept = reply.is_ok_and(|reply| if command == "XPOP" { reply.is_err() } else { reply.is_ok() });
            s.lenient_with("1939-3-26", kept, format!("{command} has no reply after 400 s"));
            if !kept {
                return Ok(());
            }
            if command == "XPOP" && pop.closes().await.is_some() {
                s.note("1939-3-26", "the connection is closed after an unknown verb");
                return Ok(());
            }
        }
        pop.quit().await.map(drop)
    }

    "server/time/closes-silently" => |s| {
        let mut pop = s.transaction().await?;
        let own = own(&s, &mut pop, None).await?;
        if !pop.dele(&own).await?.is_ok() {
            return Err(Stop::Control("DELE is refused".into()));
        }
        let began = s.elapsed();
        let (said, end) = pop.until_end(Duration::from_secs(1_900)).await;
        let seconds = s.elapsed().saturating_sub(began).as_secs();
        pop.end(End::Reset).await;
        if end.is_none() {
            s.note("1939-3-24", "the connection still stands after 1,900 s");
            s.note("1939-3-28", "the connection still stands after 1,900 s");
        } else {
            s.note("1939-3-24", format!("the connection stood for {seconds} s"));
            s.lenient_with("1939-3-28", said.is_empty(), format!("before the end: {}", said.escape_ascii()));
        }
        let mut pop = s.transaction().await?;
        let there = match self::own(&s, &mut pop, Some(own.name())).await {
            Ok(_) => true,
            Err(Stop::NotRun(_)) => false,
            Err(stop) => return Err(stop),
        };
        if end.is_none() {
            let words = if there { "a message that was marked is still there" } else { "a message that was marked is gone" };
            s.note("1939-3-27", format!("the kit has closed the connection, and {words}"));
        } else {
            s.check_with("1939-3-27", there, "the message is gone that was marked");
        }
        pop.quit().await.map(drop)
    }
};
