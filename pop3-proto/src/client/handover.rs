//! Over the edge of TLS go the client's own settings and nothing the server said.

use super::session::{Client, Settings};
use crate::types::{PlaintextLeft, Security};

/// What is left of a session in clear after `+OK` to STLS: the way to the session inside TLS.
///
/// Shake hands on the connection first, and check the certificate (RFC 8314 section 3). A handshake that fails leaves nothing:
/// close, never go back to clear.
#[derive(Clone, Debug)]
#[must_use = "the session goes on inside TLS with `secured`"]
pub struct Handover<const Q: usize = 16> {
    pub(super) settings: Settings,
}

impl<const Q: usize> Handover<Q> {
    /// The session inside TLS. It expects no greeting and knows no capabilities: ask CAPA again (RFC 2595 section 4).
    ///
    /// `window` is what is unread of the octets that came in *clear*: show it what your receive buffer holds, so that no
    /// octet from before the handshake can pass for one from inside TLS.
    ///
    /// # Errors
    ///
    /// [`PlaintextLeft`] if the window is not empty: somebody injected replies. Close the connection.
    pub fn secured(self, window: &[u8]) -> Result<Client<Q>, PlaintextLeft> {
        if window.is_empty() { Ok(Client::inside(self.settings, Security::Tls)) } else { Err(PlaintextLeft) }
    }
}
