//! `server/mechanisms`: OAUTHBEARER and XOAUTH2.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::pop::Pop;
use super::read::Reply;
use super::sasl::{Entry, begin, channel, enter, offering, once, respond, shown};
use super::stage::Stage;
use crate::conformance::facts::Channel;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// A token that is none.
const NO_TOKEN: &str = "pop3check-has-no-token";

/// A message of OAUTHBEARER: each part is ended by a separator, and all by one more.
fn bearer(s: &Stage, parts: &[String]) -> Vec<u8> {
    let name = s.account().map(|account| account.name.replace('=', "=3D").replace(',', "=2C"));
    let name = name.map(|name| format!("a={name}")).unwrap_or_default();
    format!("n,{name},\u{1}{}\u{1}\u{1}", parts.join("\u{1}")).into_bytes()
}

fn xoauth2(s: &Stage, token: &str) -> Vec<u8> {
    let name = s.account().map_or("nobody", |account| account.name.as_str());
    format!("user={name}\u{1}auth=Bearer {token}\u{1}\u{1}").into_bytes()
}

/// The good token.
fn token(s: &Stage) -> Result<String> {
    s.setup().token.clone().ok_or(Stop::NotRun("no access token"))
}

/// Sends the message; a challenge after it is answered by this. The answer to the message, and the last reply.
async fn told(s: &Stage, mechanism: &str, message: &[u8], then: &[u8]) -> Result<(Reply, Reply)> {
    let mut pop = offering(s, mechanism).await?;
    let answer = once(s, &mut pop, mechanism, message, false).await?;
    let last = match (answer.is_challenge(), then) {
        (true, b"*") => pop.ask("*").await?,
        (true, _) => respond(s, &mut pop, then).await?,
        _ => answer.clone(),
    };
    pop.end(End::Fin).await;
    Ok((answer, last))
}

/// Tries to log in with this message. What the server tells of a failure is acknowledged.
async fn with(s: &Stage, channel: Channel, message: &[u8]) -> Result<Entry> {
    let attempt = async |pop: &mut Pop| {
        let reply = once(s, pop, "OAUTHBEARER", message, false).await?;
        if reply.is_challenge() { respond(s, pop, b"\x01").await } else { Ok(reply) }
    };
    enter(s, channel, attempt).await
}

/// Whether it is a JSON object with a status, as far as that can be seen without a parser.
fn is_status(data: &[u8]) -> bool {
    let data = data.trim_ascii();
    let object = data.starts_with(b"{") && data.ends_with(b"}");
    object && memchr::memmem::find(data, b"\"status\"").is_some()
}

