//! The embedder owns the bytes: a window on what is unread, an output to append to, and one buffer that can be both.

use core::fmt;

use crate::limits::MIN_OUTPUT;

/// The embedder's unread bytes, the *window*. A session looks at all of them and moves their front past what it used.
///
/// Implemented for plain slices (`&mut &[u8]`) and for [`Unread`]. Implement it for your own buffer if that buffer is
/// contiguous; a session never keeps bytes, so what it did not use must be shown again.
pub trait Input<'i> {
    /// All unread bytes.
    fn bytes(&self) -> &'i [u8];
    /// The first `n` of them are used up.
    fn consume(&mut self, n: usize);
}

impl<'i> Input<'i> for &mut &'i [u8] {
    #[inline]
    fn bytes(&self) -> &'i [u8] {
        self
    }

    #[inline]
    fn consume(&mut self, n: usize) {
        **self = self.get(n..).unwrap_or_default();
    }
}

/// Where a session's words go: it appends, the embedder flushes.
///
/// A flushed output offers at least [`MIN_OUTPUT`] octets of room; with less a session asks for a flush for ever.
pub trait Output {
    /// How many octets may be queued before the session asks for a flush.
    fn room(&self) -> usize;

    /// Appends all of `bytes` or none. Cannot fail while `bytes` is not longer than [`room`](Self::room).
    ///
    /// # Errors
    ///
    /// [`Full`] if they do not fit; nothing was appended.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full>;
}

impl<O: Output + ?Sized> Output for &mut O {
    #[inline]
    fn room(&self) -> usize {
        (**self).room()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        (**self).put(bytes)
    }
}

/// The output has no room for that now: flush it, then try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the output is full: flush it first")
    }
}

impl core::error::Error for Full {}

/// Grows without end, but asks for a flush at 16 KiB.
#[cfg(feature = "alloc")]
impl Output for alloc::vec::Vec<u8> {
    #[inline]
    fn room(&self) -> usize {
        (16 * 1024_usize).saturating_sub(self.len())
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// A window made of a slice and the counter that says where its unread part starts.
///
/// [`FixedBuf::unread`] makes one. An embedder with its own buffer makes it with [`Unread::new`], so that the counter is
/// moved by the session and events may go on borrowing the slice.
pub struct Unread<'i> {
    bytes: &'i [u8],
    start: &'i mut usize,
}

impl<'i> Unread<'i> {
    /// `bytes` are the unread ones; the session adds to `start` what it used of them.
    #[must_use]
    pub const fn new(bytes: &'i [u8], start: &'i mut usize) -> Self {
        Self { bytes, start }
    }
}

/// Shows the counters, never the bytes: they may hold a password.
impl fmt::Debug for Unread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread").field("unread", &self.bytes.len()).field("start", self.start).finish()
    }
}

impl<'i> Input<'i> for Unread<'i> {
    #[inline]
    fn bytes(&self) -> &'i [u8] {
        self.bytes
    }

    #[inline]
    fn consume(&mut self, n: usize) {
        self.bytes = self.bytes.get(n..).unwrap_or_default();
        *self.start = self.start.wrapping_add(n);
    }
}

/// A linear buffer of `N` octets without heap: fill at the back, use from the front.
///
/// It serves as receive buffer ([`space`](Self::space), [`filled`](Self::filled), [`unread`](Self::unread)) and, with
/// `N` of at least [`MIN_OUTPUT`], as output ([`Output`], [`bytes`](Self::bytes), [`used`](Self::used)). Bytes move to the
/// front only when the back is used up, so the total cost of moving is linear in what was received.
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

    /// `n` octets of [`space`](Self::space) were filled. Counts above that space are cut to it.
    pub fn commit(&mut self, n: usize) {
        let end = self.end.saturating_add(n);
        self.end = if end < N { end } else { N };
    }

    /// The filled octets that are not used yet.
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
        Unread { bytes: self.bytes.get(self.start..self.end).unwrap_or_default(), start: &mut self.start }
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
        const { assert!(N >= MIN_OUTPUT, "an output needs at least MIN_OUTPUT octets") };
        N.wrapping_sub(self.end.wrapping_sub(self.start))
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        const { assert!(N >= MIN_OUTPUT, "an output needs at least MIN_OUTPUT octets") };
        if N.wrapping_sub(self.end) < bytes.len() && self.start > 0 {
            self.compact();
        }
        let space = self.bytes.get_mut(self.end..).ok_or(Full)?;
        space.get_mut(..bytes.len()).ok_or(Full)?.copy_from_slice(bytes);
        self.end = self.end.wrapping_add(bytes.len());
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
