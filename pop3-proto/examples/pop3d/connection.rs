//! One connection, from accept to the end, across STLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::{Code, Security, Status, encode};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::app::App;
use crate::guard::Guard;
use crate::talk::Server;
use crate::visit::Visit;
use crate::{crypto, proxy, session};

/// How long a handshake, and the closing of TLS, may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(30);

/// What every connection of a listener needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) app: Arc<App>,
    pub(crate) tls: bool,
    pub(crate) guard: Arc<Guard>,
    pub(crate) stopping: watch::Receiver<()>,
}

pub(crate) async fn serve(door: Door, mut stream: TcpStream, peer: SocketAddr) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let from_proxy = door.app.settings.proxies.iter().any(|net| net.contains(&peer.ip().to_canonical()));
    let client = if from_proxy { proxy::read(&mut stream, peer).await? } else { peer };
    let mut visit = Visit::new(client);
    let Some(_place) = door.guard.enter(visit.address()) else {
        visit.log("too many connections from there");
        return refuse(&door, stream).await;
    };
    let end = talk(&door, stream, &mut visit).await;
    match &end {
        Ok(reason) => visit.log(reason),
        Err(error) => visit.log(&format!("{error:#}")),
    }
    Ok(())
}

async fn talk(door: &Door, mut stream: TcpStream, visit: &mut Visit) -> anyhow::Result<String> {
    let app = &door.app;
    let (mut stream, session) = if door.tls {
        let handshake = shake_hands(door, stream, visit).await?;
        (handshake, Server::new(app.config(visit), Security::Tls).with_apop(crypto::unique()?))
    } else {
        let plain = Server::new(app.config(visit), Security::Plain).with_apop(crypto::unique()?);
        match session::run(app, &mut stream, plain, visit, door.stopping.clone()).await? {
            session::End::Over(reason) => {
                stream.shutdown().await?;
                return Ok(reason);
            }
            session::End::StartTls(handover) => {
                let handshake = shake_hands(door, stream, visit).await?;
                // Nothing that came in clear goes on: the buffer of the session in clear was empty, and is gone.
                (handshake, Server::secured(handover.with_config(app.config(visit)), b"")?)
            }
        }
    };
    let end = session::run(app, &mut stream, session, visit, door.stopping.clone()).await?;
    // Says that the end is the end (RFC 8314 section 3.4); the client may be gone already.
    let _ = timeout(TLS_TIMEOUT, stream.shutdown()).await;
    match end {
        session::End::Over(reason) => Ok(reason),
        session::End::StartTls(_) => anyhow::bail!("STLS inside TLS"),
    }
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    door: &Door,
    stream: S,
    visit: &mut Visit,
) -> anyhow::Result<TlsStream<S>> {
    let mut stopping = door.stopping.clone();
    let stream = tokio::select! {
        handshake = timeout(TLS_TIMEOUT, door.app.tls.acceptor.accept(stream)) => {
            handshake.context("TLS handshake timed out")?.context("TLS handshake")?
        }
        _ = stopping.changed() => anyhow::bail!("stopping in the middle of a TLS handshake"),
    };
    visit.tls = Some(door.app.tls.facts(stream.get_ref().1));
    Ok(stream)
}

/// A client that starts in clear is told why; one that expects TLS cannot be.
async fn refuse(door: &Door, mut stream: TcpStream) -> anyhow::Result<()> {
    if !door.tls {
        let mut line = Vec::new();
        let text = "too many connections from your address";
        let _ = encode::status_line(Status::Err, Some(Code::SysTemp), text, &mut line);
        timeout(TLS_TIMEOUT, stream.write_all(&line)).await.context("the client does not read")??;
    }
    Ok(())
}
