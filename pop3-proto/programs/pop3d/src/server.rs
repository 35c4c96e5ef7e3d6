//! Listens, accepts connections, and stops.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::app::App;
use crate::connection::{self, Listener};
use crate::guard::Guard;

/// How long sessions may take to end when the server stops. One in the middle of UPDATE is always finished.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(());
    let places = Arc::new(Semaphore::new(app.limits().connections));
    let guard = Guard::new(app.limits().per_address);
    // Signals are caught before the first line is printed, so that whoever reads the line may send one at
    // once.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let plain = app.settings.plain.iter().map(|address| (*address, false));
    let tls = app.settings.tls.iter().map(|address| (*address, true));
    let mut example = None;
    for (address, tls) in plain.chain(tls) {
        let socket =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let address = socket.local_addr()?;
        println!("listening on {address} ({})", if tls { "TLS" } else { "plain, STLS" });
        example = example.or((!tls).then_some(address));
        let listener = Listener { app: app.clone(), tls, guard: guard.clone(), stopping: stopping.clone() };
        tokio::spawn(accept(listener, socket, places.clone()));
    }
    if let Some(address) = example {
        println!("try: curl --user {} pop3://{address}/1", app.users.first());
    }
    if let Some(relay) = &app.relay {
        tokio::spawn(relay.clone().run(app.started));
    }
    drop(stopping);

    tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    info!("stopping");
    stop.send(())?;
    // Every session and every listener holds a receiver until it has ended.
    if timeout(GRACE, stop.closed()).await.is_err() {
        warn!("sessions cut off after {} s", GRACE.as_secs());
    }
    Ok(())
}

async fn accept(mut listener: Listener, socket: TcpListener, places: Arc<Semaphore>) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = listener.stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let place = tokio::select! {
                    place = places.clone().acquire_owned() => place,
                    _ = listener.stopping.changed() => return,
                };
                let Ok(place) = place else { return };
                let listener = listener.clone();
                tokio::spawn(async move {
                    serve(listener, stream, peer).await;
                    drop(place);
                });
            }
            // Most likely the process has no file descriptors left, so wait for some sessions to end.
            Err(error) => {
                warn!("accept: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(listener: Listener, stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = connection::serve(listener, stream, peer).await {
        info!("connection from {peer}: {error:#}");
    }
}
