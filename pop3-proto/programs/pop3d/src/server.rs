//! Listens, accepts connections, and stops.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_programs_common::console;
use rustix::io::Errno;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::app::App;
use crate::connection::{self, Listener};
use crate::guard::{Guard, Place};
use crate::metrics;
use crate::session_log::escaped;

/// How long sessions may take to end when the server stops. One in the middle of UPDATE is always finished.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(());
    let guard = Guard::new(app.limits());
    // Signals are caught before the first line is printed, so that whoever reads the line may send one at
    // once.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    if let Some(address) = app.settings.metrics {
        let socket = TcpListener::bind(address).await.with_context(|| format!("listen.metrics {address}"))?;
        info!("metrics on {}", socket.local_addr()?);
        tokio::spawn(metrics::run(app.clone(), socket));
    }
    let plain = app.settings.plain.iter().map(|address| (*address, false));
    let tls = app.settings.tls.iter().map(|address| (*address, true));
    let mut example = None;
    for (address, tls) in plain.chain(tls) {
        let socket =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let address = socket.local_addr()?;
        say(format_args!("listening on {address} ({})", if tls { "TLS" } else { "plain, STLS" }));
        example = example.or((!tls).then_some(address));
        let listener = Listener { app: app.clone(), tls, stopping: stopping.clone() };
        tokio::spawn(accept(listener, socket, guard.clone()));
    }
    if let Some(address) = example {
        say(format_args!("try: curl --user {} pop3://{address}/1", app.users.first()));
    }
    if let Some(relay) = &app.relay {
        tokio::spawn(relay.clone().run(app.started));
    }
    if let Some(sql) = app.store.sql() {
        let sql = sql.clone();
        tokio::spawn(async move { sql.run().await });
    }
    drop(stopping);

    tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    info!("stopping");
    stop.send(())?;
    // Every session and every listener holds a receiver until it has ended.
    if timeout(GRACE, stop.closed()).await.is_err() {
        warn!("sessions cut off after {} s", GRACE.as_secs());
    }
    if let Some(sql) = app.store.sql() {
        sql.end().await;
    }
    Ok(())
}

/// A line on standard output, or in the log.
fn say(line: fmt::Arguments<'_>) {
    if let Err(error) = console::out(line) {
        warn!("standard output: {error}; {}", escaped(&line));
    }
}

async fn accept(mut listener: Listener, socket: TcpListener, guard: Arc<Guard>) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = listener.stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let place = tokio::select! {
                    place = guard.place(peer.ip(), !connection::is_proxy(&listener, peer)) => place,
                    _ = listener.stopping.changed() => return,
                };
                tokio::spawn(serve(listener.clone(), place, stream, peer));
            }
            Err(error) if has_no_descriptors(&error) => {
                warn!("accept: {}", escaped(&error));
                guard.make_room().await;
            }
            Err(error) => {
                warn!("accept: {}", escaped(&error));
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Whether the process, or the system, has as many files open as it may have.
fn has_no_descriptors(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

async fn serve(listener: Listener, place: Option<Place>, stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = connection::serve(listener, place, stream, peer).await {
        info!("connection from {peer}: {}", escaped(&format!("{error:#}")));
    }
}
