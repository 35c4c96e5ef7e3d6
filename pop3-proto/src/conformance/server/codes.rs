//! `server/codes`: response codes.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::read::Reply;
use super::stage::Stage;
use crate::conformance::facts::{Channel, Method};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::setup::Account;
use crate::conformance::steps::End;

/// The same name with a password that is wrong.
pub(super) fn wrong_password(s: &Stage) -> Result<Account> {
    let account = s.account()?;
    Ok(Account { name: account.name.clone(), password: format!("not-{:08x}-pop3check", s.random() as u32) })
}

/// Logs in on a connection of its own with what is wrong; the refusal.
pub(super) async fn refusal(s: &Stage, account: &Account, method: &Method) -> Result<Reply> {
    let mut pop = s.before_login().await?;
    let reply = s.login(&mut pop, account, method).await?;
    pop.end(End::Fin).await;
    if reply.is_err() { Ok(reply) } else { Err(Stop::Control("wrong credentials are not refused".into())) }
}

/// Whether the reply has this code.
pub(super) fn has(reply: &Reply, code: &[u8]) -> bool {
    reply.code().is_some_and(|came| came == code)
}

/// A refused login has to have `[AUTH]`.
fn judge_refusal(s: &Stage, reply: &Reply, form: &str) {
    let words = format!("{form}: {}", reply.raw.escape_ascii());
    if has(reply, b"LOGIN-DELAY") {
        // It came too soon, and the credentials were not looked at.
        s.unsure("3206-6-01", &words);
        return s.unsure("3206-5-01", &words);
    }
    for row in ["3206-6-01", "3206-5-01"] {
        if reply.code().is_some() {
            s.lenient_with(row, has(reply, b"AUTH"), &words);
        } else {
            s.check_with(row, false, &words);
        }
    }
}

/// The announced seconds between logins, 1 to 20.
fn delay(s: &Stage) -> Option<Duration> {
    let seconds = s.facts().lists().find_map(|list| list.parameters("LOGIN-DELAY"))?;
    let seconds: u64 = seconds.first()?.parse().ok()?;
    (1..=20).contains(&seconds).then(|| Duration::from_secs(seconds))
}

