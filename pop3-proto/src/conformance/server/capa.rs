//! `server/capa`: the command, and what it announces against what works.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::forms::{Bench, Weight};
use super::passwords;
use super::pop::Pop;
use super::stage::{Answer, Stage};
use crate::conformance::facts::{Capabilities, Channel, Method, Way};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// The lists before and after the login, on the channels that have both.
pub(super) fn pairs(s: &Stage) -> Result<Vec<(&Capabilities, &Capabilities)>> {
    let both = |secured| Some((s.facts().list(secured, false)?, s.facts().list(secured, true)?));
    let pairs: Vec<_> = [false, true].into_iter().filter_map(both).collect();
    if pairs.is_empty() { Err(Stop::NotRun("no list after the login")) } else { Ok(pairs) }
}

/// A login by AUTH with the password, where the server lets the account in so.
pub(super) async fn by_auth(s: &Stage) -> Result<Option<Pop>> {
    let (account, (channel, list)) = (s.account()?.clone(), s.channel()?);
    if let Some(way @ Way { method: Method::Sasl(_), .. }) = s.facts().way().cloned() {
        return s.transaction_by(&way).await.map(Some);
    }
    let offered = list.map(Capabilities::mechanisms).unwrap_or_default();
    let open = channel == Channel::Clear && !s.setup().clear_passwords;
    let known = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-1"].into_iter();
    let known = known.filter(|name| offered.iter().any(|other| other == name));
    // A mechanism for which the server lacks the secret makes a failed login.
    let most = if s.setup().leave.bad_logins == 0 { 1 } else { 2 };
    for name in known.filter(|name| !open || !["PLAIN", "LOGIN"].contains(name)).take(most) {
        let mut pop = s.connect_by(channel).await?;
        if s.login(&mut pop, &account, &Method::Sasl(name.into())).await?.is_ok() {
            return Ok(Some(pop));
        }
        pop.end(End::Fin).await;
    }
    Ok(None)
}

/// Whether a command with a multi-line reply succeeds, in a session of its own.
async fn succeeds(s: &Stage, command: impl AsRef<[u8]>) -> Result<bool> {
    let mut pop = s.transaction().await?;
    let ok = pop.body(command).await?.is_ok();
    pop.end(End::Fin).await;
    Ok(ok)
}

/// Judges a command by what the lists of one channel say about it, and by whether it works.
fn announced(s: &Stage, row: &'static str, tag: &str, works: bool) -> Result<()> {
    let mut bench = Bench::new(s, core::slice::from_ref(&row));
    let secured = s.channel()?.0.is_secured();
    let lists = [s.facts().list(secured, false), s.facts().list(secured, true)];
    let there: Vec<bool> = lists.into_iter().flatten().map(|list| list.has(tag)).collect();
    let (some, all) = (there.contains(&true), !there.contains(&false));
    match (some, all, works) {
        _ if there.is_empty() => return Err(Stop::NotApplicable("CAPA is not known on this channel")),
        (true, false, _) => bench.found(Weight::Fails, format!("{tag} is announced in one state only")),
        (true, true, false) => {
            bench.found(Weight::Fails, format!("{tag} is announced, and the command is refused"))
        }
        (false, _, true) => bench.found(Weight::Deviates, format!("{tag} works and is not announced")),
        _ => {}
    }
    bench.end()
}

