//! `Credentials`: what a client can send to log in. The mechanism decides which of it is sent.

use core::fmt;

use crate::secret::Secret;

/// Who logs in, and what proves it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Credentials<'c> {
    /// The authentication identity: the user whose password or token this is.
    pub name: &'c str,
    /// The authorization identity: the user whose maildrop to open, if it is another one (RFC 4422 section
    /// 2).
    pub acting_as: Option<&'c str>,
    /// The password, for PLAIN, LOGIN, CRAM-MD5, SCRAM, APOP, and USER with PASS.
    pub password: Option<Secret<'c>>,
    /// An access token, for OAUTHBEARER and XOAUTH2.
    pub token: Option<Secret<'c>>,
    /// For EXTERNAL: whether the TLS connection shows a certificate of this client.
    pub certificate: bool,
    /// For ANONYMOUS: what the client tells about itself; it may be empty. `None` means that ANONYMOUS is not
    /// used; [`Credentials::anonymous`] sets an empty text. Never send the user's address without permission
    /// (RFC 4505 section 5).
    pub trace: Option<&'c str>,
}

impl<'c> Credentials<'c> {
    const fn nothing(name: &'c str) -> Self {
        Self { name, acting_as: None, password: None, token: None, certificate: false, trace: None }
    }

    /// A name and a password.
    #[must_use]
    pub const fn password(name: &'c str, password: Secret<'c>) -> Self {
        Self { password: Some(password), ..Self::nothing(name) }
    }

    /// A name and an OAuth access token.
    #[must_use]
    pub const fn token(name: &'c str, token: Secret<'c>) -> Self {
        Self { token: Some(token), ..Self::nothing(name) }
    }

    /// A TLS client certificate, which names the user. With `acting_as`, it opens that other user's maildrop.
    #[must_use]
    pub const fn certificate(acting_as: Option<&'c str>) -> Self {
        Self { acting_as, certificate: true, ..Self::nothing("") }
    }

    /// No user: for ANONYMOUS.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { trace: Some(""), ..Self::nothing("") }
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("name", &self.name)
            .field("acting_as", &self.acting_as)
            .finish_non_exhaustive()
    }
}
