//! The session of a device: the dialogue up to QUIT, then QUIT itself.

use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::client::Part;
use pop3_proto::server::session::Event;
use pop3_proto::server::{Credentials, Ticket, kind};
use pop3_proto::{Code, Command, FixedBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

use crate::app::App;
use crate::device::{Device, WINDOW};
use crate::guard::Waiting;
use crate::login;
use crate::relay;
use crate::session_log::SessionLog;
use crate::upstream::Upstream;

/// How long a wrong local password is held up in any case; [`Guard`](crate::guard::Guard) makes it longer.
const WRONG_PASSWORD: Duration = Duration::from_secs(1);
/// How long a device may take until it has shown the password.
const WITHOUT_PASSWORD: Duration = Duration::from_secs(60);
/// How long the answer to QUIT may take if nothing depends on it.
const QUIT: Duration = Duration::from_secs(10);

/// How the dialogue before QUIT ended.
enum End {
    Over(String),
    Quit(Ticket<kind::Quit>),
}

/// Runs a session to its end, or until the gateway cuts it off. Once the real server may be removing
/// messages, the session is not cut off, because the device has to learn the outcome.
pub(crate) async fn run(
    app: &App,
    stream: TcpStream,
    log: &mut SessionLog,
    cut: &mut watch::Receiver<()>,
) -> anyhow::Result<String> {
    let mut device = Device::new(app, stream);
    let mut upstream = None;
    let (waiting, leave) = app.guard.wait();
    let late = async {
        tokio::select! { () = leave.notified() => {} () = sleep(WITHOUT_PASSWORD) => {} }
        // From the password on, nobody has to leave.
        if waiting.is_over() {
            std::future::pending::<()>().await;
        }
    };
    let end = tokio::select! {
        end = dialogue(app, &mut device, &mut upstream, log, &waiting) => end?,
        () = late => anyhow::bail!("sent away: it has shown no password"),
        _ = cut.changed() => anyhow::bail!("cut off: the gateway stops"),
    };
    match end {
        End::Over(reason) => {
            if let Some(upstream) = upstream {
                upstream.close().await;
            }
            Ok(reason)
        }
        End::Quit(reply) => quit(&mut device, upstream, reply, log.marked > 0).await,
    }
}

async fn dialogue(
    app: &App,
    device: &mut Device<'_>,
    upstream: &mut Option<Upstream>,
    log: &mut SessionLog,
    waiting: &Waiting<'_>,
) -> anyhow::Result<End> {
    let mut rx = FixedBuf::<WINDOW>::new();
    loop {
        match device.session.receive(app.now(), rx.unread(), &mut device.tx) {
            Event::NeedInput => {
                device.flush().await?;
                let timeout = device.session.poll_timeout().unwrap_or_default();
                let timeout = app.started + Duration::from_millis(timeout.as_millis());
                let until = upstream.as_ref().map_or(timeout, |upstream| upstream.due().min(timeout));
                tokio::select! {
                    // The real server comes first, so that nothing it said before can pass for the answer to
                    // the next command.
                    biased;
                    error = idle(upstream) => return Err(error).context("the real server"),
                    read = device.read(rx.space(), until) => match read? {
                        Some(0) => return Ok(End::Over("the device is gone".to_owned())),
                        Some(n) => rx.commit(n),
                        None => {}
                    }
                }
                device.session.handle_timeout(app.now());
                if let Some(upstream) = upstream.as_mut().filter(|upstream| upstream.due() <= Instant::now())
                {
                    upstream.keep_alive().await.context("the real server")?;
                }
            }
            Event::NeedOutput => device.flush().await?,
            Event::Login { credentials, reply } => {
                let right = match credentials {
                    Credentials::Password(password) => app.is_local_password(password),
                    Credentials::Apop(_) => false,
                };
                *upstream = log_in(app, device, right, reply, log, waiting).await;
            }
            Event::Quit { reply, .. } => return Ok(End::Quit(reply)),
            Event::Closed(reason) => {
                device.flush().await?;
                return Ok(End::Over(reason.to_string()));
            }
            event => {
                if let Some(upstream) = upstream {
                    relay::command(device, upstream, event, log).await?;
                }
                // Without the real server, the next `receive` refuses the command with -ERR.
            }
        }
    }
}

async fn idle(upstream: &mut Option<Upstream>) -> anyhow::Error {
    match upstream {
        Some(upstream) => upstream.idle().await,
        None => std::future::pending().await,
    }
}

/// Logs in to the real server, but only for a device that has the local password.
async fn log_in(
    app: &App,
    device: &mut Device<'_>,
    right: bool,
    reply: Ticket<kind::SessionLogin>,
    log: &mut SessionLog,
    waiting: &Waiting<'_>,
) -> Option<Upstream> {
    let user = String::from_utf8_lossy(device.session.user().unwrap_or_default()).into_owned();
    let address = log.address();
    let Some(turn) = app.guard.attempt(address, &user, right, app.now()) else {
        warn!(user, "too many wrong local passwords");
        let text = "too many wrong passwords, try again later";
        reply.err(&mut device.session, &mut device.tx, Code::SysTemp, text);
        return None;
    };
    if turn > app.now() {
        sleep_until(app.started + Duration::from_millis(turn.as_millis())).await;
    }
    let (session, tx) = (&mut device.session, &mut device.tx);
    if !right {
        warn!(user, "wrong local password");
        sleep(WRONG_PASSWORD).await;
        reply.err(session, tx, Code::Auth, "wrong local password");
        return None;
    }
    waiting.end();
    match login::log_in(app, &user).await {
        Ok(upstream) => {
            device.masks = upstream.masks.clone();
            let capabilities = upstream.client.capabilities();
            if let Some(delay) = capabilities.login_delay() {
                session.set_login_delay(delay.seconds);
            }
            if let Some(expire) = capabilities.expire() {
                session.set_expire(expire.days);
            }
            reply.accept(session, tx, "logged in to the real server");
            log.user = Some(user);
            Some(upstream)
        }
        Err(refused) => {
            warn!(user, code = refused.code.as_str(), "login: {:#}", refused.cause);
            reply.err(session, tx, refused.code, &refused.text);
            None
        }
    }
}

/// Answers `+OK` only if the real server says so, if there was no login, or if nothing depends on what the
/// real server says, because no message is marked as deleted.
async fn quit(
    device: &mut Device<'_>,
    upstream: Option<Upstream>,
    reply: Ticket<kind::Quit>,
    marked: bool,
) -> anyhow::Result<String> {
    let Some(mut upstream) = upstream else {
        reply.ok(&mut device.session, &mut device.tx, "bye");
        device.flush().await?;
        return Ok("QUIT before a login".to_owned());
    };
    if !marked {
        upstream.hurry(QUIT);
    }
    let end = match upstream.ask(&Command::Quit).await {
        Ok(Part::Ok(text)) => {
            let words = device.shown(text);
            reply.ok(&mut device.session, &mut device.tx, &words);
            "QUIT".to_owned()
        }
        answer if !marked => {
            let why = match answer {
                Ok(Part::Err(refusal)) => device.shown(refusal.text),
                Ok(_) => "an answer that cannot be read".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            reply.ok(&mut device.session, &mut device.tx, "bye");
            format!("QUIT, and the real server: {why}; nothing depended on it")
        }
        answer => {
            let end = match &answer {
                Ok(Part::Err(refusal)) => {
                    format!("QUIT refused by the real server: {}", device.shown(refusal.text))
                }
                _ => "QUIT with an answer that cannot be read".to_owned(),
            };
            device.decline(reply, answer).await.context("QUIT: the real server")?;
            end
        }
    };
    device.flush().await?;
    upstream.close().await;
    Ok(end)
}
