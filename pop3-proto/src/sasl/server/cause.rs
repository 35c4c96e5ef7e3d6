//! `Cause`: why an exchange failed.

use core::fmt;

use crate::buf::Full;
use crate::sasl::Why;

/// Why an exchange failed, for the log. The client is told the same for all of them: that the login is
/// refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The client's response does not have the form that the mechanism requires.
    Response,
    /// A name or password that cannot be prepared: it is empty, is not UTF-8, or has what SASLprep prohibits,
    /// for instance control characters; while the feature `saslprep` is off, also anything outside ASCII.
    Text,
    /// The credentials are wrong: the answer was no, or the proof is not valid.
    Credentials,
    /// The client uses a channel binding that this connection does not have, or believes that the server has
    /// none. Somebody may be in the middle of the TLS connection (RFC 5802 section 6).
    Binding,
    /// The program lent too little memory; [`limits::SASL_MEMORY`](crate::limits::SASL_MEMORY) is enough
    /// unless you raised the limit for exchange lines.
    Memory,
    /// The program answered a question that was not asked, or continued after the end.
    Answer,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Response => "the response is not what the mechanism has the client say",
            Self::Text => "the name or password cannot be prepared",
            Self::Credentials => "wrong credentials",
            Self::Binding => "the channel bindings do not agree",
            Self::Memory => "the memory lent to the exchange is too small",
            Self::Answer => "the answer is to another question",
        })
    }
}

impl core::error::Error for Cause {}

impl From<Full> for Cause {
    fn from(_: Full) -> Self {
        Self::Memory
    }
}

impl From<Why> for Cause {
    fn from(why: Why) -> Self {
        match why {
            Why::Memory => Self::Memory,
            Why::Text => Self::Text,
            _ => Self::Response,
        }
    }
}
