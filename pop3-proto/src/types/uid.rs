//! `Uid`: a unique-id. The RFC limits only its length and its characters (RFC 1939 section 7, UIDL).

use core::fmt;

use crate::limits::UNIQUE_ID;

/// A unique-id that a server may announce: 1 to 70 bytes, each `0x21..=0x7E`.
///
/// It belongs to its message in all sessions, and should not be used again for another one. Compare ids byte
/// by byte: letter case matters. Do not use one as a file name, because `/` and a leading `.` are legal in
/// it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid<'a>(&'a [u8]);

impl<'a> Uid<'a> {
    /// Wraps an id. `None` if `id` breaks the rule; for what servers send nevertheless, see
    /// [`Deviation`](crate::Deviation).
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

    /// The bytes as on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The id as text: it is visible ASCII.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        str::from_utf8(self.0).unwrap_or_default()
    }
}

/// A unique-id that owns its bytes, without a heap: 71 bytes.
///
/// ```
/// use pop3_proto::{Uid, UidBuf};
/// let kept = UidBuf::from(Uid::new(b"whqtswO00WBw418f9t5JxYwZ").unwrap());
/// assert_eq!(kept.as_uid().as_str(), "whqtswO00WBw418f9t5JxYwZ");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UidBuf {
    octets: [u8; UNIQUE_ID],
    len: u8,
}

impl UidBuf {
    /// Copies an id; `None` if it breaks the rule of [`Uid`].
    #[must_use]
    pub fn new(id: &[u8]) -> Option<Self> {
        Uid::new(id).map(Self::from)
    }

    /// The id.
    #[must_use]
    pub fn as_uid(&self) -> Uid<'_> {
        Uid(self.octets.get(..usize::from(self.len)).unwrap_or_default())
    }
}

impl From<Uid<'_>> for UidBuf {
    fn from(uid: Uid<'_>) -> Self {
        let (mut octets, mut len) = ([0; UNIQUE_ID], 0_u8);
        for (to, from) in octets.iter_mut().zip(uid.0) {
            *to = *from;
            len = len.wrapping_add(1);
        }
        Self { octets, len }
    }
}

impl fmt::Debug for UidBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_uid().fmt(f)
    }
}

impl fmt::Debug for Uid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid(\"{}\")", self.0.escape_ascii())
    }
}
