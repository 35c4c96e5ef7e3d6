//! `server/apop`: login by a digest.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use md5::{Digest as _, Md5};

use super::pop::Pop;
use super::sasl::{Entry, Strict, enter, nobody, refused, shown};
use super::stage::Stage;
use super::way_in::{apop_digest, timestamp};
use crate::conformance::facts::{Channel, Method};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// The timestamp of the greeting of this connection.
fn stamp(pop: &Pop) -> Result<String> {
    let stamp = timestamp(&pop.greeting().raw).map(String::from);
    stamp.ok_or(Stop::NotApplicable("the greeting has no timestamp"))
}

/// The control: the right digest logs in. Otherwise a refusal says nothing.
async fn works(s: &Stage) -> Result<()> {
    match enter(s, s.channel()?.0, async |pop: &mut Pop| s.login(pop, s.account()?, &Method::Apop).await)
        .await?
    {
        Entry::In => Ok(()),
        _ => Err(Stop::Control("the right digest does not log in".into())),
    }
}

pub(super) const PROBES: Plays = plays! {
    "server/apop/offered" => |s| {
        if s.facts().timestamp.is_none() {
            let mut pop = s.connect().await?;
            let reply = pop.ask(format!("APOP {} {}", nobody(&s), "0123456789abcdef".repeat(2))).await?;
            s.check_with("1939-7-24", !reply.is_ok(), "APOP without a timestamp is taken");
            return Ok(());
        }
        let account = s.account()?.clone();
        let mut pop = s.before_login().await?;
        let reply = s.login(&mut pop, &account, &Method::Apop).await?;
        if reply.is_ok() {
            s.check("1939-7-24", true);
            return pop.quit().await.map(drop);
        }
        pop.end(End::Fin).await;
        let unknown = s.before_login().await?.ask("XPOP 1 2").await?;
        // An echo of the verb differs; a server without words says nothing.
        let text = String::from_utf8_lossy(reply.text()).to_ascii_uppercase().replace("APOP", "XPOP");
        let same = text == String::from_utf8_lossy(unknown.text()).to_ascii_uppercase() && !text.is_empty();
        s.lenient_with("1939-7-24", !same, "a timestamp, and APOP is as unknown as XPOP");
        s.note("1939-7-24", "a timestamp, and APOP is refused");
        Ok(())
    }

    "server/apop/unique" => |s| {
        let mut stamps: Vec<String> = Vec::new();
        for together in [4, 1, 1, 1, 1, 1, 1] {
            let mut open = Vec::new();
            for _ in 0..together {
                let pop = s.connect().await?;
                stamps.push(stamp(&pop)?);
                open.push(pop);
            }
            for pop in open {
                pop.quit().await?;
            }
        }
        let twice = stamps.iter().enumerate().find(|(at, one)| stamps.iter().take(*at).any(|other| other == *one));
        let words = twice.map(|(_, stamp)| format!("two greetings have the timestamp {stamp}"));
        s.check_with("1939-7-25", twice.is_none(), words.unwrap_or_default());
        Ok(())
    }

    "server/apop/login" => |s| {
        let account = s.account()?.clone();
        let entry = enter(&s, s.channel()?.0, async |pop: &mut Pop| s.login(pop, &account, &Method::Apop).await).await?;
        for row in ["1939-7-28", "1939-7-30"] {
            match &entry {
                Entry::In => s.check(row, true),
                Entry::Lost => s.check_with(row, false, "+OK, and STAT is refused"),
                Entry::Refused(reply) => {
                    let words = format!("the digest of a password that works is refused: {}", shown(reply));
                    s.lenient_with(row, false, words);
                }
            }
        }
        Ok(())
    }

    "server/apop/wrong-digest" => |s| {
        works(&s).await?;
        let account = s.account()?.clone();
        let mut pop = s.before_login().await?;
        let digest = apop_digest("<1939.1939@other.example>", &account.password)?;
        s.hide(&digest);
        let reply = pop.ask(format!("APOP {} {digest}", account.name)).await?;
        s.check_with("1939-7-30", !reply.is_ok(), "the digest of another timestamp logs in");
        Ok(())
    }

    "server/apop/capitals" => |s| {
        works(&s).await?;
        let account = s.account()?.clone();
        let mut pop = s.before_login().await?;
        let digest = apop_digest(&stamp(&pop)?, &account.password)?.to_ascii_uppercase();
        s.hide(&digest);
        let reply = pop.ask(format!("APOP {} {digest}", account.name)).await?;
        s.lenient_with("1939-7-29", !reply.is_ok(), "a digest in capital letters logs in");
        Ok(())
    }

    "server/apop/arguments" => |s| {
        let digits = "0123456789abcdef".repeat(2);
        let forms = [
            "APOP".into(),
            "APOP x".into(),
            "APOP x 123".into(),
            format!("APOP x {digits}0"),
            format!("APOP x {}", "z".repeat(32)),
        ];
        for form in forms {
            let mut pop = s.connect().await?;
            let answer = s.answer(&mut pop, format!("{form}\r\n")).await?;
            refused(&s, &["1939-7-27"], pop, &answer, &format!("'{form}'"), Strict::Both).await?;
        }
        Ok(())
    }

    "server/apop/empty-secret" => |s| {
        let mut pop = s.connect().await?;
        let digest = Md5::digest(stamp(&pop)?);
        let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        s.hide(&digest);
        let reply = pop.ask(format!("APOP {} {digest}", nobody(&s))).await?;
        s.check_with("1939-7-30", !reply.is_ok(), "a name that nobody has logs in with an empty secret");
        Ok(())
    }

    "server/apop/inside-tls" => |s| {
        let account = s.account()?.clone();
        let mut pop = s.connect_by(Channel::Stls).await?;
        let reply = s.login(&mut pop, &account, &Method::Apop).await?;
        let taken = if reply.is_ok() { "taken" } else { "refused" };
        s.note("2595-4-16", format!("inside TLS the timestamp of the clear greeting is {taken}"));
        Ok(())
    }

    "server/apop/both-logins" => |s| {
        let account = s.account()?.clone();
        let channel = s.channel()?.0;
        let apop = enter(&s, channel, async |pop: &mut Pop| s.login(pop, &account, &Method::Apop).await).await?;
        let user = enter(&s, channel, async |pop: &mut Pop| s.login(pop, &account, &Method::User).await).await?;
        s.lenient_with("1939-13-01", !(apop.is_in() && user.is_in()), "both APOP and PASS log in");
        Ok(())
    }
};
