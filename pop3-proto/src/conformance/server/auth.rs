//! `server/auth`: AUTH and its exchange.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::pop::Pop;
use super::sasl::{
    Entry, Strict, answer_in, begin, channel, enter, nobody, offering, on_offer, once, plain, refused,
    respond, shown, way, wrong,
};
use crate::conformance::form;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Mechanisms in which the client speaks first.
fn is_client_first(mechanism: &str) -> bool {
    mechanism.starts_with("SCRAM-") || ["PLAIN", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"].contains(&mechanism)
}

/// The list of capabilities, in an order that does not matter; nothing if it is refused.
async fn list(pop: &mut Pop) -> Result<Vec<Vec<u8>>> {
    let mut lines = pop.listing("CAPA").await?.lines;
    lines.sort();
    Ok(lines)
}

pub(super) const PROBES: Plays = plays! {
    "server/auth/alone" => |s| {
        for form in ["AUTH", "AUTH "] {
            let mut pop = s.connect().await?;
            let words = match pop.body(form).await {
                Ok(body) if body.is_ok() => Ok("is answered by a list of mechanisms"),
                Ok(body) if body.status.is_err() => Ok(""),
                Ok(_) => Err("is answered by a challenge"),
                Err(Stop::Silent) => Err("is not answered"),
                Err(Stop::Control(_)) => Err("is answered by +OK without a list"),
                Err(stop) => return Err(stop),
            };
            for row in ["5034-5-03", "0-auth-list-01"] {
                match words {
                    Ok("") => s.check(row, true),
                    Ok(words) => s.note(row, format!("'{form}' {words}")),
                    Err(words) => s.check_with(row, false, format!("'{form}' {words}")),
                }
            }
        }
        Ok(())
    }

    "server/auth/unknown-mechanism" => |s| {
        for form in ["AUTH X-NOSUCH", "AUTH X-NOSUCH AAAA"] {
            let mut pop = s.connect().await?;
            let answer = s.answer(&mut pop, format!("{form}\r\n")).await?;
            refused(&s, &["5034-4-04"], pop, &answer, &format!("'{form}'"), Strict::Both).await?;
        }
        Ok(())
    }

    "server/auth/name-form" => |s| {
        for (form, name) in [("21 letters", "X".repeat(21)), ("PLA.IN", "PLA.IN".into()), ("200 letters", "X".repeat(200))] {
            let mut pop = s.connect().await?;
            let answer = s.answer(&mut pop, format!("AUTH {name}\r\n")).await?;
            refused(&s, &["4422-3.1-01"], pop, &answer, &format!("AUTH with {form}"), Strict::Both).await?;
        }
        Ok(())
    }

    "server/auth/case" => |s| {
        let message = plain("", s.account()?);
        let channel = channel(&s, "PLAIN")?;
        let small = enter(&s, channel, async |pop: &mut Pop| {
            let first = pop.ask("auth plain").await?;
            if first.is_challenge() { respond(&s, pop, &message).await } else { Ok(first) }
        });
        let Entry::Refused(refusal) = small.await? else {
            s.check("5034-5-01", true);
            return Ok(());
        };
        let capitals = enter(&s, channel, async |pop: &mut Pop| once(&s, pop, "PLAIN", &message, false).await).await?;
        if !capitals.is_in() {
            return Err(Stop::Control("AUTH PLAIN in capitals is refused, too".into()));
        }
        s.check_with("5034-5-01", false, format!("'auth plain' is refused: {}", shown(&refusal)));
        Ok(())
    }

    "server/auth/empty-challenge" => |s| {
        let mut names: Vec<String> = s.facts().lists().flat_map(|list| list.mechanisms()).collect();
        names.sort();
        names.dedup();
        for name in names.iter().filter(|name| is_client_first(name)) {
            let Ok(channel) = channel(&s, name) else { continue };
            let mut pop = s.connect_by(channel).await?;
            let reply = begin(&s, &mut pop, name, None).await?;
            let words = format!("AUTH {name} is answered by '{}'", shown(&reply));
            for row in ["5034-4-06", "4422-5-01"] {
                // The others may lack something, such as a certificate.
                if reply.is_err() && name != "PLAIN" {
                    s.note(row, &words);
                } else {
                    s.check_with(row, reply.raw == b"+ \r\n", &words);
                }
            }
            if reply.is_challenge() {
                s.answer(&mut pop, "*\r\n").await?;
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/auth/challenge-form" => |s| {
        let (channel, names) = on_offer(&s)?;
        for name in names {
            let mut pop = s.connect_by(channel).await?;
            let mut reply = begin(&s, &mut pop, &name, None).await?;
            let second = match name.as_str() {
                "LOGIN" => Some(nobody(&s)),
                "SCRAM-SHA-1" | "SCRAM-SHA-256" => Some(format!("n,,n={},r={:016x}", nobody(&s), s.random())),
                _ => None,
            };
            for response in [second, None] {
                if reply.is_err() {
                    break;
                }
                let data = form::line(&reply.raw).and_then(|line| line.strip_prefix(b"+ "));
                let words = format!("a challenge of {name}: '{}'", shown(&reply));
                s.check_with("5034-4-05", data.is_some(), &words);
                s.check_with("4648-3-01", data.is_some_and(form::is_base64), &words);
                match response {
                    Some(response) if reply.is_challenge() => reply = respond(&s, &mut pop, response.as_bytes()).await?,
                    _ => break,
                }
            }
            if reply.is_challenge() {
                s.answer(&mut pop, "*\r\n").await?;
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/auth/cancel" => |s| {
        let mut pop = offering(&s, "PLAIN").await?;
        let answer = answer_in(&s, &mut pop, "PLAIN", b"*").await?;
        refused(&s, &["5034-4-09", "5034-4-20"], pop, &answer, "'*'", Strict::Both).await
    }

    "server/auth/failure-changes-nothing" => |s| {
        let account = s.account()?.clone();
        let channel = channel(&s, "PLAIN")?;
        let way = way(&s, channel)?;
        let mut pop = s.connect_by(channel).await?;
        let before = list(&mut pop).await?;
        let reply = once(&s, &mut pop, "PLAIN", &plain("", &wrong(&s, &account)), false).await?;
        if !reply.is_err() {
            return Err(Stop::Control(format!("a wrong password gets {}", shown(&reply))));
        }
        let after = match list(&mut pop).await {
            Err(Stop::Hung(_)) => {
                s.note("5034-4-29", "after the failure the connection is closed");
                return Ok(());
            }
            after => after?,
        };
        let lines = |list: &[Vec<u8>]| String::from_utf8_lossy(&list.join(&b", "[..])).into_owned();
        let words = format!("the list was {} and is {}", lines(&before), lines(&after));
        s.check_with("5034-4-29", before == after, words);
        let login = s.login(&mut pop, &account, &way.method).await;
        if let Ok(reply) = &login && reply.is_ok() {
            return pop.quit().await.map(drop);
        }
        pop.end(End::Fin).await;
        let words = login.map(|reply| shown(&reply));
        s.transaction_by(&way).await?.quit().await?;
        match words {
            Ok(words) => s.check_with("5034-4-29", false, format!("the right login is refused here alone: {words}")),
            Err(Stop::Hung(_)) => s.note("5034-4-29", "the connection is closed soon after the failure"),
            Err(stop) => return Err(stop),
        }
        Ok(())
    }
};
