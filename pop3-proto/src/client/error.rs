//! Errors of the client: faults of the server end the session, mistakes of the caller change nothing.

use core::fmt;

use crate::encode::EncodeError;
use crate::types::Deviation;

/// Why the session cannot go on. The error is final: after an error of
/// [`Client::receive`](super::Client::receive), every further call of it returns the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProtocolError {
    /// Where `+OK` or `-ERR` was due, the line is neither, nor anything that the profile accepts instead.
    Status,
    /// The server departed from the RFCs in a way that the profile does not accept.
    Deviation(Deviation),
    /// Bytes in plaintext followed the `+OK` to STLS: somebody injects replies (CVE-2021-22947 and others).
    /// Close the connection at once.
    PlaintextAfterStls,
    /// A status line, a challenge or a line of a listing goes on and on: more was skipped of it than
    /// [`Limits::max_skip`](crate::Limits::max_skip) permits.
    EndlessLine,
    /// The connection ended too early: before the greeting, with a command unanswered, or with messages
    /// marked as deleted and no QUIT, so that none of them is removed. An unanswered QUIT is no error if no
    /// DELE was sent, because nothing depends on the answer. A message whose [`Part::End`](super::Part::End)
    /// did not come is not complete.
    Truncated,
    /// The connection ended after QUIT but before its answer: whether the messages marked as deleted are gone
    /// is *unknown*. Look for their unique-ids in the next session (RFC 1939 section 6).
    OutcomeUnknown,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str("the server sent neither +OK nor -ERR where one was due"),
            Self::Deviation(deviation) => {
                write!(f, "the server broke the protocol ({deviation:?}): {}", deviation.meaning())
            }
            Self::PlaintextAfterStls => f.write_str("plaintext bytes came after the answer to STLS"),
            Self::EndlessLine => f.write_str("the server sends a line without end"),
            Self::Truncated => f.write_str("the connection ended in the middle of the dialogue"),
            Self::OutcomeUnknown => {
                f.write_str("the connection ended before QUIT was answered: deletions may or may not be done")
            }
        }
    }
}

impl core::error::Error for ProtocolError {}

/// Why a command was not sent. Nothing was written, and the session is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendError {
    /// An earlier command has to be answered first; see [`Client::can_send`](super::Client::can_send).
    Busy,
    /// The output has no room for the line: flush it, then send again.
    Full,
    /// An argument that cannot be sent: it contains CR, LF, NUL or another control character, is empty, or
    /// has a wrong form.
    BadArgument,
    /// USER, PASS or APOP contains a byte outside ASCII, and the server has not announced `UTF8 USER`
    /// (RFC 6856 section 2.2); see [`Client::with_eight_bit_logins`](super::Client::with_eight_bit_logins).
    NotAscii,
    /// The line would be longer than 255 octets (RFC 2449 section 4), or an argument longer than 40 octets
    /// for a server that refused CAPA (RFC 1939 section 3). Send a long initial response after the empty
    /// challenge; for other arguments see
    /// [`Client::with_long_arguments`](super::Client::with_long_arguments).
    TooLong,
    /// The command is not possible at this point of the session: before the greeting, during an AUTH
    /// exchange, after the end; STLS inside TLS or after UTF8 (RFC 6856 section 2.1); or `respond` and
    /// `cancel` without a challenge.
    NotNow,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "an earlier command is not answered yet",
            Self::Full => "the output is full: flush it first",
            Self::BadArgument => "an argument that the wire cannot carry",
            Self::NotAscii => "a name or password beyond ASCII for a server without UTF8 USER",
            Self::TooLong => "a command or an argument that is too long for this server",
            Self::NotNow => "not at this point of the dialogue",
        })
    }
}

impl core::error::Error for SendError {}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Full => Self::Full,
            EncodeError::BadArgument => Self::BadArgument,
            EncodeError::TooLong => Self::TooLong,
        }
    }
}
