//! The state of one session and the only ways to change it.

use super::apop_timestamp::ApopTimestampBuf;
use super::config::Config;
use super::event::{Event, Need, Reason};
use super::handover::Handover;
use super::kind::Tag;
use super::name::Name;
use super::phrase::Phrase;
use super::table::Phase;
use crate::buf::{Input, Output};
use crate::line::LineScanner;
#[cfg(feature = "apop")]
use crate::secret::Secret;
use crate::time::Time;
#[cfg(feature = "apop")]
use crate::types::ApopDigest;
use crate::types::{MsgNo, Security};

/// The server's side of one connection.
///
/// It borrows its [`Config`]; a task that is to be `'static` owns both, its configuration in an `Arc` for instance, and lends
/// it to the session inside. No octet of the wire is kept except the user name.
#[derive(Clone, Debug)]
pub struct Server<'c> {
    pub(super) config: &'c Config<'c>,
    pub(super) apop: Option<[u64; 2]>,
    pub(super) phrases: fn(Phrase) -> &'static str,
    pub(super) own_login_delay: Option<u64>,
    pub(super) own_expire: Option<Option<u64>>,
    pub(super) scanner: LineScanner,
    pub(super) turn: Turn,
    pub(super) phase: Phase,
    pub(super) security: Security,
    /// When the last line came or, once `waiting` for the next, when that began. Too long behind it the session is closed.
    pub(super) since: Time,
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
    /// The session's, to write the answer to AUTH alone from this mechanism on.
    Mechanisms(usize),
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
            apop: None,
            phrases: config.phrases,
            own_login_delay: None,
            own_expire: None,
            scanner: LineScanner::new(config.limits.command_line()).accept_bare_lf(config.bare_lf),
            turn: Turn::Greeting,
            phase: Phase::Authorization,
            security,
            since: Time::ZERO,
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

    /// Offers APOP, if [`Config::apop`] names the host, with the timestamp `<first.second@host>`. The two numbers must differ for
    /// every connection ever made: 128 random bits, or process id, clock and a counter (RFC 1939 section 7). Call it before the
    /// greeting.
    #[must_use]
    pub const fn with_apop(mut self, unique: [u64; 2]) -> Self {
        self.apop = Some(unique);
        self
    }

    pub(super) const fn inside(handover: &Handover<'c>, security: Security) -> Self {
        let mut session = Self::new(handover.config, security);
        session.apop = handover.apop;
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
    /// [`Ticket::defer`](super::Ticket::defer), is answered `-ERR`; a body or listing that was begun and not ended closes the
    /// connection. An event comes only with [`MIN_OUTPUT`](crate::limits::MIN_OUTPUT) octets of room in `out`, so that every
    /// one-line answer fits.
    pub fn receive<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Event<'i> {
        let next = self.advance(now, &mut input, out);
        self.emit(&next, &mut input, out)
    }

    /// The name from USER or APOP, while a login with it is under way and after its success.
    #[must_use]
    pub fn user(&self) -> Option<&[u8]> {
        self.name.get()
    }

    /// The timestamp that the greeting offered for APOP.
    #[must_use]
    pub fn timestamp(&self) -> Option<ApopTimestampBuf> {
        ApopTimestampBuf::new(self.apop?, self.config.apop?)
    }

    /// Whether this is the APOP digest of that shared secret and this session's timestamp, in a time that depends neither on
    /// the answer nor on whether there is a secret: `None` for users who do not exist. An empty secret is none.
    #[cfg(feature = "apop")]
    #[must_use]
    pub fn apop_matches(&self, digest: &ApopDigest, secret: Option<Secret<'_>>) -> bool {
        let secret = secret.filter(|secret| !secret.expose().is_empty());
        let right = self.timestamp().is_some_and(|stamp| {
            let secret = secret.unwrap_or(Secret::new(b"nobody"));
            let right = stamp.timestamp().and_then(|timestamp| ApopDigest::of(timestamp, secret));
            right.is_some_and(|right| right.matches(digest))
        });
        right & secret.is_some()
    }

    /// Whether UTF8 is on, so that messages with UTF-8 in their headers may be sent (RFC 6856 section 2).
    #[must_use]
    pub const fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// From here on CAPA announces the user's own least time between logins, in seconds, in place of
    /// [`Config::login_delay`]. Call it when the login is accepted (RFC 2449 section 6.5).
    pub const fn set_login_delay(&mut self, seconds: u64) {
        self.own_login_delay = Some(seconds);
    }

    /// From here on CAPA announces how many days the user's own messages stay, `None` for ever, in place of
    /// [`Config::expire`]. Call it when the login is accepted (RFC 2449 section 6.7).
    pub const fn set_expire(&mut self, days: Option<u64>) {
        self.own_expire = Some(days);
    }

    /// Changes what the session says by itself, after LANG for instance.
    pub const fn set_phrases(&mut self, phrases: fn(Phrase) -> &'static str) {
        self.phrases = phrases;
    }

    /// The words for a phrase.
    #[inline]
    pub(crate) fn phrase(&self, phrase: Phrase) -> &'static str {
        (self.phrases)(phrase)
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
    #[inline]
    pub const fn poll_timeout(&self) -> Option<Time> {
        match self.turn {
            Turn::Command | Turn::Exchange if self.waiting => {}
            // Removing messages takes as long as it takes.
            Turn::Later(Tag::Quit) => return None,
            Turn::Later(_) => {}
            _ => return None,
        }
        Some(self.since.after(self.config.idle()))
    }

    /// Closes the session if its time is over (autologout, RFC 1939 section 3); does nothing if it is not. Coming early is no
    /// fault. The next [`receive`](Self::receive) says [`Closed`](Event::Closed).
    #[inline]
    pub fn handle_timeout(&mut self, now: Time) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.close(Reason::Autologout);
        }
    }

    #[inline]
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.turn, Turn::Closed(_))
    }

    /// The way on into TLS: `Some` only after STLS was accepted.
    #[must_use]
    pub const fn handover(&self) -> Option<Handover<'c>> {
        match self.turn {
            Turn::Closed(Reason::StartTls) => {
                Some(Handover { config: self.config, apop: self.apop, serial: self.serial })
            }
            _ => None,
        }
    }

    /// Whether a body or a listing is begun and not ended.
    #[inline]
    pub(crate) fn has_begun(&self) -> bool {
        self.turn == Turn::Begun
    }
}
