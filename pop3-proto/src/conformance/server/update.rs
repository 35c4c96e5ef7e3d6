//! `server/update`: QUIT, and what has become of the maildrop after it.

use alloc::format;

use super::dele::mark;
use super::maildrop::{Picture, check_kept, expendable, spare, spares};
use super::refusals;
use super::stage::{Answer, Stage};
use crate::conformance::facts::Channel;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

const CLOSES: &str = "1939-6-06";
const STAYS: &str = "1939-8-03";

/// The maildrop in a new session, which is dropped.
async fn looked_at(s: &Stage) -> Result<Picture> {
    let mut pop = s.transaction().await?;
    let picture = Picture::take(s, &mut pop).await?;
    pop.end(End::Fin).await;
    Ok(picture)
}

/// Marks an own message and ends the session like this; the message has to be there in the next one.
async fn dropped(s: &Stage, how: End) -> Result<bool> {
    let is_tls = |way: &&crate::conformance::facts::Way| way.channel.is_secured();
    let way = match how {
        End::Truncated => s.facts().ways.iter().find(is_tls).cloned(),
        _ => s.facts().way().cloned(),
    };
    // Without TLS there is no third way to end.
    let Some(way) = way else { return Ok(true) };
    let mut pop = s.transaction_by(&way).await?;
    let own = expendable(s, &mut pop).await?;
    let before = Picture::take(s, &mut pop).await?;
    mark(&mut pop, &own).await?;
    pop.end(how).await;
    let after = looked_at(s).await?;
    let words = format!("the message is gone after a session that ended by {how:?}");
    check_kept(s, "1939-6-02", &before, &after, words)
}

/// Fetches spare messages, at most so many, and ends the session like this; the maildrop before and after.
async fn fetched(s: &Stage, most: usize, quit: bool) -> Result<(Picture, Picture)> {
    let mut pop = s.transaction().await?;
    // To recognise a message is to fetch it.
    spares(s, &mut pop, most).await?;
    let before = Picture::take(s, &mut pop).await?;
    if quit {
        pop.quit().await?;
    } else {
        pop.end(End::Fin).await;
    }
    Ok((before, looked_at(s).await?))
}

