//! `server/stls`: what came in clear counts for nothing inside TLS.

use alloc::format;
use alloc::vec::Vec;

use super::pop::Pop;
use super::stage::{Answer, Stage};
use super::stls::starting;
use crate::conformance::facts::Channel;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Whether the octets hold what a POP3 server says in clear, and not an alert of TLS.
fn is_reply(octets: &[u8]) -> bool {
    octets.starts_with(b"+") || octets.starts_with(b"-ERR")
}

/// Sends STLS and these octets in one segment, and makes the handshake. `None` if that comes to an end, which is
/// right.
async fn injected(s: &Stage, octets: &str) -> Result<Option<Pop>> {
    let mut pop = s.connect_by(Channel::Clear).await?;
    pop.say(format!("STLS\r\n{octets}")).await?;
    match pop.reply().await {
        Ok(reply) if reply.is_ok() => {}
        Ok(_) | Err(Stop::Hung(_)) => return Ok(None),
        Err(stop) => return Err(stop),
    }
    let in_clear = pop.quiet().await;
    if is_reply(&in_clear) {
        s.check_with("2595-4-13", false, "what was sent with STLS is answered in clear");
    }
    if !in_clear.is_empty() {
        return Ok(None);
    }
    match pop.tls().await {
        Ok(_) => Ok(Some(pop)),
        Err(Stop::Control(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// Sends the right password alone; whether that logs in.
async fn knows_the_name(s: &Stage, pop: &mut Pop, password: &str) -> Result<bool> {
    s.hide(password);
    match s.answer(pop, format!("PASS {password}\r\n")).await? {
        Answer::Ok(_) => Ok(pop.in_step().await.is_ok()),
        Answer::Silent => Err(Stop::Silent),
        _ => Ok(false),
    }
}

pub(super) const PROBES: Plays = plays! {
    "server/stls/injection-command" => |s| {
        if let Some(mut pop) = injected(&s, "CAPA\r\n").await? {
            let unasked = pop.quiet().await;
            let kept = if unasked.is_empty() {
                pop.ask("XPOP").await.map_or(true, |reply| reply.is_err())
            } else {
                // One may tell that the connection ends for it.
                unasked.starts_with(b"-ERR") && pop.closes().await.is_some()
            };
            s.check_with("2595-4-13", kept, "a command that was sent in clear is answered inside TLS");
        }
        s.check("2595-4-13", true);
        Ok(())
    }

    "server/stls/injection-half-line" => |s| {
        if let Some(mut pop) = injected(&s, "CA").await? {
            let answer = s.answer(&mut pop, "PA\r\n").await?;
            if answer == Answer::Silent {
                return Err(Stop::Silent);
            }
            s.check_with("2595-4-13", !answer.is_ok(), "'CA' in clear and 'PA' inside TLS are answered as CAPA");
        }
        s.check("2595-4-13", true);
        Ok(())
    }

    "server/stls/injection-login" => |s| {
        let account = s.account()?.clone();
        if let Some(mut pop) = injected(&s, &format!("USER {}\r\n", account.name)).await? {
            // A reply to USER would be taken for that to PASS.
            pop.quiet().await;
            let is_known = knows_the_name(&s, &mut pop, &account.password).await?;
            for row in ["2595-4-13", "2595-4-15"] {
                s.check_with(row, !is_known, "the name that was sent in clear is that of the login inside TLS");
            }
        }
        for row in ["2595-4-13", "2595-4-15"] {
            s.check(row, true);
        }
        Ok(())
    }

    "server/stls/name-forgotten" => |s| {
        let account = s.account()?.clone();
        let mut pop = s.connect_by(Channel::Clear).await?;
        if !pop.ask(format!("USER {}", account.name)).await?.is_ok() {
            return Err(Stop::NotApplicable("USER is refused in clear"));
        }
        if !pop.ask("STLS").await?.is_ok() {
            return Err(Stop::NotApplicable("STLS is refused after USER"));
        }
        pop.tls().await?;
        let is_known = knows_the_name(&s, &mut pop, &account.password).await?;
        // A client that begins anew after TLS sends a name of its own.
        s.lenient_with("2595-4-15", !is_known, "the name from before TLS is that of the login");
        Ok(())
    }

    "server/stls/broken-handshake" => |s| {
        let random: Vec<u8> = (0..8).flat_map(|_| s.random().to_be_bytes()).map(|octet| octet | 0x80).collect();
        for octets in [b"CAPA\r\n".as_slice(), &random] {
            let mut pop = starting(&s).await?.ok_or(Stop::NotApplicable("STLS is refused"))?;
            pop.say(octets).await?;
            let came = pop.quiet().await;
            let words = "a reply comes in clear after a handshake that failed";
            if came.starts_with(b"-ERR") {
                s.lenient_with("2595-4-18", false, words);
            } else {
                s.check_with("2595-4-18", !is_reply(&came), words);
            }
            pop.end(End::Fin).await;
        }
        match s.connect().await {
            Ok(pop) => pop.quit().await.map(drop),
            Err(stop) => {
                s.check_with("2595-4-18", false, format!("no new connection after handshakes that failed: {stop}"));
                Ok(())
            }
        }
    }
};
