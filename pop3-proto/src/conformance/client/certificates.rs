//! `client/tls`: certificates, and TLS from the start.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::act::{Act, Step};
use super::host::Host;
use super::ran::Ran;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;
use crate::conformance::task::{Certificate, Job, Task, Wish};

async fn with(h: &Host, tls: Wish, certificate: Certificate) -> Result<Ran> {
    h.play(Task { tls, ..h.task(Job::Fetch) }, Act { certificate, ..Act::new() }).await
}

/// The ways into TLS that the client has.
fn ways(h: &Host) -> Vec<Wish> {
    [Wish::Tls, Wish::Stls].into_iter().filter(|wish| h.subject().can(*wish)).collect()
}

/// Those of them on which it gets in with a good certificate.
async fn ways_in(h: &Host) -> Result<Vec<Wish>> {
    let (mut found, mut words) = (Vec::new(), None);
    for tls in ways(h) {
        let good = with(h, tls, Certificate::Good).await?;
        match good.is_in() {
            true => found.push(tls),
            false => words = Some(good.words()),
        }
    }
    match words {
        Some(words) if found.is_empty() => {
            Err(Stop::Control(format!("the client does not get in with a good certificate: {words}")))
        }
        _ => Ok(found),
    }
}

/// A ServerHello of TLS 1.1, in answer to whatever came.
fn old_hello() -> alloc::vec::Vec<u8> {
    let mut hello = alloc::vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([0x5a; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    hello
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/tls/certificate" => |h| {
        for tls in ways_in(&h).await? {
            for certificate in [
                Certificate::Expired,
                Certificate::NotYetValid,
                Certificate::UnknownAuthority,
                Certificate::SelfSigned,
            ] {
                let ran = with(&h, tls, certificate).await?;
                let what = format!("{}, a certificate that is {}", tls.as_str(), certificate.as_str());
                for row in ["8314-3.1-03", "8314-5.2-03", "5034-4-33", "2595-2.5-01"] {
                    h.stays_out(row, &ran, &what);
                }
            }
            // No RFC of this family speaks of what a key may be used for.
            let ran = with(&h, tls, Certificate::ForClients).await?;
            let words = format!("{}: a certificate that is for clients only is taken", tls.as_str());
            h.lenient_with("8314-3.1-03", !ran.tried_login(), words);
        }
        Ok(())
    }

    "client/tls/certificate-name" => |h| {
        let deep = h.subject().deep_name;
        for tls in ways_in(&h).await? {
            for (certificate, row) in [
                (Certificate::OtherHost, "7817-3-01"),
                (Certificate::SubjectBesideOther, "7817-3-04"),
                (Certificate::WildcardTooHigh, "7817-3-05"),
                (Certificate::PartialWildcard, "7817-3-05"),
            ] {
                if certificate == Certificate::WildcardTooHigh && !deep {
                    continue;
                }
                let ran = with(&h, tls, certificate).await?;
                let what = format!("{}, a certificate {}", tls.as_str(), certificate.as_str());
                for row in [row, "8314-3.1-03"] {
                    h.stays_out(row, &ran, &what);
                }
            }
            if with(&h, tls, Certificate::SubjectOnly).await?.tried_login() {
                h.note("7817-3-04", "where no other name is there, that of the subject is taken");
            }
            if deep {
                let ran = with(&h, tls, Certificate::Wildcard).await?;
                h.lenient_with("7817-3-05", ran.is_in(), "a good wildcard is refused");
            }
        }
        Ok(())
    }

    "client/tls/implicit" => |h| {
        let task = Task { tls: Wish::Tls, ..h.task(Job::Fetch) };
        let ran = h.play(task.clone(), Act::new()).await?;
        let inside = ran.is_in() && ran.lines().all(|line| line.secured);
        for row in ["8314-3.1-01", "8314-3.1-04", "6186-6-02", "8997-3-01"] {
            h.check_with(row, inside, format!("the session does not run inside TLS: {}", ran.words()));
        }
        let old = [Step::Say(old_hello()), Step::Hold(Duration::from_secs(3)), Step::Close(End::Fin)];
        let ran = h.play(task, Act::new().on("HELLO", old)).await?;
        // What is sent after such a ServerHello is an alert, type 21, or nothing.
        let goes_on =
            ran.sessions.iter().any(|session| after_hello(&session.raw).is_some_and(|kind| kind != 21));
        h.check_with("8997-3-01", !goes_on && !ran.is_in(), "TLS 1.1 is taken");
        Ok(())
    }

    "client/tls/closure" => |h| {
        let ran = h
            .play(h.task_in_tls(Job::Fetch), Act::new().on("QUIT", [Step::Idle(b"+OK bye\r\n".to_vec())]))
            .await?;
        let announced =
            ran.sessions.iter().filter(|s| s.tls.is_some()).all(|s| s.left != Some(End::Truncated));
        h.lenient_with("8314-3.4-01", announced, "the connection ends without the closing alert");
        h.check("8314-3.4-02", true);
        Ok(())
    }
};

/// The type of the record that follows the first one.
fn after_hello(raw: &[u8]) -> Option<u8> {
    let length = usize::from(*raw.get(3)?).checked_mul(256)?.checked_add(usize::from(*raw.get(4)?))?;
    raw.get(length.checked_add(5)?).copied()
}
