//! Writes status lines, and counts what follows from a refusal.

use core::borrow::Borrow;

use super::config::Config;
use super::kind::Tag;
use super::phrase::Phrase;
use super::reason::Reason;
use super::state::Session;
use super::table::Phase;
use super::turn::Turn;
use crate::buf::{Full, Output};
use crate::encode;
use crate::types::{Code, Status};

impl<C: Borrow<Config>> Session<C> {
    /// The text for a phrase.
    #[inline]
    pub(crate) fn phrase(&self, phrase: Phrase) -> &'static str {
        self.own_phrases().unwrap_or(self.config().phrases)(phrase)
    }

    /// Closes the session if the output refused bytes although it had reported room for them.
    #[inline]
    pub(super) fn wrote(&mut self, written: Result<(), Full>) -> bool {
        if written.is_err() {
            self.close(Reason::OutputFailed);
        }
        written.is_ok()
    }

    pub(super) fn status_line(
        &self,
        status: Status,
        code: Option<Code>,
        text: &str,
        out: &mut impl Output,
    ) -> Result<(), Full> {
        if self.is_utf8() {
            encode::status_line_utf8(status, code, text, out)
        } else {
            encode::status_line(status, code, text, out)
        }
    }

    pub(super) fn say(
        &mut self,
        status: Status,
        code: Option<Code>,
        text: &str,
        out: &mut impl Output,
    ) -> bool {
        let written = self.status_line(status, code, text, out);
        self.wrote(written)
    }

    /// Answers `-ERR` to the command of a ticket of that kind.
    pub(super) fn refuse(&mut self, tag: Tag, code: Option<Code>, text: &str, out: &mut impl Output) {
        self.pass_to(Turn::Command);
        if !self.say(Status::Err, code, text, out) {
            return;
        }
        match tag {
            Tag::Login | Tag::Sasl => self.note_failed_login(code),
            Tag::Quit => self.close(Reason::Quit),
            Tag::Other => self.count_error(false),
            _ => {}
        }
    }

    /// A good command came: resets the count of bad commands in a row.
    #[inline]
    pub(super) fn forgive(&mut self) {
        self.mistakes().forgive();
    }

    /// Counts one more bad command in a row. Fewer are allowed before the login if the client does not even
    /// say verbs of POP3.
    pub(super) fn count_error(&mut self, is_verb: bool) {
        let limits = self.config().limits;
        let strange = !is_verb && self.phase() != Phase::Transaction;
        if self.mistakes().bad_command(strange, &limits) {
            self.close(Reason::TooManyErrors);
        }
    }

    fn note_failed_login(&mut self, code: Option<Code>) {
        self.name_nobody();
        // A locked maildrop or a system error is not the client's failure, so it does not count.
        let counts = matches!(code, None | Some(Code::Auth));
        let limits = self.config().limits;
        if counts && self.mistakes().failed_login(&limits) {
            self.close(Reason::TooManyLogins);
        }
    }
}
