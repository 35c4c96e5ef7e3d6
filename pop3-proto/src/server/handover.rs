//! Over the edge of TLS goes configuration and nothing else.

use super::config::Config;
use super::session::Server;
use crate::types::{PlaintextLeft, Security};

/// What is left of a session in clear after STLS: the way to the session inside TLS.
///
/// Shake hands on the connection first. A handshake that fails leaves nothing: close, never go back to clear.
#[derive(Clone, Debug)]
#[must_use = "the session goes on inside TLS with `secured`"]
pub struct Handover<'c> {
    pub(super) config: &'c Config<'c>,
    pub(super) apop: Option<[u64; 2]>,
    /// Tickets of the session in clear stay void inside TLS.
    pub(super) serial: u32,
}

impl<'c> Handover<'c> {
    /// The session inside TLS. It starts in AUTHORIZATION, knows nothing of what was said before, and sends no greeting
    /// (RFC 2595 section 4).
    ///
    /// `window` is what is unread of the octets that came in *clear*: show it what your receive buffer holds, so that no
    /// octet from before the handshake can pass for one from inside TLS.
    ///
    /// # Errors
    ///
    /// [`PlaintextLeft`] if the window is not empty: somebody injected commands (CVE-2011-0411). Close the connection.
    pub fn secured(self, window: &[u8]) -> Result<Server<'c>, PlaintextLeft> {
        let config = self.config;
        self.secured_with(config, window)
    }

    /// As [`secured`](Self::secured), with another configuration: one whose mechanisms fit what the handshake gave, channel
    /// bindings or a client certificate for instance.
    ///
    /// # Errors
    ///
    /// As [`secured`](Self::secured).
    pub fn secured_with<'d>(
        self,
        config: &'d Config<'d>,
        window: &[u8],
    ) -> Result<Server<'d>, PlaintextLeft> {
        if !window.is_empty() {
            return Err(PlaintextLeft);
        }
        let inside = Handover { config, apop: self.apop, serial: self.serial };
        Ok(Server::inside(&inside, Security::Tls))
    }
}
