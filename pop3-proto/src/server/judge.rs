//! A whole command line: refused, answered here, or left for the embedder.

use super::advance::Next;
use super::phrase::Phrase;
use super::session::{Server, Turn};
use super::table::{Legality, Phase, legality};
use crate::buf::{Input, Output};
use crate::parse::{self, CommandError};
use crate::types::{Command, Security, Status, Verb};

impl Server<'_> {
    /// Refuses the command in that line, answers it, or leaves it for the embedder.
    #[inline]
    pub(super) fn dispatch<'i>(
        &mut self,
        line: &'i [u8],
        len: usize,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        let command = match parse::command(line) {
            Ok(command) if self.is_readable(&command) => command,
            read => {
                let error = read.err().unwrap_or(CommandError::Octet);
                self.fault(Phrase::Malformed(error), input, len, out);
                return None;
            }
        };
        match self.legality(&command) {
            Legality::Refuse => self.refuse_state(command.verb(), input, len, out),
            Legality::Auto => self.answer(command, input, len, out),
            Legality::Event => match self.unavailable(&command) {
                Some(why) => self.fault(why, input, len, out),
                None => return Some(Next::Command { command, len }),
            },
        }
        None
    }

    /// The table, and what the configuration adds to it.
    #[inline]
    fn legality(&self, command: &Command<'_>) -> Legality {
        match (legality(self.phase, command.verb()), command) {
            (Legality::Refuse, Command::Utf8) if self.config.utf8_after_login => Legality::Event,
            (Legality::Event, Command::AuthList) if self.lists_mechanisms() => Legality::Auto,
            (legality, _) => legality,
        }
    }

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
                    return self.fault(Phrase::Malformed(CommandError::TooLong), input, len, out);
                }
                self.phase = Phase::NameGiven;
                // The same for every name: who exists is nobody's business (RFC 1939 section 13).
                self.say(Status::Ok, None, self.phrase(Phrase::SendPass), out);
            }
            Command::Capa => {
                self.forget_name();
                if self.say(Status::Ok, None, self.phrase(Phrase::CapabilityList), out) {
                    self.turn = Turn::Capa(0);
                }
            }
            Command::AuthList => {
                self.forget_name();
                if self.say(Status::Ok, None, self.phrase(Phrase::MechanismList), out) {
                    self.turn = Turn::Mechanisms(0);
                }
            }
            _ => {
                self.say(Status::Ok, None, "", out);
            }
        }
        self.scanner.consume_line(input, len);
        self.errors = 0;
    }

    /// Whether the configuration lets all octets pass.
    #[inline]
    pub(super) fn is_readable(&self, command: &Command<'_>) -> bool {
        let text = match command {
            Command::User(name) | Command::Apop { name, .. } => name,
            Command::Pass(password) => password.expose(),
            _ => return true,
        };
        text.is_ascii() || (self.config.utf8_user && core::str::from_utf8(text).is_ok())
    }

    /// Why a command that is legal here is not to be had.
    #[inline]
    pub(super) fn unavailable(&self, command: &Command<'_>) -> Option<Phrase> {
        let config = self.config;
        let offered = match command {
            Command::Pass(_) => return self.no_clear_login(),
            Command::Apop { .. } => self.timestamp().is_some(),
            Command::Auth { mechanism, initial } => return self.no_mechanism(mechanism, initial.is_some()),
            Command::AuthList => return Some(Phrase::MechanismMissing),
            Command::Stls if self.security == Security::Tls => return Some(Phrase::TlsActive),
            Command::Stls => config.stls,
            Command::Utf8 => config.utf8,
            Command::Lang(_) => config.lang,
            Command::Top { .. } => config.top,
            Command::Uidl(_) => config.uidl,
            Command::Other { .. } => config.unknown_commands,
            _ => return None,
        };
        (!offered).then_some(Phrase::NotOffered(command.verb()))
    }

    fn no_clear_login(&self) -> Option<Phrase> {
        if !self.config.user {
            Some(Phrase::NotOffered(Verb::User))
        } else if !self.clear_allowed() {
            Some(Phrase::NoLoginInClear)
        } else {
            None
        }
    }

    fn no_mechanism(&self, name: &[u8], initial: bool) -> Option<Phrase> {
        match self.config.mechanism(name) {
            None => Some(Phrase::NoMechanism),
            Some(one) if !self.permits(one) => Some(Phrase::NoLoginInClear),
            Some(one) if one.server_first && initial => Some(Phrase::NoInitialResponse),
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
            (Verb::Pass, Phase::Authorization) => Phrase::PassBehindUser,
            (_, Phase::Transaction) => Phrase::AlreadyLoggedIn,
            _ => Phrase::LoginFirst,
        };
        self.fault(why, input, len, out);
    }

    /// Answers `-ERR` to a line that is the peer's mistake.
    pub(super) fn fault<'i>(
        &mut self,
        why: Phrase,
        input: &mut impl Input<'i>,
        len: usize,
        out: &mut impl Output,
    ) {
        self.scanner.consume_line(input, len);
        self.forget_name();
        if self.say(Status::Err, None, self.phrase(why), out) {
            self.count_error();
        }
    }

    /// PASS is legal right behind USER only.
    #[inline]
    pub(super) fn forget_name(&mut self) {
        if self.phase == Phase::NameGiven {
            self.phase = Phase::Authorization;
            self.name.clear();
        }
    }
}
