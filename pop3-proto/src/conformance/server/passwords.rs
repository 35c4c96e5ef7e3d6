//! USER and PASS, on a channel where a password may be sent.

use alloc::format;
use core::time::Duration;

use super::pop::Pop;
use super::read::Reply;
use super::stage::Stage;
use crate::conformance::facts::{Channel, Method, Way};
use crate::conformance::probe::{Result, Stop};
use crate::conformance::steps::End;

/// The channel: that on which USER and PASS let the account in, if there is one.
pub(super) fn channel(s: &Stage) -> Result<Channel> {
    let may = |channel: Channel| channel.is_secured() || s.setup().clear_passwords;
    let known = s.facts().ways.iter().find(|way| way.method == Method::User && may(way.channel));
    let preferred = known.map_or_else(|| s.channel().map(|(channel, _)| channel), |way| Ok(way.channel))?;
    match (may(preferred), s.facts().tls, s.facts().stls) {
        (true, ..) => Ok(preferred),
        (_, true, _) => Ok(Channel::Tls),
        (.., true) => Ok(Channel::Stls),
        _ => Err(Stop::NotRun("no channel on which a password may be sent")),
    }
}

/// A connection before the login, on that channel.
pub(super) async fn connect(s: &Stage) -> Result<Pop> {
    s.connect_by(channel(s)?).await
}

/// Sends USER with the account; ends the probe as not applicable if it is refused.
pub(super) async fn user(s: &Stage, pop: &mut Pop) -> Result<()> {
    let name = s.account()?.name.clone();
    let reply = pop.ask(format!("USER {name}")).await?;
    if reply.is_ok() { Ok(()) } else { Err(Stop::NotApplicable("USER is refused")) }
}

/// Sends PASS with the password of the account.
pub(super) async fn pass(s: &Stage, pop: &mut Pop) -> Result<Reply> {
    let password = s.account()?.password.clone();
    s.hide(&password);
    pop.ask(format!("PASS {password}")).await
}

/// Whether the survey logged in by USER and PASS on that channel.
pub(super) fn is_known(s: &Stage) -> Result<bool> {
    let channel = channel(s)?;
    Ok(s.facts().ways.iter().any(|way| way.method == Method::User && way.channel == channel))
}

/// Logs in by USER and PASS. `None` if they are refused, which needs leave for two failed logins.
pub(super) async fn log_in(s: &Stage) -> Result<Option<Pop>> {
    let (channel, account) = (channel(s)?, s.account()?.clone());
    if is_known(s)? {
        return s.transaction_by(&Way { channel, method: Method::User }).await.map(Some);
    }
    if s.setup().leave.bad_logins < 2 {
        return Err(Stop::NotRun("no leave for failed logins"));
    }
    // Once more in case the maildrop was in use.
    for pause in [Duration::ZERO, s.settling_time()] {
        s.wait(pause).await;
        let mut pop = s.connect_by(channel).await?;
        if s.login(&mut pop, &account, &Method::User).await?.is_ok() {
            return Ok(Some(pop));
        }
        pop.end(End::Fin).await;
    }
    Ok(None)
}

/// The control where a login should be refused: USER and PASS let the account in, if both are right. After it no
/// earlier session holds the maildrop, for which any login would be refused.
pub(super) async fn control(s: &Stage) -> Result<()> {
    match log_in(s).await? {
        Some(pop) => pop.quit().await.map(drop),
        None => Err(Stop::NotApplicable("USER and PASS do not let the account in")),
    }
}
