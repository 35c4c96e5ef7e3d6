//! `client/mechanisms`: those that are not SCRAM and need no token.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64 as Padded, Encoding as _};

use super::act::Act;
use super::ran::{Line, Ran};
use super::sasl::{by, initial};
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::task::{Job, Task, Wish};

/// The messages of the client in an exchange, decoded, its initial response first.
pub(super) fn messages(ran: &Ran, mechanism: &str) -> Vec<Vec<u8>> {
    let is_it = |line: &Line| {
        line.verb() == "AUTH"
            && line
                .text
                .to_ascii_uppercase()
                .get(5..)
                .is_some_and(|rest| rest.starts_with(mechanism.as_bytes()))
    };
    // A client may log in several times.
    let Some(session) = ran.sessions.iter().find(|session| session.lines.iter().any(is_it)) else {
        return Vec::new();
    };
    let initial = session.lines.iter().find(|line| is_it(line)).and_then(initial);
    let responses = session.lines.iter().filter(|line| line.is_response);
    let texts =
        initial.into_iter().chain(responses.map(|line| String::from_utf8_lossy(&line.text).into_owned()));
    texts
        .map(|text| if text == "=" { Vec::new() } else { Padded::decode_vec(&text).unwrap_or_default() })
        .collect()
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/mechanisms/plain" => |h| {
        let ran = by(&h, "PLAIN", Act::new()).await?;
        let message = messages(&ran, "PLAIN").concat();
        let parts: Vec<&[u8]> = message.split(|octet| *octet == 0).collect();
        let right = parts.len() == 3 && core::str::from_utf8(&message).is_ok();
        for row in ["4616-2-01", "4616-2-02", "4422-3.4.1-01"] {
            h.check_with(
                row,
                right && ran.is_in(),
                format!("the message has {} parts, or is wrong", parts.len()),
            );
        }
        h.check("5034-4-31", true);
        Ok(())
    }

    "client/mechanisms/plain-line-ends" => |h| {
        let takes = h.subject().methods.iter().any(|method| method == "PLAIN");
        let task = Task {
            method: takes.then_some("PLAIN"),
            password: "one\r\nDELE 1".into(),
            ..h.task_in_tls(Job::Login)
        };
        let ran = h.play(task, Act::new().sasl("SASL PLAIN")).await?;
        h.check_with("4616-A-01", !ran.said("DELE"), "a line of its own comes out of the password");
        Ok(())
    }

    "client/mechanisms/strongest" => |h| {
        let hides = |ran: &Ran| {
            let first =
                ran.lines().find(|line| line.shows_credentials()).map(|line| line.text.to_ascii_uppercase());
            first.is_none_or(|text| {
                text.starts_with(b"AUTH SCRAM") || text.starts_with(b"AUTH CRAM") || text.starts_with(b"APOP")
            })
        };
        let has_one = {
            let mut has = false;
            for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"] {
                has |= by(&h, mechanism, Act::new()).await.is_ok();
            }
            has
        };
        if !has_one {
            return Err(Stop::NotApplicable("the client has no mechanism that hides the password"));
        }
        let ran = h.run(Job::Login, Act::new()).await?;
        let clear = ran.lines().any(|line| !line.secured && line.shows_credentials());
        for row in ["5034-4-34", "4422-6.1.2-01", "4616-5-01"] {
            h.lenient_with(
                row,
                hides(&ran) || !clear,
                "the password goes in clear, although another mechanism is there",
            );
        }
        Ok(())
    }

    "client/mechanisms/login" => |h| {
        for prompts in [[&b"Username:"[..], b"Password:"], [b"User Name\0", b"Password\0"], [b"one", b"two"]]
        {
            let ran = by(&h, "LOGIN", Act { prompts, ..Act::new() }).await?;
            let shown = prompts[0].escape_ascii();
            h.check_with(
                "0-login-01",
                ran.is_in(),
                format!("with the prompt '{shown}' name and password come otherwise"),
            );
        }
        Ok(())
    }

    "client/mechanisms/cram-md5" => |h| {
        let takes = h.subject().methods.iter().any(|method| method == "CRAM-MD5");
        let mut used = false;
        for challenge in [&b"<1896.697170952@postoffice.example.invalid>"[..], b"no msg-id at all"] {
            for length in [8, 64, 65] {
                let password: String = "secretpassword12".chars().cycle().take(length).collect();
                let method = takes.then_some("CRAM-MD5");
                let task = Task { method, password, ..h.task_in_tls(Job::Login) };
                let act = Act { challenge: challenge.to_vec(), ..Act::new().sasl("SASL CRAM-MD5") };
                let ran = h.play(task, act).await?;
                if ran.auth("CRAM-MD5").is_none() || ran.responses().is_empty() {
                    continue;
                }
                used = true;
                for row in ["2195-2-02", "2195-2-03", "2195-2-05"] {
                    h.check_with(
                        row,
                        ran.is_in(),
                        format!("the answer with a secret of {length} octets is wrong"),
                    );
                }
            }
        }
        if used { Ok(()) } else { Err(Stop::NotApplicable("the client does not use CRAM-MD5")) }
    }

    "client/mechanisms/bearer-clear" => |h| {
        let mechanisms = ["OAUTHBEARER", "XOAUTH2"];
        let takes = h
            .subject()
            .methods
            .iter()
            .find_map(|method| mechanisms.into_iter().find(|known| known == method));
        if takes.is_none() && !h.subject().methods.is_empty() {
            return Err(Stop::NotApplicable("the client cannot be told to use a token"));
        }
        let task = Task { method: takes, tls: Wish::Clear, ..h.task(Job::Login) };
        let ran = h.play(task, Act::new().sasl("SASL OAUTHBEARER XOAUTH2").without("STLS")).await?;
        let token = |mechanism: &&str| ran.auth(mechanism).is_some();
        h.check_with("7628-3-01", !mechanisms.iter().any(token), "a token goes in clear");
        Ok(())
    }

    "client/mechanisms/external" => |h| {
        let task = Task { method: Some("EXTERNAL"), ..h.task_in_tls(Job::Login) };
        let ran = h.play(task, Act::new().sasl("SASL EXTERNAL PLAIN")).await?;
        let shown = ran.sessions.iter().any(|session| session.certificate);
        h.lenient_with("2595-4-08", shown, "the certificate is not shown, though the server asks for one");
        let words = format!("no AUTH EXTERNAL: {}", ran.words());
        h.check_with("8314-5.5-02", ran.auth("EXTERNAL").is_some(), words);
        if ran.auth("EXTERNAL").is_some() {
            let identity = messages(&ran, "EXTERNAL").concat();
            h.check_with(
                "4422-A.1-01",
                ran.is_in() && (identity.is_empty() || identity == h.user().as_bytes()),
                format!("the message is '{}'", identity.escape_ascii()),
            );
        }
        Ok(())
    }
};
