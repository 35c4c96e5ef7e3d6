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
    /// A session for a connection that was just accepted, or whose TLS handshake was just done. The first call of
    /// [`poll`](Self::poll) or [`receive`](Self::receive) writes the greeting.
    #[must_use]
    pub const fn new(config: C, security: Security) -> Self {
        Self::blank(config, security)
    }

    /// The session inside TLS, after the handshake. It starts in AUTHORIZATION and sends no greeting (RFC 2595 section 4).
    ///
    /// `window` is what is unread of the bytes that came in plaintext: pass what your receive buffer holds, so that no byte from
    /// before the handshake can run as a command.
    ///
    /// # Errors
    ///
    /// [`PlaintextLeft`] if the window is not empty: somebody injected commands. Close the connection.
    pub fn secured(handover: Handover<C>, window: &[u8]) -> Result<Self, PlaintextLeft> {
        if window.is_empty() { Ok(Self::inside_tls(handover)) } else { Err(PlaintextLeft) }
    }

    /// Does what the session can do alone, and says what it needs then. It borrows nothing, so a wrapper can put its read loop
    /// around it and call [`receive`](Self::receive) once.
    ///
    /// Calling it says that the last event is dealt with; see [`receive`](Self::receive).
    pub fn poll<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Need {
        self.advance(now, &mut input, out).need()
    }

    /// The next event. `now` is the present time, `input` the window of unread bytes, `out` takes the answers.
    ///
    /// Calling it says that the last event is dealt with: a ticket that was not used, nor kept by
    /// [`Ticket::defer`](super::Ticket::defer), is answered `-ERR`; a body or listing that was begun and not ended closes the
    /// connection. An event comes only with [`MIN_OUTPUT`](crate::limits::MIN_OUTPUT) bytes of room in `out`, so every one-line
    /// answer fits.
    pub fn receive<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Event<'i> {
        let next = self.advance(now, &mut input, out);
        self.emit(&next, &mut input, out)
    }

    /// The timestamp that the greeting offered for APOP.
    #[must_use]
    pub fn timestamp(&self) -> Option<ApopTimestampBuf> {
        ApopTimestampBuf::new(self.unique()?, self.config().apop.as_ref()?)
    }

    /// Whether this is the APOP digest of that shared secret and this session's timestamp. The time it takes depends neither on
    /// the answer nor on whether there is a secret: pass `None` for users who do not exist. An empty secret counts as none.
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

    /// When to call [`handle_timeout`](Self::handle_timeout) if nothing else happens: `Some` while the session waits for the
    /// client, or for a ticket that is kept (other than QUIT's). It moves with each command, so ask again after each call.
    ///
    /// It is `None` while the session has something to say: limit by yourself how long a client may leave your bytes unread.
    #[must_use]
    #[inline]
    pub fn poll_timeout(&self) -> Option<Time> {
        Some(self.waits_since()?.after(self.config().idle()))
    }

    /// Closes the session if its time is over (autologout, RFC 1939 section 3); does nothing if it is not. You may call it too
    /// early. The next [`receive`](Self::receive) returns [`Closed`](Event::Closed).
    #[inline]
    pub fn handle_timeout(&mut self, now: Time) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.close(Reason::Autologout);
        }
    }

    /// The way on into TLS: `Some` only after STLS was accepted.
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
