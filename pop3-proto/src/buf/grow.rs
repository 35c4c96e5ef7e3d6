//! `GrowBuf`: a receive buffer that is small while the peer has nothing to say.

use alloc::vec::Vec;
use core::fmt;

use super::input::Unread;
use crate::limits::EXCHANGE_LINE;

/// Bytes that an empty buffer begins with: enough for what most peers say at once.
const SMALL: usize = 512;

/// A receive buffer on the heap. It takes no memory before its first read and 512 bytes for most commands. It
/// grows up to a maximum when a line is longer, or when a read filled it, as the reads of a download do.
///
/// Read into [`space`](Self::space), say with [`commit`](Self::commit) how many bytes came, and show
/// [`unread`](Self::unread) to the session. With thousands of idle connections, call [`shrink`](Self::shrink)
/// before a read that may take long.
///
/// ```
/// use pop3_proto::{GrowBuf, Input as _};
/// let mut rx = GrowBuf::new();
/// rx.space()[..6].copy_from_slice(b"NOOP\r\n"); // a read
/// rx.commit(6);
/// assert_eq!(rx.unread().bytes(), b"NOOP\r\n");
/// ```
#[derive(Clone)]
pub struct GrowBuf {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    max: usize,
    /// The last read filled all of `bytes`, so that more is likely to follow.
    filled: bool,
}

impl GrowBuf {
    /// A buffer that grows up to [`EXCHANGE_LINE`] bytes, as [`Limits::DEFAULT`](crate::Limits::DEFAULT)
    /// needs it.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max(EXCHANGE_LINE)
    }

    /// A buffer that grows up to `max` bytes. `max` must be at least the window of the session's
    /// [`Limits`](crate::Limits::for_window), so that a full buffer always means that a line is too long. 64
    /// KiB is a good size for a client that downloads.
    #[must_use]
    pub const fn with_max(max: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, end: 0, max, filled: false }
    }

    /// Where to read into. It is empty only if `max` bytes are unread.
    #[must_use]
    pub fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            if let Some(filled) = self.bytes.get_mut(..self.end)
                && self.start <= filled.len()
            {
                filled.copy_within(self.start.., 0);
            }
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        if self.end >= self.bytes.len() || self.filled {
            self.filled = false;
            let larger = self.bytes.len().saturating_mul(4).max(SMALL);
            self.bytes.resize(larger.min(self.max).max(self.end), 0);
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// `n` bytes of [`space`](Self::space) were filled. If `n` is larger than that space, all of it counts as
    /// filled.
    pub fn commit(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.bytes.len());
        self.filled = self.end == self.bytes.len();
    }

    /// The window to show to a session.
    #[must_use]
    pub fn unread(&mut self) -> Unread<'_> {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
        Unread::new(self.bytes.get(self.start..self.end).unwrap_or_default(), &mut self.start)
    }

    /// The bytes of the window, without using them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether nothing is unread.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Gives the memory back if nothing is unread.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            *self = Self::with_max(self.max);
        }
    }
}

impl Default for GrowBuf {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the counters, never the bytes: they may hold a password.
impl fmt::Debug for GrowBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrowBuf").field("max", &self.max).field("unread", &self.bytes().len()).finish()
    }
}