pub(super) const PROBES: Plays = plays! {
    "server/capa/answers" => |s| {
        let mut bench = Bench::new(&s, &["2449-5-01", "2449-5-02"]);
        let mut pop = s.connect().await?;
        match pop.listing("CAPA").await {
            Ok(list) if list.is_ok() => {}
            Ok(_) => bench.note("the server knows no CAPA"),
            Err(Stop::Control(words)) => {
                bench.found(Weight::Fails, format!("CAPA gets +OK, and no list up to a dot: {words}"))
            }
            Err(stop) => return Err(stop),
        }
        pop.end(End::Fin).await;
        bench.end()
    }

    "server/capa/behind-login" => |s| {
        let mut bench = Bench::new(&s, &["2449-5-01", "2449-5-02"]);
        let mut pop = s.transaction().await?;
        match pop.listing("CAPA").await {
            Ok(list) if list.is_ok() => pop.in_step().await?,
            Ok(_) => bench.found(Weight::Fails, "CAPA is refused after the login"),
            Err(Stop::Hung(_)) => bench.found(Weight::Fails, "CAPA after the login is followed by a hang-up"),
            Err(Stop::Control(words)) => bench.found(
                Weight::Fails,
                format!("CAPA gets +OK after the login, and no list up to a dot: {words}"),
            ),
            Err(stop) => return Err(stop),
        }
        pop.end(End::Fin).await;
        bench.end()
    }

    "server/capa/between-user-and-pass" => |s| {
        let mut pop = passwords::connect(&s).await?;
        let before = pop.listing("CAPA").await?;
        passwords::user(&s, &mut pop).await?;
        let list = pop.listing("CAPA").await?;
        let said = match (list.is_ok(), before.lines == list.lines) {
            (false, _) => "CAPA is refused",
            (true, true) => "CAPA gives the same list as before",
            (true, false) => "CAPA gives another list than before",
        };
        let pass = passwords::pass(&s, &mut pop).await?;
        let name = if pass.is_ok() { "still stands" } else { "is void" };
        s.note("2449-5-01", format!("between USER and PASS {said}, and after it the name {name}"));
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/capa/kept" => |s| {
        let mut missing: Vec<String> = Vec::new();
        for (before, after) in pairs(&s)? {
            let kept = |tag: &String| ["STLS", "SASL"].contains(&tag.as_str()) || after.has(tag);
            missing.extend(before.tags().filter(|tag| !kept(tag)));
        }
        missing.sort();
        missing.dedup();
        s.check_with(
            "2449-5-03",
            missing.is_empty(),
            format!("after the login missing: {}", missing.join(" ")),
        );
        Ok(())
    }

    "server/capa/sasl-kept" => |s| {
        let (_, before) = s.channel()?;
        if !before.is_some_and(|list| list.has("SASL")) {
            return Err(Stop::NotApplicable("SASL is not announced on the channel of the login"));
        }
        let (mut pop, how) = match by_auth(&s).await? {
            Some(pop) => (pop, "AUTH"),
            None => (s.transaction().await?, "another login than AUTH"),
        };
        let list = pop.listing("CAPA").await?;
        if !list.is_ok() {
            return Err(Stop::Control("CAPA is refused after the login".into()));
        }
        let kept = Capabilities(list.lines).has("SASL");
        s.check_with("5034-3-05", kept, format!("SASL is gone after {how}"));
        pop.quit().await.map(drop)
    }

    "server/capa/top" => |s| {
        for number in s.facts().first(3) {
            let works = succeeds(&s, format!("TOP {number} 0")).await?;
            if works || succeeds(&s, format!("RETR {number}")).await? {
                return announced(&s, "2449-6.1-01", "TOP", works);
            }
        }
        Err(Stop::Control("TOP and RETR are both refused".into()))
    }

    "server/capa/uidl" => |s| {
        let works = succeeds(&s, "UIDL").await?;
        announced(&s, "2449-6.8-01", "UIDL", works)
    }

    "server/capa/user" => |s| {
        let mut bench = Bench::new(&s, &["2449-6.2-01"]);
        let channel = passwords::channel(&s)?;
        let list = s.facts().list(channel.is_secured(), false);
        let has = list.ok_or(Stop::NotApplicable("CAPA is not known on this channel"))?.has("USER");
        let mut pop = s.connect_by(channel).await?;
        match (has, passwords::user(&s, &mut pop).await) {
            (true, Err(Stop::NotApplicable(_))) => {
                bench.found(Weight::Fails, "USER is announced and refused for an account that can log in");
            }
            (true, Ok(())) if passwords::is_known(&s)? => {
                pop.end(End::Fin).await;
                let pop = s.transaction_by(&Way { channel, method: Method::User }).await?;
                pop.quit().await?;
            }
            // The survey has tried it with PASS.
            (true, Ok(())) => {
                bench.found(Weight::Unclear, "USER is taken, and PASS with the right password is refused")
            }
            (false, Err(Stop::NotApplicable(_))) => {}
            (false, Ok(())) if s.setup().leave.bad_logins == 0 => {
                return Err(Stop::NotRun("no leave for failed logins"));
            }
            (false, Ok(())) => {
                if passwords::pass(&s, &mut pop).await?.is_ok() {
                    bench.found(Weight::Deviates, "USER and PASS work and are not announced");
                }
                pop.end(End::Fin).await;
            }
            (_, Err(stop)) => return Err(stop),
        }
        bench.end()
    }

    "server/capa/optional-commands" => |s| {
        let mut bench = Bench::new(&s, &["1939-7-02", "1957-Observations-04"]);
        let uidl = succeeds(&s, "UIDL").await?;
        let mut top = false;
        for number in s.facts().first(3) {
            top = top || succeeds(&s, format!("TOP {number} 0")).await?;
        }
        for (name, works) in [("UIDL", uidl), ("TOP", top)] {
            if !works {
                bench.found(Weight::Deviates, format!("{name} is missing"));
            }
        }
        if !passwords::is_known(&s).unwrap_or(false) {
            let mut pop = s.before_login().await?;
            let name = s.account()?.name.clone();
            if !matches!(s.answer(&mut pop, format!("USER {name}\r\n")).await?, Answer::Ok(_)) {
                bench.note("USER is refused");
            }
            pop.end(End::Fin).await;
        }
        if s.facts().timestamp.is_none() {
            bench.note("the greeting has no timestamp for APOP");
        }
        bench.end()
    }
};
