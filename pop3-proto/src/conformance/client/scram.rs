//! `client/mechanisms`: SCRAM.

use alloc::format;

use super::act::{Act, Twist};
use super::mechanisms::messages;
use super::ran::Ran;
use super::sasl::{by, scram};
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::task::{Job, Task};
use crate::sasl::prepare;

pub(super) const PROBES: Plays = plays! { Client:
    "client/mechanisms/scram" => |h| {
        let mut has = [false, false];
        for (at, mechanism) in ["SCRAM-SHA-1", "SCRAM-SHA-256"].into_iter().enumerate() {
            let ran = match by(&h, mechanism, Act::new()).await {
                Err(Stop::NotApplicable(_)) => continue,
                other => other?,
            };
            if let Some(has) = has.get_mut(at) {
                *has = true;
            }
            let said = messages(&ran, mechanism);
            let first = said.first().cloned().unwrap_or_default();
            let header = first.starts_with(b"n,") || first.starts_with(b"y,") || first.starts_with(b"p=");
            let order = memchr::memmem::find(&first, b",n=").zip(memchr::memmem::find(&first, b",r="));
            h.check_with(
                "5802-5.1-01",
                header && order.is_some_and(|(name, nonce)| name < nonce),
                format!("the first message is '{}'", first.escape_ascii()),
            );
            for row in ["5802-5-01", "5802-5.1-08", "5802-7-01"] {
                h.check_with(
                    row,
                    ran.is_in(),
                    format!("{mechanism} does not come to its end: {}", ran.words()),
                );
            }
            if mechanism == "SCRAM-SHA-256" {
                h.check_with("7677-3-01", ran.is_in(), "SCRAM-SHA-256 does not come to its end");
            }
        }
        match has {
            [false, false] => return Err(Stop::NotApplicable("the client does not use SCRAM")),
            [sha1, sha256] => {
                h.lenient_with("5802-4-01", sha1, "the client has no SCRAM-SHA-1");
                if !sha256 {
                    h.note("7677-3-01", "the client has no SCRAM-SHA-256");
                }
            }
        }
        Ok(())
    }

    "client/mechanisms/scram-signature" => |h| {
        let mechanism = scram(&h).await?;
        for (twist, what) in
            [(Twist::WrongSignature, "a wrong signature"), (Twist::ErrorThenOk, "an error and +OK")]
        {
            let ran = by(&h, mechanism, Act { twist, ..Act::new() }).await?;
            h.is_not_in("5802-5-03", &ran, what);
        }
        Ok(())
    }

    "client/mechanisms/scram-nonce" => |h| {
        let mechanism = scram(&h).await?;
        for (twist, what) in
            [(Twist::OwnNonce, "the server's alone"), (Twist::ClientNonce, "the client's alone")]
        {
            let ran = by(&h, mechanism, Act { twist, ..Act::new() }).await?;
            let last = messages(&ran, mechanism).iter().any(|message| message.starts_with(b"c="));
            let words = format!("a nonce that is {what} gets a final message");
            // The client has to look at its own part only.
            match twist {
                Twist::OwnNonce => h.check_with("5802-5.1-06", !last, words),
                _ => h.lenient_with("5802-5.1-06", !last, words),
            }
        }
        Ok(())
    }

    "client/mechanisms/scram-attributes" => |h| {
        let mechanism = scram(&h).await?;
        let ran = by(&h, mechanism, Act { twist: Twist::Mandatory, ..Act::new() }).await?;
        let last = messages(&ran, mechanism).iter().any(|message| message.starts_with(b"c="));
        h.check_with("5802-5.1-04", !last, "m= gets a final message");
        let ran = by(&h, mechanism, Act { twist: Twist::Optional, ..Act::new() }).await?;
        h.check_with("5802-5.1-05", ran.is_in(), "an unknown optional attribute ends the login");
        Ok(())
    }

    "client/mechanisms/scram-cost" => |h| {
        let mechanism = scram(&h).await?;
        for (twist, what) in [
            (Twist::Count("1"), "i=1"),
            (Twist::Count("01"), "i=01"),
            (Twist::ShortSalt, "a salt of one octet"),
            (Twist::Count("4294967295"), "i=4294967295"),
        ] {
            let ran = by(&h, mechanism, Act { twist, ..Act::new() }).await?;
            h.check_with("5802-9-01", !ran.hung, format!("{what} keeps the client busy"));
            let taken = messages(&ran, mechanism).iter().any(|message| message.starts_with(b"c="));
            h.lenient_with("5802-9-01", !taken, format!("{what} is taken"));
        }
        Ok(())
    }

    "client/mechanisms/scram-names" => |h| {
        let mechanism = scram(&h).await?;
        let takes = h.subject().methods.iter().any(|method| method == mechanism);
        let task =
            Task { method: takes.then_some(mechanism), user: "a,b=c".into(), ..h.task_in_tls(Job::Login) };
        let ran = h.play(task, Act::new().sasl(&format!("SASL {mechanism}"))).await?;
        let said = messages(&ran, mechanism);
        let first = said.first().cloned().unwrap_or_default();
        let right = memchr::memmem::find(&first, b"n=a=2Cb=3Dc,").is_some();
        h.check_with("5802-5.1-02", right, format!("the name 'a,b=c' comes as '{}'", first.escape_ascii()));
        let method = takes.then_some(mechanism);
        let task = Task { method, password: "\u{2168}-I\u{ad}X".into(), ..h.task_in_tls(Job::Login) };
        let ran = h.play(task, Act::new().sasl(&format!("SASL {mechanism}"))).await?;
        let answered = messages(&ran, mechanism).iter().any(|message| message.starts_with(b"c="));
        if prepare("\u{2168}").is_none() {
            h.note("5802-2.2-01", "this build of the kit cannot prepare a password beyond ASCII");
        } else if answered {
            h.check_with(
                "5802-2.2-01",
                ran.is_in(),
                "the proof is of another password than the prepared one",
            );
        } else {
            h.lenient_with("5802-2.2-01", false, "a password beyond ASCII is refused");
        }
        Ok(())
    }

    "client/mechanisms/anonymous" => |h| {
        let ran = by(&h, "ANONYMOUS", Act::new()).await?;
        let said = messages(&ran, "ANONYMOUS");
        let text = said.first().cloned().unwrap_or_default();
        let shown = text.escape_ascii();
        let valid = core::str::from_utf8(&text).is_ok_and(|text| text.chars().count() <= 255);
        for row in ["4505-2-01", "4505-2-02"] {
            h.check_with(row, valid, format!("the trace is '{shown}'"));
        }
        h.check_with("4505-3-01", !text.iter().any(u8::is_ascii_control), format!("the trace is '{shown}'"));
        h.lenient_with(
            "4505-5-02",
            memchr::memchr(b'@', &text).is_none(),
            format!("the trace '{shown}' is an address"),
        );
        Ok(())
    }

    "client/mechanisms/scram-binding" => |h| {
        // No method is named: a client may take SCRAM-SHA-256 to exclude its form with -PLUS.
        let task = h.task_in_tls(Job::Login);
        let bound = "SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1";
        let ran = h.play(task.clone(), Act::new().sasl(bound)).await?;
        let first = |ran: &Ran| {
            let all = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1"];
            let used = all.into_iter().find(|name| ran.auth(name).is_some())?;
            Some((used, messages(ran, used).into_iter().next().unwrap_or_default()))
        };
        let Some((used, message)) = first(&ran) else {
            return Err(Stop::NotApplicable("the client does not use SCRAM"));
        };
        let header = message.split(|octet| *octet == b',').next().unwrap_or_default().escape_ascii();
        let header = format!("{used} begins with '{header}'");
        let can = used.ends_with("-PLUS");
        h.check_with("5802-6-02", message.starts_with(if can { b"p=" } else { b"n," }), header.as_str());
        if can {
            h.check_with("9266-3-01", message.starts_with(b"p=tls-exporter,"), header.as_str());
            let words = format!("the login is not bound to this TLS session: {}", ran.words());
            h.check_with("9266-2-01", ran.is_in(), words);
        }
        let ran = h.play(task, Act::new().sasl("SASL SCRAM-SHA-256 SCRAM-SHA-1")).await?;
        if let Some((used, message)) = first(&ran) {
            let right = message.starts_with(if can { b"y," } else { b"n," });
            let words =
                format!("{used} is alone on offer, and the flag is not {}", if can { 'y' } else { 'n' });
            h.check_with("5802-6-02", right && ran.is_in(), words);
        }
        Ok(())
    }
};
