//! What the two ends know of their connection, and a mechanism has to be told.

use core::fmt;

use super::nonce::Nonce;

/// What a mechanism needs to know of the connection, the server and the moment.
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
    /// New for every exchange; SCRAM, and a server's CRAM-MD5, cannot start without. PLAIN, LOGIN, EXTERNAL, ANONYMOUS and tokens
    /// need none. `None` by default.
    pub nonce: Option<Nonce>,
    /// Server: its name, for the challenge of CRAM-MD5.
    pub host: &'c str,
    /// Host and port that the client connected to, if they are known for sure: in OAUTHBEARER a client says them, and a server
    /// compares them with what the client says, if it says them (RFC 7628 section 3.1). `None` by default, which skips that.
    pub authority: Option<(&'c str, u16)>,
    /// Server: who the client is by its TLS certificate, the name that EXTERNAL confirms. `None` makes EXTERNAL fail.
    pub external: Option<&'c str>,
    /// The channel bindings that this connection has. With any, the -PLUS mechanisms work.
    ///
    /// A server refuses a client then that believes it has none: somebody cut the list (RFC 5802 section 6). It offers -PLUS
    /// exactly where there are some; the first three count. A client uses the first.
    pub bindings: &'c [Binding<'c>],
    /// Server: a secret that never changes, 32 random bytes: from it and the name come the salt and the keys of a
    /// user who does not exist, so that SCRAM asks everybody the same.
    pub fake_key: &'c [u8],
    /// Server: the iteration count told to users who do not exist; use the one that most of the real ones have. 4096 by default.
    pub fake_iterations: u32,
}

/// Data that both ends of a TLS connection know and nobody in the middle can have (RFC 5056).
///
/// One value serves one login: close the connection when the session ends (RFC 9266 section 4.1). `tls-exporter` needs TLS 1.3,
/// or TLS 1.2 with the extended master secret (RFC 9266 section 4.2).
#[derive(Clone, Copy)]
pub struct Binding<'c> {
    /// The name of the type, `tls-exporter` or `tls-server-end-point` for instance.
    pub kind: &'c str,
    /// The data, 64 bytes at most.
    pub data: &'c [u8],
}

impl<'c> Channel<'c> {
    /// A channel without authority, certificate, binding and fake key.
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

/// Neither the key nor the data is shown.
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
