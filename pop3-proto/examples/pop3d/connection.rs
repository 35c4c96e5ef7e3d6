//! One connection, from accept to the end, across STLS.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::Security;
use pop3_proto::server::Server;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::app::App;
use crate::session;

/// How long a handshake, and the closing of TLS, may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn serve(
    app: &App,
    mut stream: TcpStream,
    peer: SocketAddr,
    tls: bool,
    stopping: watch::Receiver<()>,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let config = app.config(peer);
    let (stream, session) = if tls {
        let handshake = shake_hands(app, stream, stopping.clone()).await?;
        (handshake, Server::new(config, Security::Tls))
    } else {
        let plain = Server::new(config, Security::Plain);
        match session::run(app, &mut stream, plain, stopping.clone()).await? {
            None => {
                stream.shutdown().await?;
                return Ok(());
            }
            // Nothing that came in clear goes on: `run` has returned the new session only if its window was empty.
            Some(inside) => (shake_hands(app, stream, stopping.clone()).await?, inside),
        }
    };
    let mut stream = stream;
    session::run(app, &mut stream, session, stopping).await?;
    // Says that the end is the end (RFC 8314 section 3.4); the client may be gone already.
    let _ = timeout(TLS_TIMEOUT, stream.shutdown()).await;
    Ok(())
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    app: &App,
    stream: S,
    mut stopping: watch::Receiver<()>,
) -> anyhow::Result<TlsStream<S>> {
    tokio::select! {
        handshake = timeout(TLS_TIMEOUT, app.tls.accept(stream)) => {
            handshake.context("TLS handshake timed out")?.context("TLS handshake")
        }
        _ = stopping.changed() => anyhow::bail!("stopping in the middle of a TLS handshake"),
    }
}
