//! One connection, from accept to its end, with STLS in between if the client asks for it.

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
use crate::guard::Place;
use crate::session::Server;
use crate::session_log::SessionLog;
use crate::{crypto, dialogue, proxy};

/// The longest that a TLS handshake, or the closing of TLS, may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(30);

/// What every connection of a listener needs.
#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) app: Arc<App>,
    pub(crate) tls: bool,
    pub(crate) stopping: watch::Receiver<()>,
}

pub(crate) async fn serve(
    listener: Listener,
    place: Option<Place>,
    mut stream: TcpStream,
    peer: SocketAddr,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let from_proxy = is_proxy(&listener, peer);
    let client = if from_proxy { proxy::read(&mut stream, peer).await? } else { peer };
    let metrics = &listener.app.metrics;
    let _open = metrics.begin_session();
    let mut log = SessionLog::new(client);
    let Some(place) = place.and_then(|mut place| {
        let counts = !from_proxy || place.count_for(log.address());
        counts.then_some(place)
    }) else {
        log.write("too many connections from there");
        return refuse(&listener, stream).await;
    };
    let end = tokio::select! {
        end = run(&listener, stream, &mut log, &place) => end,
        () = place.has_to_leave() => Err(anyhow::anyhow!("dropped without a login: no place was free")),
    };
    match &end {
        Ok(reason) => log.write(reason),
        Err(error) => log.write(&format!("{error:#}")),
    }
    metrics.end_session(&log);
    Ok(())
}

/// Whether a connection from there begins with a PROXY header.
pub(crate) fn is_proxy(listener: &Listener, peer: SocketAddr) -> bool {
    listener.app.settings.proxies.iter().any(|net| net.contains(&peer.ip().to_canonical()))
}

async fn run(
    listener: &Listener,
    mut stream: TcpStream,
    log: &mut SessionLog,
    place: &Place,
) -> anyhow::Result<String> {
    let app = &listener.app;
    let (mut stream, server) = if listener.tls {
        let handshake = shake_hands(listener, stream, log).await?;
        (handshake, Server::new(app.config(log), Security::Tls).with_apop(crypto::unique()?))
    } else {
        let plain = Server::new(app.config(log), Security::Plain).with_apop(crypto::unique()?);
        match dialogue::run(app, &mut stream, plain, log, place, listener.stopping.clone()).await? {
            dialogue::End::Over(reason) => {
                stream.shutdown().await?;
                return Ok(reason);
            }
            dialogue::End::StartTls(handover) => {
                let handshake = shake_hands(listener, stream, log).await?;
                // Nothing that was received without TLS is used after this: the receive buffer was empty and
                // has been dropped.
                (handshake, Server::secured(handover.with_config(app.config(log)), b"")?)
            }
        }
    };
    let end = dialogue::run(app, &mut stream, server, log, place, listener.stopping.clone()).await?;
    // Tells the client that nothing was cut off (RFC 8314 section 3.4). The client may be gone already.
    let _ = timeout(TLS_TIMEOUT, stream.shutdown()).await;
    match end {
        dialogue::End::Over(reason) => Ok(reason),
        dialogue::End::StartTls(_) => anyhow::bail!("STLS inside TLS"),
    }
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    listener: &Listener,
    stream: S,
    log: &mut SessionLog,
) -> anyhow::Result<TlsStream<S>> {
    let mut stopping = listener.stopping.clone();
    let stream = tokio::select! {
        handshake = timeout(TLS_TIMEOUT, listener.app.tls.acceptor.accept(stream)) => {
            handshake.context("TLS handshake timed out")?.context("TLS handshake")?
        }
        _ = stopping.changed() => anyhow::bail!("stopping in the middle of a TLS handshake"),
    };
    log.tls = Some(listener.app.tls.facts(stream.get_ref().1));
    Ok(stream)
}

/// Tells a client that starts without TLS why it is refused. One that expects TLS could not read it.
async fn refuse(listener: &Listener, mut stream: TcpStream) -> anyhow::Result<()> {
    if !listener.tls {
        let mut line = Vec::new();
        let text = "too many connections from your address";
        let _ = encode::status_line(Status::Err, Some(Code::SysTemp), text, &mut line);
        timeout(TLS_TIMEOUT, stream.write_all(&line)).await.context("the client does not read")??;
    }
    Ok(())
}
