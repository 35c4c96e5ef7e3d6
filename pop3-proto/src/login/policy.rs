//! `Policy`: what the caller permits. `ServerNotes`: what it knows of the server from earlier connections.

use super::method::Methods;
use crate::sasl::client::ScramLimits;
use crate::types::Security;

/// Whether a connection must be inside TLS before the client logs in on it (RFC 8314 section 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tls {
    /// TLS is required, from the start or by STLS. Until then the client sends only CAPA and STLS.
    #[default]
    Required,
    /// STLS is used if it is offered; otherwise the login goes on without TLS. Somebody in the middle can
    /// prevent TLS in this way. Even then, PLAIN, LOGIN, USER and APOP are not used without TLS unless
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
    /// Whether PLAIN, LOGIN, USER and APOP may be used without TLS. The first three show the password, and
    /// APOP does not protect it well enough, see [`Method::Apop`](super::Method::Apop). Off by default.
    /// Tokens need TLS in any case.
    pub allow_plaintext_secrets: bool,
    /// The methods that may be used: all but APOP by default.
    pub methods: Methods,
    /// Whether, when no other method is left, to try one that the server has not announced: USER, a token
    /// mechanism, or the only method in [`methods`](Self::methods), unless that is a -PLUS method. It is then
    /// sent without an initial response (RFC 5034 section 3). On by default, because many servers do not
    /// announce everything.
    pub try_unannounced: bool,
    /// Whether SCRAM may continue without a channel binding if the server refuses the one that the client
    /// used. Off by default, because somebody in the middle of the TLS connection would only have to refuse
    /// it. Turn it on for servers that offer -PLUS with bindings that TLS 1.3 does not have. To insist on a
    /// binding, put only the -PLUS methods into [`methods`](Self::methods), because the server's list may
    /// have been shortened on the way as well.
    pub allow_unbound: bool,
    /// How often the server may refuse a password, a token or a proof on one connection before no other method
    /// is tried; 3 by default. Servers lock out users who fail too often. A method that the server refuses
    /// before it has seen any of these does not count.
    pub attempts: u8,
    /// Suppose that the server closes the connection, or gives no answer, during a method that hides the
    /// password. This says whether the next connection may use a method that shows the password. Off by
    /// default, because an attacker in the network can close connections too, and could force the client from
    /// SCRAM to PLAIN. Turn it on if the user asked for the methods by name.
    pub password_after_hang_up: bool,
    /// What the client accepts from a server in SCRAM. A server that asks for something else ends the login
    /// with [`Reason::OutOfLimits`](super::Reason::OutOfLimits); no weaker method is tried instead.
    pub scram: ScramLimits,
    /// Whether to leave out CAPA, for servers that cannot handle it. The login then tries APOP if it is
    /// permitted and the greeting offers it, and USER. After STLS it tries APOP only if that is the only
    /// method in [`methods`](Self::methods). If [`try_unannounced`](Self::try_unannounced) is on, it also
    /// tries a token or the only method in [`methods`](Self::methods), unless that is a -PLUS method. It
    /// sends STLS if [`tls`](Self::tls) is `Required`. Off by default.
    pub without_capa: bool,
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
        password_after_hang_up: false,
        scram: ScramLimits::DEFAULT,
        without_capa: false,
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

/// What was learned about a server from earlier connections. Pass it from each connection of a login to the
/// next with [`Login::with_server_notes`](super::Login::with_server_notes). After a login that succeeded you
/// may keep it for the account. Discard it when the credentials or the server change, and after some days,
/// because servers get repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerNotes {
    /// What happened outside TLS. It is kept apart, because an attacker in the network may have caused it, and
    /// it must not decide anything inside TLS.
    pub in_clear: Learned,
    /// What happened inside TLS.
    pub in_tls: Learned,
    /// The server closed the connection at STLS, or gave no answer, and the policy does not require TLS. The
    /// client then sends no STLS on any later connection that gets these notes, until a login succeeds; that
    /// login clears this field.
    pub no_stls: bool,
}

/// What was learned on connections that were equally protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Learned {
    /// Methods that the server lists and refuses.
    pub failed: Methods,
    /// Methods at which the server closed the connection without a word, or gave no answer.
    pub hung_up: Methods,
    /// The server closes the connection after CAPA before the login, or gives no valid answer.
    pub no_capa: bool,
    /// The same after the login.
    pub no_capa_after: bool,
    /// The server overlooks or refuses an initial response in the AUTH line, so the client waits until it is
    /// asked for it.
    pub two_step: bool,
}

impl ServerNotes {
    /// Notes on a server that was never connected to.
    pub const NONE: Self = Self { in_clear: Learned::NOTHING, in_tls: Learned::NOTHING, no_stls: false };

    pub(super) const fn of(&self, security: Security) -> &Learned {
        match security {
            Security::Plain => &self.in_clear,
            Security::Tls => &self.in_tls,
        }
    }

    pub(super) const fn of_mut(&mut self, security: Security) -> &mut Learned {
        match security {
            Security::Plain => &mut self.in_clear,
            Security::Tls => &mut self.in_tls,
        }
    }
}

impl Learned {
    /// Nothing was learned.
    pub const NOTHING: Self = Self {
        failed: Methods::NONE,
        hung_up: Methods::NONE,
        no_capa: false,
        no_capa_after: false,
        two_step: false,
    };
}

impl Default for ServerNotes {
    fn default() -> Self {
        Self::NONE
    }
}

impl Default for Learned {
    fn default() -> Self {
        Self::NOTHING
    }
}
