//! The state of one session and the only ways to change it.

use super::config::Config;
use super::event::{Event, Need, Reason};
use super::handover::Handover;
use super::kind::Tag;
use super::name::Name;
use super::table::Phase;
use crate::buf::{Input, Output};
use crate::line::LineScanner;
use crate::time::Time;
use crate::types::{MsgNo, Security, Timestamp};

/// The server's side of one connection.
///
/// It borrows its [`Config`]; a task that is to be `'static` owns both, its configuration in an `Arc` for instance, and lends
/// it to the session inside. No octet of the wire is kept except the user name.
#[derive(Clone, Debug)]
pub struct Server<'c> {
    pub(super) config: &'c Config<'c>,
    pub(super) timestamp: Option<Timestamp<'c>>,
    pub(super) scanner: LineScanner,
    pub(super) turn: Turn,
    pub(super) phase: Phase,
    pub(super) security: Security,
    /// When the session is closed for want of a command.
    pub(super) deadline: Time,
    /// The deadline is that of the wait for the line now coming; its octets do not move it.
    pub(super) waiting: bool,
    /// Reply texts may be UTF-8.
    pub(super) utf8: bool,
    pub(super) errors: u16,
    pub(super) login_failures: u16,
    /// Of the ticket that was handed out last.
    pub(super) serial: u32,
    /// What that ticket is about.
    pub(super) number: MsgNo,
    pub(super) top_lines: Option<u64>,
    pub(super) name: Name,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The session's, to greet.
    Greeting,
    /// The client's, to send a command.
    Command,
    /// The client's, to answer a challenge.
    Exchange,
    /// The embedder's, until its next call.
    Offered(Tag),
    /// The embedder's, for as long as it takes.
    Later(Tag),
    /// The embedder's, to end what it has begun.
    Begun,
    /// The session's, to write the end of a body or listing.
    Ending(&'static [u8]),
    /// The session's, to write the answer to CAPA from this line on.
    Capa(usize),
    /// Nobody's.
    Closed(Reason),
}

impl<'c> Server<'c> {
    /// A session for a connection that was just accepted, or whose TLS handshake was just done. The first call of
    /// [`poll`](Self::poll) or [`receive`](Self::receive) writes the greeting.
    #[must_use]
    pub const fn new(config: &'c Config<'c>, security: Security) -> Self {
        Self {
            config,
            timestamp: None,
            scanner: LineScanner::new(config.limits.command_line()).accept_bare_lf(config.bare_lf),
            turn: Turn::Greeting,
            phase: Phase::Authorization,
            security,
            deadline: Time::ZERO,
            waiting: false,
            utf8: false,
            errors: 0,
            login_failures: 0,
            serial: 0,
            number: MsgNo::FIRST,
            top_lines: None,
            name: Name::NONE,
        }
    }

    /// Offers APOP with this timestamp, which must differ for every connection ever made: process id, clock and a counter, or
    /// 128 random bits (RFC 1939 section 7). Call it before the greeting.
    #[must_use]
    pub const fn with_apop(mut self, timestamp: Timestamp<'c>) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    pub(super) const fn inside(handover: &Handover<'c>, security: Security) -> Self {
        let mut session = Self::new(handover.config, security);
        session.timestamp = handover.timestamp;
        session.serial = handover.serial;
        session.turn = Turn::Command;
        session
    }

    /// Does what the session can do alone, and says what it needs then. It borrows nothing: made for wrappers whose read loop
    /// comes first, then one [`receive`](Self::receive).
    ///
    /// Calling it says that the last event is dealt with; see [`receive`](Self::receive).
    pub fn poll<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Need {
        self.advance(now, &mut input, out).need()
    }

    /// The next event. `now` is the present time, `input` the window on what is unread, `out` takes the answers.
    ///
    /// Calling it says that the last event is dealt with: a ticket that was not used, nor kept by
    /// [`Ticket::later`](super::Ticket::later), is answered `-ERR`; a body or listing that was begun and not ended closes the
    /// connection. An event comes only with [`MIN_OUTPUT`](crate::limits::MIN_OUTPUT) octets of room in `out`, so that every
    /// one-line answer fits.
    pub fn receive<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Event<'i> {
        let next = self.advance(now, &mut input, out);
        self.take(next, &mut input, out)
    }

    /// The name from USER or APOP, while a login with it is under way and after its success.
    #[must_use]
    pub fn user(&self) -> Option<&[u8]> {
        self.name.get()
    }

    /// The timestamp that the greeting offered for APOP.
    #[must_use]
    pub const fn timestamp(&self) -> Option<Timestamp<'c>> {
        self.timestamp
    }

    /// Whether the octets pass through TLS.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }

    /// Where the session stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The configuration this session was made with.
    #[must_use]
    pub const fn config(&self) -> &'c Config<'c> {
        self.config
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) if nothing else happens: `Some` while the session waits for the
    /// client, or for a ticket that is kept (other than QUIT's). It moves with each command, so ask again after each call.
    ///
    /// There is none while the session has something to say: how long a client may leave your octets unread is yours to limit.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Time> {
        match self.turn {
            Turn::Command | Turn::Exchange if self.waiting => Some(self.deadline),
            // Removing messages takes as long as it takes.
            Turn::Later(Tag::Quit) => None,
            Turn::Later(_) => Some(self.deadline),
            _ => None,
        }
    }

    /// Closes the session if its time is over (autologout, RFC 1939 section 3); does nothing if it is not. Coming early is no
    /// fault. The next [`receive`](Self::receive) says [`Closed`](Event::Closed).
    pub fn handle_timeout(&mut self, now: Time) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.close(Reason::Autologout);
        }
    }

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.turn, Turn::Closed(_))
    }

    /// The way on into TLS: `Some` only after STLS was accepted.
    #[must_use]
    pub const fn handover(&self) -> Option<Handover<'c>> {
        match self.turn {
            Turn::Closed(Reason::StartTls) => {
                Some(Handover { config: self.config, timestamp: self.timestamp, serial: self.serial })
            }
            _ => None,
        }
    }

    /// Whether a body or a listing is begun and not ended.
    pub(crate) fn has_begun(&self) -> bool {
        self.turn == Turn::Begun
    }
}
