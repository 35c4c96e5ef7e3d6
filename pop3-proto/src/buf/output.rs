//! `Output`: where answers and commands are queued.

use core::fmt;

/// Where a session appends what is to be sent. You flush it.
///
/// A flushed output offers at least [`MIN_OUTPUT`](crate::limits::MIN_OUTPUT) bytes of room; with less, a
/// session asks for a flush again and again.
pub trait Output {
    /// How many bytes may be queued before the session asks for a flush.
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
