//! `server/mechanisms`: which ones there are, LOGIN, EXTERNAL and ANONYMOUS.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::time::Duration;

use super::pop::Pop;
use super::read::Reply;
use super::sasl::{Entry, begin, channel, enter, nobody, offering, once, respond, shown};
use super::stage::Stage;
use crate::conformance::facts::{Capabilities, Channel};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Whether somebody who knows no more than the name of the mechanism logs in. A hang-up lets nobody in.
async fn lets_in(s: &Stage, channel: Channel, mechanism: &str) -> Result<bool> {
    let mut pop = s.connect_by(channel).await?;
    let mut reply = begin(s, &mut pop, mechanism, Some(b"")).await;
    if reply.as_ref().is_ok_and(Reply::is_challenge) {
        reply = respond(s, &mut pop, b"").await;
    }
    pop.end(End::Fin).await;
    match reply {
        Ok(reply) => Ok(reply.is_ok()),
        Err(Stop::Hung(_)) => Ok(false),
        Err(stop) => Err(stop),
    }
}

/// The two challenges of LOGIN as they came, and the last reply.
async fn login(s: &Stage, pop: &mut Pop, texts: &mut String) -> Result<Reply> {
    let account = s.account()?;
    let mut reply = begin(s, pop, "LOGIN", None).await?;
    for response in [&account.name, &account.password] {
        if !reply.is_challenge() {
            return Ok(reply);
        }
        let text = reply.challenge().unwrap_or_default();
        texts.push_str(&format!("'{}' ", text.escape_ascii()));
        reply = respond(s, pop, response.as_bytes()).await?;
    }
    Ok(reply)
}

