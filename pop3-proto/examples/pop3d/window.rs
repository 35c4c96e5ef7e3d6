//! What a client has sent and the session has not read: small while the client has nothing to say.

use pop3_proto::{Unread, limits};

/// Enough for what most clients say at once.
const SMALL: usize = 512;

#[derive(Default)]
pub(crate) struct Window {
    octets: Vec<u8>,
    /// Where the unread ones are.
    start: usize,
    end: usize,
}

impl Window {
    /// Where to read into. Never empty: with limits for windows of this size no session waits with that much unread.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.octets.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.octets.len() {
            let len = (4 * self.end).clamp(SMALL, limits::EXCHANGE_LINE);
            self.octets.resize(len, 0);
        }
        debug_assert!(self.end < self.octets.len(), "a session that does not read");
        &mut self.octets[self.end..]
    }

    /// So many octets of the space are filled.
    pub(crate) fn commit(&mut self, n: usize) {
        self.end += n;
    }

    pub(crate) fn unread(&mut self) -> Unread<'_> {
        Unread::new(&self.octets[self.start..self.end], &mut self.start)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Gives memory back, if all is read.
    pub(crate) fn shrink(&mut self) {
        if self.is_empty() && self.octets.len() > SMALL {
            *self = Self::default();
        }
    }
}
