//! Failures. Each says which step failed and why, and its exit code says who can do something about it.

use std::fmt;

use pop3_proto::client::RefusalKind;

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Usage = 2,
    Login = 3,
    Network = 4,
    Protocol = 5,
    Disk = 6,
    /// The server asks to come back later: nothing is wrong.
    Later = 7,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// A word for programs that is more exact than the exit code.
    reason: Option<&'static str>,
    what: String,
    why: String,
}

impl Kind {
    pub(crate) fn because(self, what: impl fmt::Display, why: impl fmt::Display) -> Failure {
        Failure { kind: self, reason: None, what: what.to_string(), why: why.to_string() }
    }

    /// Of several accounts the gravest counts, and to come back later is the least grave.
    pub(crate) const fn gravity(self) -> u8 {
        if matches!(self, Self::Later) { 1 } else { self as u8 }
    }
}

impl Failure {
    /// Puts the name of the account in front.
    pub(crate) fn of(self, account: &str) -> Self {
        Self { what: format!("{account}: {}", self.what), ..self }
    }

    pub(crate) fn with_reason(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The word for the field `reason` of `--json`.
    pub(crate) fn reason(&self) -> &'static str {
        self.reason.unwrap_or(match self.kind {
            Kind::Usage => "usage",
            Kind::Login => "login",
            Kind::Network => "network",
            Kind::Protocol => "protocol",
            Kind::Disk => "delivery",
            Kind::Later => "later",
        })
    }
}

/// The word for a refusal by the server.
pub(crate) const fn reason_of(refusal: RefusalKind) -> &'static str {
    match refusal {
        RefusalKind::Credentials => "credentials",
        RefusalKind::Busy => "in-use",
        RefusalKind::Later => "later",
        RefusalKind::Permanent => "permanent",
        RefusalKind::Policy => "policy",
        RefusalKind::Caller => "usage",
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}
