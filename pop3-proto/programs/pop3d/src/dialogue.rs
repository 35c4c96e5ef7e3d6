//! The dialogue of a session: takes events from the crate and answers them from users and store.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::server::{Config, Event, Handover};
use pop3_proto::{Code, GrowBuf, MsgNo, PlaintextLeft};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout_at;
use tracing::error;

use crate::app::App;
use crate::guard::Place;
use crate::languages;
use crate::session::{Server, Session};
use crate::session_log::{SessionLog, escaped};

/// How a session ended.
pub(crate) enum End {
    Over(String),
    /// The TLS handshake comes next. Nothing that was received without TLS is left.
    StartTls(Handover<Arc<Config>>),
}

/// Runs a session to its end, or to the point where TLS begins.
pub(crate) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    app: &App,
    io: &mut S,
    server: Server,
    log: &mut SessionLog,
    place: &Place,
    mut stopping: watch::Receiver<()>,
) -> anyhow::Result<End> {
    let mut rx = GrowBuf::new();
    let mut session = Session::new(app, io, server, log, place);
    loop {
        let event = session.server.receive(app.now(), rx.unread(), &mut session.tx);
        match event {
            Event::NeedInput => {
                session.flush().await?;
                session.tx.shrink();
                rx.shrink();
                let deadline = session
                    .server
                    .poll_timeout()
                    .map(|at| app.started + Duration::from_millis(at.as_millis()));
                let read = timeout_at(deadline.unwrap_or(app.started), session.io.read(rx.space()));
                let n = tokio::select! { read = read => match read {
                        Ok(Ok(0)) => return Ok(End::Over("the client is gone".to_owned())),
                        Ok(n) => n.context("reading")?,
                        Err(_) => 0,
                    },
                    // The server stops between two commands, so that nothing is left half done.
                    _ = stopping.changed() => return Ok(End::Over("stopping".to_owned())),
                };
                rx.commit(n);
                session.log.received += n as u64;
                session.server.handle_timeout(app.now());
            }
            Event::NeedOutput => session.flush().await?,
            Event::Login { credentials, reply } => {
                unless(&mut stopping, session.log_in(credentials, reply)).await?;
            }
            Event::Auth { mechanism, initial, reply } => {
                session.start(mechanism)?;
                unless(&mut stopping, session.exchange(initial, reply)).await?;
            }
            Event::SaslResponse { data, reply } => {
                unless(&mut stopping, session.exchange(Some(data), reply)).await?;
            }
            Event::Stls { reply } => reply.accept(&mut session.server, &mut session.tx),
            Event::Utf8 { reply } => reply.ok(&mut session.server, &mut session.tx, session.texts.utf8),
            Event::Lang { range, reply } => match languages::find(range) {
                None => reply.err(&mut session.server, &mut session.tx, None, session.texts.no_language),
                Some(language) => {
                    language.speak(&mut session.server);
                    session.texts = language.texts;
                    reply.ok(
                        &mut session.server,
                        &mut session.tx,
                        language.tag,
                        session.texts.language_changed,
                    );
                }
            },
            Event::LangAll { reply } => {
                let mut list = reply.begin(&mut session.server, &mut session.tx, session.texts.languages);
                for language in languages::ALL {
                    list.item(&mut session.tx, language.tag, language.name)?;
                }
                list.end(&mut session.server);
            }
            Event::Retr { number, reply } | Event::Top { number, reply, .. } => {
                session.send_message(number, reply).await?;
            }
            Event::Quit { reply } => {
                // The client may come back at once.
                if let Some(mailbox) = session.server.index() {
                    mailbox.give_back().await;
                }
                reply.ok(&mut session.server, &mut session.tx, session.texts.bye);
            }
            Event::Update { reply } => {
                let marked: Vec<MsgNo> = session.server.removals().collect();
                let removed = match session.server.index() {
                    Some(mailbox) => mailbox.remove(&marked).await,
                    None => Ok(()),
                };
                // Both answers release the lock before they are sent, so that the client may come back at
                // once.
                match removed {
                    Ok(()) => {
                        session.log.removed = marked.len();
                        reply.ok(&mut session.server, &mut session.tx, session.texts.bye);
                    }
                    Err(cause) => {
                        app.metrics.update_failed();
                        let cause = escaped(&format!("{cause:#}"));
                        error!(user = session.log.user, "removing messages: {cause}");
                        reply.err(
                            &mut session.server,
                            &mut session.tx,
                            Code::SysTemp,
                            session.texts.not_removed,
                        );
                    }
                }
            }
            Event::Closed(reason) => {
                session.flush().await?;
                return match session.server.handover() {
                    None => Ok(End::Over(reason.to_string())),
                    Some(_) if !rx.is_empty() => Err(PlaintextLeft.into()),
                    Some(handover) => Ok(End::StartTls(handover)),
                };
            }
            // The next `receive` refuses the command with -ERR.
            _ => {}
        }
    }
}

/// Waits for a login, which may have to wait for its turn, unless the server stops.
async fn unless(stopping: &mut watch::Receiver<()>, login: impl Future<Output = ()>) -> anyhow::Result<()> {
    tokio::select! {
        biased;
        () = login => Ok(()),
        _ = stopping.changed() => anyhow::bail!("stopping"),
    }
}
