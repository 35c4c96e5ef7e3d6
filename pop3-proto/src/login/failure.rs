//! `Failure`: why a login failed, and what the next attempt should do differently.

use core::fmt;

use super::method::Method;
use crate::client::{ProtocolError, RefusalKind};
use crate::sasl::Why;
use crate::sasl::client::OutOfLimits;

/// Why the login failed. It is final for this connection: end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Why it failed, and what to do about it.
    pub kind: RefusalKind,
    /// What happened.
    pub reason: Reason,
    /// Where in the dialogue it happened.
    pub step: Step,
    /// Whether to try again at once on a new connection, with what was [learned](super::Login::server_notes)
    /// from this one.
    pub retry: Option<Retry>,
}

impl Failure {
    pub(super) const fn new(kind: RefusalKind, reason: Reason) -> Self {
        let step = match reason {
            Reason::Greeting => Step::Greeting,
            Reason::NoStls | Reason::StlsRefused => Step::Stls,
            _ => Step::Method,
        };
        Self { kind, reason, step, retry: None }
    }

    pub(super) const fn at(self, step: Step) -> Self {
        Self { step, ..self }
    }

    pub(super) const fn then(self, retry: Retry) -> Self {
        Self { retry: Some(retry), ..self }
    }
}

/// A step of the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Waiting for the greeting.
    Greeting,
    /// CAPA before the login.
    Capa,
    /// STLS.
    Stls,
    /// The TLS handshake after STLS.
    Handshake,
    /// UTF8.
    Utf8,
    /// Logging in with a method.
    Method,
    /// CAPA after the login.
    CapaAfterLogin,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Capa => "CAPA",
            Self::Stls => "STLS",
            Self::Handshake => "the TLS handshake",
            Self::Utf8 => "UTF8",
            Self::Method => "the login",
            Self::CapaAfterLogin => "CAPA after the login",
        })
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The greeting was `-ERR`.
    Greeting,
    /// The server does not announce STLS, but TLS is required. Somebody may have removed STLS from the list
    /// on the way.
    NoStls,
    /// STLS was answered `-ERR`, and TLS is required.
    StlsRefused,
    /// No method is left that the server has, that fits the credentials, and that the policy permits on this
    /// connection.
    NoMethod,
    /// This method cannot be used, and the server is not the cause: for instance, a nonce is missing, or the
    /// memory is too small. No weaker method was tried instead.
    Unusable(Method, Why),
    /// The server refused this method. It is the last one tried, or an earlier one whose refusal was taken to
    /// mean that the credentials are wrong.
    Refused(Method),
    /// The server has not proved that it knows the password; or it said `+OK` although the exchange was not
    /// complete, was cancelled or had failed; or it went on with an exchange that was cancelled. Do not trust
    /// it; nothing more was sent to it.
    NotProved(Method),
    /// The server asked for something in SCRAM that the policy does not permit: see
    /// [`Policy::scram`](super::Policy::scram). Somebody may have answered in its place.
    OutOfLimits(Method, OutOfLimits),
    /// The connection ended while this method was tried.
    ClosedDuring(Method),
    /// The connection ended at another [step](Failure::step).
    Closed,
    /// The server said nothing for too long while this method was tried.
    SilentDuring(Method),
    /// The server said nothing for too long at another [step](Failure::step).
    Silent,
    /// What the server said ended the session.
    Protocol(ProtocolError),
}

/// What to do differently on a new connection. [`ServerNotes`](super::ServerNotes) holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// Do not send CAPA: the server closed the connection after it, or gave no valid answer.
    WithoutCapa,
    /// Do not use the method at which the server closed the connection, or gave no answer.
    NextMethod,
    /// Send no initial response in the AUTH line: the server closed the connection after one, or gave no
    /// answer.
    WithoutInitialResponse,
    /// Do not send STLS: the server closed the connection after it, or gave no answer, and the policy does not
    /// require TLS.
    WithoutStls,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.reason, self.kind) {
            (Reason::Refused(method), RefusalKind::Policy) => {
                write!(f, "the server does not take this login method ({})", method.as_str())
            }
            (Reason::Closed | Reason::Silent | Reason::Protocol(_), kind) => {
                write!(f, "{}: {} ({kind})", self.step, self.reason)
            }
            // These reasons say by themselves what is not permitted.
            (reason, RefusalKind::Policy) => reason.fmt(f),
            (reason, kind) => write!(f, "{reason}: {kind}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Greeting => f.write_str("the server refuses service"),
            Self::NoStls => f.write_str("the server offers no STLS, and TLS is required"),
            Self::StlsRefused => f.write_str("the server refused STLS, and TLS is required"),
            Self::NoMethod => {
                f.write_str("no login method that server, credentials and policy have in common")
            }
            Self::Unusable(method, why) => write!(f, "{} cannot be used: {why}", method.as_str()),
            Self::Refused(method) => write!(f, "login refused ({})", method.as_str()),
            Self::NotProved(method) => {
                write!(f, "the server has not proved that it knows the password ({})", method.as_str())
            }
            Self::OutOfLimits(method, what) => write!(f, "{what} ({})", method.as_str()),
            Self::ClosedDuring(method) => {
                write!(f, "the server hung up during the login ({})", method.as_str())
            }
            Self::Closed => f.write_str("the connection ended"),
            Self::SilentDuring(method) => {
                write!(f, "the server gave no answer during the login ({})", method.as_str())
            }
            Self::Silent => f.write_str("the server gave no answer"),
            Self::Protocol(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}
