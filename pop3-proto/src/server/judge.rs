//! A whole command line: refused, answered here, or left for the embedder.

use super::session::{Server, Turn};
use super::table::Phase;
use crate::buf::{Input, Output};
use crate::parse::CommandError;
use crate::types::{Command, Security, Status, Verb};

impl Server<'_> {
    /// A command that the session answers alone.
    pub(super) fn answer<'i>(
        &mut self,
        command: Command<'i>,
        input: &mut impl Input<'i>,
        len: usize,
        out: &mut impl Output,
    ) {
        match command {
            Command::User(name) => {
                if let Some(why) = self.no_clear_login() {
                    return self.fault(why, input, len, out);
                }
                if !self.name.set(name) {
                    return self.fault(CommandError::TooLong.as_str(), input, len, out);
                }
                self.phase = Phase::NameGiven;
                // The same for every name: who exists is nobody's business (RFC 1939 section 13).
                self.say(Status::Ok, None, "send PASS", out);
            }
            Command::Capa => {
                self.forget_name();
                if self.say(Status::Ok, None, "capability list follows", out) {
                    self.turn = Turn::Capa(0);
                }
            }
            _ => {
                self.say(Status::Ok, None, "", out);
            }
        }
        self.scanner.take(input, len);
        self.errors = 0;
    }

    /// Octets that the configuration does not let pass.
    pub(super) fn readable<'i>(&self, command: Command<'i>) -> Result<Command<'i>, CommandError> {
        let text = match command {
            Command::User(name) | Command::Apop { name, .. } => name,
            Command::Pass(password) => password.expose(),
            _ => return Ok(command),
        };
        let fits = text.is_ascii() || (self.config.utf8_user && core::str::from_utf8(text).is_ok());
        if fits { Ok(command) } else { Err(CommandError::Octet) }
    }

    /// Why a command that is legal here is not to be had.
    pub(super) fn unavailable(&self, command: &Command<'_>) -> Option<&'static str> {
        let config = self.config;
        let (offered, why) = match command {
            Command::Pass(_) => return self.no_clear_login(),
            Command::Apop { .. } => (self.timestamp.is_some(), "APOP is not available"),
            Command::Auth { mechanism, initial } => return self.no_mechanism(mechanism, initial.is_some()),
            Command::AuthList => (false, "AUTH needs a mechanism"),
            Command::Stls if self.security == Security::Tls => (false, "TLS is already active"),
            Command::Stls => (config.stls, "STLS is not available"),
            Command::Utf8 => (config.utf8, "UTF8 is not available"),
            Command::Lang(_) => (config.lang, "LANG is not available"),
            Command::Top { .. } => (config.top, "TOP is not available"),
            Command::Uidl(_) => (config.uidl, "UIDL is not available"),
            Command::Other { .. } => (config.other, CommandError::Keyword.as_str()),
            _ => return None,
        };
        (!offered).then_some(why)
    }

    fn no_clear_login(&self) -> Option<&'static str> {
        if !self.config.user {
            Some("USER and PASS are not available")
        } else if !self.clear_allowed() {
            Some("no login in clear: use STLS first")
        } else {
            None
        }
    }

    fn no_mechanism(&self, name: &[u8], initial: bool) -> Option<&'static str> {
        match self.config.mechanism(name) {
            None => Some("mechanism not available"),
            Some(one) if !self.permits(one) => Some("no login in clear: use STLS first"),
            Some(one) if one.server_first && initial => Some("no initial response: the server speaks first"),
            Some(_) => None,
        }
    }

    pub(super) fn refuse_state<'i>(
        &mut self,
        verb: Verb,
        input: &mut impl Input<'i>,
        len: usize,
        out: &mut impl Output,
    ) {
        let why = match (verb, self.phase) {
            (Verb::Pass, Phase::Authorization) => "PASS comes right behind USER",
            (_, Phase::Transaction) => "already logged in",
            _ => "log in first",
        };
        self.fault(why, input, len, out);
    }

    /// Answers `-ERR` to a line that is the peer's mistake.
    pub(super) fn fault<'i>(
        &mut self,
        why: &str,
        input: &mut impl Input<'i>,
        len: usize,
        out: &mut impl Output,
    ) {
        self.scanner.take(input, len);
        self.forget_name();
        if self.say(Status::Err, None, why, out) {
            self.count_error();
        }
    }

    /// PASS is legal right behind USER only.
    pub(super) fn forget_name(&mut self) {
        if self.phase == Phase::NameGiven {
            self.phase = Phase::Authorization;
            self.name.clear();
        }
    }
}
