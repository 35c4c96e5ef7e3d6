//! `server/utf8-lang`: UTF8.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::known;
use super::pop::Pop;
use super::retr::is_first_dot;
use super::stage::{Answer, Stage};
use crate::conformance::corpus;
use crate::conformance::facts::Channel;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Fields whose surrogates may begin with `Downgraded-` (RFC 6857 section 3.1.10).
const DOWNGRADED: [&str; 6] =
    ["message-id", "resent-message-id", "in-reply-to", "references", "original-recipient", "final-recipient"];

/// A session in the mode UTF8, logged in; `None` if the server refuses UTF8.
async fn in_mode(s: &Stage) -> Result<Option<Pop>> {
    let account = s.account()?.clone();
    let method = s.facts().way().ok_or(Stop::NotRun("no way in"))?.method.clone();
    let until = s.elapsed().saturating_add(s.settling_time());
    loop {
        let mut pop = s.before_login().await?;
        if !pop.ask("UTF8").await?.is_ok() {
            pop.end(End::Fin).await;
            return Ok(None);
        }
        if s.login(&mut pop, &account, &method).await?.is_ok() {
            return Ok(Some(pop));
        }
        pop.end(End::Fin).await;
        if s.elapsed() >= until {
            return Err(Stop::Control("the login is refused after UTF8".into()));
        }
        s.wait(Duration::from_millis(250)).await;
    }
}

async fn mode(s: &Stage) -> Result<Pop> {
    in_mode(s).await?.ok_or(Stop::NotApplicable("UTF8 is refused"))
}

/// A form of UTF8 that should be refused.
async fn refused(s: &Stage, mut pop: Pop, line: &str, when: &str) -> Result<()> {
    let answer = s.answer(&mut pop, format!("{line}\r\n")).await?;
    match answer {
        Answer::Ok(_) | Answer::Err(_) => {
            s.lenient_with("6856-2-02", answer.is_refusal(), format!("{line} {when} {answer}"));
        }
        _ => return Err(Stop::Control(format!("{line} {when} {answer}"))),
    }
    pop.end(End::Fin).await;
    Ok(())
}

/// The fields of a header, folded lines with the line that they belong to.
fn fields(header: &[u8]) -> Vec<Vec<u8>> {
    let mut fields: Vec<Vec<u8>> = Vec::new();
    for line in header.split_inclusive(|octet| *octet == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        match fields.last_mut() {
            Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => field.extend_from_slice(line),
            _ => fields.push(line.to_vec()),
        }
    }
    fields
}

