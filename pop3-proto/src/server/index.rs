//! What a server knows of the messages in an open maildrop.

use crate::types::{MsgNo, Uid};

/// The messages of a maildrop, as they were when it was opened.
///
/// Numbers run from 1 to [`len`](Self::len); sizes and ids must not change while the maildrop is open (RFC 1939 section 4).
/// Every method is called with such a number only, and should take constant time.
pub trait Index {
    /// How many messages there are, marked or not.
    fn len(&self) -> u32;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size of message `n` in octets, as it will be on the wire: CRLF counts as two, a missing last line end counts,
    /// stuffing does not. [`wire_size`](crate::dot::wire_size) counts it from the stored message.
    fn octets(&self, n: MsgNo) -> u64;

    /// Whether message `n` may go only to a client that has said UTF8: its header has octets outside of ASCII (RFC 6856
    /// section 2.1). RETR and TOP of it are then answered `-ERR [UTF8]`. Never by default, as most servers do, and most clients
    /// expect.
    fn needs_utf8(&self, n: MsgNo) -> bool {
        let _ = n;
        false
    }

    /// The unique-id of message `n`: the same in every session, and never again another message's (RFC 1939 section 7).
    fn uid(&self, n: MsgNo) -> Uid<'_>;
}

macro_rules! through {
    ($($(#[$attribute:meta])? $pointer:ty,)+) => {$(
        $(#[$attribute])?
        impl<T: Index + ?Sized> Index for $pointer {
            fn len(&self) -> u32 {
                (**self).len()
            }

            fn octets(&self, n: MsgNo) -> u64 {
                (**self).octets(n)
            }

            fn needs_utf8(&self, n: MsgNo) -> bool {
                (**self).needs_utf8(n)
            }

            fn uid(&self, n: MsgNo) -> Uid<'_> {
                (**self).uid(n)
            }
        }
    )+};
}

through! {
    &T,
    #[cfg(feature = "alloc")] alloc::boxed::Box<T>,
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))] alloc::sync::Arc<T>,
}
