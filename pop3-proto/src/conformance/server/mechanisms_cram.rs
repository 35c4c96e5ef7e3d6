//! `server/mechanisms`: CRAM-MD5.

use alloc::format;
use alloc::vec::Vec;

use super::pop::Pop;
use super::sasl::{Entry, begin, channel, enter, offering, shown};
use super::stage::Stage;
use crate::conformance::facts::Method;
use crate::conformance::form;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Logs in by a method on the channel where CRAM-MD5 is on offer.
async fn by(s: &Stage, method: Method) -> Result<Entry> {
    let account = s.account()?;
    enter(s, channel(s, "CRAM-MD5")?, async |pop: &mut Pop| s.login(pop, account, &method).await).await
}

pub(super) const PROBES: Plays = plays! {
    "server/mechanisms/cram-challenge" => |s| {
        let mut challenges: Vec<Vec<u8>> = Vec::new();
        for _ in 0..3 {
            let mut pop = offering(&s, "CRAM-MD5").await?;
            let reply = begin(&s, &mut pop, "CRAM-MD5", None).await?;
            let no_challenge = || Stop::Control(format!("AUTH CRAM-MD5 gets no challenge: {}", shown(&reply)));
            let challenge = reply.challenge().ok_or_else(no_challenge)?;
            s.answer(&mut pop, "*\r\n").await?;
            pop.end(End::Fin).await;
            let words = format!("'{}'", challenge.escape_ascii());
            s.check_with("2195-2-01", !challenges.contains(&challenge), format!("the challenge {words} comes twice"));
            s.lenient_with("2195-2-01", form::is_timestamp(&challenge), format!("the challenge {words} is no msg-id"));
            challenges.push(challenge);
        }
        Ok(())
    }

    "server/mechanisms/cram-login" => |s| {
        // The client has nothing to say to a second challenge, and cancels.
        let account = s.account()?.clone();
        let further = core::cell::Cell::new(false);
        let entry = enter(&s, channel(&s, "CRAM-MD5")?, async |pop: &mut Pop| {
            further.set(false);
            let reply = s.login(pop, &account, &Method::Sasl("CRAM-MD5".into())).await?;
            further.set(pop.cancelled());
            Ok(reply)
        });
        match entry.await? {
            Entry::In => s.check("2195-2-05", true),
            Entry::Lost => s.check_with("2195-2-05", false, "+OK, and STAT is not answered"),
            Entry::Refused(_) if further.get() => s.check_with("2195-2-05", false, "a further challenge comes"),
            Entry::Refused(reply) => {
                s.lenient_with("2195-2-05", false, format!("the right digest is refused: {}", shown(&reply)));
            }
        }
        Ok(())
    }

    "server/mechanisms/cram-and-clear" => |s| {
        let cram = by(&s, Method::Sasl("CRAM-MD5".into())).await?;
        let clear = by(&s, Method::User).await?;
        s.lenient_with("2195-4-01", !(cram.is_in() && clear.is_in()), "both CRAM-MD5 and PASS log in");
        Ok(())
    }
};
