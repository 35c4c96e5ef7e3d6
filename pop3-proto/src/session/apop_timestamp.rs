//! The APOP timestamp of the greeting, in the one form that every client accepts: `<digits.digits@host>`
//! (RFC 1939 section 7).

use core::fmt;

use super::words::Domain;
use crate::decimal::Decimal;
use crate::types::ApopTimestamp;

/// Room for two numbers and a host name.
const ROOM: usize = 300;

/// The text of an APOP timestamp; see [`Server::timestamp`](crate::server::Server::timestamp).
#[derive(Clone, Copy)]
pub struct ApopTimestampBuf {
    octets: [u8; ROOM],
    len: usize,
}

impl ApopTimestampBuf {
    /// Makes a timestamp of two numbers and a host; it always fits.
    pub(super) fn new([first, second]: [u64; 2], host: &Domain) -> Option<Self> {
        let mut stamp = Self { octets: [0; ROOM], len: 0 };
        stamp.push(b"<")?;
        stamp.push(Decimal::new(first).as_bytes())?;
        stamp.push(b".")?;
        stamp.push(Decimal::new(second).as_bytes())?;
        stamp.push(b"@")?;
        stamp.push(host.as_str().as_bytes())?;
        stamp.push(b">")?;
        stamp.timestamp().map(|_| stamp)
    }

    fn push(&mut self, part: &[u8]) -> Option<()> {
        self.octets.get_mut(self.len..)?.get_mut(..part.len())?.copy_from_slice(part);
        self.len = self.len.wrapping_add(part.len());
        Some(())
    }

    /// The text that the digest covers. It is never `None` for a value from
    /// [`Server::timestamp`](crate::server::Server::timestamp).
    #[must_use]
    pub fn timestamp(&self) -> Option<ApopTimestamp<'_>> {
        ApopTimestamp::new(core::str::from_utf8(self.octets.get(..self.len)?).ok()?)
    }
}

impl fmt::Debug for ApopTimestampBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}
