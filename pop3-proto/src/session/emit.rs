//! Makes an event of a command that was left for the embedder: consumes its line and hands out its ticket.

use core::borrow::Borrow;

use super::config::Config;
use super::credentials::Credentials;
use super::event::Event;
use super::next::Next;
use super::phrase::Phrase;
use super::reason::Reason;
use super::state::Session;
use super::table::Phase;
use crate::buf::{Input, Output};
use crate::types::{Command, Status, Verb};

impl<C: Borrow<Config>> Session<C> {
    /// Turns what [`advance`](Self::advance) found into an event.
    #[inline]
    pub(crate) fn emit<'i>(
        &mut self,
        next: &Next<'i>,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Event<'i> {
        let (command, len) = match *next {
            Next::Input => return Event::NeedInput,
            Next::Output => return Event::NeedOutput,
            Next::Waiting => return Event::Waiting,
            Next::Closed(reason) => return Event::Closed(reason),
            Next::Exchange { data, len } => {
                self.consume_line(input, len);
                return Event::SaslResponse { data, reply: self.hand_out() };
            }
            Next::Alone(alone) => {
                let (command, refusal) = self.answer_reported(alone, input, out);
                return Event::Answered { command, refusal };
            }
            Next::Command { command, len } => (command, len),
        };
        let line = match self.claim(&command, len, input, out) {
            Ok(line) => line,
            Err(reason) => return Event::Closed(reason),
        };
        match command {
            Command::Pass(password) => {
                Event::Login { credentials: Credentials::Password(password), reply: self.hand_out() }
            }
            Command::Apop { digest, .. } => {
                Event::Login { credentials: Credentials::Apop(digest), reply: self.hand_out() }
            }
            Command::Auth { mechanism, initial } => {
                Event::Auth { mechanism, initial, reply: self.hand_out() }
            }
            Command::Stls => Event::Stls { reply: self.hand_out() },
            Command::Stat => Event::Stat { reply: self.hand_out() },
            Command::List(None) => Event::ListAll { reply: self.hand_out() },
            Command::List(Some(n)) => Event::List { number: n, reply: self.hand_out_for(n, None) },
            Command::Uidl(None) => Event::UidlAll { reply: self.hand_out() },
            Command::Uidl(Some(n)) => Event::Uidl { number: n, reply: self.hand_out_for(n, None) },
            Command::Retr(n) => Event::Retr { number: n, reply: self.hand_out_for(n, None) },
            Command::Top { number, lines } => {
                Event::Top { number, lines, reply: self.hand_out_for(number, Some(lines)) }
            }
            Command::Dele(n) => Event::Dele { number: n, reply: self.hand_out_for(n, None) },
            Command::Rset => Event::Rset { reply: self.hand_out() },
            Command::Utf8 => Event::Utf8 { reply: self.hand_out() },
            Command::Lang(None) => Event::LangAll { reply: self.hand_out() },
            Command::Lang(Some(range)) => Event::Lang { range, reply: self.hand_out() },
            Command::Quit => {
                Event::Quit { update: self.phase() == Phase::Transaction, reply: self.hand_out() }
            }
            // Commands that the session answers alone do not reach this place. If one did, the unused ticket
            // would refuse it.
            _ => Event::Other { line: without_end(line), reply: self.hand_out() },
        }
    }

    /// Consumes the line of a command and returns it. Returns an error if that closes the session.
    #[inline]
    pub(crate) fn claim<'i>(
        &mut self,
        command: &Command<'i>,
        len: usize,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Result<&'i [u8], Reason> {
        let window = input.bytes();
        self.consume_line(input, len);
        let verb = command.verb();
        // An unknown verb counts as a good command only if the embedder answers it with `+OK`.
        if verb != Verb::Other {
            self.forgive();
        }
        match command {
            Command::Stls if !input.bytes().is_empty() => {
                self.say(Status::Err, None, self.phrase(Phrase::CommandAfterStls), out);
                self.close(Reason::PlaintextAfterStls);
                return Err(Reason::PlaintextAfterStls);
            }
            Command::Pass(_) => self.leave_name(),
            Command::Apop { name, .. } => {
                self.forget_name();
                // This cannot fail: an APOP line has less room for the name than a USER line.
                let _ = self.give_name(name, Phase::Authorization);
            }
            _ => self.forget_name(),
        }
        Ok(window.get(..len).unwrap_or_default())
    }
}

/// A line without its CRLF or LF.
pub(crate) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
