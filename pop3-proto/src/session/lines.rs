//! `Lines`: finds the line at the front of the window, and records since when the session has waited for one,
//! and for how long it may wait for the login.

use crate::buf::Input;
use crate::line::{Fast, Front, LineScanner};
use crate::time::Time;

#[derive(Debug)]
pub(super) struct Lines {
    scanner: LineScanner,
    /// When the last line came; while `waiting` for the next one, when that wait began.
    since: Time,
    waiting: bool,
    /// By when the login has to have succeeded.
    login_due: Time,
}

impl Lines {
    pub(super) const NONE: Self = Self::new(0, false, Time::ZERO);

    pub(super) const fn new(limit: usize, bare_lf: bool, login_due: Time) -> Self {
        let scanner = LineScanner::new(limit).accept_bare_lf(bare_lf);
        Self { scanner, since: Time::ZERO, waiting: false, login_due }
    }

    /// A line came.
    #[inline]
    pub(super) const fn note_activity(&mut self, now: Time) {
        self.waiting = false;
        self.since = now;
    }

    /// There is no whole line. Returns whether the wait begins now. The first bytes of a line do not restart
    /// it.
    #[inline]
    pub(super) const fn begin_wait(&mut self, now: Time) -> bool {
        let new = !self.waiting;
        if new {
            self.waiting = true;
            self.since = now;
        }
        new
    }

    pub(super) const fn waits_since(&self) -> Option<Time> {
        if self.waiting { Some(self.since) } else { None }
    }

    #[inline]
    pub(super) const fn login_due(&self) -> Time {
        self.login_due
    }

    /// The login has succeeded.
    pub(super) const fn note_login(&mut self) {
        self.login_due = Time::from_millis(u64::MAX);
    }

    pub(super) const fn last_change(&self) -> Time {
        self.since
    }

    pub(super) const fn set_limit(&mut self, limit: usize) {
        self.scanner.set_limit(limit);
    }

    #[inline(always)]
    pub(super) fn fast<'i>(&mut self, input: &impl Input<'i>) -> Fast<'i> {
        self.scanner.fast(input.bytes())
    }

    pub(super) fn front<'i>(&mut self, input: &mut impl Input<'i>) -> Front<'i> {
        self.scanner.front(input)
    }

    /// Whether the front of the window is in the middle of a line that is too long.
    pub(super) const fn skips(&self) -> bool {
        self.scanner.skips()
    }

    pub(super) fn skip<'i>(&mut self, input: &mut impl Input<'i>) {
        self.scanner.report_rest(input);
    }

    #[inline]
    pub(super) fn consume<'i>(&mut self, input: &mut impl Input<'i>, len: usize) {
        self.scanner.consume_line(input, len);
    }
}
