//! `server/tls`: TLS from the start, and what the handshake shows.

use alloc::format;
use alloc::vec::Vec;

use super::pop::Pop;
use super::stage::{Answer, Stage};
use crate::conformance::dialogue::escaped;
use crate::conformance::facts::Channel;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::{Door, End};

/// The octets with their count in front, as two octets.
fn counted(octets: &[u8]) -> Vec<u8> {
    [&u16::try_from(octets.len()).unwrap_or_default().to_be_bytes(), octets].concat()
}

/// A ClientHello that offers at most the version 3.`minor`: 0 is SSL 3.0, 1 is TLS 1.0, 2 is TLS 1.1.
fn hello(minor: u8) -> Vec<u8> {
    // ECDHE, DHE and RSA with AES in CBC mode, 3DES and RC4, and that renegotiation is secure.
    let suites =
        b"\xc0\x0a\xc0\x14\xc0\x09\xc0\x13\x00\x39\x00\x33\x00\x35\x00\x2f\x00\x0a\x00\x05\x00\x04\x00\xff";
    // Curves P-256 and P-384; points uncompressed.
    let extensions = b"\x00\x0a\x00\x06\x00\x04\x00\x17\x00\x18\x00\x0b\x00\x02\x01\x00";
    let mut body = [&[3, minor], [0x19; 32].as_slice(), &[0], &counted(suites), &[1, 0]].concat();
    if minor > 0 {
        body.extend(counted(extensions));
    }
    let message = [&[1, 0], counted(&body).as_slice()].concat();
    [&[0x16, 3, minor.min(1)], counted(&message).as_slice()].concat()
}

/// A CLIENT-HELLO of SSL 2.0 that offers nothing later: RC4, RC2 and 3DES with MD5.
fn hello_of_ssl2() -> Vec<u8> {
    let specs = b"\x01\x00\x80\x03\x00\x80\x07\x00\xc0";
    let message = [b"\x01\x00\x02\x00\x09\x00\x00\x00\x10".as_slice(), specs, b"sixteen octets \n"].concat();
    let mut record = counted(&message);
    // The first bit says that there is no padding.
    record.iter_mut().take(1).for_each(|octet| *octet |= 0x80);
    record
}

/// The version that a ServerHello or a SERVER-HELLO takes; `None` for an alert, or anything else.
fn chosen(octets: &[u8]) -> Option<(u8, u8)> {
    match octets {
        [0x16, 3, _, _, _, 2, _, _, _, major, minor, ..] => Some((*major, *minor)),
        [0x80..=0xff, _, 4, _, _, 0, 2, ..] => Some((2, 0)),
        _ => None,
    }
}

/// Sends the octets in place of a handshake; what comes first.
async fn instead(s: &Stage, octets: &[u8]) -> Result<Vec<u8>> {
    let mut pop = if s.facts().tls {
        s.open(Door::Tls).await?
    } else {
        let mut pop = s.connect_by(Channel::Clear).await?;
        if !pop.ask("STLS").await?.is_ok() {
            return Err(Stop::Control("STLS is refused".into()));
        }
        pop
    };
    pop.say(octets).await?;
    let came = pop.quiet().await;
    pop.end(End::Fin).await;
    Ok(came)
}

/// Connects to the port that is said to start with TLS; the survey may not have got a greeting from it.
async fn tls_port(s: &Stage) -> Result<Pop> {
    match s.open(Door::Tls).await {
        Err(Stop::Refused(_)) => Err(Stop::NotRun("the port that starts with TLS is not open")),
        other => other,
    }
}

async fn silent_in_clear(s: &Stage, mut pop: Pop) -> Result<()> {
    let came = pop.quiet().await;
    let is_reply = came.starts_with(b"+OK") || came.starts_with(b"-ERR");
    s.check_with("8314-3.1-01", !is_reply, format!("'{}' comes in clear", escaped(&came)));
    pop.end(End::Fin).await;
    Ok(())
}

