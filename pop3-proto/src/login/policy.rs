//! `Policy`: what the caller permits. `ServerNotes`: what it knows of the server from earlier connections.

use super::method::Methods;

/// Whether a connection must be inside TLS before the client logs in on it (RFC 8314 section 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tls {
    /// TLS is required, from the start or by STLS. Until then the client sends only CAPA and STLS.
    #[default]
    Required,
    /// STLS is used if it is offered; otherwise the login goes on without TLS. Somebody in the middle can
    /// prevent TLS in this way. Even then, methods that show the password are not used without TLS unless
    /// [`Policy::allow_plaintext_secrets`] is set.
    IfOffered,
    /// No TLS, and STLS is not sent: for a connection that is protected by other means.
    Never,
}

/// What is permitted, and how hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whether TLS is required. It is by default.
    pub tls: Tls,
    /// Whether methods that show the password may be used without TLS. Off by default. Tokens need TLS in any
    /// case.
    pub allow_plaintext_secrets: bool,
    /// The methods that may be used: all but APOP by default.
    pub methods: Methods,
    /// Whether, when no other method is left, to try one that the server has not announced: USER, a token
    /// mechanism, or the only method in [`methods`](Self::methods). It is then sent without an initial
    /// response (RFC 5034 section 3). On by default, because many servers do not announce everything.
    pub try_unannounced: bool,
    /// Whether SCRAM may continue without a channel binding if the server refuses the one that the client
    /// used. Off by default, because somebody in the middle of the TLS connection would only have to refuse
    /// it. Turn it on for servers that offer -PLUS with bindings that TLS 1.3 does not have. To insist on a
    /// binding, put only the -PLUS methods into [`methods`](Self::methods), because the server's list may
    /// have been shortened on the way as well.
    pub allow_unbound: bool,
    /// How many methods may be refused on one connection before the credentials count as wrong; 3 by default.
    /// Servers lock out users who fail too often.
    pub attempts: u8,
    /// Whether to send CAPA again after the login, when the list may be different (RFC 2449 section 5). On by
    /// default.
    pub recheck_capabilities: bool,
    /// Whether to send UTF8 before the login if it is offered, so that messages come unchanged (RFC 6856
    /// section 2). Off by default.
    pub utf8: bool,
}

impl Policy {
    /// TLS required, all methods but APOP, and three attempts.
    pub const DEFAULT: Self = Self {
        tls: Tls::Required,
        allow_plaintext_secrets: false,
        methods: Methods::DEFAULT,
        try_unannounced: true,
        allow_unbound: false,
        attempts: 3,
        recheck_capabilities: true,
        utf8: false,
    };

    /// No TLS, and passwords may be sent without it: for loopback connections and tests.
    pub const CLEAR: Self = Self { tls: Tls::Never, allow_plaintext_secrets: true, ..Self::DEFAULT };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What was learned about a server from earlier connections. Keep it for each account and pass it to
/// [`Login::with_server_notes`](super::Login::with_server_notes). Discard it when the credentials or the
/// server change, and after some days, because servers get repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerNotes {
    /// Methods that the server lists but that fail.
    pub failed: Methods,
    /// The server closes the connection after CAPA outside TLS. This is kept apart from the next field,
    /// because somebody in the middle may have caused it.
    pub no_capa_in_clear: bool,
    /// The server closes the connection after CAPA inside TLS.
    pub no_capa_in_tls: bool,
    /// The server closes the connection after CAPA after the login.
    pub no_capa_after: bool,
}

impl ServerNotes {
    /// Notes on a server that was never connected to.
    pub const NONE: Self =
        Self { failed: Methods::NONE, no_capa_in_clear: false, no_capa_in_tls: false, no_capa_after: false };
}

impl Default for ServerNotes {
    fn default() -> Self {
        Self::NONE
    }
}