pub(super) const PROBES: Plays = plays! {
    "server/utf8-lang/utf8-announced" => |s| {
        for secured in [false, true] {
            let lists = [s.facts().list(secured, false), s.facts().list(secured, true)];
            if let [Some(before), Some(after)] = lists {
                let words = "it stands in one of the lists before and after the login only";
                s.check_with("6856-2-01", before.has("UTF8") == after.has("UTF8"), words);
            }
            for parameters in lists.into_iter().flatten().filter_map(|list| list.parameters("UTF8")) {
                let user = parameters.first().is_none_or(|word| word.eq_ignore_ascii_case("USER"));
                s.check_with("6856-2-01", user && parameters.len() < 2, format!("UTF8 {}", parameters.join(" ")));
            }
        }
        Ok(())
    }

    "server/utf8-lang/utf8-form" => |s| {
        refused(&s, s.before_login().await?, "UTF8 x", "before the login").await?;
        refused(&s, s.transaction().await?, "UTF8", "after the login").await
    }

    "server/utf8-lang/utf8-on" => |s| {
        let Some(mut pop) = in_mode(&s).await? else {
            for row in ["6856-2.1-01", "6856-2.1-02", "6856-2.1-11"] {
                s.note(row, "UTF8 is refused");
            }
            return Ok(());
        };
        s.check("6856-2.1-02", true);
        let mut step = pop.in_step().await;
        let odd = s.facts().number("first-line-dot");
        for number in s.facts().first(10).into_iter().filter(|number| Some(*number) != odd) {
            if step.is_ok() {
                pop.body(format!("RETR {number}")).await?;
                step = pop.in_step().await;
            }
        }
        s.check_with("6856-2.1-01", step.is_ok(), "in the mode, replies are out of step");
        if step.is_ok() {
            pop.quit().await?;
        }
        if !s.facts().stls {
            s.note("6856-2.1-11", "STLS is not offered");
            return Ok(());
        }
        let mut pop = s.connect_by(Channel::Clear).await?;
        if !pop.ask("UTF8").await?.is_ok() || !pop.ask("STLS").await?.is_ok() {
            s.note("6856-2.1-11", "STLS is refused after UTF8");
            return pop.quit().await.map(drop);
        }
        pop.tls().await?;
        s.check("6856-2.1-11", pop.ask("NOOP").await.is_ok());
        pop.quit().await.map(drop)
    }

    "server/utf8-lang/utf8-unaltered" => |s| {
        let rows = [("6856-2.1-05", "utf8-header"), ("6856-2.1-07", "plain"), ("6856-2.1-08", "dots")];
        let mut pop = mode(&s).await?;
        let mut changed = Vec::new();
        for (row, name) in rows {
            let Some(number) = s.facts().number(name) else {
                s.note(row, format!("the message {name} is not in the maildrop"));
                continue;
            };
            let body = pop.body(format!("RETR {number}")).await?;
            pop.in_step().await?;
            if known::is_intact(name, &body) {
                s.check(row, true);
            } else {
                changed.push((row, name, number));
            }
        }
        pop.quit().await?;
        for (row, name, number) in changed {
            // What is changed outside of the mode, too, is told by server/retr; the first needs the mode.
            let mut pop = s.transaction().await?;
            let outside = pop.body(format!("RETR {number}")).await?;
            pop.quit().await?;
            if name == "utf8-header" || known::is_intact(name, &outside) {
                s.check_with(row, false, format!("{name} is not as it was stored"));
            } else {
                s.note(row, format!("{name} is changed outside of the mode, too"));
            }
        }
        Ok(())
    }

    "server/utf8-lang/utf8-sizes" => |s| {
        let mut pop = mode(&s).await?;
        let list = pop.listing("LIST").await?.scans();
        for (number, octets) in list.into_iter().take(100).filter(|(number, _)| !is_first_dot(&s, *number)) {
            let body = pop.body(format!("RETR {number}")).await?;
            let came = body.unstuffed().len() as u64;
            let words = format!("message {number}: LIST says {octets}, and {came} octets came");
            s.lenient_with("6856-2.1-09", !body.is_ok() || came == octets, words);
        }
        pop.quit().await.map(drop)
    }

    "server/utf8-lang/outside-mode" => |s| {
        let number = s.number("utf8-header")?;
        let mut pop = s.transaction().await?;
        pop.ask(format!("LIST {number}")).await?;
        for verb in ["RETR", "TOP"] {
            if verb == "TOP" && s.facts().top != Some(true) {
                continue;
            }
            let body = pop.body(if verb == "TOP" { format!("TOP {number} 0") } else { format!("RETR {number}") }).await?;
            let ascii = body.header_and_blank().is_ascii();
            for row in ["6856-2.1-03", "6856-2.1-04"] {
                s.check_with(row, ascii, format!("{verb} sends a header with octets above 127"));
            }
            let with_code = body.is_ok() || body.status.code().is_some_and(|code| code == b"UTF8");
            s.lenient_with("6856-5-01", with_code, format!("{verb}: {}", body.status.raw.escape_ascii()));
        }
        pop.quit().await.map(drop)
    }

    "server/utf8-lang/surrogate" => |s| {
        let number = s.number("utf8-header")?;
        let mut pop = s.transaction().await?;
        let body = pop.body(format!("RETR {number}")).await?;
        if !body.is_ok() || !body.header_and_blank().is_ascii() {
            return Err(Stop::NotApplicable("no surrogate is given"));
        }
        let came = fields(body.header_and_blank());
        for field in &came {
            let name = field.split(|octet| *octet == b':').next().unwrap_or_default();
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let kept = name.strip_prefix("downgraded-").is_none_or(|name| DOWNGRADED.contains(&name));
            s.check_with("6857-3.1.10-01", kept, format!("a field {name}"));
        }
        s.check("6857-3.1.10-01", true);
        let run = corpus::named(body.header_and_blank()).map_or(s.setup().run, |(_, run)| run);
        let stored = corpus::wire("utf8-header", run).unwrap_or_default();
        let end = memchr::memmem::find(&stored, b"\r\n\r\n").unwrap_or(stored.len()).saturating_add(2);
        let ascii = fields(stored.get(..end).unwrap_or_default());
        let lost: Vec<Vec<u8>> = ascii.into_iter().filter(|f| f.is_ascii() && !came.contains(f)).collect();
        if lost.is_empty() {
            s.check("6857-3-01", true);
        } else {
            s.note("6857-3-01", format!("not in the surrogate: {}", lost.concat().escape_ascii()));
        }
        s.check("6858-4-01", true);
        if s.facts().top == Some(true) {
            let top = pop.body(format!("TOP {number} 0")).await?;
            s.check_with("6858-4-01", top.raw == body.header_and_blank(), "TOP has another header than RETR");
        }
        pop.quit().await.map(drop)
    }
};
