//! Whether a connection is inside TLS decides what may be said on it.

/// Whether the bytes of a session pass through TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// In clear, on port 110; STLS may change that (RFC 2595).
    Plain,
    /// Inside TLS: from the first byte, on port 995 (RFC 8314), or since STLS.
    Tls,
}
