//! `client/mechanisms`: those with a token.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::act::Act;
use super::host::Host;
use super::mechanisms::messages;
use super::ran::Ran;
use super::sasl::initial;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::task::{Job, Task};

/// The client logs in by this mechanism with a token of its own.
async fn by(h: &Host, mechanism: &'static str, token: &str, act: Act) -> Result<Ran> {
    let takes = h.subject().methods.iter().any(|method| method == mechanism);
    let task = Task { method: takes.then_some(mechanism), token: token.into(), ..h.task_in_tls(Job::Login) };
    let ran = h.play(task, act.sasl(&format!("SASL {mechanism}"))).await?;
    if ran.auth(mechanism).is_none() {
        return Err(Stop::NotApplicable("the client does not use the mechanism"));
    }
    Ok(ran)
}

/// Whether the line of AUTH is short enough, and a message that does not fit goes after the empty challenge.
fn fits(ran: &Ran, mechanism: &str) -> bool {
    ran.auth(mechanism).is_some_and(|line| line.text.len() <= 253)
}

/// What answers the challenge that tells of the failure, in the first session that comes to it.
fn answer_to_failure(ran: &Ran) -> Option<Vec<u8>> {
    let session = ran.sessions.iter().find(|session| session.lines.iter().any(|line| line.is_response))?;
    let auth = session.lines.iter().find(|line| line.verb() == "AUTH");
    let told = usize::from(auth.and_then(initial).is_none());
    session.lines.iter().filter(|line| line.is_response).nth(told).map(|line| line.text.clone())
}

fn shown(answer: Option<Vec<u8>>) -> String {
    answer.map_or_else(|| "nothing".into(), |answer| format!("'{}'", answer.escape_ascii()))
}

fn token(octets: usize) -> String {
    "ya29.".chars().chain("abcdefgh01234567".chars().cycle()).take(octets).collect()
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/mechanisms/bearer" => |h| {
        for octets in [20, 2_000] {
            let token = token(octets);
            let ran = by(&h, "OAUTHBEARER", &token, Act::new()).await?;
            let message = messages(&ran, "OAUTHBEARER").concat();
            let text = String::from_utf8_lossy(&message).replace('\u{1}', "^A");
            let shown = text.replace(&*token, "TOKEN");
            let front = text.starts_with("n,") || text.starts_with("y,") || text.starts_with("p=");
            h.check_with(
                "7628-3.1-01",
                front && text.ends_with(&format!("^Aauth=Bearer {token}^A^A")),
                format!("the message is '{shown}'"),
            );
            let port = text.split("^A").find_map(|part| part.strip_prefix("port=")).map(ToString::to_string);
            let digits =
                port.is_none_or(|port| !port.is_empty() && port.bytes().all(|octet| octet.is_ascii_digit()));
            h.check_with("7628-3.1-03", digits, format!("the message is '{shown}'"));
            h.check_with("7628-4-01", ran.is_in(), format!("the login fails: {}", ran.words()));
            h.check_with("7628-3-02", fits(&ran, "OAUTHBEARER"), "the line of AUTH has more than 255 octets");
        }
        Ok(())
    }

    "client/mechanisms/bearer-refused" => |h| {
        let ran = by(&h, "OAUTHBEARER", "ya29.short", Act { no_token: true, ..Act::new() }).await?;
        let answer = answer_to_failure(&ran);
        let right = matches!(answer.as_deref(), Some(b"AQ==" | b"*"));
        h.check_with("7628-3.2.3-01", right, format!("the failure is answered by {}", shown(answer)));
        h.is_told("7628-3.2.3-01", &ran, "after the refusal");
        Ok(())
    }

    "client/mechanisms/xoauth2" => |h| {
        for octets in [20, 4_000] {
            let token = token(octets);
            let ran = by(&h, "XOAUTH2", &token, Act::new()).await?;
            let message = messages(&ran, "XOAUTH2").concat();
            let text = String::from_utf8_lossy(&message).replace('\u{1}', "^A");
            let shown = text.replace(&*token, "TOKEN");
            let right = text.starts_with("user=") && text.ends_with(&format!("^Aauth=Bearer {token}^A^A"));
            h.check_with("0-xoauth2-01", right, format!("the message is '{shown}'"));
            h.check_with(
                "0-xoauth2-03",
                fits(&ran, "XOAUTH2") && ran.is_in(),
                format!("a token of {octets} octets does not come in its form: {}", ran.words()),
            );
            if octets == 20 && ran.auth("XOAUTH2").and_then(initial).is_some() {
                h.note("0-xoauth2-03", "a short token goes in one line");
            }
        }
        Ok(())
    }

    "client/mechanisms/xoauth2-refused" => |h| {
        let ran = by(&h, "XOAUTH2", "ya29.short", Act { no_token: true, ..Act::new() }).await?;
        let answer = answer_to_failure(&ran);
        if answer.is_none() && ran.success() == Some(false) && !ran.hung {
            h.lenient_with("0-xoauth2-02", false, "the failure is answered by a hang-up");
            return Ok(());
        }
        let right = matches!(answer.as_deref(), Some(b"" | b"*")) && !ran.hung;
        h.check_with("0-xoauth2-02", right, format!("the failure is answered by {}", shown(answer)));
        h.is_told("0-xoauth2-02", &ran, "after the refusal");
        Ok(())
    }
};