pub(super) const PROBES: Plays = plays! {
    "server/mechanisms/plain-offered" => |s| {
        let list = s.facts().secured.as_ref().ok_or(Stop::NotApplicable("CAPA is not known inside TLS"))?;
        if !s.facts().lists().any(|list| list.has("SASL")) {
            return Err(Stop::NotApplicable("SASL is not announced"));
        }
        let there = list.mechanisms().iter().any(|name| name == "PLAIN");
        s.lenient_with("5034-4-31", there, "inside TLS PLAIN is not on offer");
        Ok(())
    }

    "server/mechanisms/strong-offered" => |s| {
        let mut names = s.facts().lists().flat_map(Capabilities::mechanisms);
        let strong = names.any(|name| !["PLAIN", "LOGIN", "ANONYMOUS"].contains(&name.as_str()));
        let words = "no mechanism is on offer that does not send the password";
        s.lenient_with("5034-4-34", strong || s.facts().timestamp.is_some(), words);
        Ok(())
    }

    "server/mechanisms/scram-set" => |s| {
        let list = s.facts().secured.as_ref().or(s.facts().clear.as_ref());
        let names = list.map(Capabilities::mechanisms).unwrap_or_default();
        let has = |name: &str| names.iter().any(|other| other == name);
        s.lenient_with("5802-4-01", has("SCRAM-SHA-1"), "SCRAM-SHA-1 is not on offer");
        s.check("5802-6-01", true);
        for name in names.iter().filter(|name| name.starts_with("SCRAM-")) {
            let paired = name.strip_suffix("-PLUS").is_none_or(has);
            s.check_with("5802-6-01", paired, format!("{name} is on offer without its plain form"));
        }
        Ok(())
    }

    "server/mechanisms/login" => |s| {
        let channel = channel(&s, "LOGIN")?;
        let row = "0-login-01";
        let texts = core::cell::RefCell::new(String::new());
        let entry = enter(&s, channel, async |pop: &mut Pop| {
            let mut came = String::new();
            let reply = login(&s, pop, &mut came).await?;
            texts.replace(came);
            Ok(reply)
        });
        match entry.await? {
            Entry::In => s.check_with(row, texts.borrow().matches("' ").count() == 2, "+OK without two challenges"),
            Entry::Lost => s.check_with(row, false, "+OK, and STAT is not answered"),
            Entry::Refused(reply) => s.check_with(row, false, format!("refused, or asked for more: {}", shown(&reply))),
        }
        let texts = texts.borrow().to_string();
        if texts != "'Username:' 'Password:' " && texts != "'User Name\\x00' 'Password\\x00' " {
            s.note(row, format!("it asks {texts}"));
        }
        Ok(())
    }

    "server/mechanisms/external" => |s| {
        let channel = if s.facts().tls { Channel::Tls } else { Channel::Stls };
        let mut pop = s.connect_by(channel).await?;
        let asked = pop.secured().is_some_and(|tls| tls.asked_certificate);
        let list = Capabilities(pop.listing("CAPA").await?.lines);
        let offered = list.mechanisms().iter().any(|name| name == "EXTERNAL");
        pop.end(End::Fin).await;
        if !offered {
            if !asked {
                return Err(Stop::NotApplicable("the server asks for no certificate"));
            }
            for row in ["4422-A.1-01", "4422-A.1-02", "8314-4.2-02", "2595-4-08"] {
                s.lenient_with(row, false, "a certificate is asked for, and EXTERNAL is not on offer");
            }
            return Ok(());
        }
        let other = nobody(&s);
        for (row, name) in [("4422-A.1-01", ""), ("4422-A.1-02", other.as_str())] {
            let mut pop = s.connect_by(channel).await?;
            let reply = once(&s, &mut pop, "EXTERNAL", name.as_bytes(), true).await?;
            if name.is_empty() && !reply.is_ok() {
                return Err(Stop::Control(format!("EXTERNAL does not log in: {}", shown(&reply))));
            }
            s.check_with(row, name.is_empty() || !reply.is_ok(), "EXTERNAL lets the certificate act as another user");
            pop.end(End::Fin).await;
        }
        s.check("8314-4.2-02", true);
        s.check("2595-4-08", true);
        Ok(())
    }

    "server/mechanisms/external-without" => |s| {
        let secured = if s.facts().tls { Channel::Tls } else { Channel::Stls };
        let has_tls = (s.facts().tls || s.facts().stls) && !s.setup().certificate;
        for (channel, there) in [(Channel::Clear, s.setup().clear), (secured, has_tls)] {
            if there {
                let words = format!("EXTERNAL lets in without a certificate, {channel}");
                s.check_with("4422-A.1-02", !lets_in(&s, channel, "EXTERNAL").await?, words);
            }
        }
        Ok(())
    }

    "server/mechanisms/anonymous-off" => |s| {
        if s.facts().offers("ANONYMOUS") {
            s.lenient_with("4505-5-01", false, "ANONYMOUS is on offer");
            return Ok(());
        }
        let channel = s.facts().way().map_or(if s.setup().clear { Channel::Clear } else { Channel::Tls }, |way| way.channel);
        let words = "ANONYMOUS is not on offer and lets in";
        s.check_with("4505-5-01", !lets_in(&s, channel, "ANONYMOUS").await?, words);
        Ok(())
    }

    "server/mechanisms/anonymous" => |s| {
        let (word, long) = ("a".repeat(255), "a".repeat(256));
        let messages = [("nothing", ""), ("an address", "guest@example.com"), ("255 letters", &word), ("256 letters", &long)];
        for (form, message) in messages {
            let mut pop = offering(&s, "ANONYMOUS").await?;
            let reply = once(&s, &mut pop, "ANONYMOUS", message.as_bytes(), false).await?;
            let words = format!("{form} gets {}", shown(&reply));
            if form == "256 letters" {
                s.lenient_with("4505-2-02", !reply.is_ok(), words);
            } else {
                let row = if message == word { "4505-2-02" } else { "4505-2-01" };
                s.check_with(row, reply.is_ok(), words);
            }
            pop.end(End::Fin).await;
            s.wait(Duration::from_millis(250)).await;
        }
        Ok(())
    }
};
