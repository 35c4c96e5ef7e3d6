//! `Input` and `Unread`: the window, which is what came in and is not used yet.

use core::fmt;

/// The embedder's unread bytes, the *window*. A session looks at all of them and moves their front past what
/// it used.
///
/// Implemented for plain slices (`&mut &[u8]`) and for [`Unread`]. Implement it for your own buffer if that
/// buffer is contiguous; a session never keeps bytes, so what it did not use must be shown again.
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

/// A window: the unread bytes of a buffer, and that buffer's counter of where they start.
///
/// [`FixedBuf::unread`](super::FixedBuf::unread) and `GrowBuf::unread` make one. An embedder with its own
/// buffer makes it with [`Unread::new`], so that the counter is moved by the session and events may go on
/// borrowing the slice.
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
