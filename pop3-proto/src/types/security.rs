//! `Security`: whether a connection is inside TLS, which decides what may be sent on it.

/// Whether the bytes of a session pass through TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// Plaintext, on port 110. STLS may change that (RFC 2595).
    Plain,
    /// Inside TLS: from the first byte, on port 995 (RFC 8314), or after STLS.
    Tls,
}
