//! Writes the answer to CAPA line by line. It announces what is permitted in the present state of the
//! session.

use core::borrow::Borrow;

use super::config::Config;
use super::state::Session;
use super::table::Phase;
use crate::buf::{Full, Output};
use crate::encode;
use crate::types::{Capability, Expire, LoginDelay, Mechanism, Protection, Security, is_mechanism_name};

/// How many lines the session itself supplies; those of the configuration follow, then IMPLEMENTATION.
const OWN: u32 = 12;

impl<C: Borrow<Config>> Session<C> {
    /// Writes line `at` of the list, if that capability applies now. Returns `false` after the last line.
    pub(super) fn capability_line(&self, at: u32, out: &mut impl Output) -> Result<bool, Full> {
        let config = self.config();
        let one = match at {
            0 => config.top.then_some(Capability::Top),
            1 => (config.user && self.clear_allowed()).then_some(Capability::User),
            2 => {
                let mut names =
                    config.mechanisms.as_slice().iter().filter(|one| self.permits(one)).peekable();
                return match names.peek() {
                    None => Ok(true),
                    Some(_) => encode::sasl(&mut names.map(|one| one.name.as_bytes()), out).map(|()| true),
                };
            }
            3 => Some(Capability::RespCodes),
            4 => match self.own_login_delay() {
                Some(seconds) => Some(Capability::LoginDelay(LoginDelay { seconds, per_user: false })),
                None => config.login_delay.map(Capability::LoginDelay),
            },
            5 => Some(Capability::Pipelining),
            6 => match self.own_expire() {
                Some(days) => Some(Capability::Expire(Expire { days, per_user: false })),
                None => config.expire.map(Capability::Expire),
            },
            7 => config.uidl.then_some(Capability::Uidl),
            8 => self.stls_allowed().then_some(Capability::Stls),
            9 => config.auth_resp_code.then_some(Capability::AuthRespCode),
            10 => config.utf8.then_some(Capability::Utf8 { user: config.utf8_user }),
            11 => config.lang.then_some(Capability::Lang),
            _ => {
                let lines = config.capabilities.as_str().as_bytes().split(|b| *b == b'\n');
                let Some(line) = lines.filter(|line| !line.is_empty()).nth(at.wrapping_sub(OWN) as usize)
                else {
                    // It comes last, because some scanners take the first dot in it for the end of the list.
                    if let Some(name) = &config.implementation {
                        encode::capability(&Capability::Implementation(name.as_str().as_bytes()), out)?;
                    }
                    return Ok(false);
                };
                let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
                let (tag, params) = line.split_at_checked(end).unwrap_or((line, b""));
                Some(Capability::Other { tag, params: params.strip_prefix(b" ").unwrap_or(params) })
            }
        };
        one.map_or(Ok(()), |one| encode::capability(&one, out)).map(|()| true)
    }

    /// Writes line `at` of the answer to AUTH alone. Returns `false` after the last line.
    pub(super) fn mechanism_line(&self, at: u32, out: &mut impl Output) -> Result<bool, Full> {
        match self.config().mechanisms.as_slice().get(at as usize) {
            None => Ok(false),
            Some(one) if self.permits(one) => {
                encode::capability(&Capability::Other { tag: one.name.as_bytes(), params: b"" }, out)
                    .map(|()| true)
            }
            Some(_) => Ok(true),
        }
    }

    /// Whether the client may send a password unprotected.
    pub(super) fn clear_allowed(&self) -> bool {
        self.security() == Security::Tls || self.config().allow_plaintext_login
    }

    pub(super) fn lists_mechanisms(&self) -> bool {
        self.config().auth_list && self.config().mechanisms.as_slice().iter().any(|one| self.permits(one))
    }

    pub(super) fn permits(&self, mechanism: &Mechanism) -> bool {
        is_mechanism_name(mechanism.name.as_bytes())
            && match mechanism.needs {
                Protection::None => true,
                Protection::Private => self.clear_allowed(),
                Protection::Tls => self.security() == Security::Tls,
            }
    }

    pub(super) fn stls_allowed(&self) -> bool {
        self.config().stls && self.security() == Security::Plain && self.phase() != Phase::Transaction
    }
}
