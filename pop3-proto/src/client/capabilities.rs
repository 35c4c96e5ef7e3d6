//! `Capabilities`: what a client knows of its server's capabilities, in a few bytes and without the lines of
//! the answer.

use crate::types::{Capability, Expire, LoginDelay, WELL_KNOWN};

/// What a client knows about its server's capabilities, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Knowledge {
    /// CAPA was not sent, or STLS made the session forget its answer.
    #[default]
    NotAsked,
    /// CAPA was answered `-ERR`: the server is older than RFC 2449. Try commands to find out what it
    /// supports.
    Refused,
    /// CAPA was answered.
    Known,
}

/// The contents of the last complete answer to CAPA. The methods say what the server announced;
/// [`knowledge`](Self::knowledge) says whether there was an answer at all.
///
/// Send CAPA again after STLS (the session forgets the old answer by itself) and after the login, when the
/// list may be different (RFC 2449 section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    knowledge: Knowledge,
    flags: u16,
    mechanisms: u16,
    login_delay: Option<LoginDelay>,
    expire: Option<Expire>,
}

macro_rules! flags {
    ($($(#[doc = $doc:literal])+ $name:ident = $bit:literal,)+) => {
        $(
            $(#[doc = $doc])+
            #[must_use]
            pub const fn $name(&self) -> bool {
                self.flags & (1 << $bit) != 0
            }
        )+
    };
}

impl Capabilities {
    flags! {
        /// TOP is available.
        top = 0,
        /// USER and PASS are available, though perhaps not for every user.
        user = 1,
        /// AUTH is available; see [`offers`](Self::offers).
        sasl = 2,
        /// If the text of a reply starts with `[`, it starts with a response code.
        resp_codes = 3,
        /// Several commands may be sent without waiting for the answers.
        pipelining = 4,
        /// UIDL is available.
        uidl = 5,
        /// STLS is available in the present state.
        stls = 6,
        /// Every failure that is caused by the credentials carries `[AUTH]`.
        auth_resp_code = 7,
        /// UTF8 is available.
        utf8 = 8,
        /// Names and passwords may be UTF-8.
        utf8_user = 9,
        /// LANG is available.
        lang = 10,
    }

    /// Whether CAPA was answered, refused, or not sent.
    #[must_use]
    pub const fn knowledge(&self) -> Knowledge {
        self.knowledge
    }

    /// Whether the SASL line lists this mechanism. Only mechanisms that have a constant in
    /// [`Mechanism`](crate::Mechanism) are remembered; to find others, look at each
    /// [`Part::Capability`](super::Part::Capability).
    #[must_use]
    pub fn offers(&self, mechanism: &str) -> bool {
        (0_u32..)
            .zip(WELL_KNOWN)
            .any(|(i, known)| self.mechanisms & bit(i) != 0 && known.eq_ignore_ascii_case(mechanism))
    }

    /// The minimum time between logins, if announced.
    #[must_use]
    pub const fn login_delay(&self) -> Option<LoginDelay> {
        self.login_delay
    }

    /// For how long messages are kept, if announced.
    #[must_use]
    pub const fn expire(&self) -> Option<Expire> {
        self.expire
    }

    pub(super) const NOTHING: Self =
        Self { knowledge: Knowledge::NotAsked, flags: 0, mechanisms: 0, login_delay: None, expire: None };

    pub(super) const fn known() -> Self {
        Self { knowledge: Knowledge::Known, ..Self::NOTHING }
    }

    /// A server that answered CAPA before the login may refuse it afterwards. Its earlier answer then still
    /// holds.
    pub(super) fn refused(&mut self) {
        if self.knowledge == Knowledge::NotAsked {
            self.knowledge = Knowledge::Refused;
        }
    }

    pub(super) fn add(&mut self, capability: &Capability<'_>) {
        self.flags |= match capability {
            Capability::Top => bit(0),
            Capability::User => bit(1),
            Capability::Sasl(names) => {
                for (i, _) in (0_u32..).zip(WELL_KNOWN).filter(|(_, name)| names.contains(name)) {
                    self.mechanisms |= bit(i);
                }
                bit(2)
            }
            Capability::RespCodes => bit(3),
            Capability::Pipelining => bit(4),
            Capability::Uidl => bit(5),
            Capability::Stls => bit(6),
            Capability::AuthRespCode => bit(7),
            Capability::Utf8 { user: false } => bit(8),
            Capability::Utf8 { user: true } => bit(8) | bit(9),
            Capability::Lang => bit(10),
            Capability::LoginDelay(delay) => {
                self.login_delay = Some(*delay);
                0
            }
            Capability::Expire(expire) => {
                self.expire = Some(*expire);
                0
            }
            Capability::Implementation(_) | Capability::Other { .. } => 0,
        };
    }
}

const _: () = assert!(WELL_KNOWN.len() <= 16, "a set of mechanisms is 16 bits");

const fn bit(n: u32) -> u16 {
    1_u16.wrapping_shl(n)
}