pub(super) const PROBES: Plays = plays! {
    "server/tls/handshake-first" => |s| {
        let pop = tls_port(&s).await?;
        silent_in_clear(&s, pop).await?;
        let mut pop = tls_port(&s).await?;
        pop.say("CAPA\r\n").await?;
        silent_in_clear(&s, pop).await
    }

    "server/tls/greeting-inside" => |s| {
        let mut pop = tls_port(&s).await?;
        pop.tls().await?;
        let greeting = match pop.reply().await {
            Err(stop @ Stop::Hung(_)) => return Err(stop),
            other => other,
        };
        let is_greeting = greeting.as_ref().is_ok_and(|reply| reply.is_ok() || reply.is_err());
        s.check_with("8314-3.1-02", is_greeting, "no greeting comes inside TLS");
        if !greeting?.is_ok() {
            return Err(Stop::Control("the greeting is a refusal".into()));
        }
        let answer = s.answer(&mut pop, "STAT\r\n").await?;
        if !answer.is_ok() && !answer.is_refusal() {
            return Err(Stop::Control(format!("STAT {answer}")));
        }
        s.check_with("8314-3.1-04", answer.is_refusal(), "STAT is answered before a login");
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/tls/no-stls" => |s| {
        let mut pop = s.connect_by(Channel::Tls).await?;
        let list = pop.listing("CAPA").await?;
        let announced = list.lines.iter().any(|line| line.eq_ignore_ascii_case(b"STLS"));
        let answer = s.answer(&mut pop, "STLS\r\n").await?;
        match answer {
            Answer::Ok(_) | Answer::Err(_) => {}
            other => return Err(Stop::Control(format!("STLS {other}"))),
        }
        s.check_with("8314-3.1-05", !announced, "STLS is announced inside implicit TLS");
        s.check_with("8314-3.1-05", answer.is_refusal(), "STLS is taken inside implicit TLS");
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/tls/closure" => |s| {
        let mut pop = s.connect_tls().await?;
        if !pop.ask("QUIT").await?.is_ok() {
            return Err(Stop::Control("QUIT is refused".into()));
        }
        match pop.closes().await {
            None => return Err(Stop::Control("the connection stays open after QUIT".into())),
            Some(End::Reset) => s.note("8314-3.4-01", "the connection is reset after QUIT: an alert may have been lost"),
            Some(end) => s.lenient_with("8314-3.4-01", end != End::Truncated, "TCP ends without the closing alert"),
        }
        Ok(())
    }

    "server/tls/old-versions" => |s| {
        let version = match s.connect_tls().await {
            Ok(pop) => {
                let version = pop.secured().map(|tls| tls.version.clone()).unwrap_or_default();
                pop.quit().await?;
                version
            }
            Err(Stop::Control(why)) if why.starts_with("the TLS handshake") => why,
            Err(stop) => return Err(stop),
        };
        let is_new = ["1.2", "1_2", "1.3", "1_3"].iter().any(|known| version.ends_with(known));
        s.check_with("8314-4-04", is_new, format!("no handshake at TLS 1.2 or later: {version}"));
        for minor in [2, 1, 0] {
            match chosen(&instead(&s, &hello(minor)).await?) {
                Some((3, 0)) => s.check_with("8997-3-01", false, "SSL 3.0 is taken"),
                Some((3, minor @ 1..=2)) => {
                    s.lenient_with("8997-3-01", false, format!("TLS 1.{} is taken", minor.saturating_sub(1)));
                }
                _ => s.check("8997-3-01", true),
            }
        }
        let is_ssl2 = chosen(&instead(&s, &hello_of_ssl2()).await?) == Some((2, 0));
        s.check_with("6186-6-02", !is_ssl2, "SSL 2.0 is taken");
        Ok(())
    }

    "server/tls/certificate" => |s| {
        let pop = s.connect_tls().await?;
        let (fault, is_name) =
            pop.secured().map(|tls| (tls.certificate.clone(), tls.wrong_name)).unwrap_or_default();
        pop.end(End::Fin).await;
        let words = fault.clone().unwrap_or_default();
        s.check_with("8314-4.4-01", fault.is_none() || is_name, format!("the certificate: {words}"));
        if is_name || fault.is_none() {
            s.lenient_with("7817-5-01", fault.is_none(), format!("the certificate: {words}"));
            return Ok(());
        }
        Err(Stop::NotRun("the names of a certificate that is not valid are not looked at"))
    }

    "server/tls/asks-certificate" => |s| {
        let mut pop = s.connect_tls().await?;
        let asked = pop.secured().is_some_and(|tls| tls.asked_certificate);
        let list = pop.listing("CAPA").await?;
        let external = list.lines.iter().any(|line| {
            let line = line.to_ascii_uppercase();
            let mut words = line.split(|octet| *octet == b' ');
            words.next() == Some(b"SASL") && words.any(|word| word == b"EXTERNAL")
        });
        let words = "a certificate is asked for, and EXTERNAL is not on offer";
        if asked && !external && !s.setup().certificate {
            // It may be on offer to those alone who show a certificate.
            s.note("8314-4.2-01", words);
        } else {
            s.lenient_with("8314-4.2-01", !asked || external, words);
        }
        pop.quit().await.map(drop)
    }

    "server/tls/offered" => |s| {
        let facts = s.facts();
        let stls = facts.stls || facts.clear.as_ref().is_some_and(|list| list.has("STLS"));
        let missing = match (facts.tls, stls) {
            (true, true) => "",
            (false, true) => "no port that starts with TLS was reached",
            (true, false) => "STLS is not offered",
            (false, false) => "neither STLS nor a port that starts with TLS was found",
        };
        s.lenient_with("8314-4-01", facts.tls || stls, missing);
        if stls && !facts.tls && !s.setup().tls {
            s.note("8314-4-02", "no port that starts with TLS is given");
        } else {
            s.lenient_with("8314-4-02", facts.tls && stls, missing);
        }
        Ok(())
    }
};
