//! `server/login`: USER and PASS.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::forms::{Bench, TAKEN_FAILS, Then, Weight, Weights};
use super::passwords;
use super::read::Reply;
use super::stage::{Answer, Stage};
use crate::conformance::dialogue::escaped;
use crate::conformance::form;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::setup::Account;
use crate::conformance::steps::End;

/// The reply to USER with this name, and its text with the name taken out.
async fn user(s: &Stage, name: &str) -> Result<(Reply, String)> {
    let mut pop = s.before_login().await?;
    let reply = pop.ask(format!("USER {name}")).await?;
    pop.end(End::Fin).await;
    let text = escaped(reply.text()).to_ascii_lowercase();
    let text = text.replace(&escaped(name.as_bytes()).to_ascii_lowercase(), "*");
    Ok((reply, text))
}

/// The unique-ids that this account has; the sizes where there is no UIDL. `None` if the login is refused.
async fn unique_ids(s: &Stage, account: &Account) -> Result<Option<Vec<u8>>> {
    let way = s.facts().way().cloned().ok_or(Stop::NotRun("no account that can log in"))?;
    // Once more in case the maildrop was in use.
    for pause in [Duration::ZERO, s.settling_time()] {
        s.wait(pause).await;
        let mut pop = s.connect_by(way.channel).await?;
        if s.login(&mut pop, account, &way.method).await?.is_ok() {
            let list = pop.listing(if s.facts().uidl { "UIDL" } else { "LIST" }).await?;
            pop.quit().await?;
            return Ok(Some(list.raw));
        }
        pop.end(End::Fin).await;
    }
    Ok(None)
}

pub(super) const PROBES: Plays = plays! {
    "server/login/transaction" => |s| {
        let rows = ["1939-4-04", "1939-7-23"];
        let mut bench = Bench::new(&s, &rows);
        let Some(mut pop) = passwords::log_in(&s).await? else {
            return Err(Stop::NotApplicable("USER and PASS do not let the account in"));
        };
        let stat = pop.ask("STAT").await?;
        let list = pop.listing("LIST").await?;
        if !stat.is_ok() || !list.is_ok() {
            bench.found(Weight::Fails, "after +OK to PASS, STAT or LIST is refused");
            pop.end(End::Fin).await;
            return bench.end();
        }
        let lines = list.lines.len() as u64;
        match form::number(stat.text().split(|octet| *octet == b' ').next().unwrap_or_default()) {
            None => bench.found(Weight::Unclear, "STAT has no figures"),
            Some(count) if count != lines => {
                bench.found(Weight::Fails, format!("STAT counts {count} messages, and LIST shows {lines}"));
            }
            Some(_) => {}
        }
        pop.quit().await?;
        bench.end()
    }

    "server/login/user-needs-name" => |s| {
        let mut bench = Bench::new(&s, &["1939-7-16"]);
        let weights = Weights { taken: Weight::Deviates, ..TAKEN_FAILS };
        for form in ["USER", "USER "] {
            bench.form(s.connect().await?, form, Then::Quit, weights).await?;
        }
        bench.end()
    }

    "server/login/same-reply" => |s| {
        let name = s.account()?.name.clone();
        let (known, text) = user(&s, &name).await?;
        // A text that differs by itself says nothing.
        let (_, again) = user(&s, &name).await?;
        let (mut differs, mut refused): (Option<String>, bool) = (None, false);
        for _ in 0..3 {
            let nobody = format!("p{:012x}", s.random() & 0xffff_ffff_ffff);
            let (reply, other) = user(&s, &nobody).await?;
            refused |= reply.is_err();
            if reply.is_ok() != known.is_ok() || (text == again && other != text) {
                differs = Some(format!(
                    "an account gets '{}', a name that nobody has '{}'",
                    escaped(&known.raw),
                    escaped(&reply.raw)
                ));
            }
        }
        s.lenient_with("1939-13-02", differs.is_none(), differs.unwrap_or_default());
        for (row, refused, who) in
            [("1939-7-18", refused, "a name that nobody has"), ("1939-7-19", known.is_err(), "the account")]
        {
            s.check(row, true);
            if refused {
                s.note(row, format!("USER is refused for {who}"));
            }
        }
        Ok(())
    }

    "server/login/pass-misplaced" => |s| {
        let mut bench = Bench::new(&s, &["1939-7-20", "1939-3-20"]);
        let (channel, password) = (passwords::channel(&s)?, s.account()?.password.clone());
        s.hide(&password);
        for (with_user, line, words) in [
            (false, format!("PASS {password}\r\n"), "PASS as first command"),
            (true, "PASS\r\n".into(), "PASS without a password"),
        ] {
            let mut pop = s.connect_by(channel).await?;
            if with_user {
                passwords::user(&s, &mut pop).await?;
            }
            let answer = s.answer(&mut pop, line).await?;
            match answer {
                Answer::Err(_) => {}
                Answer::Ok(_) => bench.found(Weight::Fails, format!("{words} is taken")),
                _ => bench.found(Weight::Unclear, format!("{words} {answer}")),
            }
            if answer.is_refusal() {
                match s.answer(&mut pop, "STAT\r\n").await? {
                    Answer::Ok(_) => {
                        bench.found(Weight::Fails, format!("{words} is refused, and then STAT is answered"))
                    }
                    Answer::Hung => bench.note(format!("{words} is refused, and the connection is closed")),
                    Answer::Err(_) => {}
                    other => {
                        bench.found(Weight::Unclear, format!("{words} is refused, and then STAT {other}"))
                    }
                }
            }
            pop.end(End::Fin).await;
        }
        bench.end()
    }

    "server/login/pass-behind-other" => |s| {
        passwords::control(&s).await?;
        let mut pop = passwords::connect(&s).await?;
        passwords::user(&s, &mut pop).await?;
        let knows_capa = s.facts().lists().next().is_some();
        let other = if knows_capa { "CAPA" } else { "XPOP" };
        pop.listing(other).await?;
        match passwords::pass(&s, &mut pop).await {
            Ok(reply) => s.lenient_with(
                "1939-7-20",
                !reply.is_ok(),
                format!("USER, {other}, PASS: the login succeeds"),
            ),
            Err(Stop::Hung(_)) if !knows_capa => {
                s.check("1939-7-20", true);
                s.note("1939-7-20", "XPOP is refused, and the connection is closed");
            }
            Err(stop) => return Err(stop),
        }
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/login/both-names" => |s| {
        let full = s.setup().address_account.clone().ok_or(Stop::NotRun("no account named by an address"))?;
        let name = full.name.split('@').next().unwrap_or_default().into();
        let local = Account { name, password: full.password.clone() };
        match (unique_ids(&s, &full).await?, unique_ids(&s, &local).await?) {
            (None, None) => return Err(Stop::Control("both names are refused".into())),
            (Some(_), None) => s.lenient_with("6186-5-01", false, "the local part alone is refused"),
            (None, Some(_)) => s.lenient_with("6186-5-01", false, "the full address is refused"),
            (Some(one), Some(other)) => {
                s.lenient_with("6186-5-01", one == other, "the two names do not show the same messages");
            }
        }
        Ok(())
    }
};