pub(super) const PROBES: Plays = plays! {
    "server/update/removes" => |s| {
        let mut pop = s.transaction().await?;
        let own = spare(&s, &mut pop).await?;
        let before = Picture::take(&s, &mut pop).await?;
        let others = before.without(own.number().into());
        mark(&mut pop, &own).await?;
        if !pop.quit().await?.is_ok() {
            return Err(Stop::Control("QUIT is refused: the server could not remove it".into()));
        }
        let mut after = looked_at(&s).await?;
        let at_once = !after.holds(&before);
        for _ in 0..5 {
            if !after.holds(&before) {
                break;
            }
            s.wait(s.settling_time().checked_div(5).unwrap_or_default()).await;
            after = looked_at(&s).await?;
        }
        let gone = !after.holds(&before);
        // Of messages that cannot be matched, one that was not marked may be gone, or the sizes are others.
        if gone && !after.holds(&others) && !before.holds(&after) {
            return Err(Stop::Control("messages of two sessions cannot be matched".into()));
        }
        s.check_with("1939-6-01", gone, "what was marked is still there after QUIT");
        s.lenient_with("1939-6-03", at_once || !gone, "what was marked is gone some time after the reply to QUIT");
        s.check_with("1939-6-05", after.holds(&others), "a message is gone that was not marked");
        Ok(())
    }

    "server/update/drop" => |s| {
        for how in [End::Fin, End::Reset, End::Truncated] {
            // Each message that goes is one less for the second look.
            if !dropped(&s, how).await? {
                break;
            }
        }
        Ok(())
    }

    "server/update/before-login" => |s| {
        let name = s.setup().account.as_ref().map_or("nobody", |account| account.name.as_str());
        for user in [None, Some(format!("USER {name}"))] {
            let mut pop = s.connect_by(Channel::Clear).await?;
            if let Some(user) = &user {
                pop.ask(user).await?;
            }
            let quit = pop.ask("QUIT").await?;
            let open = pop.closes().await.is_none();
            let place = if user.is_some() { "after USER" } else { "as the first command" };
            for row in ["1939-4-12", "1939-6-01"] {
                s.check_with(row, quit.is_ok(), format!("QUIT {place} is refused"));
                s.check_with(row, !open, format!("the connection stays open after QUIT {place}"));
            }
        }
        Ok(())
    }

    "server/update/closes" => |s| {
        let mut pop = s.transaction().await?;
        pop.ask("QUIT").await?;
        if pop.closes().await.is_none() {
            s.check_with(CLOSES, false, "the connection stays open after QUIT");
            return Ok(());
        }
        let (account, way) = (s.account()?.clone(), s.facts().way().cloned());
        let way = way.ok_or(Stop::NotRun("no account that can log in"))?;
        let ended = s.elapsed();
        // With the usual patience.
        let two_seconds = s.settling_time().saturating_mul(2).checked_div(5).unwrap_or_default();
        loop {
            let mut pop = s.before_login().await?;
            let reply = s.login(&mut pop, &account, &way.method).await?;
            let late = s.elapsed().saturating_sub(ended) > two_seconds;
            if reply.code().as_deref() == Some(b"LOGIN-DELAY") {
                s.note(CLOSES, "the next login has to wait: LOGIN-DELAY");
                return Ok(());
            }
            pop.end(End::Fin).await;
            if reply.is_ok() || late {
                let words = "the login is refused for more than two seconds after the connection has closed";
                s.lenient_with(CLOSES, reply.is_ok(), words);
                return Ok(());
            }
            s.wait(s.settling_time().checked_div(20).unwrap_or_default()).await;
        }
    }

    "server/update/behind-quit" => |s| {
        let mut pop = s.transaction().await?;
        pop.say("QUIT\r\nNOOP\r\nSTAT\r\n").await?;
        pop.reply().await?;
        let more = pop.quiet().await;
        s.check_with("1939-6-07", more.is_empty(), "more than the reply to QUIT comes");
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/update/argument" => |s| {
        let row = "1939-3-20";
        let mut pop = s.transaction().await?;
        let answer = s.answer(&mut pop, "QUIT x\r\n").await?;
        let words = format!("'QUIT x' {answer}");
        match answer {
            Answer::Err(_) => refusals::after(&s, row, pop, &words).await,
            Answer::Ok(_) => { s.lenient_with(row, false, words); Ok(()) }
            Answer::Hung => { s.check_with(row, false, words); Ok(()) }
            Answer::Other(_) | Answer::Silent => Err(Stop::Control(words)),
        }
    }

    "server/update/fetched-stays" => |s| {
        let (before, after) = fetched(&s, 1, false).await?;
        let there = after.holds(&before);
        check_kept(&s, "1939-6-02", &before, &after, "what was fetched is gone, and no QUIT was sent")?;
        s.lenient_with(STAYS, there, "what was fetched is gone, and no QUIT was sent");
        if !there {
            return Err(Stop::NotRun("nothing is left to be fetched and to stay"));
        }
        let (before, after) = fetched(&s, 1, true).await?;
        s.check("2449-6.7-02", true);
        if !after.holds(&before) {
            s.note("2449-6.7-02", "what was fetched is gone after QUIT");
        }
        Ok(())
    }

    "server/update/fetched-quit" => |s| {
        // If they are gone, as many are left for the second look.
        let (before, after) = fetched(&s, 2, true).await?;
        let there = after.holds(&before);
        if s.facts().expires_at_once() {
            s.check("1939-6-05", true);
            if !there {
                s.note("1939-6-05", "what was fetched is gone after QUIT, as EXPIRE 0 says");
            }
            return Ok(());
        }
        check_kept(&s, "1939-6-05", &before, &after, "what was fetched is gone after QUIT, and nothing was marked").map(drop)
    }
};
