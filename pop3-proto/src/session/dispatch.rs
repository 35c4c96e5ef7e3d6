//! What happens to a whole command line: it is refused, answered here, or left for the embedder.

use core::borrow::Borrow;

use super::config::Config;
use super::emit::without_end;
use super::kind::Tag;
use super::next::{Alone, Next};
use super::other_protocol;
use super::phrase::Phrase;
use super::reason::Reason;
use super::state::Session;
use super::table::{Legality, Phase, legality};
use super::turn::Turn;
use crate::buf::{Input, Output};
use crate::limits::USER_NAME;
use crate::parse::{self, CommandError};
use crate::types::{Command, Security, Status, Verb};

impl<C: Borrow<Config>> Session<C> {
    /// Refuses the command in that line, answers it, or leaves it for the embedder.
    #[inline]
    pub(super) fn dispatch<'i>(
        &mut self,
        line: &'i [u8],
        len: usize,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        let (command, refusal) = match parse::read_command(line, self.config().strict_commands) {
            Ok(command) if self.is_readable(&command) => {
                let refusal = match self.legality(&command) {
                    Legality::Refuse => Some(self.illegal(command.verb())),
                    Legality::Auto => self.user_refusal(&command),
                    Legality::Event => match self.unavailable(&command, line) {
                        None => return Some(Next::Command { command, len }),
                        refusal => refusal,
                    },
                };
                (Some(command), refusal)
            }
            read => (None, Some(self.malformed(line, read.err()))),
        };
        self.alone(Alone { refusal, len, exchange: false }, command, input, out)
    }

    /// Answers the line at once, unless it has to be reported. Then [`emit`](Self::emit) answers it, so that
    /// no report is lost.
    #[inline]
    pub(super) fn alone<'i>(
        &mut self,
        alone: Alone,
        command: Option<Command<'i>>,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        if self.config().report_answers {
            return Some(Next::Alone(alone));
        }
        self.answer(alone, command, input, out);
        None
    }

    /// The legality from the table, with the exceptions that the configuration makes.
    #[inline]
    fn legality(&self, command: &Command<'_>) -> Legality {
        match (legality(self.phase(), command.verb()), command) {
            (Legality::Refuse, Command::Utf8) if self.config().utf8_after_login => Legality::Event,
            (Legality::Event, Command::AuthList) if self.lists_mechanisms() => Legality::Auto,
            (legality, _) => legality,
        }
    }

    /// Answers a line without the embedder, and returns its command for the report.
    #[cold]
    pub(crate) fn answer_reported<'i>(
        &mut self,
        alone: Alone,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> (Option<Command<'i>>, Option<Phrase>) {
        let line = input.bytes().get(..alone.len).unwrap_or_default();
        let line = without_end(line);
        let command = parse::read_command(line, self.config().strict_commands).ok();
        // A line that this session does not take as a command, because of an 8-bit name for instance, is not
        // reported as one either.
        let command = command.filter(|command| !alone.exchange && self.is_readable(command));
        self.answer(alone, command, input, out);
        (command, alone.refusal)
    }

    /// Answers a line without the embedder.
    #[inline(never)]
    pub(super) fn answer<'i>(
        &mut self,
        alone: Alone,
        command: Option<Command<'_>>,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) {
        self.consume_line(input, alone.len);
        match (alone.refusal, command) {
            (Some(why), _) if alone.exchange => self.refuse(Tag::Sasl, None, self.phrase(why), out),
            (Some(why), _) => self.fault(why, out),
            (None, Some(Command::User(name))) => {
                // This cannot fail: no command line is long enough for a longer name.
                let _ = self.give_name(name, Phase::NameGiven);
                // The answer is the same for every name, so that it does not show which users exist (RFC 1939
                // section 13).
                self.accept(Phrase::SendPass, None, out);
            }
            (None, Some(Command::Capa)) => self.accept(Phrase::CapabilityList, Some(Turn::Capa(0)), out),
            (None, Some(Command::AuthList)) => {
                self.accept(Phrase::MechanismList, Some(Turn::Mechanisms(0)), out);
            }
            (None, _) => {
                self.forgive();
                self.say(Status::Ok, None, "", out);
            }
        }
    }

    fn accept(&mut self, text: Phrase, list: Option<Turn>, out: &mut impl Output) {
        self.forgive();
        let said = self.say(Status::Ok, None, self.phrase(text), out);
        if let Some(list) = list {
            self.forget_name();
            if said {
                self.pass_to(list);
            }
        }
    }

    /// Whether the configuration accepts all bytes of the command.
    #[inline]
    pub(super) fn is_readable(&self, command: &Command<'_>) -> bool {
        let text = match command {
            Command::User(name) | Command::Apop { name, .. } => name,
            Command::Pass(password) => password.expose(),
            _ => return true,
        };
        text.is_ascii() || (self.config().utf8_user && core::str::from_utf8(text).is_ok())
    }

    /// Why a command that is legal in this state is not available.
    #[inline]
    pub(super) fn unavailable(&self, command: &Command<'_>, line: &[u8]) -> Option<Phrase> {
        let config = self.config();
        let offered = match command {
            Command::Pass(_) => return self.no_clear_login(),
            Command::Apop { .. } => self.timestamp().is_some(),
            Command::Auth { mechanism, initial } => return self.no_mechanism(mechanism, initial.is_some()),
            Command::AuthList => return Some(Phrase::MechanismMissing),
            Command::Stls if self.security() == Security::Tls => return Some(Phrase::TlsActive),
            Command::Stls => config.stls,
            Command::Utf8 => config.utf8,
            Command::Lang(_) => config.lang,
            Command::Top { .. } => config.top,
            Command::Uidl(_) => config.uidl,
            Command::Other { args: Some(_), .. } if self.is_of_other_protocol(line) => {
                return Some(Phrase::OtherProtocol);
            }
            Command::Other { .. } => config.unknown_commands,
            _ => return None,
        };
        (!offered).then_some(Phrase::NotOffered(command.verb()))
    }

    /// Why USER, which the session answers itself, is refused, if it is.
    #[inline]
    fn user_refusal(&self, command: &Command<'_>) -> Option<Phrase> {
        match command {
            Command::User(name) if name.len() > USER_NAME => Some(Phrase::Malformed(CommandError::TooLong)),
            Command::User(_) => self.no_clear_login(),
            _ => None,
        }
    }

    fn no_clear_login(&self) -> Option<Phrase> {
        if !self.config().user {
            Some(Phrase::NotOffered(Verb::User))
        } else if !self.clear_allowed() {
            Some(Phrase::NoPlaintextLogin)
        } else {
            None
        }
    }

    fn no_mechanism(&self, name: &[u8], initial: bool) -> Option<Phrase> {
        match self.config().mechanism(name) {
            None => Some(Phrase::NoMechanism),
            Some(one) if !self.permits(one) => Some(Phrase::NoPlaintextLogin),
            Some(one) if one.server_first && initial => Some(Phrase::NoInitialResponse),
            Some(_) => None,
        }
    }

    fn is_of_other_protocol(&self, line: &[u8]) -> bool {
        self.phase() != Phase::Transaction && other_protocol::is_line(line)
    }

    /// Why a line that is not a command is refused.
    #[cold]
    #[inline(never)]
    pub(super) fn malformed(&self, line: &[u8], error: Option<CommandError>) -> Phrase {
        if self.is_of_other_protocol(line) {
            Phrase::OtherProtocol
        } else {
            Phrase::Malformed(error.unwrap_or(CommandError::Octet))
        }
    }

    /// Why a command that is not legal in this state is refused.
    const fn illegal(&self, verb: Verb) -> Phrase {
        match (verb, self.phase()) {
            (Verb::Pass, Phase::Authorization) => Phrase::SendUserFirst,
            (_, Phase::Transaction) => Phrase::AlreadyLoggedIn,
            _ => Phrase::LoginFirst,
        }
    }

    /// Answers `-ERR` to a line that is the peer's mistake.
    fn fault(&mut self, why: Phrase, out: &mut impl Output) {
        self.forget_name();
        if !self.say(Status::Err, None, self.phrase(why), out) {
            return;
        }
        if why == Phrase::OtherProtocol {
            self.close(Reason::OtherProtocol);
        } else {
            use CommandError::{Empty, Keyword, Octet};
            let is_verb =
                !matches!(why, Phrase::Malformed(Empty | Keyword | Octet) | Phrase::NotOffered(Verb::Other));
            self.count_error(is_verb);
        }
    }
}
