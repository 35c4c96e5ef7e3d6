//! `Listing`: a listing that the server sends line by line.

use core::fmt;
use core::marker::PhantomData;

use super::dialogue::Dialogue;
use super::kind;
use super::ticket::Number;
use super::turn::{Ending, Turn};
use crate::buf::{Full, Output};
use crate::encode;
use crate::types::{MsgNo, Scan, Uid};

/// A multi-line listing that has begun and not ended. If it is not ended, the connection is closed without
/// the final dot.
///
/// Emit messages in ascending order and leave out those that are marked as deleted. A
/// [`Server`](crate::server::Server) does both for you.
#[must_use = "a listing that is not ended closes the connection"]
pub struct Listing<K> {
    number: Number,
    /// Whether the `+OK` has been written. Otherwise the ticket came too late, and nothing of this may reach
    /// the client.
    live: bool,
    kind: PhantomData<fn() -> K>,
}

impl<K> Listing<K> {
    pub(super) const fn new(number: Number, live: bool) -> Self {
        Self { number, live, kind: PhantomData }
    }

    /// Ends the listing: it is complete. The closing dot is sent by the session's next call.
    #[inline]
    pub fn end(self, session: &mut impl Dialogue) {
        let session = session.inside();
        session.end(self.number, Turn::Ending(Ending::Dot));
    }
}

impl Listing<kind::ScanListing> {
    /// Appends one line: message number and size.
    ///
    /// # Errors
    ///
    /// [`Full`]: flush `out`, then call again with the same line.
    pub fn item(&mut self, out: &mut impl Output, number: MsgNo, octets: u64) -> Result<(), Full> {
        if self.live { encode::scan_item(Scan { number, octets }, out) } else { Ok(()) }
    }
}

impl Listing<kind::UidListing> {
    /// Appends one line: message number and unique-id.
    ///
    /// # Errors
    ///
    /// [`Full`]: flush `out`, then call again with the same line.
    pub fn item(&mut self, out: &mut impl Output, number: MsgNo, uid: Uid<'_>) -> Result<(), Full> {
        if self.live { encode::uid_item(number, uid, out) } else { Ok(()) }
    }
}

impl Listing<kind::LangListing> {
    /// Appends one line: language tag and description.
    ///
    /// # Errors
    ///
    /// [`Full`]: flush `out`, then call again with the same line.
    pub fn item(&mut self, out: &mut impl Output, tag: &str, description: &str) -> Result<(), Full> {
        if self.live { encode::lang_item(tag, description, out) } else { Ok(()) }
    }
}

impl<K> fmt::Debug for Listing<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listing({})", self.number.serial)
    }
}
