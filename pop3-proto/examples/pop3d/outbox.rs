//! What is to be sent: as much at once as makes a write worth its while.

use pop3_proto::{Full, Output};

/// Octets that are queued before the session asks for a flush.
const MOST: usize = 64 * 1024;

#[derive(Default)]
pub(crate) struct Outbox(Vec<u8>);

impl Outbox {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// All of it is sent.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Gives memory back, if there is nothing to send: most connections are idle most of the time.
    pub(crate) fn shrink(&mut self) {
        if self.0.is_empty() && self.0.capacity() > 512 {
            self.0 = Vec::new();
        }
    }
}

impl Output for Outbox {
    fn room(&self) -> usize {
        MOST.saturating_sub(self.0.len())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if bytes.len() > self.room() {
            return Err(Full);
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}
