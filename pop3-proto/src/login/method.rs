//! The ways to log in, the strongest first.

use crate::bits::bit_set;
use crate::types::{Mechanism, Protection};

macro_rules! methods {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $mechanism:expr;)+) => {
        /// A way to log in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Method {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Method {
            /// All of them, in the order in which they are tried.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name, in small letters: that of the mechanism, `apop`, or `user`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The SASL mechanism of this crate; `None` for APOP, for USER with PASS, and for [`Own`](Self::Own).
            #[must_use]
            pub const fn mechanism(self) -> Option<Mechanism> {
                match self {
                    $(Self::$name => $mechanism,)+
                }
            }
        }
    };
}

methods! {
    /// The mechanism that the program has brought along; see [`Login::with_engine`](super::Login::with_engine).
    Own = "own", None;
    /// The TLS client certificate (RFC 4422 appendix A).
    External = "external", Some(Mechanism::EXTERNAL);
    /// A token (RFC 7628).
    OauthBearer = "oauthbearer", Some(Mechanism::OAUTHBEARER);
    /// A token, in Google's and Microsoft's form.
    Xoauth2 = "xoauth2", Some(Mechanism::XOAUTH2);
    /// RFC 7677, bound to the TLS connection.
    ScramSha256Plus = "scram-sha-256-plus", Some(Mechanism::SCRAM_SHA_256_PLUS);
    /// RFC 5802, bound to the TLS connection.
    ScramSha1Plus = "scram-sha-1-plus", Some(Mechanism::SCRAM_SHA_1_PLUS);
    /// RFC 7677.
    ScramSha256 = "scram-sha-256", Some(Mechanism::SCRAM_SHA_256);
    /// RFC 5802.
    ScramSha1 = "scram-sha-1", Some(Mechanism::SCRAM_SHA_1);
    /// RFC 2195.
    CramMd5 = "cram-md5", Some(Mechanism::CRAM_MD5);
    /// APOP, where the greeting has a well-formed timestamp (RFC 1939 section 7). A man in the middle learns the front of the password
    /// from it (CVE-2007-1558); so it is in no set unless somebody puts it there.
    Apop = "apop", None;
    /// RFC 4616.
    Plain = "plain", Some(Mechanism::PLAIN);
    /// The name and the password in two steps.
    Login = "login", Some(Mechanism::LOGIN);
    /// USER and PASS (RFC 1939 section 7).
    User = "user", None;
    /// As nobody (RFC 4505).
    Anonymous = "anonymous", Some(Mechanism::ANONYMOUS);
}

impl Method {
    /// The method of that name, in any case; never [`Own`](Self::Own), which no name brings about.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied().filter(|method| *method != Self::Own);
        all.find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether the server has to prove itself in it. An own mechanism may; nobody here knows, so it counts as one that does.
    pub(super) const fn proves_the_server(self) -> bool {
        matches!(
            self,
            Self::Own | Self::ScramSha256Plus | Self::ScramSha1Plus | Self::ScramSha256 | Self::ScramSha1
        )
    }

    /// Whether the server sees the password itself.
    pub(super) const fn shows_the_password(self) -> bool {
        matches!(self, Self::Plain | Self::Login | Self::User)
    }

    /// Whether it is bound to the TLS connection.
    pub(super) const fn binds(self) -> bool {
        matches!(self, Self::ScramSha256Plus | Self::ScramSha1Plus)
    }

    /// What a connection must have before the method may be used on it.
    #[must_use]
    pub const fn needs(self) -> Protection {
        match self.mechanism() {
            Some(mechanism) => mechanism.needs,
            None => Protection::Private,
        }
    }
}

bit_set! {
    /// A set of [`Method`]s.
    Methods of Method in u16
}

impl Methods {
    /// All but APOP, in which the server shows a name and the client a proof that can be guessed from offline.
    pub const DEFAULT: Self = Self::ALL.without(Method::Apop);
}
