//! `FixedBuf`: an array as receive buffer or output, without a heap.

use core::fmt;

use super::input::Unread;
use super::output::{Full, Output};
use crate::limits::MIN_OUTPUT;

/// A linear buffer of `N` bytes without heap: it is filled at the end and used from the front.
///
/// It serves as receive buffer ([`space`](Self::space), [`commit`](Self::commit), [`unread`](Self::unread))
/// and, with `N` of at least [`MIN_OUTPUT`], as output ([`Output`], [`bytes`](Self::bytes),
/// [`consume`](Self::consume)). Bytes move to the front only when the back is used up, so the total cost of
/// moving is linear in what was received.
///
/// A buffer too short for a status line is no output; that does not compile:
///
/// ```compile_fail,E0080
/// use pop3_proto::{FixedBuf, Output as _};
/// let _ = FixedBuf::<100>::new().put(b"+OK\r\n");
/// ```
#[derive(Clone)]
pub struct FixedBuf<const N: usize> {
    bytes: [u8; N],
    start: usize,
    end: usize,
}

impl<const N: usize> FixedBuf<N> {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; N], start: 0, end: 0 }
    }

    /// Where to read into. Empty only when the buffer is full of unread bytes.
    #[must_use]
    pub fn space(&mut self) -> &mut [u8] {
        if self.is_empty() {
            self.clear();
        } else if self.end >= N {
            self.compact();
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// `n` bytes of [`space`](Self::space) were filled. If `n` is larger than that space, all of it counts as
    /// filled.
    pub fn commit(&mut self, n: usize) {
        let end = self.end.saturating_add(n);
        self.end = if end < N { end } else { N };
    }

    /// The bytes that were filled and not yet used.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// The first `n` of [`bytes`](Self::bytes) are used up: sent, or read.
    pub fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n);
        if self.start >= self.end {
            self.clear();
        }
    }

    /// The window to show to a session.
    #[inline]
    #[must_use]
    pub fn unread(&mut self) -> Unread<'_> {
        if self.start >= self.end {
            self.clear();
        }
        Unread::new(self.bytes.get(self.start..self.end).unwrap_or_default(), &mut self.start)
    }

    /// Whether nothing is unread or unsent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Drops everything.
    pub const fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    #[cold]
    #[inline(never)]
    fn compact(&mut self) {
        let start = self.start;
        if let Some(filled) = self.bytes.get_mut(..self.end)
            && start <= filled.len()
        {
            filled.copy_within(start.., 0);
        }
        self.end = self.end.saturating_sub(start);
        self.start = 0;
    }
}

impl<const N: usize> Output for FixedBuf<N> {
    #[inline]
    fn room(&self) -> usize {
        const { assert!(N >= MIN_OUTPUT, "an output needs at least MIN_OUTPUT bytes") };
        N.wrapping_sub(self.end.wrapping_sub(self.start))
    }

    // Small machines have no room for a copy at each call.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        const { assert!(N >= MIN_OUTPUT, "an output needs at least MIN_OUTPUT bytes") };
        if N.wrapping_sub(self.end) < bytes.len() && self.start > 0 {
            self.compact();
        }
        let end = self.end.wrapping_add(bytes.len());
        self.bytes.get_mut(self.end..end).ok_or(Full)?.copy_from_slice(bytes);
        self.end = end;
        Ok(())
    }
}

impl<const N: usize> Default for FixedBuf<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the counters, never the bytes: they may hold a password.
impl<const N: usize> fmt::Debug for FixedBuf<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedBuf").field("capacity", &N).field("unread", &self.bytes().len()).finish()
    }
}
