//! `Need` and `Reason`: what a session waits for, and why it is over.

use core::fmt;

/// What [`Server::poll`](crate::server::Server::poll) says that the session needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Need {
    /// `receive` has an event. Called with the same window, it returns neither `NeedInput` nor `NeedOutput`.
    Event,
    /// Flush the output, then read more.
    Input,
    /// Flush the output and do not read.
    Output,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// QUIT was answered.
    Quit,
    /// STLS was accepted: start the TLS handshake now.
    StartTls,
    /// No command came in time, or a deferred ticket was not used in time. Nothing was sent to the client,
    /// and no message may be removed (RFC 1939 section 3).
    Autologout,
    /// The client was not logged in in time, whatever it sent; see
    /// [`Config::login_time`](crate::server::Config::login_time). Nothing was sent to the client.
    LoginTime,
    /// Too many bad commands in a row.
    TooManyErrors,
    /// Too many failed logins.
    TooManyLogins,
    /// Before the login the client sent a line of HTTP, or began a TLS handshake on a port without TLS. A web
    /// page may be behind it, which makes a browser send commands in the body of a request.
    OtherProtocol,
    /// Plaintext bytes followed STLS: they were injected, or the client breaks RFC 2595 section 4.
    PlaintextAfterStls,
    /// A body or a listing was begun and not ended. Its last line was not sent, so the client sees that it is
    /// cut off.
    Unfinished,
    /// The output refused bytes although it had reported room for them.
    OutputFailed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quit => "QUIT",
            Self::StartTls => "going over to TLS",
            Self::Autologout => "no command for too long",
            Self::LoginTime => "no login in time",
            Self::TooManyErrors => "too many bad commands in a row",
            Self::TooManyLogins => "too many failed logins",
            Self::OtherProtocol => "the client speaks another protocol",
            Self::PlaintextAfterStls => "plaintext after STLS",
            Self::Unfinished => "an answer was begun and not ended",
            Self::OutputFailed => "the output refused bytes",
        })
    }
}
