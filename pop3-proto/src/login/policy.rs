//! What the caller permits, and what it knows of the server from earlier connections.

use super::method::Methods;

/// What a connection has to be before anybody logs in on it (RFC 8314 section 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tls {
    /// Inside TLS, from the start or by STLS. Until then nothing goes out but CAPA and STLS.
    #[default]
    Required,
    /// STLS where it is offered, in clear where it is not: whoever sits in the middle decides. What shows the password is not sent in
    /// clear all the same, unless [`Policy::allow_plaintext_secrets`] is set.
    IfOffered,
    /// In clear, without asking for STLS: for a connection that is safe by other means.
    Never,
}

/// What is permitted, and how hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whether TLS is a must. It is, by default.
    pub tls: Tls,
    /// Whether methods that show the password may be used in clear. Off by default; tokens need TLS in any case.
    pub allow_plaintext_secrets: bool,
    /// The methods that may be used: all but APOP by default.
    pub methods: Methods,
    /// Whether to try what the server has not announced when nothing else is left, without an initial response (RFC 5034 section 3):
    /// USER, the token, or the one method that [`methods`](Self::methods) holds. On by default: many a server forgets to announce.
    pub try_unannounced: bool,
    /// Whether SCRAM may go on without a channel binding where the server refuses the one that it offered. Off by default: whoever
    /// sits in the middle of the TLS connection has only to refuse. To insist on a binding, put nothing but -PLUS into
    /// [`methods`](Self::methods): the list of the server can be cut as well. Some servers offer -PLUS with bindings that TLS 1.3 does not have.
    pub allow_unbound: bool,
    /// How many methods may be refused on one connection before it counts as wrong credentials, 3 by default. Servers lock users
    /// out who fail too often.
    pub attempts: u8,
    /// Whether to ask CAPA again after the login, where the list may be another (RFC 2449 section 5). On by default.
    pub recheck_capabilities: bool,
    /// Whether to send UTF8 before the login where it is offered, for messages as they are (RFC 6856 section 2). Off by default.
    pub utf8: bool,
}

impl Policy {
    /// TLS, everything but APOP, and three attempts.
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

    /// In clear, passwords too: for loopback, and for tests.
    pub const CLEAR: Self = Self { tls: Tls::Never, allow_plaintext_secrets: true, ..Self::DEFAULT };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What earlier connections taught about a server. Keep it for each account, hand it to
/// [`Login::with_server_notes`](super::Login::with_server_notes), and forget it when credentials or server change, and after some days: servers are mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerNotes {
    /// Methods that the server lists and that fail all the same.
    pub failed: Methods,
    /// It hangs up on CAPA in clear. What somebody in the middle can do there teaches nothing about TLS.
    pub no_capa_in_clear: bool,
    /// It hangs up on CAPA inside TLS.
    pub no_capa_in_tls: bool,
    /// It hangs up on CAPA after the login.
    pub no_capa_after: bool,
}

impl ServerNotes {
    /// Of a server that nobody has talked to.
    pub const NONE: Self =
        Self { failed: Methods::NONE, no_capa_in_clear: false, no_capa_in_tls: false, no_capa_after: false };
}

impl Default for ServerNotes {
    fn default() -> Self {
        Self::NONE
    }
}
