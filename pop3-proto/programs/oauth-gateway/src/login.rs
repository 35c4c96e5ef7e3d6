//! Logs in to the real server: gets a token, connects, and turns a failure into a reply to the device.

use anyhow::Context as _;
use pop3_proto::client::ProtocolError;
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::login::{Failure, Login, Progress, Reason, RefusalKind, ServerNotes};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{Code, PlaintextLeft, Secret};
use tokio::time::timeout;

use crate::app::App;
use crate::upstream::Upstream;

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
    let credentials = Credentials::token(user, Secret::new(token.as_bytes()));
    let late = || Err(broken(anyhow::anyhow!("not logged in after {} s", app.timeout.as_secs())));
    timeout(app.timeout, attempts(app, credentials)).await.unwrap_or_else(|_| late())
}

async fn attempts(app: &App, credentials: Credentials<'_>) -> Result<Upstream, Refused> {
    // There is no nonce, because the mechanisms for tokens need none.
    let mut channel = Channel::new(&app.host);
    channel.authority = Some((&app.host, app.port));
    let mut notes = ServerNotes::default();
    let mut before = None;
    for left in (0..ATTEMPTS).rev() {
        let memory = vec![0; SASL_MEMORY];
        let mut login = Login::new(credentials, channel, app.policy, memory).with_server_notes(notes);
        let failure = match attempt(app, &mut login).await.map_err(broken)? {
            Ok(upstream) => return Ok(upstream),
            Err(failure) => failure,
        };
        if failure.retry.is_none() || left == 0 {
            // If a retry found no method left to try, the failure before it says more.
            let failure = before.filter(|_| failure.reason == Reason::NoMethod).unwrap_or(failure);
            return Err(refused(failure, &login.last_refusal_text().to_string()));
        }
        before = Some(failure);
        notes = login.server_notes();
    }
    Err(broken(anyhow::anyhow!("nothing was tried")))
}

/// Makes one connection and goes on until the login or its failure.
async fn attempt(app: &App, login: &mut Login<'_, Vec<u8>>) -> anyhow::Result<Result<Upstream, Failure>> {
    let mut upstream = Upstream::connect(app).await?;
    loop {
        match login.advance(&mut upstream.client, &mut upstream.tx) {
            Ok(Progress::Pending) => match upstream.next().await? {
                Some(event) => login.handle_event(&event),
                None => return Ok(Err(login.end_of_input())),
            },
            Ok(Progress::StartTls) => upstream = upstream.secured(app).await?,
            Ok(Progress::LoggedIn) => return Ok(Ok(upstream)),
            Ok(Progress::Failed(failure)) => return Ok(Err(failure)),
            Err(error) => return Err(error).context("login"),
        }
    }
}

/// The real server refused the login, or offers no method that both ends have.
fn refused(failure: Failure, words: &str) -> Refused {
    let code = match failure.kind {
        RefusalKind::Credentials => Code::Auth,
        RefusalKind::Busy => Code::InUse,
        RefusalKind::Later => Code::SysTemp,
        RefusalKind::Permanent | RefusalKind::Policy | RefusalKind::Caller => Code::SysPerm,
    };
    let text = if words.is_empty() { failure.to_string() } else { words.to_owned() };
    let cause = anyhow::Error::from(failure);
    Refused { code, text, cause: if words.is_empty() { cause } else { cause.context(words.to_owned()) } }
}

/// The real server cannot be reached, is not trusted, or breaks the protocol.
fn broken(cause: anyhow::Error) -> Refused {
    let for_good = cause.chain().any(|one| {
        let tls = one.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        one.is::<ProtocolError>()
            || one.is::<PlaintextLeft>()
            || tls.is_some_and(|tls| tls.is::<rustls::Error>())
    });
    let code = if for_good { Code::SysPerm } else { Code::SysTemp };
    Refused { code, text: format!("the real server: {cause:#}"), cause }
}
