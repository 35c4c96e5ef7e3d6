//! The ways to log in, the strongest first.

use core::fmt;

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

            /// The SASL mechanism; `None` for APOP, and for USER with PASS.
            #[must_use]
            pub const fn mechanism(self) -> Option<Mechanism<'static>> {
                match self {
                    $(Self::$name => $mechanism,)+
                }
            }
        }
    };
}

methods! {
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
    /// The method of that name, in any case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether the server has to prove itself in it.
    pub(super) const fn proves_the_server(self) -> bool {
        matches!(self, Self::ScramSha256Plus | Self::ScramSha1Plus | Self::ScramSha256 | Self::ScramSha1)
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

/// A set of [`Method`]s.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Methods(u16);

const _: () = assert!(Method::ALL.len() <= 16, "a set of methods is 16 bits");

impl Methods {
    /// None.
    pub const NONE: Self = Self(0);

    /// All but APOP.
    pub const DEFAULT: Self = {
        let mut all = Self::NONE;
        let mut rest = Method::ALL;
        while let [first, tail @ ..] = rest {
            all = all.with(*first);
            rest = tail;
        }
        all.without(Method::Apop)
    };

    /// This one only.
    #[must_use]
    pub const fn only(method: Method) -> Self {
        Self::NONE.with(method)
    }

    /// This set and `method`.
    #[must_use]
    pub const fn with(self, method: Method) -> Self {
        Self(self.0 | Self::bit(method))
    }

    /// This set without `method`.
    #[must_use]
    pub const fn without(self, method: Method) -> Self {
        Self(self.0 & !Self::bit(method))
    }

    /// Whether it is in the set.
    #[must_use]
    pub const fn contains(self, method: Method) -> bool {
        self.0 & Self::bit(method) != 0
    }

    /// Those of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How many they are.
    pub(super) const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// One by one, the strongest first.
    pub fn iter(self) -> impl Iterator<Item = Method> + Clone {
        Method::ALL.iter().copied().filter(move |method| self.contains(*method))
    }

    const fn bit(method: Method) -> u16 {
        1_u16.wrapping_shl(method as u32)
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
