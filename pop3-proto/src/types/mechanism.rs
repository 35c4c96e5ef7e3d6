//! A SASL mechanism is known here by its name only (RFC 4422 section 3.1).

use crate::limits::MECHANISM_NAME;

/// Whether `name` can name a SASL mechanism: 1 to 20 letters, digits, `-` and `_`. Lower-case letters are accepted
/// (RFC 5034 section 5).
#[must_use]
pub fn is_mechanism_name(name: &[u8]) -> bool {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !name.is_empty() && name.len() <= MECHANISM_NAME && name.iter().all(fits)
}

/// A SASL mechanism as a server offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mechanism<'c> {
    /// The name, in capitals.
    pub name: &'c str,
    /// Whether it shows the password to whoever listens. Such a mechanism is offered and taken under TLS only, unless the
    /// server allows logins in clear (RFC 5034 section 4).
    pub clear_password: bool,
    /// Whether the server speaks first, so that an initial response is an error (RFC 4422 section 3).
    pub server_first: bool,
}

impl Mechanism<'static> {
    /// RFC 4616.
    pub const PLAIN: Self = Self::new("PLAIN", true, false);
    /// No RFC; two challenges, name and password.
    pub const LOGIN: Self = Self::new("LOGIN", true, true);
    /// RFC 4422 appendix A.
    pub const EXTERNAL: Self = Self::new("EXTERNAL", false, false);
    /// RFC 4505.
    pub const ANONYMOUS: Self = Self::new("ANONYMOUS", false, false);
    /// RFC 2195.
    pub const CRAM_MD5: Self = Self::new("CRAM-MD5", false, true);
    /// RFC 5802.
    pub const SCRAM_SHA_1: Self = Self::new("SCRAM-SHA-1", false, false);
    /// RFC 5802 with channel binding.
    pub const SCRAM_SHA_1_PLUS: Self = Self::new("SCRAM-SHA-1-PLUS", false, false);
    /// RFC 7677.
    pub const SCRAM_SHA_256: Self = Self::new("SCRAM-SHA-256", false, false);
    /// RFC 7677 with channel binding.
    pub const SCRAM_SHA_256_PLUS: Self = Self::new("SCRAM-SHA-256-PLUS", false, false);
    /// RFC 7628. The token is as good as a password.
    pub const OAUTHBEARER: Self = Self::new("OAUTHBEARER", true, false);
    /// Google's and Microsoft's forerunner of OAUTHBEARER.
    pub const XOAUTH2: Self = Self::new("XOAUTH2", true, false);
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

impl<'c> Mechanism<'c> {
    /// Describes a mechanism; see the fields.
    #[must_use]
    pub const fn new(name: &'c str, clear_password: bool, server_first: bool) -> Self {
        Self { name, clear_password, server_first }
    }
}
