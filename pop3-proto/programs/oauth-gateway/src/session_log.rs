//! What is known of one session, for its log line. No secret is ever in it.

use std::net::SocketAddr;

use tokio::time::Instant;
use tracing::info;

pub(crate) struct SessionLog {
    device: SocketAddr,
    started: Instant,
    pub(crate) user: Option<String>,
    pub(crate) retrieved: u64,
    /// Messages marked as deleted; whether they were removed says the end of the session.
    pub(crate) marked: u64,
}

impl SessionLog {
    pub(crate) fn new(device: SocketAddr) -> Self {
        Self { device, started: Instant::now(), user: None, retrieved: 0, marked: 0 }
    }

    /// One line a session.
    pub(crate) fn write(&self, end: &str) {
        info!(
            device = %self.device,
            user = self.user.as_deref().unwrap_or("-"),
            retrieved = self.retrieved,
            marked = self.marked,
            seconds = self.started.elapsed().as_secs(),
            "session: {end}"
        );
    }
}
