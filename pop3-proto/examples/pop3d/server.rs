//! Listening, accepting and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::app::App;
use crate::connection;

/// How many connections are served at once; more wait in the listener's queue.
const CONNECTIONS: usize = 512;
/// How long sessions may take to end when the server stops; one in the middle of UPDATE gets to its end.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) async fn run(
    app: Arc<App>,
    listen: SocketAddr,
    listen_tls: Option<SocketAddr>,
    user: &str,
) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(());
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Before the first line is printed, so that whoever reads it may send a signal at once.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut example = None;
    for (address, tls) in [(Some(listen), false), (listen_tls, true)] {
        let Some(address) = address else { continue };
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        println!("listening on {address} ({})", if tls { "TLS" } else { "plain, STLS" });
        example = example.or(Some(address));
        tokio::spawn(accept(app.clone(), listener, tls, places.clone(), stopping.clone()));
    }
    if let Some(address) = example {
        println!("try: curl --user {user} pop3://{address}/1");
    }
    drop(stopping);

    tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    eprintln!("pop3d: stopping");
    stop.send(())?;
    // Every session and listener holds a receiver until it has ended.
    if timeout(GRACE, stop.closed()).await.is_err() {
        eprintln!("pop3d: sessions cut off after {} s", GRACE.as_secs());
    }
    Ok(())
}

async fn accept(
    app: Arc<App>,
    listener: TcpListener,
    tls: bool,
    places: Arc<Semaphore>,
    mut stopping: watch::Receiver<()>,
) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted =
            tokio::select! { accepted = listener.accept() => accepted, _ = stopping.changed() => return };
        match accepted {
            Ok((stream, peer)) => {
                let (app, stopping) = (app.clone(), stopping.clone());
                tokio::spawn(async move {
                    serve(&app, stream, peer, tls, stopping).await;
                    drop(place);
                });
            }
            // Out of descriptors, most likely: let some sessions end.
            Err(error) => {
                eprintln!("pop3d: accept: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(app: &App, stream: TcpStream, peer: SocketAddr, tls: bool, stopping: watch::Receiver<()>) {
    if let Err(error) = connection::serve(app, stream, peer, tls, stopping).await {
        eprintln!("pop3d: {peer}: {error:#}");
    }
}
