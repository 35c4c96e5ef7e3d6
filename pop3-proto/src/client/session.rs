//! The state of one session, and what can be asked of it.

use super::capabilities::Capabilities;
use super::error::ProtocolError;
use super::handover::Handover;
use super::listing::Tally;
use super::profile::Profile;
use super::queue::{Asked, Queue};
use crate::dot::{LfUnstuffer, Unstuffer};
use crate::limits::Limits;
use crate::line::LineScanner;
use crate::types::{Deviations, Security};

/// The client's side of one connection.
///
/// `Q` is how many commands may be on the way at once, a power of two up to 128; each takes one octet of state. One is the rule
/// until the server announces PIPELINING.
#[derive(Clone, Debug)]
pub struct Client<const Q: usize = 16> {
    pub(super) settings: Settings,
    pub(super) security: Security,
    pub(super) scanner: LineScanner,
    pub(super) queue: Queue<Q>,
    pub(super) reading: Reading,
    pub(super) capabilities: Capabilities,
    /// Those of the answer to CAPA that is coming in.
    pub(super) incoming: Capabilities,
    pub(super) tally: Tally,
    pub(super) deviations: Deviations,
    /// A DELE was sent: numbers may have gaps, and QUIT has an outcome.
    pub(super) deleted: bool,
    /// UTF8 was accepted.
    pub(super) utf8: bool,
}

/// What the caller chose; all that survives STLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) profile: Profile,
    pub(super) limits: Limits,
    pub(super) pipelining: bool,
    pub(super) eight_bit_logins: bool,
    pub(super) long_arguments: bool,
}

/// What is expected next.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Greeting,
    /// The status line of the first command in the queue; anything else if the queue is empty.
    Status,
    /// A challenge was handed out; the caller's answer is due.
    Challenged,
    Listing,
    Body(Unstuffer),
    LfBody(LfUnstuffer),
    /// Closed; whether by STLS.
    Closed {
        tls: bool,
    },
    Failed(ProtocolError),
}

impl<const Q: usize> Client<Q> {
    /// A session on a connection that was just made, or whose TLS handshake was just done. It expects the greeting.
    #[must_use]
    pub const fn new(profile: Profile, security: Security) -> Self {
        let settings = Settings {
            profile,
            limits: Limits::DEFAULT,
            pipelining: true,
            eight_bit_logins: false,
            long_arguments: false,
        };
        let mut client = Self::inside(settings, security);
        client.reading = Reading::Greeting;
        client
    }

    /// Other limits; [`Limits::for_window`] if the receive buffer holds fewer than 12 KiB.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self.scanner = LineScanner::new(limits.reply_line()).accept_bare_lf(true);
        self
    }

    /// Whether to pipeline when the server announces it; on by default. Some servers announce it and mix up their replies.
    #[must_use]
    pub const fn with_pipelining(mut self, allowed: bool) -> Self {
        self.settings.pipelining = allowed;
        self
    }

    /// Whether octets beyond ASCII may stand in USER, PASS and APOP although the server has not announced `UTF8 USER`; off by
    /// default (RFC 6856 section 2.2). Servers older than that take them in the encoding of their own choice.
    #[must_use]
    pub const fn with_eight_bit_logins(mut self, allowed: bool) -> Self {
        self.settings.eight_bit_logins = allowed;
        self
    }

    /// Whether a server that refused CAPA may get arguments of more than 40 octets; off by default (RFC 1939 section 3). Many a
    /// mail address is longer, and many an old server takes it.
    #[must_use]
    pub const fn with_long_arguments(mut self, allowed: bool) -> Self {
        self.settings.long_arguments = allowed;
        self
    }

    pub(super) const fn inside(settings: Settings, security: Security) -> Self {
        Self {
            settings,
            security,
            // A bare LF ends a line here so that the profile can judge it.
            scanner: LineScanner::new(settings.limits.reply_line()).accept_bare_lf(true),
            queue: Queue::new(),
            reading: Reading::Status,
            capabilities: Capabilities::NOTHING,
            incoming: Capabilities::NOTHING,
            tally: Tally::new(),
            deviations: Deviations::NONE,
            deleted: false,
            utf8: false,
        }
    }

    /// What the server said it can do, as far as it was asked in this session.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What the server did so far that the RFCs do not allow.
    #[must_use]
    pub const fn deviations(&self) -> Deviations {
        self.deviations
    }

    /// Whether the octets pass through TLS.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }

    /// Whether no command waits for an answer.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// What the end of the connection means: call it when a read returns nothing.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Truncated`] or [`ProtocolError::OutcomeUnknown`] if something was still to come; the error of an earlier
    /// call if there was one.
    pub fn end_of_input(&self) -> Result<(), ProtocolError> {
        match (&self.reading, self.queue.back()) {
            (Reading::Failed(error), _) => Err(*error),
            (Reading::Closed { .. }, _) => Ok(()),
            (_, Some(Asked::Quit)) if self.deleted => Err(ProtocolError::OutcomeUnknown),
            (Reading::Status, None) if !self.deleted => Ok(()),
            _ => Err(ProtocolError::Truncated),
        }
    }

    /// The way on into TLS: `Some` only after `+OK` to STLS.
    #[must_use]
    pub const fn handover(&self) -> Option<Handover<Q>> {
        match self.reading {
            Reading::Closed { tls: true } => Some(Handover { settings: self.settings }),
            _ => None,
        }
    }

    /// Records what the server did; fails if the profile does not accept it.
    #[inline]
    pub(super) fn note(&mut self, seen: Deviations) -> Result<(), ProtocolError> {
        if seen.is_empty() { Ok(()) } else { self.apply_profile(seen) }
    }

    #[cold]
    fn apply_profile(&mut self, seen: Deviations) -> Result<(), ProtocolError> {
        self.deviations = self.deviations.union(seen);
        match self.settings.profile.refuses(seen) {
            Some(one) => Err(self.fail(ProtocolError::Deviation(one))),
            None => Ok(()),
        }
    }
}
