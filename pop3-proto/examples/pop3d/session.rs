//! The dialogue: events from the crate, answers from users and store.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::server::{Config, Event, Handover};
use pop3_proto::{Code, MsgNo, PlaintextLeft};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout_at;
use tracing::error;

use crate::app::App;
use crate::languages;
use crate::talk::{Server, Talk};
use crate::visit::Visit;
use crate::window::Window;

/// How a session ended.
pub(crate) enum End {
    Over(String),
    /// Shake hands now; nothing is left of what came in clear.
    StartTls(Handover<Arc<Config>>),
}

/// Runs a session to its end, or to the point where TLS begins.
pub(crate) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    app: &App,
    io: &mut S,
    server: Server,
    visit: &mut Visit,
    mut stopping: watch::Receiver<()>,
) -> anyhow::Result<End> {
    let mut rx = Window::default();
    let mut talk = Talk::new(app, io, server, visit);
    loop {
        let event = talk.server.receive(app.now(), rx.unread(), &mut talk.tx);
        match event {
            Event::NeedInput => {
                talk.flush().await?;
                talk.tx.shrink();
                rx.shrink();
                let deadline =
                    talk.server.poll_timeout().map(|at| app.started + Duration::from_millis(at.as_millis()));
                let read = timeout_at(deadline.unwrap_or(app.started), talk.io.read(rx.space()));
                let n = tokio::select! { read = read => match read {
                        Ok(Ok(0)) => return Ok(End::Over("the client is gone".to_owned())),
                        Ok(n) => n.context("reading")?,
                        Err(_) => 0,
                    },
                    // Between two commands, so nothing is half done.
                    _ = stopping.changed() => return Ok(End::Over("stopping".to_owned())),
                };
                rx.commit(n);
                talk.visit.received += n as u64;
                talk.server.handle_timeout(app.now());
            }
            Event::NeedOutput => talk.flush().await?,
            Event::Login { credentials, reply } => {
                if talk.wait_for_turn(&mut stopping).await? {
                    talk.log_in(credentials, reply).await;
                } else {
                    talk.come_back_later(reply);
                }
            }
            Event::Auth { mechanism, initial, reply } => {
                if talk.wait_for_turn(&mut stopping).await? {
                    talk.start(mechanism)?;
                    talk.exchange(initial, reply).await;
                } else {
                    talk.come_back_later(reply);
                }
            }
            Event::SaslResponse { data, reply } => talk.exchange(Some(data), reply).await,
            Event::Stls { reply } => reply.accept(&mut talk.server, &mut talk.tx),
            Event::Utf8 { reply } => reply.ok(&mut talk.server, &mut talk.tx, talk.texts.utf8),
            Event::Lang { range, reply } => match languages::find(range) {
                None => reply.err(&mut talk.server, &mut talk.tx, None, talk.texts.no_language),
                Some(language) => {
                    language.speak(&mut talk.server);
                    talk.texts = language.texts;
                    reply.ok(&mut talk.server, &mut talk.tx, language.tag, talk.texts.language_changed);
                }
            },
            Event::LangAll { reply } => {
                let mut list = reply.begin(&mut talk.server, &mut talk.tx, talk.texts.languages);
                for language in languages::ALL {
                    list.item(&mut talk.tx, language.tag, language.name)?;
                }
                list.end(&mut talk.server);
            }
            Event::Retr { number, reply } | Event::Top { number, reply, .. } => {
                talk.send_message(number, reply).await?;
            }
            Event::Quit { reply } => reply.ok(&mut talk.server, &mut talk.tx, talk.texts.bye),
            Event::Update { reply } => {
                let marked: Vec<MsgNo> = talk.server.removals().collect();
                let removed = match talk.server.index() {
                    Some(mailbox) => mailbox.remove(&marked).await,
                    None => Ok(()),
                };
                // Either answer releases the lock before it is sent, so that the client may come back at once.
                match removed {
                    Ok(()) => {
                        talk.visit.removed = marked.len();
                        reply.ok(&mut talk.server, &mut talk.tx, talk.texts.bye);
                    }
                    Err(cause) => {
                        error!(user = talk.visit.user, "removing messages: {cause:#}");
                        reply.err(&mut talk.server, &mut talk.tx, Code::SysTemp, talk.texts.not_removed);
                    }
                }
            }
            Event::Closed(reason) => {
                talk.flush().await?;
                return match talk.server.handover() {
                    None => Ok(End::Over(reason.to_string())),
                    Some(_) if !rx.is_empty() => Err(PlaintextLeft.into()),
                    Some(handover) => Ok(End::StartTls(handover)),
                };
            }
            // Refused with -ERR by the next receive.
            _ => {}
        }
    }
}
