//! A message number is never zero; sizes are plain `u64` octets.

use core::fmt;
use core::num::NonZeroU32;

/// The number of a message in the open maildrop, from 1 (RFC 1939 section 4).
///
/// Numbers are fixed from login to QUIT, also when messages are marked as deleted, and mean nothing in another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsgNo(NonZeroU32);

impl MsgNo {
    /// The first message.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// `None` for zero, which names no message.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number as written on the wire.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The place in a list that starts at 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0.get().wrapping_sub(1) as usize
    }
}

impl fmt::Display for MsgNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
