//! The calls of a `Session` that an embedder makes.

use core::borrow::Borrow;

use super::apop_timestamp::ApopTimestampBuf;
use super::config::Config;
use super::event::Event;
use super::handover::Handover;
use super::reason::{Need, Reason};
use super::state::Session;
use super::turn::Turn;
use crate::buf::{Input, Output};
#[cfg(feature = "apop")]
use crate::secret::Secret;
use crate::time::Time;
#[cfg(feature = "apop")]
use crate::types::ApopDigest;
use crate::types::{PlaintextLeft, Security};

impl<C: Borrow<Config>> Session<C> {
    /// Creates a session for a connection that was just accepted, or whose TLS handshake was just completed.
    /// The first call of [`poll`](Self::poll) or [`receive`](Self::receive) writes the greeting.
    #[must_use]
    pub const fn new(config: C, security: Security) -> Self {
        Self::blank(config, security)
    }

    /// Creates the session inside TLS, after the handshake. It starts in AUTHORIZATION and sends no greeting
    /// (RFC 2595 section 4).
    ///
    /// `window` is the unread part of the bytes that came in plaintext. Pass what your receive buffer still
    /// holds, so that no byte from before the handshake can be executed as a command.
    ///
    /// # Errors
    ///
    /// [`PlaintextLeft`] if the window is not empty: somebody injected commands. Close the connection.
    pub fn secured(handover: Handover<C>, window: &[u8]) -> Result<Self, PlaintextLeft> {
        if window.is_empty() { Ok(Self::inside_tls(handover)) } else { Err(PlaintextLeft) }
    }

    /// Does what the session can do alone, then says what it needs next. The result borrows nothing, so a
    /// wrapper can put its read loop around this call and then call [`receive`](Self::receive) once.
    ///
    /// Calling it tells the session that you are finished with the last event; see
    /// [`receive`](Self::receive).
    pub fn poll<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Need {
        self.advance(now, &mut input, out).need()
    }

    /// Returns the next event. `now` is the present time, `input` is the window of unread bytes, and `out`
    /// takes the answers.
    ///
    /// Calling it tells the session that you are finished with the last event. A ticket that was neither used
    /// nor kept with [`Ticket::defer`](super::Ticket::defer) is then answered `-ERR`; a body or listing that
    /// was begun and not ended closes the connection. An event comes only if `out` has
    /// [`MIN_OUTPUT`](crate::limits::MIN_OUTPUT) bytes of room, so that every one-line answer fits.
    pub fn receive<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Event<'i> {
        let next = self.advance(now, &mut input, out);
        self.emit(&next, &mut input, out)
    }

    /// The timestamp that the greeting offered for APOP.
    #[must_use]
    pub fn timestamp(&self) -> Option<ApopTimestampBuf> {
        ApopTimestampBuf::new(self.unique()?, self.config().apop.as_ref()?)
    }

    /// Whether the client's APOP digest is the MD5 digest of this session's timestamp and that shared secret.
    /// The time it takes depends neither on the result nor on whether there is a secret, so pass `None` for
    /// users who do not exist. An empty secret counts as none.
    #[cfg(feature = "apop")]
    #[must_use]
    pub fn apop_matches(&self, digest: &ApopDigest, secret: Option<Secret<'_>>) -> bool {
        let secret = secret.filter(|secret| !secret.expose().is_empty());
        let right = self.timestamp().is_some_and(|timestamp| {
            let secret = secret.unwrap_or(Secret::new(b"nobody"));
            let right = timestamp.timestamp().and_then(|timestamp| ApopDigest::of(timestamp, secret));
            right.is_some_and(|right| right.matches(digest))
        });
        right & secret.is_some()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) if nothing else happens. It is `Some` while the
    /// session waits for the client, or for a ticket that was kept (other than QUIT's). It changes with each
    /// command, so ask again after each call. Before the login it is also bounded by
    /// [`Config::login_time`], which no command changes.
    ///
    /// It is `None` while the session has something to send. Set a limit of your own for how long a client
    /// may leave your bytes unread.
    #[must_use]
    #[inline]
    pub fn poll_timeout(&self) -> Option<Time> {
        let idle = self.waits_since()?.after(self.config().idle());
        Some(idle.min(self.login_due()))
    }

    /// Closes the session if its time is over (autologout, RFC 1939 section 3, or [`Config::login_time`]), and
    /// does nothing otherwise, so calling it too early is harmless. After it has closed the session, [`receive`](Self::receive)
    /// returns [`Closed`](Event::Closed).
    #[inline(never)]
    pub fn handle_timeout(&mut self, now: Time) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.close(if self.login_due() <= now { Reason::LoginTime } else { Reason::Autologout });
        }
    }

    /// What the session inside TLS is made from: `Some` only after STLS was accepted. See
    /// [`secured`](Self::secured).
    #[must_use]
    pub fn handover(&self) -> Option<Handover<C>>
    where
        C: Clone,
    {
        (self.turn() == Turn::Closed(Reason::StartTls)).then(|| self.hand_over())
    }

    #[inline]
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.turn(), Turn::Closed(_))
    }
}
