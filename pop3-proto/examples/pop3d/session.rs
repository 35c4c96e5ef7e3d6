//! The dialogue: events from the crate, answers from the store.

use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{Body, Credentials, Event, Server};
use pop3_proto::{Code, FixedBuf, MsgNo, Time, limits};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout, timeout_at};

use crate::app::App;

/// How long a client may leave our octets lying.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// What a wrong password costs.
const LOGIN_DELAY: Duration = Duration::from_secs(1);
/// Octets of a message in memory at once.
const PIECE: usize = 32 * 1024;

/// Runs a session to its end, or to the point where TLS begins: then the session inside TLS is returned.
pub(crate) async fn run<'c, S: AsyncRead + AsyncWrite + Unpin>(
    app: &App,
    io: &mut S,
    mut session: Server<'c>,
    mut stopping: watch::Receiver<()>,
) -> anyhow::Result<Option<Server<'c>>> {
    let mut rx = Box::new(FixedBuf::<{ limits::EXCHANGE_LINE }>::new());
    let mut tx = Vec::new();
    let mut drop = Maildrop::closed();
    let now = || Time::since(app.started.elapsed());
    loop {
        match drop.receive(&mut session, now(), rx.unread(), &mut tx) {
            Event::NeedInput => {
                flush(io, &mut tx).await?;
                let deadline =
                    session.poll_timeout().map(|at| app.started + Duration::from_millis(at.as_millis()));
                let read = timeout_at(deadline.unwrap_or(app.started), io.read(rx.space()));
                let n = tokio::select! { read = read => match read {
                        Ok(Ok(0)) => return Ok(None),
                        Ok(n) => n.context("reading")?,
                        Err(_) => 0,
                    },
                    // Between two commands, so nothing is half done.
                    _ = stopping.changed() => return Ok(None),
                };
                rx.filled(n);
                session.handle_timeout(now());
            }
            Event::NeedOutput => flush(io, &mut tx).await?,
            Event::Login { credentials: Credentials::Password(password), reply } => {
                let user = session.user().and_then(|name| app.users.check(name, password.expose()));
                match user {
                    None => {
                        sleep(LOGIN_DELAY).await;
                        reply.err(&mut session, &mut tx, Code::Auth, "wrong name or password");
                    }
                    Some(user) => match app.store.open(user).await {
                        Ok(mailbox) => {
                            drop.open(mailbox);
                            reply.accept(&mut session, &mut tx, "maildrop locked and ready");
                        }
                        Err(refusal) => {
                            if let Some(error) = refusal.error {
                                eprintln!("pop3d: maildrop of {user}: {error:#}");
                            }
                            reply.err(&mut session, &mut tx, refusal.code, refusal.text);
                        }
                    },
                }
            }
            Event::Stls(reply) => reply.accept(&mut session, &mut tx),
            Event::Retr(number, reply) | Event::Top { number, reply, .. } => {
                let message = match drop.index() {
                    Some(mailbox) => mailbox.message(number).await,
                    None => Err(std::io::ErrorKind::NotFound.into()),
                };
                match message {
                    Err(error) => {
                        eprintln!("pop3d: message {number}: {error}");
                        reply.err(&mut session, &mut tx, Code::SysTemp, "message cannot be read");
                    }
                    Ok(message) => {
                        let mut body = reply.begin(&mut session, &mut tx, "message follows");
                        // Whatever fails from here on cuts the connection, and the client sees a message without an end.
                        send(io, &mut body, message, &mut tx)
                            .await
                            .with_context(|| format!("message {number}"))?;
                        body.end(&mut session);
                    }
                }
            }
            Event::Quit { reply, .. } => {
                let marked: Vec<MsgNo> = drop.removals().collect();
                let removed = match drop.index() {
                    Some(mailbox) if !marked.is_empty() => mailbox.remove(&marked).await,
                    _ => Ok(()),
                };
                // The lock is released before the answer, so that the client may come back at once.
                drop = Maildrop::closed();
                match removed {
                    Ok(()) => reply.ok(&mut session, &mut tx, "bye"),
                    Err(error) => {
                        eprintln!("pop3d: removing messages: {error:#}");
                        reply.err(
                            &mut session,
                            &mut tx,
                            Code::SysTemp,
                            "some deleted messages were not removed",
                        );
                    }
                }
            }
            Event::Closed(_) => {
                flush(io, &mut tx).await?;
                return session
                    .handover()
                    .map(|handover| handover.secured(rx.bytes()))
                    .transpose()
                    .map_err(Into::into);
            }
            // Refused with -ERR by the next receive.
            _ => {}
        }
    }
}

/// Sends a message of any size in constant memory.
async fn send<S: AsyncWrite + Unpin>(
    io: &mut S,
    body: &mut Body,
    mut message: impl AsyncRead + Unpin,
    tx: &mut Vec<u8>,
) -> anyhow::Result<()> {
    let mut piece = vec![0; PIECE];
    while !body.is_enough() {
        let n = message.read(&mut piece).await?;
        if n == 0 {
            break;
        }
        let mut rest = &piece[..n];
        while !rest.is_empty() {
            body.fill(&mut rest, tx);
            flush(io, tx).await?;
        }
    }
    Ok(())
}

async fn flush<S: AsyncWrite + Unpin>(io: &mut S, tx: &mut Vec<u8>) -> anyhow::Result<()> {
    if !tx.is_empty() {
        let written = timeout(WRITE_TIMEOUT, async {
            io.write_all(tx).await?;
            io.flush().await
        });
        written.await.context("the client does not read")?.context("writing")?;
        tx.clear();
    }
    Ok(())
}
