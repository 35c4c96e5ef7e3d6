//! `server/stls`: TLS in a session that began in clear.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::pop::Pop;
use super::refusals;
use super::stage::{Answer, Stage};
use crate::conformance::facts::{Capabilities, Channel, Method, Way};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Connects in clear and sends STLS; `None` if it is refused.
pub(super) async fn starting(s: &Stage) -> Result<Option<Pop>> {
    let mut pop = s.connect_by(Channel::Clear).await?;
    match pop.ask("STLS").await {
        // Some hang up at a command that they do not know.
        Err(Stop::Hung(_)) => Ok(None),
        other => Ok(other?.is_ok().then_some(pop)),
    }
}

/// The lines that stand in one of the lists alone.
fn changed(before: &Capabilities, after: &Capabilities) -> Vec<String> {
    let others = |one: &Capabilities, other: &Capabilities| -> Vec<String> {
        let lines = one.0.iter().filter(|line| !other.0.contains(line));
        lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    };
    [others(before, after), others(after, before)].concat()
}

pub(super) const PROBES: Plays = plays! {
    "server/stls/announced" => |s| {
        let facts = s.facts();
        let announced = |list: &Option<Capabilities>| list.as_ref().is_some_and(|list| list.has("STLS"));
        if !announced(&facts.clear) {
            let works = starting(&s).await?.is_some();
            if !works && !facts.announces("STLS") {
                return Err(Stop::NotApplicable("STLS is not offered"));
            }
            s.check_with("2595-4-02", !works, "STLS works, and is not announced");
            s.check_with("2595-4-01", facts.clear.is_some() || !works, "STLS works, and CAPA does not");
        }
        s.check("2595-4-01", true);
        s.check_with("2595-4-02", !announced(&facts.secured), "STLS is announced inside TLS");
        for (list, place) in [(&facts.clear_after, "in clear"), (&facts.secured_after, "inside TLS")] {
            if list.is_some() {
                for row in ["2595-4-02", "2595-8-01"] {
                    s.check_with(row, !announced(list), format!("STLS is announced after the login {place}"));
                }
            }
        }
        if let (Some(clear), Some(secured)) = (&facts.clear, &facts.secured) {
            let changes = changed(clear, secured);
            let sasl = changes.iter().any(|line| line.starts_with("SASL"));
            for (row, note) in [("2595-4-11", !changes.is_empty()), ("5034-3-04", sasl)] {
                s.check(row, true);
                if note {
                    s.note(row, format!("inside TLS these lines come or go: {}", changes.join(", ")));
                }
            }
        }
        Err(Stop::NotRun("no list after the login, or none inside TLS, was had"))
    }

    "server/stls/works" => |s| {
        if !s.setup().stls {
            return Err(Stop::NotRun("no leave to use STLS"));
        }
        if !s.facts().clear.as_ref().is_some_and(|list| list.has("STLS")) {
            return Err(Stop::NotApplicable("STLS is not announced in clear"));
        }
        let Some(mut pop) = starting(&s).await? else {
            s.lenient_with("8314-4-03", false, "STLS is announced and refused");
            return Err(Stop::NotApplicable("STLS is refused"));
        };
        match pop.tls().await {
            Err(Stop::Control(why)) => {
                s.lenient_with("8314-4-03", false, &why);
                s.check_with("2595-8-02", false, why);
                return Ok(());
            }
            other => other?,
        };
        s.lenient("8314-4-03", true);
        if s.facts().secured.is_some() && !pop.listing("CAPA").await?.is_ok() {
            return Err(Stop::Control("CAPA is refused inside TLS".into()));
        }
        pop.quit().await?;
        let mut refusals = Vec::new();
        for Way { method, .. } in s.facts().ways.clone() {
            match s.transaction_by(&Way { channel: Channel::Stls, method: method.clone() }).await {
                Ok(pop) => {
                    s.check("2595-8-02", true);
                    return pop.quit().await.map(drop);
                }
                Err(Stop::Control(why)) => refusals.push(format!("{method}: {why}")),
                Err(stop) => return Err(stop),
            }
        }
        s.check_with("2595-8-02", false, format!("no login works inside TLS: {}", refusals.join(", ")));
        Ok(())
    }

    "server/stls/argument" => |s| {
        let mut pop = s.connect_by(Channel::Clear).await?;
        match s.answer(&mut pop, "STLS x\r\n").await? {
            Answer::Err(_) => s.check("2595-4-03", true),
            Answer::Ok(_) => s.lenient_with("2595-4-03", false, "'STLS x' is taken"),
            other => return Err(Stop::Control(format!("'STLS x' {other}"))),
        }
        Ok(())
    }

    "server/stls/behind-login" => |s| {
        let way = s.facts().ways.iter().find(|way| way.channel == Channel::Clear).cloned();
        let way = way.ok_or(Stop::NotRun("no login in clear is possible"))?;
        let mut pop = s.transaction_by(&way).await?;
        let answer = s.answer(&mut pop, "STLS\r\n").await?;
        let words = format!("STLS after the login {answer}");
        if let Answer::Hung | Answer::Silent | Answer::Other(_) = answer {
            return Err(Stop::Control(words));
        }
        for row in ["2595-4-03", "1939-3-21"] {
            s.check_with(row, answer.is_refusal(), &words);
        }
        if answer.is_refusal() { refusals::after(&s, "1939-3-21", pop, &words).await } else { Ok(()) }
    }

    "server/stls/last-clear-octet" => |s| {
        let mut pop = starting(&s).await?.ok_or(Stop::NotApplicable("STLS is refused"))?;
        let more = pop.quiet().await;
        s.check_with("2595-4-04", more.is_empty(), "octets come in clear after the reply to STLS");
        Ok(())
    }

    "server/stls/fresh-session" => |s| {
        let mut pop = s.connect_by(Channel::Stls).await?;
        let unasked = pop.quiet().await;
        s.check_with("2595-4-12", unasked.is_empty(), "something comes after the handshake, unasked");
        let stat = pop.ask("STAT").await?;
        s.check_with("2595-4-07", stat.is_err(), "STAT is answered");
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/stls/again" => |s| {
        let mut pop = s.connect_by(Channel::Stls).await?;
        if pop.ask("STLS").await?.is_ok() {
            s.note("2595-4-05", "STLS is taken inside TLS");
            return Ok(());
        }
        match pop.listing("CAPA").await {
            Ok(_) => s.check("2595-4-05", true),
            Err(Stop::Hung(_)) => s.note("2595-4-05", "STLS is refused inside TLS, and the connection is closed"),
            Err(stop) => return Err(stop),
        }
        Ok(())
    }

    "server/stls/clear-refusals-alike" => |s| {
        let account = s.account()?.clone();
        if !s.setup().clear_passwords {
            return Err(Stop::NotRun("no leave to send passwords in clear"));
        }
        let mut wrong = account.clone();
        wrong.password.push('x');
        let mut refusals = Vec::new();
        for one in [&account, &wrong, &account] {
            let mut pop = s.connect_by(Channel::Clear).await?;
            let reply = s.login(&mut pop, one, &Method::User).await?;
            pop.end(End::Fin).await;
            if reply.is_ok() {
                return Err(Stop::NotApplicable("a login in clear succeeds"));
            }
            refusals.push(without_figures(&reply.raw).replace(&account.name, "NAME"));
        }
        let [right, wrong, again] = refusals.as_slice() else { return Ok(()) };
        if right != again {
            return Err(Stop::Control("the refusals of the right password differ".into()));
        }
        s.check_with("8314-4.1-01", right == wrong, format!("right: '{right}', wrong: '{wrong}'"));
        Ok(())
    }

    "server/stls/clear-passwords" => |s| {
        let list = s.facts().clear.clone().unwrap_or_default();
        let mut open: Vec<String> = Vec::new();
        if list.has("USER") {
            open.push("USER is on offer".into());
        }
        let mechanisms = list.mechanisms().into_iter().filter(|name| ["PLAIN", "LOGIN"].contains(&name.as_str()));
        open.extend(mechanisms.map(|name| format!("{name} is on offer")));
        let mut pop = s.connect_by(Channel::Clear).await?;
        if pop.ask("AUTH PLAIN").await?.is_challenge() {
            open.push("AUTH PLAIN is taken".into());
            pop.ask("*").await?;
        }
        pop.end(End::Fin).await;
        if s.setup().clear_passwords {
            let mut pop = s.connect_by(Channel::Clear).await?;
            let account = s.account()?.clone();
            if s.login(&mut pop, &account, &Method::User).await?.is_ok() {
                open.push("USER and PASS are taken".into());
            }
            pop.end(End::Fin).await;
        }
        for row in ["2595-2.2-01", "2595-2.3-01"] {
            s.lenient_with(row, open.is_empty(), format!("in clear {}", open.join(", ")));
        }
        // USER and PASS are no mechanism.
        open.retain(|what| !what.starts_with("USER"));
        for row in ["5034-4-32", "4616-5-01", "4422-6.1.2-01"] {
            s.lenient_with(row, open.is_empty(), format!("in clear {}", open.join(", ")));
        }
        Ok(())
    }
};

/// The line with `#` for each run of digits: times and numbers of processes say nothing.
fn without_figures(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw.trim_ascii_end()).to_string();
    let mut masked = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if masked.ends_with('#') => {}
            '0'..='9' => masked.push('#'),
            other => masked.push(other),
        }
    }
    masked
}
