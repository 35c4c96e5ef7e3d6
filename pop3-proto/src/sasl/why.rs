//! `Why`: what an exchange lacks on this side of the connection.

use core::fmt;

use crate::buf::Full;

/// Why an exchange cannot start or go on. It is always a fault of the program that runs the exchange, never the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The memory that was lent is too small; [`limits::SASL_MEMORY`](crate::limits::SASL_MEMORY) is always enough.
    Memory,
    /// The token is empty, or has characters that no token has, a line end for instance (RFC 6750 section 2.1).
    Token,
    /// A name or password that the mechanism cannot carry: empty, with control characters, or with characters outside of ASCII
    /// and without feature `saslprep`.
    Text,
    /// The credentials lack what the mechanism shows, or name somebody to act as where the mechanism cannot.
    Credentials,
    /// This build has no such mechanism.
    NotBuilt,
    /// The [`Channel`](super::Channel) has no nonce.
    Nonce,
    /// The [`Channel`](super::Channel) has no channel binding, certificate or well-formed host, and the mechanism needs it.
    Channel,
    /// The message is longer than an exchange line can be.
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
