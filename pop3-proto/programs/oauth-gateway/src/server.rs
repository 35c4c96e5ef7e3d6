//! Listens, accepts connections, and stops.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_programs_common::console;
use pop3_proto::{Code, Status, encode};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::app::App;
use crate::session;
use crate::session_log::SessionLog;

/// How long sessions may go on when the gateway stops. A QUIT is always finished.
const GRACE: Duration = Duration::from_secs(10);
/// How long it may take to tell a device that there are too many.
const REFUSAL: Duration = Duration::from_secs(1);

pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    // Signals are caught before the line is printed, so that whoever reads it may send one at once.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut stop = async || tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} };
    let listener = TcpListener::bind(app.listen).await.with_context(|| format!("--listen {}", app.listen))?;
    let address = listener.local_addr()?;
    if let Err(error) = console::out(format_args!("listening on {address}")) {
        warn!("standard output: {error}; listening on {address}");
    }
    // Each session holds a receiver until it has ended.
    let (cut, _) = watch::channel(());
    tokio::select! {
        () = accept(app, &listener, &cut) => {}
        () = stop() => {}
    }
    drop(listener);
    info!("stopping; sessions have {} s to end", GRACE.as_secs());
    let end = async {
        if timeout(GRACE, cut.closed()).await.is_err() {
            warn!("{} sessions cut off", cut.receiver_count());
            let _ = cut.send(());
            // The sessions that are left are in the middle of QUIT, which has its own time limit.
            cut.closed().await;
        }
    };
    tokio::select! {
        () = end => {}
        () = stop() => warn!("ended by a second signal"),
    }
    Ok(())
}

async fn accept(app: Arc<App>, listener: &TcpListener, cut: &watch::Sender<()>) {
    let places = Arc::new(Semaphore::new(app.max_sessions));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match place(&app, &places).await {
                Some(place) => {
                    let (app, cut) = (app.clone(), cut.subscribe());
                    tokio::spawn(async move {
                        serve(&app, stream, peer, cut).await;
                        drop(place);
                    });
                }
                None => refuse(stream, peer).await,
            },
            // Most likely the process has no file descriptors left, so wait for some sessions to end.
            Err(error) => {
                warn!("accept: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A free place. If there is none, a device that has shown no password has to leave.
async fn place(app: &App, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = places.clone().try_acquire_owned() {
        return Some(place);
    }
    if !app.guard.make_room() {
        return None;
    }
    timeout(REFUSAL, places.clone().acquire_owned()).await.ok()?.ok()
}

async fn serve(app: &App, stream: TcpStream, peer: SocketAddr, mut cut: watch::Receiver<()>) {
    let mut log = SessionLog::new(peer);
    match session::run(app, stream, &mut log, &mut cut).await {
        Ok(end) => log.write(&end),
        Err(error) => log.write(&format!("{error:#}")),
    }
}

async fn refuse(mut stream: TcpStream, peer: SocketAddr) {
    warn!(device = %peer, "too many sessions");
    let mut line = Vec::new();
    let _ = encode::status_line(Status::Err, Some(Code::SysTemp), "too many sessions", &mut line);
    let _ = timeout(REFUSAL, stream.write_all(&line)).await;
}
