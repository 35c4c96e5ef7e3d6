//! How probes make a client log in by a mechanism.

use alloc::format;
use alloc::string::String;

use super::act::Act;
use super::host::Host;
use super::ran::{Line, Ran};
use crate::conformance::probe::{Result, Stop};
use crate::conformance::task::{Job, Task};

/// The client logs in by this mechanism, which alone is on offer.
pub(super) async fn by(h: &Host, mechanism: &'static str, act: Act) -> Result<Ran> {
    let takes = h.subject().methods.iter().any(|method| method == mechanism);
    let task = Task { method: takes.then_some(mechanism), ..h.task_in_tls(Job::Login) };
    let ran = h.play(task, act.sasl(&format!("SASL {mechanism}"))).await?;
    if ran.auth(mechanism).is_none() {
        return Err(Stop::NotApplicable("the client does not use the mechanism"));
    }
    Ok(ran)
}

/// The mechanism that the client uses if all are on offer.
pub(super) async fn usual(h: &Host) -> Result<&'static str> {
    let order = ["CRAM-MD5", "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1"];
    for mechanism in order {
        match by(h, mechanism, Act::new()).await {
            Ok(_) => return Ok(mechanism),
            Err(Stop::NotApplicable(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    Err(Stop::NotApplicable("the client uses no mechanism of SASL"))
}

/// The one of SCRAM that the client uses.
pub(super) async fn scram(h: &Host) -> Result<&'static str> {
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-1"] {
        match by(h, mechanism, Act::new()).await {
            Ok(_) => return Ok(mechanism),
            Err(Stop::NotApplicable(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    Err(Stop::NotApplicable("the client does not use SCRAM"))
}

/// What follows the mechanism in the line of AUTH.
pub(super) fn initial(line: &Line) -> Option<String> {
    let text = String::from_utf8_lossy(&line.text).into_owned();
    text.splitn(3, ' ').nth(2).map(Into::into)
}
