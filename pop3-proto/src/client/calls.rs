//! `Client`: the state of one session, and the questions that an embedder can ask of it.

use super::capabilities::Capabilities;
use super::error::ProtocolError;
use super::event::{Event, Need};
use super::handover::Handover;
use super::noted::{Fault, Noted};
use super::profile::Profile;
use super::queue::{Asked, Queue};
use super::reader::{Reader, Reading};
use super::settings::Settings;
use crate::buf::Input;
use crate::limits::Limits;
use crate::types::{Deviation, Deviations, PlaintextLeft, Security};

/// The client's side of one connection.
///
/// `Q` is how many commands may be sent before their answers have come, a power of two up to 128; each takes
/// five bytes of state. Until the server announces PIPELINING, only one command at a time is sent.
#[derive(Clone, Debug)]
pub struct Client<const Q: usize = 16> {
    pub(super) settings: Settings,
    pub(super) security: Security,
    pub(super) reader: Reader<Queue<Q>>,
    pub(super) deviations: Deviations,
    failed: Option<ProtocolError>,
}

impl Client<16> {
    /// Creates a session for a connection that was just made, or whose TLS handshake was just completed. It
    /// expects the greeting.
    #[must_use]
    pub const fn new(profile: Profile, security: Security) -> Self {
        Self::with_queue(profile, security)
    }
}

impl<const Q: usize> Client<Q> {
    /// Like [`new`](Client::new), with room for `Q` unanswered commands, a power of two up to 128:
    /// `Client::<64>::with_queue(..)`.
    #[must_use]
    pub const fn with_queue(profile: Profile, security: Security) -> Self {
        let settings = Settings { profile, pipelining: true, eight_bit_logins: false, long_arguments: false };
        let mut client = Self::inside(settings, Limits::DEFAULT, security);
        client.reader.reading = Reading::Greeting;
        client
    }

