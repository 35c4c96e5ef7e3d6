//! `Outbox`: an output on the heap that asks for a flush in time and survives short writes.

use alloc::vec::Vec;
use core::fmt;

use super::output::{Full, Output};
use crate::limits::MIN_OUTPUT;

/// An output on the heap: it takes no memory before its first byte or after [`shrink`](Self::shrink). It
/// never holds more than 16 KiB, or the size that you give to [`with_max`](Self::with_max). A session asks
/// for a flush before that. Bytes that were sent give their room back when all are sent.
///
/// Write [`bytes`](Self::bytes) to the connection and say with [`consume`](Self::consume) how many were
/// written: nothing is lost when a write takes only a part, or is cancelled between two calls.
///
/// ```
/// use pop3_proto::{Outbox, Output as _};
/// let mut tx = Outbox::new();
/// tx.put(b"+OK ready\r\n")?;
/// tx.consume(4); // a short write
/// assert_eq!(tx.bytes(), b"ready\r\n");
/// # Ok::<(), pop3_proto::Full>(())
/// ```
#[derive(Clone)]
pub struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
    max: usize,
}

impl Outbox {
    /// An output that holds up to 16 KiB.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max(16 * 1024)
    }

    /// An output that holds up to `max` bytes; less than [`MIN_OUTPUT`] counts as that.
    #[must_use]
    pub const fn with_max(max: usize) -> Self {
        Self { bytes: Vec::new(), sent: 0, max: if max < MIN_OUTPUT { MIN_OUTPUT } else { max } }
    }

    /// What is to be written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// The first `n` of [`bytes`](Self::bytes) were written.
    pub fn consume(&mut self, n: usize) {
        self.sent = self.sent.saturating_add(n);
        if self.sent >= self.bytes.len() {
            self.clear();
        }
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sent >= self.bytes.len()
    }

    /// Drops everything, written or not.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.sent = 0;
    }

    /// Gives the memory back if there is nothing to write.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            *self = Self::with_max(self.max);
        }
    }
}

impl Output for Outbox {
    #[inline]
    fn room(&self) -> usize {
        self.max.saturating_sub(self.bytes.len())
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if bytes.len() > self.room() {
            return Err(Full);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the counters, never the bytes: they may hold a password.
impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("max", &self.max).field("unsent", &self.bytes().len()).finish()
    }
}
