//! `Session`: its fields, and every basic operation that changes them. No other file can write a field.

use core::borrow::Borrow;

use super::config::Config;
use super::handover::Handover;
use super::identity;
use super::kind::{Kind, Tag};
use super::lines::Lines;
use super::mistakes::Mistakes;
use super::name::Name;
use super::phrase::Phrase;
use super::reason::Reason;
use super::table::Phase;
use super::ticket::{Number, Ticket};
use super::turn::Turn;
use crate::buf::Input;
use crate::time::Time;
use crate::types::{MsgNo, Security};

/// The server's side of one dialogue, without a maildrop: for gateways, proxies, and servers that keep no
/// list of messages.
///
/// A [`Server`](crate::server::Server) contains a session, and also answers STAT, LIST, UIDL, DELE and RSET.
/// `C` lends the [`Config`]: `&'static Config`, `&Config`, `Arc<Config>`, or a `Config` of its own. Call
/// [`receive`](Self::receive) in a loop, and answer its events through their tickets.
#[derive(Debug)]
pub struct Session<C> {
    config: C,
    /// The number of this session, different for every session; set by the first call.
    id: u32,
    apop: Option<[u64; 2]>,
    /// Replaces the phrases of the configuration.
    phrases: Option<fn(Phrase) -> &'static str>,
    own_login_delay: Option<u64>,
    own_expire: Option<Option<u64>>,
    lines: Lines,
    turn: Turn,
    phase: Phase,
    security: Security,
    utf8: bool,
    mistakes: Mistakes,
    /// The serial number of the last ticket.
    serial: u32,
    /// The message that this ticket is about.
    number: MsgNo,
    top_lines: Option<u64>,
    name: Name,
}

impl<C> Session<C> {
    pub(super) const fn blank(config: C, security: Security) -> Self {
        Self {
            config,
            id: 0,
            apop: None,
            phrases: None,
            own_login_delay: None,
            own_expire: None,
            lines: Lines::NONE,
            turn: Turn::Greeting,
            phase: Phase::Authorization,
            security,
            utf8: false,
            mistakes: Mistakes::NONE,
            serial: 0,
            number: MsgNo::FIRST,
            top_lines: None,
            name: Name::NONE,
        }
    }

    // Getters.

    /// The user name from USER or APOP, while that login runs and after it has succeeded. `None` after a
    /// failed login and for a login by AUTH.
    #[must_use]
    pub fn user(&self) -> Option<&[u8]> {
        self.name.get()
    }

    /// Whether the client has turned UTF8 on, so that messages with UTF-8 in their headers may be sent
    /// (RFC 6856 section 2).
    #[must_use]
    pub const fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// Whether the connection is inside TLS.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }

    /// The state of the session: AUTHORIZATION or TRANSACTION.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) const fn turn(&self) -> Turn {
        self.turn
    }

    pub(super) const fn unique(&self) -> Option<[u64; 2]> {
        self.apop
    }

    pub(super) const fn own_login_delay(&self) -> Option<u64> {
        self.own_login_delay
    }

    pub(super) const fn own_expire(&self) -> Option<Option<u64>> {
        self.own_expire
    }

    pub(super) const fn own_phrases(&self) -> Option<fn(Phrase) -> &'static str> {
        self.phrases
    }

    /// The message that the ticket is about.
    pub(super) const fn number(&self) -> MsgNo {
        self.number
    }

    pub(super) const fn top_lines(&self) -> Option<u64> {
        self.top_lines
    }

    /// Since when the session has waited for the client or for a kept ticket. `None` if it does not wait.
    pub(super) const fn waits_since(&self) -> Option<Time> {
        match self.turn {
            Turn::Command | Turn::Exchange => self.lines.waits_since(),
            // Removing messages may take any time.
            Turn::Later(Tag::Quit) => None,
            Turn::Later(_) => Some(self.lines.last_change()),
            _ => None,
        }
    }

    /// By when the login has to have succeeded; far away once it has.
    #[inline]
    pub(super) const fn login_due(&self) -> Time {
        self.lines.login_due()
    }

    /// Whether the ticket of QUIT was not used: QUIT is refused next.
    pub(crate) fn has_unanswered_quit(&self) -> bool {
        self.turn == Turn::Offered(Tag::Quit)
    }

    /// Whether a body or a listing was begun and not ended.
    #[inline]
    pub(crate) fn has_begun(&self) -> bool {
        self.turn == Turn::Begun
    }

    // Setters for the embedder.

    /// Gives the session a number where the target has no 32-bit atomics to count with (thumbv6m,
    /// riscv32imc). Give each session of the program a different number, so that no ticket of one can answer
    /// for another. Call it after `new`, and again after `secured`. On other targets leave it out.
    #[must_use]
    pub const fn numbered(mut self, number: u32) -> Self {
        self.id = number;
        self
    }

    /// Offers APOP with the timestamp `<first.second@host>`, if [`Config::apop`] names the host. Never use
    /// the same pair of numbers for two connections, not even after a restart: take 128 random bits, or
    /// process id, clock and a counter (RFC 1939 section 7). Call it before the greeting.
    #[must_use]
    pub const fn with_apop(mut self, unique: [u64; 2]) -> Self {
        self.apop = Some(unique);
        self
    }

    /// From now on CAPA announces this user's own minimum time between logins, in seconds, instead of
    /// [`Config::login_delay`]. Call it when you accept the login (RFC 2449 section 6.5).
    pub const fn set_login_delay(&mut self, seconds: u64) {
        self.own_login_delay = Some(seconds);
    }

    /// From now on CAPA announces for how many days this user's messages are kept, `None` for ever, instead
    /// of [`Config::expire`]. Call it when you accept the login (RFC 2449 section 6.7).
    pub const fn set_expire(&mut self, days: Option<u64>) {
        self.own_expire = Some(days);
    }

    /// Changes the texts that the session sends by itself, for instance after LANG.
    pub const fn set_phrases(&mut self, phrases: fn(Phrase) -> &'static str) {
        self.phrases = Some(phrases);
    }

    // Lines.

    #[inline]
    pub(super) const fn lines(&mut self) -> &mut Lines {
        &mut self.lines
    }

    /// Consumes a line that was dealt with, or whose event is about to be returned.
    #[inline]
    pub(crate) fn consume_line<'i>(&mut self, input: &mut impl Input<'i>, len: usize) {
        self.lines.consume(input, len);
    }

    // Turns.

    #[inline]
    pub(super) fn pass_to(&mut self, turn: Turn) {
        self.turn = turn;
    }

    pub(super) fn close(&mut self, reason: Reason) {
        self.turn = Turn::Closed(reason);
    }

    /// Ends what was begun, whether it succeeded or not.
    #[inline]
    pub(super) fn end(&mut self, ticket: Number, turn: Turn) {
        if ticket == self.ticket_number() && self.turn == Turn::Begun {
            self.turn = turn;
        }
    }

    // The user.

    /// `false` if the name is too long.
    pub(super) fn give_name(&mut self, name: &[u8], phase: Phase) -> bool {
        let fits = self.name.set(name);
        if fits {
            self.phase = phase;
        }
        fits
    }

    /// PASS came: the name stays, but PASS is not legal again.
    #[inline]
    pub(super) fn leave_name(&mut self) {
        self.phase = Phase::Authorization;
    }

    /// PASS is legal only directly after USER.
    #[inline]
    pub(super) fn forget_name(&mut self) {
        if self.phase == Phase::NameGiven {
            self.phase = Phase::Authorization;
            self.name.clear();
        }
    }

    /// Forgets the user: the login that was in progress is over.
    pub(super) fn name_nobody(&mut self) {
        self.phase = Phase::Authorization;
        self.name.clear();
    }

    pub(super) fn logged_in(&mut self) {
        self.phase = Phase::Transaction;
        self.lines.note_login();
    }

    pub(super) fn speak_utf8(&mut self) {
        self.utf8 = true;
    }

    // Tickets.

    #[inline]
    pub(super) const fn ticket_number(&self) -> Number {
        Number { session: self.id, serial: self.serial }
    }

    #[inline]
    pub(crate) fn hand_out<K: Kind>(&mut self) -> Ticket<K> {
        self.hand_out_for(MsgNo::FIRST, None)
    }

    /// Makes a new ticket. Earlier tickets become invalid.
    #[inline]
    pub(crate) fn hand_out_for<K: Kind>(&mut self, number: MsgNo, top_lines: Option<u64>) -> Ticket<K> {
        self.serial = self.serial.wrapping_add(1);
        self.number = number;
        self.top_lines = top_lines;
        self.turn = Turn::Offered(K::TAG);
        Ticket::new(self.ticket_number())
    }

    /// Whether that ticket is the one that is out.
    #[inline]
    pub(super) fn is_out(&self, ticket: Number, tag: Tag) -> bool {
        let out = self.turn == Turn::Offered(tag) || self.turn == Turn::Later(tag);
        ticket == self.ticket_number() && out
    }

    /// Uses the ticket up. `false` if the session has gone on without it.
    #[inline]
    pub(super) fn redeem(&mut self, ticket: Number, tag: Tag) -> bool {
        let good = self.is_out(ticket, tag);
        if good {
            self.turn = Turn::Command;
        }
        good
    }

    pub(super) fn keep(&mut self, ticket: Number, tag: Tag) {
        if ticket == self.ticket_number() && self.turn == Turn::Offered(tag) {
            self.turn = Turn::Later(tag);
        }
    }

    #[inline]
    pub(super) const fn mistakes(&mut self) -> &mut Mistakes {
        &mut self.mistakes
    }
}

impl<C: Borrow<Config>> Session<C> {
    /// The configuration.
    #[must_use]
    #[inline]
    pub fn config(&self) -> &Config {
        self.config.borrow()
    }

    /// Sets what the `const` function `blank` cannot set.
    pub(super) fn start(&mut self, login_due: Time) {
        self.id = identity::next(self.id);
        let config = self.config.borrow();
        self.lines = Lines::new(config.limits.command_line(), config.bare_lf, login_due);
    }

    pub(super) fn inside_tls(handover: Handover<C>) -> Self {
        let mut session = Self::blank(handover.config, Security::Tls);
        session.apop = handover.apop;
        session.serial = handover.serial;
        session.turn = Turn::Command;
        session.start(handover.login_due);
        session
    }

    pub(super) fn hand_over(&self) -> Handover<C>
    where
        C: Clone,
    {
        let (config, login_due) = (self.config.clone(), self.login_due());
        Handover { config, apop: self.apop, login_due, serial: self.serial, read_only: false }
    }
}
