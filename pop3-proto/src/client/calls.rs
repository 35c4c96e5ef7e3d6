//! The state of one session, and what can be asked of it.

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
/// `Q` is how many commands may be on the way at once, a power of two up to 128; each takes one octet of state. One is the rule
/// until the server announces PIPELINING.
#[derive(Clone, Debug)]
pub struct Client<const Q: usize = 16> {
    pub(super) settings: Settings,
    pub(super) security: Security,
    pub(super) reader: Reader<Queue<Q>>,
    pub(super) deviations: Deviations,
    failed: Option<ProtocolError>,
}

impl Client<16> {
    /// A session on a connection that was just made, or whose TLS handshake was just done. It expects the greeting.
    #[must_use]
    pub const fn new(profile: Profile, security: Security) -> Self {
        Self::with_queue(profile, security)
    }
}

impl<const Q: usize> Client<Q> {
    /// As [`new`](Client::new), with room for `Q` commands on the way: a power of two up to 128.
    #[must_use]
    pub const fn with_queue(profile: Profile, security: Security) -> Self {
        let settings = Settings { profile, pipelining: true, eight_bit_logins: false, long_arguments: false };
        let mut client = Self::inside(settings, Limits::DEFAULT, security);
        client.reader.reading = Reading::Greeting;
        client
    }

    /// Other limits; [`Limits::for_window`] if the receive buffer holds fewer than 12 KiB.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.reader.limits = limits;
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

    /// Says whether [`receive`](Self::receive) has something. It borrows nothing: made for wrappers whose read loop comes
    /// first, then one `receive`.
    pub fn poll<'i>(&mut self, mut input: impl Input<'i>) -> Need {
        if self.failed.is_none() && self.reader.waits(&mut input) { Need::Input } else { Need::Event }
    }

    /// The next event. `input` is the window on what is unread; events borrow it and not the session.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`]: the server broke the protocol beyond what the profile accepts. It is final: close the connection. Every
    /// further call returns it again.
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

    /// Records what the server did; fails if the profile does not accept it.
    #[cold]
    fn apply_profile(&mut self, noted: Noted) -> Result<(), ProtocolError> {
        self.deviations = self.deviations.union(noted.deviations);
        let error = match (noted.fault, self.settings.profile.refuses(noted.deviations)) {
            (Some(Fault::Status), _) => ProtocolError::Status,
            (Some(Fault::PlaintextAfterStls), _) => ProtocolError::PlaintextAfterStls,
            (None, Some(one)) => ProtocolError::Deviation(one),
            (None, None) => return Ok(()),
        };
        self.failed = Some(error);
        Err(error)
    }

    /// What the server said it can do, as far as it was asked in this session.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.reader.capabilities
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

    /// Whether it is over: QUIT or STLS was answered, or the server refused service.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.reader.reading, Reading::Closed { .. })
    }

    /// Whether no command waits for an answer.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.reader.queue.is_empty()
    }

    /// What the end of the connection means: call it when a read returns nothing.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Truncated`] or [`ProtocolError::OutcomeUnknown`] if something was still to come; the error of an earlier
    /// call if there was one.
    pub fn end_of_input(&self) -> Result<(), ProtocolError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        match (&self.reader.reading, self.reader.queue.back()) {
            (Reading::Closed { .. }, _) => Ok(()),
            (_, Some(Asked::Quit)) if self.reader.deleted => Err(ProtocolError::OutcomeUnknown),
            (Reading::Status, None) if !self.reader.deleted => Ok(()),
            _ => Err(ProtocolError::Truncated),
        }
    }

    /// The way on into TLS: `Some` only after `+OK` to STLS.
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
    /// The session inside TLS. It expects no greeting and knows no capabilities: ask CAPA again (RFC 2595 section 4).
    ///
    /// `window` is what is unread of the bytes that came in *plaintext*: pass what your receive buffer holds, so that no byte
    /// from before the handshake can pass for one from inside TLS.
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
