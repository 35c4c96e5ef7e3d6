//! `Capability`: one line of the answer to CAPA (RFC 2449 sections 5 and 6, RFC 2595, 3206, 5034, 6856).

use core::fmt;

use super::is_mechanism_name;
use crate::text::Escaped;

/// A capability that a server announces in its answer to CAPA.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability<'i> {
    /// `TOP`: the TOP command is available (RFC 2449 section 6.1).
    Top,
    /// `USER`: USER and PASS are available, though perhaps not for every user (section 6.2).
    User,
    /// `SASL`: AUTH is available with these mechanisms (RFC 5034 section 3).
    Sasl(Mechanisms<'i>),
    /// `RESP-CODES`: a reply text that starts with `[` starts with a response code (RFC 2449 section 6.4).
    RespCodes,
    /// `LOGIN-DELAY`: the minimum time between logins (section 6.5).
    LoginDelay(LoginDelay),
    /// `PIPELINING`: several commands may be sent without waiting for the answers (section 6.6).
    Pipelining,
    /// `EXPIRE`: for how long messages are kept (section 6.7).
    Expire(Expire),
    /// `UIDL`: the UIDL command is available (section 6.8).
    Uidl,
    /// `IMPLEMENTATION`: the name of the server software; a client must not change its behaviour because of it
    /// (section 6.9).
    Implementation(&'i [u8]),
    /// `STLS`: the STLS command is available in the present state (RFC 2595 section 4).
    Stls,
    /// `AUTH-RESP-CODE`: every failure caused by credentials carries `[AUTH]` (RFC 3206 section 6).
    AuthRespCode,
    /// `UTF8`: the UTF8 command is available (RFC 6856 section 2).
    Utf8 {
        /// `UTF8 USER`: names and passwords may be UTF-8.
        user: bool,
    },
    /// `LANG`: the LANG command is available (RFC 6856 section 3).
    Lang,
    /// Any other tag, with its parameters.
    Other {
        /// The tag, in the letter case in which it came.
        tag: &'i [u8],
        /// The rest of the line; empty if there is none.
        params: &'i [u8],
    },
}

/// The parameter of `LOGIN-DELAY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginDelay {
    /// Seconds that must pass between two logins. Before the login this is the largest value of any user.
    pub seconds: u64,
    /// Whether `USER` follows the number: send CAPA again after the login to get the user's own value.
    pub per_user: bool,
}

/// The parameter of `EXPIRE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expire {
    /// Days for which a message is kept at least; `None` is `NEVER`. Before the login this is the smallest
    /// value of any user.
    pub days: Option<u64>,
    /// Whether `USER` follows the number: send CAPA again after the login to get the user's own value.
    pub per_user: bool,
}

/// The mechanism list of a `SASL` line; it may be empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mechanisms<'i>(&'i [u8]);

impl<'i> Mechanisms<'i> {
    /// Wraps names that are separated by spaces.
    #[must_use]
    pub const fn new(names: &'i [u8]) -> Self {
        Self(names)
    }

    /// The names, in the server's order. Malformed names are left out (RFC 4422 section 3.1).
    pub fn iter(&self) -> impl Iterator<Item = &'i [u8]> + use<'i> {
        self.0.split(|b| *b == b' ').filter(|name| is_mechanism_name(name))
    }

    /// Whether the list contains the mechanism, in any letter case.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|one| one.eq_ignore_ascii_case(name.as_bytes()))
    }
}

impl fmt::Debug for Capability<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sasl(names) => f.debug_tuple("Sasl").field(names).finish(),
            Self::LoginDelay(delay) => f.debug_tuple("LoginDelay").field(delay).finish(),
            Self::Expire(expire) => f.debug_tuple("Expire").field(expire).finish(),
            Self::Implementation(name) => f.debug_tuple("Implementation").field(&Escaped(name)).finish(),
            Self::Utf8 { user } => f.debug_struct("Utf8").field("user", user).finish(),
            Self::Other { tag, params } => {
                f.debug_struct("Other").field("tag", &Escaped(tag)).field("params", &Escaped(params)).finish()
            }
            Self::Top => f.write_str("Top"),
            Self::User => f.write_str("User"),
            Self::RespCodes => f.write_str("RespCodes"),
            Self::Pipelining => f.write_str("Pipelining"),
            Self::Uidl => f.write_str("Uidl"),
            Self::Stls => f.write_str("Stls"),
            Self::AuthRespCode => f.write_str("AuthRespCode"),
            Self::Lang => f.write_str("Lang"),
        }
    }
}

impl fmt::Debug for Mechanisms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mechanisms").field(&Escaped(self.0)).finish()
    }
}
