//! Every failure says what was tried, why it failed, and, by the exit code, whose trouble it is.

use std::fmt;
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Usage = 2,
    Login = 3,
    Network = 4,
    Protocol = 5,
    Disk = 6,
}

#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    what: String,
    why: String,
    /// The server said `-ERR`; the dialogue itself is in order.
    refused: bool,
}

impl Kind {
    pub(crate) fn because(self, what: impl fmt::Display, why: impl fmt::Display) -> Failure {
        Failure { kind: self, what: what.to_string(), why: why.to_string(), refused: false }
    }
}

impl Failure {
    /// It came by `-ERR`.
    pub(crate) fn by_refusal(mut self) -> Self {
        self.refused = true;
        self
    }

    /// A refused command, where refusal is that kind of trouble.
    pub(crate) fn refused_as(mut self, kind: Kind) -> Self {
        if self.refused {
            self.kind = kind;
        }
        self
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}
