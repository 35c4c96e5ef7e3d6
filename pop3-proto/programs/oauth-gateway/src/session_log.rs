//! What is known of one session, for its log line. It never has a secret in it.

use std::net::{IpAddr, SocketAddr};

use tokio::time::Instant;
use tracing::info;

pub(crate) struct SessionLog {
    device: SocketAddr,
    started: Instant,
    pub(crate) user: Option<String>,
    pub(crate) retrieved: u64,
    /// Messages that are marked as deleted. The end of the session tells whether they were removed.
    pub(crate) marked: u64,
}

impl SessionLog {
    pub(crate) fn new(device: SocketAddr) -> Self {
        Self { device, started: Instant::now(), user: None, retrieved: 0, marked: 0 }
    }

    pub(crate) const fn address(&self) -> IpAddr {
        self.device.ip()
    }

    /// Writes the one log line of the session.
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
