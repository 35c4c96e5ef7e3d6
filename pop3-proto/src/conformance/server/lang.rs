//! `server/utf8-lang`: LANG.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::pop::Pop;
use super::stage::Stage;
use crate::conformance::form;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// The tag that begins the text of a reply.
fn tag(text: &[u8]) -> String {
    String::from_utf8_lossy(text.split(|octet| *octet == b' ').next().unwrap_or_default()).into_owned()
}

/// Up to five tags of the list.
async fn tags(s: &Stage) -> Result<Vec<String>> {
    let mut pop = s.connect().await?;
    let list = pop.listing("LANG").await?;
    pop.quit().await?;
    let tags: Vec<String> =
        list.lines.iter().map(|line| tag(line)).filter(|tag| is_tag(tag.as_bytes())).collect();
    if tags.is_empty() {
        Err(Stop::NotApplicable("LANG lists no languages"))
    } else {
        Ok(tags.into_iter().take(5).collect())
    }
}

/// A language tag: letters, digits and hyphens, none of its parts empty or longer than eight (RFC 5646).
fn is_tag(word: &[u8]) -> bool {
    let part = |part: &[u8]| (1..=8).contains(&part.len()) && part.iter().all(u8::is_ascii_alphanumeric);
    word.split(|octet| *octet == b'-').all(part)
}

/// The text of the refusal of an unknown verb.
async fn unknown(pop: &mut Pop) -> Result<Vec<u8>> {
    let reply = pop.ask("XPOP").await?;
    if reply.is_err() { Ok(reply.text().to_vec()) } else { Err(Stop::Control("XPOP is not refused".into())) }
}

pub(super) const PROBES: Plays = plays! {
    "server/utf8-lang/lang-announced" => |s| {
        let parameters = s.facts().lists().filter_map(|list| list.parameters("LANG"));
        let bare = parameters.filter(|words| !words.is_empty()).count() == 0;
        s.check_with("6856-3.1-01", bare, "LANG is announced with parameters");
        for after in [false, true] {
            let mut pop = if after { s.transaction().await? } else { s.before_login().await? };
            let reply = pop.ask("LANG *").await?;
            let when = if after { "after" } else { "before" };
            s.check_with("6856-3.1-01", reply.is_ok(), format!("LANG * is refused {when} the login"));
            pop.quit().await?;
        }
        Ok(())
    }

    "server/utf8-lang/lang-list" => |s| {
        let mut pop = s.connect().await?;
        let list = pop.listing("LANG").await?;
        s.check_with("6856-3.2-05", list.is_ok() || list.status.is_err(), "no status line");
        s.check("6856-3.2-06", true);
        for line in &list.lines {
            let (word, name) = form::parted(line).unwrap_or((line, b"name"));
            let good = is_tag(word) && !name.is_empty() && !name.starts_with(b" ");
            s.check_with("6856-3.2-06", good, format!("a line of the list: {}", line.escape_ascii()));
        }
        pop.quit().await.map(drop)
    }

    "server/utf8-lang/lang-pick" => |s| {
        let tags = tags(&s).await?;
        for picked in &tags {
            let mut pop = s.connect().await?;
            let reply = pop.ask(format!("LANG {picked}")).await?;
            let came = tag(reply.text());
            let known = tags.iter().any(|tag| tag.eq_ignore_ascii_case(&came));
            let words = format!("LANG {picked}: {}", reply.raw.escape_ascii());
            s.check_with("6856-3.2-01", reply.is_ok() && (known || is_tag(came.as_bytes()) && came.starts_with(picked.as_str())), words);
            let text = unknown(&mut pop).await?;
            for text in [reply.text(), &text] {
                let words = format!("after LANG {picked}: {}", text.escape_ascii());
                s.check_with("6856-3.2-03", core::str::from_utf8(text).is_ok(), words);
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/utf8-lang/lang-unknown" => |s| {
        let picked = tags(&s).await?.pop().unwrap_or_default();
        let mut pop = s.connect().await?;
        if !pop.ask(format!("LANG {picked}")).await?.is_ok() {
            return Err(Stop::Control("a listed language is refused".into()));
        }
        let before = unknown(&mut pop).await?;
        let reply = pop.ask("LANG xx-unknown").await?;
        if reply.is_ok() {
            return Err(Stop::NotApplicable("an unknown language is replaced by another one"));
        }
        let after = unknown(&mut pop).await?;
        let words = format!("before: {}; after: {}", before.escape_ascii(), after.escape_ascii());
        s.check_with("6856-3.2-02", before == after, words);
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/utf8-lang/lang-star" => |s| {
        let name = s.account()?.name.clone();
        let mut came = Vec::new();
        for after_user in [false, true] {
            let mut pop = s.before_login().await?;
            if after_user && !pop.ask(format!("USER {name}")).await?.is_ok() {
                s.note("6856-7-01", "USER is refused");
                continue;
            }
            let reply = pop.ask("LANG *").await?;
            let when = if after_user { "after USER" } else { "on a fresh connection" };
            if after_user && reply.is_err() {
                // Between USER and PASS some servers take PASS and QUIT alone.
                s.note("6856-7-01", "LANG * is refused after USER");
            } else {
                s.check_with("6856-3.2-04", reply.is_ok(), format!("LANG * is refused {when}"));
                came.push(tag(reply.text()));
            }
            pop.end(End::Fin).await;
        }
        if let [first, second] = came.as_slice() {
            s.lenient_with("6856-7-01", first == second, format!("{first} on a fresh connection, {second} after USER"));
        }
        Ok(())
    }
};
