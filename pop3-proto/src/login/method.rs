//! `Method`: the ways to log in, strongest first.

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
            /// All methods, in the order in which they are tried.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name in lower case: that of the mechanism, `apop`, `user`, or `own`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The SASL mechanism of this crate; `None` for APOP, for USER with PASS, and for
            /// [`Own`](Self::Own).
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
    /// The program's own mechanism; see [`Login::with_engine`](super::Login::with_engine).
    Own = "own", None;
    /// EXTERNAL: the TLS client certificate (RFC 4422 appendix A).
    External = "external", Some(Mechanism::EXTERNAL);
    /// OAUTHBEARER: a token (RFC 7628).
    OauthBearer = "oauthbearer", Some(Mechanism::OAUTHBEARER);
    /// XOAUTH2: a token, in the form of Google and Microsoft.
    Xoauth2 = "xoauth2", Some(Mechanism::XOAUTH2);
    /// SCRAM-SHA-256-PLUS, bound to the TLS connection (RFC 7677).
    ScramSha256Plus = "scram-sha-256-plus", Some(Mechanism::SCRAM_SHA_256_PLUS);
    /// SCRAM-SHA-1-PLUS, bound to the TLS connection (RFC 5802).
    ScramSha1Plus = "scram-sha-1-plus", Some(Mechanism::SCRAM_SHA_1_PLUS);
    /// SCRAM-SHA-256 (RFC 7677).
    ScramSha256 = "scram-sha-256", Some(Mechanism::SCRAM_SHA_256);
    /// SCRAM-SHA-1 (RFC 5802).
    ScramSha1 = "scram-sha-1", Some(Mechanism::SCRAM_SHA_1);
    /// CRAM-MD5 (RFC 2195).
    CramMd5 = "cram-md5", Some(Mechanism::CRAM_MD5);
    /// APOP, if the greeting has a well-formed timestamp (RFC 1939 section 7). After STLS the client uses
    /// APOP only if it is the only method in [`Policy::methods`](super::Policy::methods), because the
    /// timestamp came before TLS. A man in the middle can learn the front of the password from it
    /// (CVE-2007-1558), so no predefined set but [`Methods::ALL`] contains it.
    Apop = "apop", None;
    /// PLAIN (RFC 4616).
    Plain = "plain", Some(Mechanism::PLAIN);
    /// LOGIN: the name and the password in two steps.
    Login = "login", Some(Mechanism::LOGIN);
    /// USER and PASS (RFC 1939 section 7).
    User = "user", None;
    /// ANONYMOUS: log in without a name (RFC 4505).
    Anonymous = "anonymous", Some(Mechanism::ANONYMOUS);
}

impl Method {
    /// The method with that name, in any letter case. Never [`Own`](Self::Own).
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied().filter(|method| *method != Self::Own);
        all.find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether the server has to prove itself in this method. For an own mechanism the crate does not know,
    /// and assumes that it does.
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

    /// Whether the method is bound to the TLS connection.
    pub(super) const fn binds(self) -> bool {
        matches!(self, Self::ScramSha256Plus | Self::ScramSha1Plus)
    }

    /// What a connection must have before the method may be used on it. For [`Own`](Self::Own), the mechanism
    /// given to [`Login::with_engine`](super::Login::with_engine) decides instead.
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
    /// All but APOP: from it somebody who poses as the server can learn the front of the password, see
    /// [`Method::Apop`].
    pub const DEFAULT: Self = Self::ALL.without(Method::Apop);
}
