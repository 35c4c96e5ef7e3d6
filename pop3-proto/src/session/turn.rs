//! `Turn`: who has to act next, which is the state of a session.

use super::kind::Tag;
use super::reason::Reason;
use crate::encode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The session has to send the greeting.
    Greeting,
    /// The client has to send a command.
    Command,
    /// The client has to answer a challenge.
    Exchange,
    /// The embedder has to answer before its next call.
    Offered(Tag),
    /// The embedder has kept the ticket, and may answer whenever it is ready.
    Later(Tag),
    /// The embedder has to end the body or listing that it has begun.
    Begun,
    /// The session has to write the end of a body or listing.
    Ending(Ending),
    /// The session has to write the answer to CAPA from this line on.
    Capa(u32),
    /// The session has to write the answer to AUTH alone from this mechanism on.
    Mechanisms(u32),
    /// Nobody: the session is over.
    Closed(Reason),
}

/// How a body or a listing ends (RFC 1939 section 3). One byte, not the text, because every step copies
/// [`Turn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Dot,
    /// The last line has no line end, so one is added.
    LineEndAndDot,
    /// As above, and the empty line after the header is missing and added, too.
    EmptyLineAndDot,
}

impl Ending {
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Dot => encode::END,
            Self::LineEndAndDot => b"\r\n.\r\n",
            Self::EmptyLineAndDot => b"\r\n\r\n.\r\n",
        }
    }
}