pub(super) const PROBES: Plays = plays! {
    "server/codes/auth-code" => |s| {
        let (_, list) = s.channel()?;
        let plain = list.is_some_and(|list| list.mechanisms().iter().any(|name| name == "PLAIN"));
        let wrong = wrong_password(&s)?;
        let user = s.facts().way().is_some_and(|way| way.method == Method::User);
        if !user && !plain {
            return Err(Stop::NotApplicable("neither USER nor PLAIN is the way in"));
        }
        if user {
            judge_refusal(&s, &refusal(&s, &wrong, &Method::User).await?, "a wrong password by PASS");
            let nobody = Account { name: "nobody-pop3check".into(), password: wrong.password.clone() };
            let mut pop = s.before_login().await?;
            // USER may refuse the name, and then without the code.
            if pop.ask(format!("USER {}", nobody.name)).await?.is_ok() {
                s.hide(&nobody.password);
                let reply = pop.ask(format!("PASS {}", nobody.password)).await?;
                judge_refusal(&s, &reply, "an unknown name by PASS");
            }
            pop.end(End::Fin).await;
        }
        if plain {
            let reply = refusal(&s, &wrong, &Method::Sasl("PLAIN".into())).await?;
            judge_refusal(&s, &reply, "a wrong password by PLAIN");
        }
        Ok(())
    }

    "server/codes/not-at-user" => |s| {
        let name = s.account()?.name.clone();
        for again in [false, true] {
            if again {
                s.transaction().await?.quit().await?;
            }
            let mut pop = s.before_login().await?;
            let reply = pop.ask(format!("USER {}", if again { &name } else { "nobody-pop3check" })).await?;
            for (row, code) in [("3206-5-04", &b"AUTH"[..]), ("2449-8.1.1-02", b"LOGIN-DELAY")] {
                s.lenient_with(row, !has(&reply, code), reply.raw.escape_ascii());
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/codes/auth-misused" => |s| {
        let secured = s.facts().clear.as_ref().is_none_or(|list| list.mechanisms().is_empty());
        let list = s.facts().list(secured, false);
        let mechanisms = list.map(|list| list.mechanisms()).unwrap_or_default();
        let known = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"];
        let offered = known.into_iter().find(|name| mechanisms.iter().any(|other| other == name));
        let start = offered.map(|name| format!("AUTH {name}"));
        let forms: [(Option<String>, &str); 4] = [
            (None, "AUTH X-NOSUCH"), (start.clone(), "*"), (start, "!!not-base64"), (None, "APOP"),
        ];
        for (start, line) in forms {
            let mut pop = if secured { s.connect_tls().await? } else { s.connect_by(Channel::Clear).await? };
            if let Some(start) = start && !pop.ask(start).await?.is_challenge() {
                s.note("3206-5-01", "no challenge came");
                continue;
            }
            let words = match pop.ask(line).await {
                Ok(reply) if reply.is_err() => {
                    s.lenient_with("3206-5-01", !has(&reply, b"AUTH"), format!("{line}: {}", reply.raw.escape_ascii()));
                    None
                }
                Ok(reply) => Some(format!("{line}: {}", reply.raw.escape_ascii())),
                Err(stop @ (Stop::Hung(_) | Stop::Silent)) => Some(format!("{line}: {stop}")),
                Err(stop) => return Err(stop),
            };
            if let Some(words) = words {
                s.note("3206-5-01", words);
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/codes/in-use" => |s| {
        let first = s.transaction().await?;
        let account = s.account()?.clone();
        let method = s.facts().way().ok_or(Stop::NotRun("no way in"))?.method.clone();
        let mut second = s.before_login().await?;
        let reply = s.login(&mut second, &account, &method).await?;
        if reply.is_ok() {
            return Err(Stop::NotApplicable("a second session is let in"));
        }
        second.end(End::Fin).await;
        let words = format!("a second login is refused by {}", reply.raw.escape_ascii());
        if s.facts().announces("RESP-CODES") {
            s.lenient_with("2449-8.1.2-01", has(&reply, b"IN-USE"), words);
        } else {
            s.note("2449-8.1.2-01", words);
        }
        let reply = refusal(&s, &wrong_password(&s)?, &method).await?;
        s.check_with("2449-8.1.2-01", !has(&reply, b"IN-USE"), "[IN-USE] for a wrong password");
        first.quit().await.map(drop)
    }

    "server/codes/login-delay" => |s| {
        let delay = delay(&s).ok_or(Stop::NotApplicable("the announced delay is not 1 to 20 seconds"))?;
        let delay = delay.saturating_add(Duration::from_secs(1));
        let account = s.account()?.clone();
        let method = s.facts().way().ok_or(Stop::NotRun("no way in"))?.method.clone();
        s.wait(delay).await;
        s.transaction().await?.quit().await?;
        let mut soon = s.before_login().await?;
        let reply = s.login(&mut soon, &account, &method).await?;
        soon.end(End::Fin).await;
        let words = format!("a second login at once: {}", reply.raw.escape_ascii());
        s.lenient_with("2449-6.5-03", reply.is_err(), &words);
        s.lenient_with("2449-8.1.1-01", reply.is_ok() || has(&reply, b"LOGIN-DELAY"), &words);
        s.wait(delay).await;
        let mut late = s.before_login().await?;
        let reply = s.login(&mut late, &account, &method).await?;
        let words = format!("a login after the delay: {}", reply.raw.escape_ascii());
        s.check_with("2449-8.1.1-01", reply.is_ok(), words);
        if reply.is_ok() { late.quit().await.map(drop) } else { Ok(()) }
    }
};
