//! What a client knows of its server's capabilities, without keeping a line of them.

use crate::types::{Capability, Expire, LoginDelay, WELL_KNOWN};

/// How a client knows the capabilities it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Knowledge {
    /// CAPA was not asked, or everything was forgotten at STLS.
    #[default]
    NotAsked,
    /// CAPA was answered `-ERR`: a server from before RFC 2449. Probe.
    Refused,
    /// CAPA was answered.
    Known,
}

/// What the last complete answer to CAPA said. The methods tell what was announced; see
/// [`knowledge`](Self::knowledge) for whether anything was.
///
/// Ask again after STLS (the session forgets by itself) and after login, where the list may differ (RFC 2449 section 5).
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
        /// TOP works.
        top = 0,
        /// USER and PASS work, though maybe not for every user.
        user = 1,
        /// AUTH works; see [`offers`](Self::offers).
        sasl = 2,
        /// A text that starts with `[` starts with a response code.
        resp_codes = 3,
        /// Several commands may be sent at once.
        pipelining = 4,
        /// UIDL works.
        uidl = 5,
        /// STLS works, here and now.
        stls = 6,
        /// Every failure caused by credentials carries `[AUTH]`.
        auth_resp_code = 7,
        /// UTF8 works.
        utf8 = 8,
        /// Names and passwords may be UTF-8.
        utf8_user = 9,
        /// LANG works.
        lang = 10,
    }

    /// Where the knowledge comes from.
    #[must_use]
    pub const fn knowledge(&self) -> Knowledge {
        self.knowledge
    }

    /// Whether the SASL line holds this mechanism. Only the mechanisms that have a constant in
    /// [`Mechanism`](crate::Mechanism) are remembered; watch [`Part::Capability`](super::Part::Capability) for others.
    #[must_use]
    pub fn offers(&self, mechanism: &str) -> bool {
        (0_u32..)
            .zip(WELL_KNOWN)
            .any(|(i, known)| self.mechanisms & bit(i) != 0 && known.eq_ignore_ascii_case(mechanism))
    }

    /// Least time between logins.
    #[must_use]
    pub const fn login_delay(&self) -> Option<LoginDelay> {
        self.login_delay
    }

    /// How long messages stay.
    #[must_use]
    pub const fn expire(&self) -> Option<Expire> {
        self.expire
    }

    pub(super) const NOTHING: Self =
        Self { knowledge: Knowledge::NotAsked, flags: 0, mechanisms: 0, login_delay: None, expire: None };

    pub(super) const fn known() -> Self {
        Self { knowledge: Knowledge::Known, ..Self::NOTHING }
    }

    /// A server that knew CAPA before may refuse it after login; what it said then still holds.
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
