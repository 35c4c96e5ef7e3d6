//! Logs in to the real server: gets a token, connects, and turns a failure into a reply to the device.

use std::sync::Arc;

use anyhow::Context as _;
use pop3_programs_common::words::{Masks, shown};
use pop3_proto::client::{Event, Part, ProtocolError};
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::login::{Failure, Login, Progress, Reason, RefusalKind};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{Code, PlaintextLeft, Secret};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::app::App;
use crate::upstream::{Untrusted, Upstream};

/// The most connections for one login. Some servers hang up on a method that they announce.
const ATTEMPTS: u32 = 3;

/// Why the login failed.
pub(crate) struct Refused {
    pub(crate) code: Code,
    /// The text for the device.
    pub(crate) text: String,
    /// The cause for the log.
    pub(crate) cause: anyhow::Error,
}

/// Connects to the real server and logs that user in.
pub(crate) async fn log_in(app: &App, user: &str) -> Result<Upstream, Refused> {
    let token = app.tokens.fetch(user, app.timeout).await.map_err(|cause| Refused {
        code: Code::SysTemp,
        text: "no token for this user".to_owned(),
        cause,
    })?;
    let mut masks = Masks::new();
    masks.add(token.as_bytes());
    let masks = Arc::new(masks);
    let credentials = Credentials::token(user, Secret::new(token.as_bytes()));
    let late = || Err(broken(anyhow::anyhow!("not logged in after {} s", app.timeout.as_secs()), &masks));
    let tried = timeout(app.timeout, attempts(app, credentials, &masks)).await;
    tried.unwrap_or_else(|_| late())
}

async fn attempts(app: &App, credentials: Credentials<'_>, masks: &Arc<Masks>) -> Result<Upstream, Refused> {
    // There is no nonce, because the mechanisms for tokens need none.
    let mut channel = Channel::new(&app.host);
    channel.authority = Some((&app.host, app.port));
    let mut notes = app.notes.get();
    let mut before = None;
    for left in (0..ATTEMPTS).rev() {
        let memory = vec![0; SASL_MEMORY];
        let mut login = Login::new(credentials, channel, app.policy, memory).with_server_notes(notes);
        let mut refusal = Vec::new();
        let tried = attempt(app, &mut login, masks, &mut refusal).await;
        let failure = match tried.map_err(|cause| broken(cause, masks))? {
            Ok(upstream) => {
                app.notes.keep(login.server_notes());
                return Ok(upstream);
            }
            Err(failure) => failure,
        };
        if failure.retry.is_none() || left == 0 {
            // If a retry found no method left to try, the failure before it says more.
            let failure = before.filter(|_| failure.reason == Reason::NoMethod).unwrap_or(failure);
            // What the login keeps of the words may be cut.
            let kept = login.last_refusal_text().as_bytes();
            let words =
                shown(if refusal.starts_with(kept) && !kept.is_empty() { &refusal } else { kept }, masks);
            let told = login.token_refusal().map(|json| shown(json, masks));
            return Err(refused(failure, &words, told.as_deref()));
        }
        before = Some(failure);
        notes = login.server_notes();
    }
    Err(broken(anyhow::anyhow!("nothing was tried"), masks))
}

/// Makes one connection and goes on until the login or its failure.
async fn attempt(
    app: &App,
    login: &mut Login<'_, Vec<u8>>,
    masks: &Arc<Masks>,
    refusal: &mut Vec<u8>,
) -> anyhow::Result<Result<Upstream, Failure>> {
    let mut upstream = Upstream::connect(app, masks).await?;
    // Silence at one step leaves time for another connection without that step.
    let patience = app.timeout / 2;
    loop {
        upstream.set_timeout(patience);
        match login.advance(&mut upstream.client, &mut upstream.tx) {
            Ok(Progress::Pending) => match upstream.next().await {
                Ok(Some(event)) => {
                    if let Event::Refused(words) | Event::Reply { part: Part::Err(words), .. } = &event {
                        *refusal = words.text.as_bytes().to_vec();
                    }
                    login.handle_event(&event);
                }
                Ok(None) => return Ok(Err(login.end_of_input())),
                Err(error) => return judged(&error, login).map_or(Err(error), |failure| Ok(Err(failure))),
            },
            Ok(Progress::StartTls) => upstream = upstream.secured(app).await?,
            Ok(Progress::LoggedIn) => {
                upstream.set_timeout(app.timeout);
                return Ok(Ok(upstream));
            }
            Ok(Progress::Failed(failure)) => return Ok(Err(failure)),
            Err(error) => return Err(error).context("login"),
        }
    }
}

/// What silence or an answer that is none means for the login: whether to connect once more.
fn judged(error: &anyhow::Error, login: &mut Login<'_, Vec<u8>>) -> Option<Failure> {
    let failure = match error.downcast_ref::<ProtocolError>() {
        Some(broken) => login.protocol_error(*broken),
        None if error.is::<Elapsed>() => login.timed_out(),
        None => return None,
    };
    Some(failure).filter(|failure| failure.retry.is_some())
}

/// The real server refused the login, or offers no method that both ends have.
fn refused(failure: Failure, words: &str, told: Option<&str>) -> Refused {
    let code = match failure.kind {
        RefusalKind::Credentials => Code::Auth,
        RefusalKind::Busy => Code::InUse,
        RefusalKind::Later => Code::SysTemp,
        RefusalKind::Permanent | RefusalKind::Policy | RefusalKind::Caller => Code::SysPerm,
    };
    let text = if words.is_empty() { failure.to_string() } else { words.to_owned() };
    let mut cause = anyhow::Error::from(failure);
    for words in [Some(words), told].into_iter().flatten().filter(|words| !words.is_empty()) {
        cause = cause.context(words.to_owned());
    }
    Refused { code, text, cause }
}

/// The real server cannot be reached, is not trusted, or breaks the protocol.
fn broken(cause: anyhow::Error, masks: &Masks) -> Refused {
    let for_good = cause
        .chain()
        .any(|one| one.is::<ProtocolError>() || one.is::<PlaintextLeft>() || one.is::<Untrusted>());
    let code = if for_good { Code::SysPerm } else { Code::SysTemp };
    let words = shown(format!("{cause:#}").as_bytes(), masks);
    Refused { code, text: format!("the real server: {words}"), cause: anyhow::Error::msg(words) }
}
