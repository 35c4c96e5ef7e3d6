//! `Mechanism`: a SASL mechanism by name, with what a server has to know about it (RFC 4422 section 3.1).

use crate::limits::MECHANISM_NAME;

/// Whether `name` can be the name of a SASL mechanism: 1 to 20 letters, digits, `-` and `_`. Lower-case
/// letters are accepted (RFC 5034 section 5).
#[must_use]
pub fn is_mechanism_name(name: &[u8]) -> bool {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !name.is_empty() && name.len() <= MECHANISM_NAME && name.iter().all(fits)
}

/// A SASL mechanism as a server offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mechanism {
    /// The name, in capital letters.
    pub name: &'static str,
    /// On which connections it may be offered and accepted.
    pub needs: Protection,
    /// Whether the server speaks first, so that an initial response is an error (RFC 4422 section 3).
    pub server_first: bool,
}

/// What a connection must have before a mechanism may be offered and accepted on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// Nothing: somebody who listens learns no secret.
    None,
    /// TLS, unless the server's `Config::allow_plaintext_login` or the client's
    /// `Policy::allow_plaintext_secrets` permits the login without it: the mechanism shows the password, or
    /// does not protect it well, as APOP (RFC 5034 section 4).
    Private,
    /// TLS in any case.
    Tls,
}

impl Mechanism {
    /// PLAIN (RFC 4616).
    pub const PLAIN: Self = Self::new("PLAIN", Protection::Private, false);
    /// LOGIN: two challenges, for name and password. No RFC defines it. A client may send the name as the
    /// initial response; then there is one challenge.
    pub const LOGIN: Self = Self::new("LOGIN", Protection::Private, false);
    /// EXTERNAL (RFC 4422 appendix A); in this crate, the TLS client certificate names the user.
    pub const EXTERNAL: Self = Self::new("EXTERNAL", Protection::Tls, false);
    /// ANONYMOUS (RFC 4505).
    pub const ANONYMOUS: Self = Self::new("ANONYMOUS", Protection::None, false);
    /// CRAM-MD5 (RFC 2195).
    pub const CRAM_MD5: Self = Self::new("CRAM-MD5", Protection::None, true);
    /// SCRAM-SHA-1 (RFC 5802).
    pub const SCRAM_SHA_1: Self = Self::new("SCRAM-SHA-1", Protection::None, false);
    /// SCRAM-SHA-1-PLUS: RFC 5802 with channel binding.
    pub const SCRAM_SHA_1_PLUS: Self = Self::new("SCRAM-SHA-1-PLUS", Protection::Tls, false);
    /// SCRAM-SHA-256 (RFC 7677).
    pub const SCRAM_SHA_256: Self = Self::new("SCRAM-SHA-256", Protection::None, false);
    /// SCRAM-SHA-256-PLUS: RFC 7677 with channel binding.
    pub const SCRAM_SHA_256_PLUS: Self = Self::new("SCRAM-SHA-256-PLUS", Protection::Tls, false);
    /// OAUTHBEARER (RFC 7628, whose section 3 requires TLS).
    pub const OAUTHBEARER: Self = Self::new("OAUTHBEARER", Protection::Tls, false);
    /// XOAUTH2: the predecessor of OAUTHBEARER, from Google and Microsoft.
    pub const XOAUTH2: Self = Self::new("XOAUTH2", Protection::Tls, false);
}

/// The mechanisms that a client remembers from a capability list.
pub(crate) const WELL_KNOWN: [&str; 11] = [
    Mechanism::PLAIN.name,
    Mechanism::LOGIN.name,
    Mechanism::EXTERNAL.name,
    Mechanism::ANONYMOUS.name,
    Mechanism::CRAM_MD5.name,
    Mechanism::SCRAM_SHA_1.name,
    Mechanism::SCRAM_SHA_1_PLUS.name,
    Mechanism::SCRAM_SHA_256.name,
    Mechanism::SCRAM_SHA_256_PLUS.name,
    Mechanism::OAUTHBEARER.name,
    Mechanism::XOAUTH2.name,
];

impl Mechanism {
    /// Describes a mechanism; for the arguments see the fields.
    #[must_use]
    pub const fn new(name: &'static str, needs: Protection, server_first: bool) -> Self {
        Self { name, needs, server_first }
    }
}
