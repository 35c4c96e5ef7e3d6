//! `Noted`: what is wrong with what was read, for whoever judges it.

use crate::types::{Deviation, Deviations};

/// What the RFCs do not allow about what was read.
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

/// What no deviation can say; not final here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A status line was due, and this is none.
    Status,
    /// Plaintext bytes after the answer to STLS.
    PlaintextAfterStls,
}
