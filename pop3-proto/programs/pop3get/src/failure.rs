//! Failures. Each says what was tried and why it failed, and its exit code says who can do something about
//! it.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Usage = 2,
    Login = 3,
    Network = 4,
    Protocol = 5,
    Disk = 6,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    what: String,
    why: String,
}

impl Kind {
    pub(crate) fn because(self, what: impl fmt::Display, why: impl fmt::Display) -> Failure {
        Failure { kind: self, what: what.to_string(), why: why.to_string() }
    }
}

impl Failure {
    /// Puts the name of the account in front.
    pub(crate) fn of(self, account: &str) -> Self {
        Self { what: format!("{account}: {}", self.what), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}
