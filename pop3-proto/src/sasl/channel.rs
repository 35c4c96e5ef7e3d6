//! `Channel`: what a mechanism has to know of the connection.

use core::fmt;

use super::nonce::Nonce;

/// What a mechanism needs to know of the connection and the server, together with the random input for one
/// exchange.
///
/// ```
/// use pop3_proto::sasl::{Channel, Nonce};
/// let mut channel = Channel::new("mail.example.com");
/// channel.nonce = Some(Nonce::new([7; 18])); // new for every exchange, from a random source
/// channel.authority = Some(("mail.example.com", 995));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Channel<'c> {
    /// Random text, new for every exchange. SCRAM, and CRAM-MD5 on a server, cannot start without it; PLAIN,
    /// LOGIN, EXTERNAL, ANONYMOUS and tokens do not need it. `None` by default.
    pub nonce: Option<Nonce>,
    /// The server's host name, which a server puts into the challenge of CRAM-MD5. A client does not use it; for
    /// OAUTHBEARER set [`authority`](Self::authority).
    pub host: &'c str,
    /// Host and port that the client connected to, if they are known with certainty. In OAUTHBEARER a client
    /// sends them, and a server compares them with those that the client sends, if any (RFC 7628 section
    /// 3.1). `None` by default, which skips this.
    pub authority: Option<(&'c str, u16)>,
    /// Server: the user that the client's TLS certificate names; EXTERNAL confirms it. `None` makes EXTERNAL
    /// fail.
    pub external: Option<&'c str>,
    /// The channel bindings that this connection has. The -PLUS mechanisms work only if there is at least
    /// one.
    ///
    /// A server with bindings refuses a client that believes the server has none, because somebody must have
    /// removed the -PLUS mechanisms from the list on the way (RFC 5802 section 6). So offer -PLUS exactly if
    /// there are bindings. A server uses the first three, a client the first.
    pub bindings: &'c [Binding<'c>],
    /// Server: a secret that never changes, 32 random bytes. The salt and the keys of a user who does not
    /// exist are computed from it and the name, so that SCRAM does not show which users exist.
    pub fake_key: &'c [u8],
    /// Server: the iteration count sent to users who do not exist. Use the count that most real users have.
    /// 4096 by default.
    pub fake_iterations: u32,
}

/// Data that both ends of a TLS connection know and that nobody in the middle can have (RFC 5056).
///
/// Use a value of `tls-exporter` for one login only, and close the connection when the session ends (RFC 9266
/// section 4.1). `tls-exporter` needs TLS 1.3, or TLS 1.2 with the extended master secret (RFC 9266 section
/// 4.2).
#[derive(Clone, Copy)]
pub struct Binding<'c> {
    /// The name of the type, for instance `tls-exporter` or `tls-server-end-point`.
    pub kind: &'c str,
    /// The data, at most 64 bytes.
    pub data: &'c [u8],
}

impl<'c> Channel<'c> {
    /// A channel without nonce, authority, certificate, binding and fake key.
    #[must_use]
    pub const fn new(host: &'c str) -> Self {
        Self {
            nonce: None,
            host,
            authority: None,
            external: None,
            bindings: &[],
            fake_key: b"",
            fake_iterations: 4096,
        }
    }
}

/// Shows neither the key nor the data.
impl fmt::Debug for Channel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("host", &self.host)
            .field("authority", &self.authority)
            .field("external", &self.external)
            .field("bindings", &self.bindings)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Binding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding").field("kind", &self.kind).finish_non_exhaustive()
    }
}
