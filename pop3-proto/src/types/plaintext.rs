//! `PlaintextLeft`: the error for plaintext bytes that came before TLS and were not read.

use core::fmt;

/// Bytes that came in plaintext were still unread when TLS started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaintextLeft;

impl fmt::Display for PlaintextLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("octets from before the TLS handshake are left in the window")
    }
}

impl core::error::Error for PlaintextLeft {}
