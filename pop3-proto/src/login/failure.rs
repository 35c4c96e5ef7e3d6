//! `Failure`: why a login failed, and what the next attempt should do differently.

use core::fmt;

use super::method::Method;
use crate::client::RefusalKind;
use crate::sasl::Why;

/// Why the login failed. It is final for this connection: end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Why it failed, and what to do about it.
    pub kind: RefusalKind,
    /// What happened.
    pub reason: Reason,
    /// Whether to try again at once on a new connection, with what was [learned](super::Login::server_notes)
    /// from this one.
    pub retry: Option<Retry>,
}

impl Failure {
    pub(super) const fn new(kind: RefusalKind, reason: Reason) -> Self {
        Self { kind, reason, retry: None }
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
    /// This method cannot be used because of a mistake in the program that logs in: a nonce is missing, or
    /// the memory is too small. No weaker method was tried instead.
    Unusable(Method, Why),
    /// The server refused this method, which was the last one tried.
    Refused(Method),
    /// The server says that the login succeeded, but it has not proved that it knows the password, or has
    /// just reported a failure. It is not the server that it claims to be.
    NotProved(Method),
    /// The connection ended while this method was tried.
    ClosedDuring(Method),
    /// The connection ended at another point.
    Closed,
}

/// What to do differently on a new connection. [`ServerNotes`](super::ServerNotes) holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// Do not send CAPA: the server closed the connection after it.
    WithoutCapa,
    /// Do not use the method after which the server closed the connection.
    NextMethod,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.kind)
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
            Self::ClosedDuring(method) => {
                write!(f, "the server hung up during the login ({})", method.as_str())
            }
            Self::Closed => f.write_str("the connection ended before the login"),
        }
    }
}

impl core::error::Error for Failure {}
