//! `Profile`: the set of deviations from the RFCs that a client accepts, chosen at run time.

use crate::types::{Deviation, Deviations};

/// Which deviations from the RFCs a client accepts. A deviation that it does not accept ends the session with
/// [`ProtocolError::Deviation`](super::ProtocolError::Deviation). All deviations are recorded, whether
/// accepted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    accepted: Deviations,
}

impl Profile {
    /// Accepts no deviation: for conformance tests.
    pub const STRICT: Self = Self { accepted: Deviations::NONE };

    /// Accepts every deviation that real servers show, except [`Deviation::BareLfBody`], which would let the
    /// text of a message forge its end. One that is accepted costs a byte: with [`Deviation::UnstuffedDot`] a
    /// dot at the start of a line is lost.
    pub const LENIENT: Self = Self { accepted: Deviations::ALL.without(Deviation::BareLfBody) };

    /// This profile, but `deviation` is accepted.
    #[must_use]
    pub const fn accept(self, deviation: Deviation) -> Self {
        Self { accepted: self.accepted.with(deviation) }
    }

    /// This profile, but `deviation` is not accepted.
    #[must_use]
    pub const fn refuse(self, deviation: Deviation) -> Self {
        Self { accepted: self.accepted.without(deviation) }
    }

    /// Whether the profile accepts `deviation`.
    #[must_use]
    pub const fn accepts(self, deviation: Deviation) -> bool {
        self.accepted.contains(deviation)
    }

    /// The first of these deviations that the profile does not accept.
    pub(super) fn refuses(self, seen: Deviations) -> Option<Deviation> {
        seen.minus(self.accepted).iter().next()
    }
}
