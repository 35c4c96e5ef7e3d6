//! `Noted`: the faults found in what was read. The client decides which of them to accept.

use crate::types::{Deviation, Deviations};

/// What was read that the RFCs do not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) deviations: Deviations,
    pub(super) fault: Option<Fault>,
}

impl Noted {
    pub(super) const NOTHING: Self = Self { deviations: Deviations::NONE, fault: None };

    #[inline]
    pub(super) fn insert(&mut self, one: Deviation) {
        self.deviations.insert(one);
    }
}

/// Faults that are not a deviation. The client makes them final errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A status line was due, and this line is not one.
    Status,
    /// Plaintext bytes followed the answer to STLS.
    PlaintextAfterStls,
    /// A line goes on after the most that may be skipped of it.
    EndlessLine,
}