    /// Sets other limits. Use [`Limits::for_window`] if the receive buffer holds fewer than 12 KiB.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.reader.limits = limits;
        self
    }

    /// Sets whether to pipeline when the server announces PIPELINING; on by default. Some servers announce it
    /// but mix up their replies.
    #[must_use]
    pub const fn with_pipelining(mut self, allowed: bool) -> Self {
        self.settings.pipelining = allowed;
        self
    }

    /// Sets whether USER, PASS and APOP may contain bytes outside ASCII although the server has not announced
    /// `UTF8 USER`; off by default (RFC 6856 section 2.2). Servers older than that RFC accept such bytes in
    /// an encoding of their own choice.
    #[must_use]
    pub const fn with_eight_bit_logins(mut self, allowed: bool) -> Self {
        self.settings.eight_bit_logins = allowed;
        self
    }

    /// Sets whether arguments of more than 40 bytes may be sent to a server that refused CAPA; off by default
    /// (RFC 1939 section 3). Many mail addresses are longer than that, and many old servers accept them.
    #[must_use]
    pub const fn with_long_arguments(mut self, allowed: bool) -> Self {
        self.settings.long_arguments = allowed;
        self
    }

    pub(super) const fn inside(settings: Settings, limits: Limits, security: Security) -> Self {
        let lf_bodies = settings.profile.accepts(Deviation::BareLfBody);
        Self {
            settings,
            security,
            reader: Reader::new(Queue::new(), limits, lf_bodies, Reading::Status),
            deviations: Deviations::NONE,
            failed: None,
        }
    }

    /// Says whether [`receive`](Self::receive) has something to report. The result borrows nothing, so a
    /// wrapper can put its read loop around this call and then call `receive` once.
    pub fn poll<'i>(&mut self, mut input: impl Input<'i>) -> Need {
        if self.failed.is_none() && self.reader.waits(&mut input) { Need::Input } else { Need::Event }
    }

    /// Returns the next event. `input` is the window of unread bytes; events borrow it and not the session.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`] if the server broke the protocol beyond what the profile accepts. The error is
    /// final: close the connection. Every further call returns the same error.
    #[inline]
    pub fn receive<'i>(&mut self, mut input: impl Input<'i>) -> Result<Event<'i>, ProtocolError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut noted = Noted::NOTHING;
        let event = self.reader.read(&mut input, &mut noted);
        if noted != Noted::NOTHING {
            self.apply_profile(noted)?;
        }
        Ok(event)
    }

    pub(super) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Records the deviations of the server. Fails if the profile does not accept one of them.
    #[cold]
    fn apply_profile(&mut self, noted: Noted) -> Result<(), ProtocolError> {
        self.deviations = self.deviations.union(noted.deviations);
        let error = match (noted.fault, self.settings.profile.refuses(noted.deviations)) {
            (Some(Fault::Status), _) => ProtocolError::Status,
            (Some(Fault::PlaintextAfterStls), _) => ProtocolError::PlaintextAfterStls,
            (Some(Fault::EndlessLine), _) => ProtocolError::EndlessLine,
            (None, Some(one)) => ProtocolError::Deviation(one),
            (None, None) => return Ok(()),
        };
        self.failed = Some(error);
        Err(error)
    }

    /// The capabilities that the server has announced in this session.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.reader.capabilities
    }

    /// Everything that the server has done in this session that the RFCs do not allow.
    #[must_use]
    pub const fn deviations(&self) -> Deviations {
        self.deviations
    }

    /// Whether the connection is inside TLS.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }

    /// Whether the session is over: QUIT was answered, STLS was accepted, or the server refused service.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.reader.reading, Reading::Closed { .. })
    }

    /// Whether no command waits for an answer.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.reader.queue.is_empty()
    }

    /// Whether bytes were left in the window after the last reply or the last
    /// [`Unsolicited`](super::Event::Unsolicited) line. Bytes after the greeting do not count; to find those,
    /// receive until [`NeedInput`](super::Event::NeedInput).
    ///
    /// If no command waits for an answer, these bytes were not asked for, and a command that is sent now would
    /// take them for its answer. Before an important command, receive until nothing is left.
    #[must_use]
    pub const fn has_unread(&self) -> bool {
        self.reader.unread > 0
    }

    /// Says what the end of the connection means. Call it when a read returns no bytes.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Truncated`] or [`ProtocolError::OutcomeUnknown`] if something was still to come, or
    /// the error that an earlier call returned.
    pub fn end_of_input(&self) -> Result<(), ProtocolError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        match (&self.reader.reading, self.reader.queue.back()) {
            (Reading::Closed { .. }, _) => Ok(()),
            (_, Some(Asked::Quit)) if self.reader.deleted => Err(ProtocolError::OutcomeUnknown),
            // Nothing depends on the answer to QUIT, and many servers hang up instead.
            (Reading::Status, Some(Asked::Quit)) if self.reader.queue.is_single() => Ok(()),
            (Reading::Status, None) if !self.reader.deleted => Ok(()),
            _ => Err(ProtocolError::Truncated),
        }
    }

    /// What the session inside TLS is made from: `Some` only after `+OK` to STLS.
    #[must_use]
    pub const fn handover(&self) -> Option<Handover<Q>> {
        match self.reader.reading {
            Reading::Closed { tls: true } => {
                Some(Handover { settings: self.settings, limits: self.reader.limits })
            }
            _ => None,
        }
    }
}

impl<const Q: usize> Handover<Q> {
    /// Creates the session inside TLS. It expects no greeting and knows no capabilities, so send CAPA again
    /// (RFC 2595 section 4).
    ///
    /// `window` is the unread part of the bytes that came in *plaintext*. Pass what your receive buffer still
    /// holds, so that no byte from before the handshake can be mistaken for one from inside TLS.
    ///
    /// # Errors
    ///
    /// [`PlaintextLeft`] if the window is not empty: somebody injected replies. Close the connection.
    pub fn secured(self, window: &[u8]) -> Result<Client<Q>, PlaintextLeft> {
        if window.is_empty() {
            Ok(Client::inside(self.settings, self.limits, Security::Tls))
        } else {
            Err(PlaintextLeft)
        }
    }
}
