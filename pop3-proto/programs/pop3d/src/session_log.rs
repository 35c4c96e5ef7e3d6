//! What is known of one connection, for its log line and for decisions that depend on the client.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use pop3_proto::sasl::Binding;
use tracing::info;

pub(crate) struct SessionLog {
    /// The client itself, also if the connection comes from a proxy.
    pub(crate) client: SocketAddr,
    started: Instant,
    pub(crate) tls: Option<TlsFacts>,
    pub(crate) user: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) retrieved: u64,
    pub(crate) removed: usize,
}

/// What the TLS handshake has shown.
pub(crate) struct TlsFacts {
    pub(crate) version: String,
    pub(crate) exporter: Option<[u8; 32]>,
    pub(crate) end_point: Option<Vec<u8>>,
    /// SHA-256 of the client's certificate.
    pub(crate) client_cert: Option<[u8; 32]>,
}

impl TlsFacts {
    pub(crate) fn bindings(&self) -> Vec<Binding<'_>> {
        let exporter = self.exporter.as_ref().map(|data| Binding { kind: "tls-exporter", data });
        let end_point = self.end_point.as_ref().map(|data| Binding { kind: "tls-server-end-point", data });
        exporter.into_iter().chain(end_point).collect()
    }
}

impl SessionLog {
    pub(crate) fn new(client: SocketAddr) -> Self {
        Self {
            client,
            started: Instant::now(),
            tls: None,
            user: None,
            method: None,
            received: 0,
            sent: 0,
            retrieved: 0,
            removed: 0,
        }
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.client.ip().to_canonical()
    }

    /// Writes the one log line of the session.
    pub(crate) fn write(&self, end: &str) {
        info!(
            client = %self.client,
            tls = self.tls.as_ref().map_or("none", |tls| &tls.version),
            user = self.user.as_deref().unwrap_or("-"),
            method = self.method.as_deref().unwrap_or("-"),
            retrieved = self.retrieved,
            removed = self.removed,
            received = self.received,
            sent = self.sent,
            seconds = self.started.elapsed().as_secs(),
            "session: {}",
            escaped(&end)
        );
    }
}

/// Words for the log, in which names of files and words of clients may be. They stay on one line, and nothing
/// in them steers a terminal.
pub(crate) fn escaped(words: &impl ToString) -> String {
    pop3_programs_common::words::escaped(words.to_string().as_bytes())
}
