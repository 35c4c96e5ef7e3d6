//! Why there is no report.

use std::fmt;

/// Wrong usage, nothing that could be judged, or the end of the run by a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A wrong option, setting, pattern or file.
    Usage(String),
    /// The server is not reachable, nobody can log in, or nothing is selected.
    Nothing(String),
    /// A signal came, which has this number.
    Signal(u8),
}

impl Failure {
    pub(crate) fn usage(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Usage(format!("{what}: {why}"))
    }

    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Nothing(_) => 3,
            // As a shell tells it.
            Self::Signal(number) => 128 + *number,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(why) | Self::Nothing(why) => f.write_str(why),
            Self::Signal(number) => write!(f, "signal {number} ended the run, and the client"),
        }
    }
}
