//! A unique-id is opaque; the only rule is its length and its alphabet (RFC 1939 section 7, UIDL).

use core::fmt;

use crate::limits::UNIQUE_ID;

/// A unique-id that a server may announce: 1 to 70 octets, each `0x21..=0x7E`.
///
/// It stays with its message across sessions and should not be used again for another one. Compare octet by octet: case
/// counts. Do not use one as a file name: `/` and a leading `.` are legal in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid<'a>(&'a [u8]);

impl<'a> Uid<'a> {
    /// `None` unless `id` keeps the rule; see [`Deviation`](crate::Deviation) for what servers send beyond it.
    #[must_use]
    pub const fn new(id: &'a [u8]) -> Option<Self> {
        let mut visible = !id.is_empty() && id.len() <= UNIQUE_ID;
        let mut rest = id;
        while let [octet, tail @ ..] = rest {
            visible &= matches!(octet, 0x21..=0x7E);
            rest = tail;
        }
        if visible { Some(Self(id)) } else { None }
    }

    /// The octets as they stand on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Uid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid(\"{}\")", self.0.escape_ascii())
    }
}
