//! `Why`: reasons on this side of the connection for which an exchange cannot run.

use core::fmt;

use crate::buf::Full;

/// Why an exchange cannot start or continue. The cause is always the program that runs the exchange, never
/// the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The memory that was lent is too small; [`limits::SASL_MEMORY`](crate::limits::SASL_MEMORY) is enough
    /// unless you raised the limit for exchange lines.
    Memory,
    /// The token is empty, or has characters that no token may have, for instance a line end (RFC 6750
    /// section 2.1).
    Token,
    /// A name or password that the mechanism cannot carry. No mechanism takes NUL, or an empty name or
    /// password where it needs one. OAUTHBEARER, XOAUTH2 and ANONYMOUS take no control characters, and the
    /// text of ANONYMOUS has further limits (RFC 4505 section 2). SCRAM also refuses what SASLprep refuses,
    /// and, while the feature `saslprep` is off, everything outside ASCII.
    Text,
    /// The credentials lack what the mechanism needs, or name somebody to act as although the mechanism
    /// cannot express that.
    Credentials,
    /// This build does not include that mechanism.
    NotBuilt,
    /// The [`Channel`](super::Channel) has no nonce.
    Nonce,
    /// The mechanism needs a channel binding, a certificate or a well-formed host, and the
    /// [`Channel`](super::Channel) has none.
    Channel,
    /// The message is longer than a line of an exchange may be.
    TooLong,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "the memory lent to the exchange is too small",
            Self::Token => "the token is empty or has characters that a token cannot have",
            Self::Text => "the name or password is empty or has characters that cannot be sent",
            Self::Credentials => "the credentials lack what the mechanism shows",
            Self::NotBuilt => "this build has no such mechanism",
            Self::Nonce => "the channel has no nonce",
            Self::Channel => "the channel has no binding, certificate or host that the mechanism needs",
            Self::TooLong => "the message is too long for a line",
        })
    }
}

impl core::error::Error for Why {}

impl From<Full> for Why {
    fn from(_: Full) -> Self {
        Self::Memory
    }
}
