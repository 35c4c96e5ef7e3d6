//! `Need` and `Reason`: what a session waits for, and why it is over.

use core::fmt;

/// What [`Server::poll`](crate::server::Server::poll) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Need {
    /// `receive` has an event; with the same window it returns neither `NeedInput` nor `NeedOutput`.
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
    /// STLS was accepted: shake hands now.
    StartTls,
    /// No command came in time. The client was told nothing, and nothing may be removed (RFC 1939 section 3).
    Autologout,
    /// Too many bad commands in a row.
    TooManyErrors,
    /// Too many failed logins.
    TooManyLogins,
    /// Plaintext bytes followed STLS: injected, or from a client that breaks RFC 2595 section 4.
    PlaintextAfterStls,
    /// A body or a listing was begun and not ended. Its last line was not sent, so the client sees that it is cut off.
    Unfinished,
    /// The output refused bytes although it had said that there is room.
    OutputFailed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quit => "QUIT",
            Self::StartTls => "going over to TLS",
            Self::Autologout => "no command for too long",
            Self::TooManyErrors => "too many bad commands in a row",
            Self::TooManyLogins => "too many failed logins",
            Self::PlaintextAfterStls => "plaintext after STLS",
            Self::Unfinished => "an answer was begun and not ended",
            Self::OutputFailed => "the output refused bytes",
        })
    }
}
