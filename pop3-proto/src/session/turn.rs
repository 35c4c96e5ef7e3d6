//! `Turn`: whose turn it is, which is the state of a session.

use super::kind::Tag;
use super::reason::Reason;
use crate::encode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The session's, to greet.
    Greeting,
    /// The client's, to send a command.
    Command,
    /// The client's, to answer a challenge.
    Exchange,
    /// The embedder's, until its next call.
    Offered(Tag),
    /// The embedder's, for as long as it takes.
    Later(Tag),
    /// The embedder's, to end what it has begun.
    Begun,
    /// The session's, to write the end of a body or listing.
    Ending(Ending),
    /// The session's, to write the answer to CAPA from this line on.
    Capa(u32),
    /// The session's, to write the answer to AUTH alone from this mechanism on.
    Mechanisms(u32),
    /// Nobody's.
    Closed(Reason),
}

/// How a body or a listing ends (RFC 1939 section 3). It is a byte here, since [`Turn`] is copied at every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Dot,
    /// The last line has no line end.
    LineEndAndDot,
    /// So it is, and the empty line after the header is missing, too.
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
