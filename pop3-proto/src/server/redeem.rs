//! What a ticket may do to its session, and nothing else may.

use super::event::Reason;
use super::kind::Tag;
use super::session::{Server, Turn};
use super::table::Phase;
use crate::buf::{Full, Output};
use crate::dot::Stuffer;
use crate::encode;
use crate::types::{Code, MsgNo, Status};

impl Server<'_> {
    /// Uses the ticket up; `false` if the session has gone on without it.
    #[inline]
    pub(super) fn redeem(&mut self, serial: u32, tag: Tag) -> bool {
        let out = self.turn == Turn::Offered(tag) || self.turn == Turn::Later(tag);
        let good = serial == self.serial && out;
        if good {
            self.turn = Turn::Command;
        }
        good
    }

    pub(super) fn keep(&mut self, serial: u32, tag: Tag) {
        if serial == self.serial && self.turn == Turn::Offered(tag) {
            self.turn = Turn::Later(tag);
        }
    }

    pub(super) const fn number(&self) -> MsgNo {
        self.number
    }

    /// For messages as they are stored.
    pub(super) const fn stuffer(&self) -> Stuffer {
        if self.config.replace_nul { Stuffer::replacing_nul() } else { Stuffer::new() }
    }

    pub(super) const fn top_lines(&self) -> Option<u64> {
        self.top_lines
    }

    pub(super) fn status_line(
        &self,
        status: Status,
        code: Option<Code>,
        text: &str,
        out: &mut impl Output,
    ) -> Result<(), Full> {
        if self.utf8 {
            encode::status_line_utf8(status, code, text, out)
        } else {
            encode::status_line(status, code, text, out)
        }
    }

    /// Closes the session if the output broke its word.
    #[inline]
    pub(super) fn wrote(&mut self, written: Result<(), Full>) -> bool {
        if written.is_err() {
            self.close(Reason::OutputFailed);
        }
        written.is_ok()
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

    /// Answers `-ERR` to the command behind a ticket of that kind.
    pub(super) fn refuse(&mut self, tag: Tag, code: Option<Code>, text: &str, out: &mut impl Output) {
        self.turn = Turn::Command;
        if !self.say(Status::Err, code, text, out) {
            return;
        }
        match tag {
            Tag::Login | Tag::Sasl => self.login_failed(code),
            Tag::Quit => self.close(Reason::Quit),
            Tag::Other => self.count_error(),
            _ => {}
        }
    }

    pub(super) fn logged_in(&mut self) {
        self.phase = Phase::Transaction;
    }

    pub(super) fn exchange_goes_on(&mut self) {
        self.turn = Turn::Exchange;
    }

    /// An unknown verb is a good command once the embedder answers it.
    pub(super) fn good_command(&mut self, serial: u32) {
        if serial == self.serial {
            self.errors = 0;
        }
    }

    pub(super) fn speak_utf8(&mut self) {
        self.utf8 = true;
    }

    #[inline]
    pub(super) fn begin(&mut self) {
        self.turn = Turn::Begun;
    }

    #[inline]
    pub(super) fn end(&mut self, serial: u32, ending: &'static [u8]) {
        if serial == self.serial && self.turn == Turn::Begun {
            self.turn = Turn::Ending(ending);
        }
    }

    /// What was begun cannot be ended.
    pub(super) fn give_up(&mut self, serial: u32, reason: Reason) {
        if serial == self.serial && self.turn == Turn::Begun {
            self.close(reason);
        }
    }

    pub(super) fn close(&mut self, reason: Reason) {
        self.turn = Turn::Closed(reason);
    }

    /// One more bad command in a row.
    pub(super) fn count_error(&mut self) {
        self.errors = self.errors.saturating_add(1);
        if self.errors >= self.config.limits.max_errors() {
            self.close(Reason::TooManyErrors);
        }
    }

    fn login_failed(&mut self, code: Option<Code>) {
        self.phase = Phase::Authorization;
        self.name.clear();
        // A maildrop in use or a fault of the system says nothing against the client.
        if matches!(code, None | Some(Code::Auth)) {
            self.login_failures = self.login_failures.saturating_add(1);
            if self.login_failures >= self.config.limits.max_login_failures() {
                self.close(Reason::TooManyLogins);
            }
        }
    }
}
