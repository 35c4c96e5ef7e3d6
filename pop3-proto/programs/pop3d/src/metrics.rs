//! What pop3d counts, and the endpoint that tells it: `/metrics` in the text form of Prometheus, and `/health`.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;

use crate::app::App;
use crate::session_log::{SessionLog, escaped};

/// How long a request may take, and how many there may be at once.
const PATIENCE: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 8;

type Count = Counter<u64, AtomicU64>;

/// What is counted since the start.
#[derive(Default)]
pub(crate) struct Metrics {
    registry: Registry,
    sessions_open: Gauge,
    sessions: Count,
    logins: Count,
    retrieved: Count,
    removed: Count,
    received: Count,
    sent: Count,
    not_removed: Count,
    leases: Gauge,
    leases_lost: Count,
    connections: Gauge,
    connections_idle: Gauge,
    connections_awaited: Gauge,
}

/// Counts an open session until this is dropped.
pub(crate) struct OpenSession<'m>(&'m Metrics);

impl Drop for OpenSession<'_> {
    fn drop(&mut self) {
        self.0.sessions_open.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut own = Self::default();
        let all = &mut own.registry;
        all.register("pop3d_sessions_open", "Sessions that are open", own.sessions_open.clone());
        all.register("pop3d_sessions", "Sessions that have ended", own.sessions.clone());
        all.register("pop3d_logins", "Sessions that were logged in", own.logins.clone());
        all.register("pop3d_messages_retrieved", "Messages sent whole or in part", own.retrieved.clone());
        all.register("pop3d_messages_removed", "Messages removed", own.removed.clone());
        all.register(
            "pop3d_updates_failed",
            "Sessions whose messages were not removed",
            own.not_removed.clone(),
        );
        all.register("pop3d_received_octets", "Octets from clients", own.received.clone());
        all.register("pop3d_sent_octets", "Octets to clients", own.sent.clone());
        all.register(
            "pop3d_leases",
            "Maildrops in the database that this process has locked",
            own.leases.clone(),
        );
        all.register("pop3d_leases_lost", "Leases that another process took", own.leases_lost.clone());
        all.register("pop3d_database_connections", "Connections to the database", own.connections.clone());
        all.register(
            "pop3d_database_connections_idle",
            "Those that do nothing",
            own.connections_idle.clone(),
        );
        all.register(
            "pop3d_database_connections_awaited",
            "Sessions that wait for one",
            own.connections_awaited.clone(),
        );
        own
    }

    pub(crate) fn begin_session(&self) -> OpenSession<'_> {
        self.sessions_open.inc();
        OpenSession(self)
    }

    pub(crate) fn end_session(&self, log: &SessionLog) {
        self.sessions.inc();
        self.logins.inc_by(u64::from(log.user.is_some()));
        self.retrieved.inc_by(log.retrieved);
        self.removed.inc_by(log.removed as u64);
        self.received.inc_by(log.received);
        self.sent.inc_by(log.sent);
    }

    pub(crate) fn update_failed(&self) {
        self.not_removed.inc();
    }

    /// Everything, as text.
    fn text(&self, app: &App) -> String {
        if let Some(sql) = app.store.sql() {
            let state = sql.state();
            self.leases.set(state.leases as i64);
            self.leases_lost.inner().store(state.leases_lost, std::sync::atomic::Ordering::Relaxed);
            self.connections.set(state.connections as i64);
            self.connections_idle.set(state.idle as i64);
            self.connections_awaited.set(state.awaited as i64);
        }
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Answers requests. It never returns.
pub(crate) async fn run(app: Arc<App>, socket: TcpListener) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let stream = match socket.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!("metrics: accept: {}", escaped(&error));
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let app = app.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&app, request));
            let served = hyper::server::conn::http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // A reader that is slow, or that goes away, is given up without a word.
            let _ = timeout(PATIENCE, served).await;
            drop(place);
        });
    }
}

async fn answer(app: &App, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, app.metrics.text(app)),
        (&Method::GET, "/health") => match health(app).await {
            Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
            Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}\n")),
        },
        (&Method::GET, _) => (StatusCode::NOT_FOUND, "there are /metrics and /health\n".to_owned()),
        _ => (StatusCode::METHOD_NOT_ALLOWED, "GET only\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    Ok(response)
}

/// Whether mail can be served.
async fn health(app: &App) -> anyhow::Result<()> {
    match app.store.sql() {
        Some(sql) => timeout(PATIENCE / 2, sql.check()).await?,
        None => Ok(()),
    }
}