pub(super) const PROBES: Plays = plays! {
    "server/mechanisms/bearer-clear" => |s| {
        let list = s.facts().clear.as_ref();
        let offered = list.is_some_and(|list| list.mechanisms().iter().any(|name| name == "OAUTHBEARER"));
        // As with passwords in clear: a server can be configured so.
        s.lenient_with("7628-3-01", !offered, "OAUTHBEARER is on offer in clear");
        let mut pop = s.connect_by(Channel::Clear).await?;
        let reply = begin(&s, &mut pop, "OAUTHBEARER", None).await?;
        s.lenient_with("7628-3-01", reply.is_err(), format!("in clear AUTH OAUTHBEARER gets {}", shown(&reply)));
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/mechanisms/bearer-refused" => |s| {
        let message = bearer(&s, &[format!("auth=Bearer {NO_TOKEN}")]);
        for (form, then) in [("^A", &b"\x01"[..]), ("'*'", b"*")] {
            let (answer, last) = told(&s, "OAUTHBEARER", &message, then).await?;
            let words = format!("a token that is none gets {}", shown(&answer));
            let status = answer.challenge().is_some_and(|data| is_status(&data));
            s.check_with("7628-3.2.2-01", !answer.is_ok(), &words);
            s.lenient_with("7628-3.2.2-01", status, &words);
            let words = format!("{words}, and {form} then gets {}", shown(&last));
            s.check_with("5034-4-20", last.is_err(), words);
        }
        Ok(())
    }

    "server/mechanisms/bearer-message" => |s| {
        let token = s.setup().token.clone().unwrap_or_else(|| NO_TOKEN.into());
        let whole = bearer(&s, &[format!("auth=Bearer {token}")]);
        let cut = whole.strip_suffix(b"\x01").unwrap_or(&whole).to_vec();
        let without = bearer(&s, &["x=y".into()]);
        let rows: [(&str, &str, &[u8]); 3] = [
            ("7628-3.1-02", "a message without auth", &without),
            ("7628-3.1-01", "a message without the final ^A", &cut),
            ("7628-3.1-04", "a message of ^A alone", b"\x01"),
        ];
        for (row, form, message) in rows {
            let (answer, last) = told(&s, "OAUTHBEARER", message, b"\x01").await?;
            let words = format!("{form} gets {}", shown(&answer));
            s.check_with(row, !answer.is_ok() && !last.is_ok(), &words);
            if row == "7628-3.1-04" {
                s.note(row, words);
            }
        }
        Ok(())
    }

    "server/mechanisms/bearer-login" => |s| {
        let (token, host) = (token(&s)?, s.setup().host.clone());
        let channel = channel(&s, "OAUTHBEARER")?;
        let forms = [
            ("7628-3.1-01", "auth=Bearer", Vec::from([format!("auth=Bearer {token}")])),
            ("7628-4-01", "auth=BEARER", Vec::from([format!("auth=BEARER {token}")])),
            ("7628-4-01", "auth=bearer", Vec::from([format!("auth=bearer {token}")])),
            ("7628-3.1-02", "an unknown key", Vec::from(["xpop=check".into(), format!("auth=Bearer {token}")])),
            ("7628-3.1-01", "host", Vec::from([format!("host={host}"), format!("auth=Bearer {token}")])),
        ];
        let mut refused = Vec::new();
        let count = forms.len();
        for (row, form, parts) in forms {
            match with(&s, channel, &bearer(&s, &parts)).await? {
                Entry::In => s.check(row, true),
                Entry::Lost => s.check_with(row, false, format!("{form}: +OK, and STAT is not answered")),
                Entry::Refused(reply) => refused.push((row, format!("{form} is refused: {}", shown(&reply)))),
            }
        }
        if refused.len() == count {
            return Err(Stop::Control("the token is refused in each form".into()));
        }
        for (row, words) in refused {
            s.check_with(row, false, words);
        }
        Ok(())
    }

    "server/mechanisms/bearer-host" => |s| {
        let auth = format!("auth=Bearer {}", token(&s)?);
        let right = with(&s, channel(&s, "OAUTHBEARER")?, &bearer(&s, core::slice::from_ref(&auth))).await?;
        if !right.is_in() {
            return Err(Stop::Control("the token does not log in without host and port".into()));
        }
        let message = bearer(&s, &["host=wrong.example".into(), "port=1".into(), auth]);
        let (answer, _) = told(&s, "OAUTHBEARER", &message, b"\x01").await?;
        s.lenient_with("7628-3.2-01", !answer.is_ok(), "host=wrong.example and port=1 log in");
        Ok(())
    }

    "server/mechanisms/xoauth2-refused" => |s| {
        let mut pop = offering(&s, "XOAUTH2").await?;
        let answer = once(&s, &mut pop, "XOAUTH2", &xoauth2(&s, NO_TOKEN), false).await;
        let last = match answer {
            Ok(reply) if reply.is_challenge() => pop.ask("").await,
            other => other,
        };
        let words = match &last {
            Ok(reply) => format!("a token that is none gets {}", shown(reply)),
            Err(Stop::Silent) => "a token that is none is not answered".into(),
            Err(stop) => return Err(stop.clone()),
        };
        s.check_with("0-xoauth2-01", last.is_ok_and(|reply| reply.is_err()), words);
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/mechanisms/xoauth2-login" => |s| {
        let message = xoauth2(&s, &token(&s)?);
        let channel = channel(&s, "XOAUTH2")?;
        let try_it = async |with_auth: bool| {
            let attempt = async |pop: &mut Pop| {
                let reply = once(&s, pop, "XOAUTH2", &message, with_auth).await?;
                if reply.is_challenge() { pop.ask("").await } else { Ok(reply) }
            };
            enter(&s, channel, attempt).await
        };
        // The line has at most 255 octets with its line end; base64 makes four octets of three.
        let fits = message.len().div_ceil(3).saturating_mul(4) <= 239;
        let one = if fits { try_it(true).await?.is_in() } else { false };
        let two = try_it(false).await?;
        if !one && !two.is_in() {
            return Err(Stop::Control("the token is refused in both forms".into()));
        }
        s.check_with("0-xoauth2-01", two.is_in(), "it logs in with AUTH and not after the empty challenge");
        if !one {
            let words = if fits { "with AUTH it is refused" } else { "it does not fit into the line of AUTH" };
            s.note("0-xoauth2-01", words);
        }
        Ok(())
    }
};
