//! `Index`: what a server knows of the messages in an open maildrop.

use crate::types::{MsgNo, Uid};

/// The messages of a maildrop, as they were when it was opened.
///
/// Numbers run from 1 to [`len`](Self::len). Sizes and ids must not change while the maildrop is open
/// (RFC 1939 section 4). Every method is called only with a number in this range, and should take constant
/// time.
pub trait Index {
    /// How many messages there are, including those marked as deleted.
    fn len(&self) -> u32;

    /// Whether there are no messages.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size of message `n` in octets, as on the wire: CRLF counts as two octets, and so does a missing
    /// last line end, which is added; dot-stuffing does not count. [`wire_size`](crate::dot::wire_size)
    /// computes this size from the stored message.
    fn octets(&self, n: MsgNo) -> u64;

    /// Whether message `n` may be sent only to a client that has sent UTF8, because its header has bytes
    /// outside ASCII (RFC 6856 section 2.1). If so, RETR and TOP of it without UTF8 are answered
    /// `-ERR [UTF8]`. The default is `false`: most servers send such messages to every client, and most
    /// clients expect that.
    fn needs_utf8(&self, n: MsgNo) -> bool {
        let _ = n;
        false
    }

    /// The unique-id of message `n`: the same in every session, and never used again for another message
    /// (RFC 1939 section 7).
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
