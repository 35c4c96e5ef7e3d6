//! How much a client bears is a set of named deviations, chosen at run time.

use crate::types::{Deviation, Deviations};

/// Which departures from the RFCs a client accepts. Those that it does not accept end the session with
/// [`ProtocolError::Deviation`](super::ProtocolError::Deviation); all are recorded either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    accepted: Deviations,
}

impl Profile {
    /// Accepts none: for conformance tests.
    pub const STRICT: Self = Self { accepted: Deviations::NONE };

    /// Accepts all that real servers do and that cannot harm, which is all but [`Deviation::BareLfBody`].
    pub const LENIENT: Self = Self { accepted: Deviations::ALL.without(Deviation::BareLfBody) };

    /// This profile, and `deviation` accepted.
    #[must_use]
    pub const fn accept(self, deviation: Deviation) -> Self {
        Self { accepted: self.accepted.with(deviation) }
    }

    /// This profile, and `deviation` refused.
    #[must_use]
    pub const fn refuse(self, deviation: Deviation) -> Self {
        Self { accepted: self.accepted.without(deviation) }
    }

    /// Whether it is accepted.
    #[must_use]
    pub const fn accepts(self, deviation: Deviation) -> bool {
        self.accepted.contains(deviation)
    }

    /// The first of these that is not accepted.
    pub(super) fn refuses(self, seen: Deviations) -> Option<Deviation> {
        seen.minus(self.accepted).iter().next()
    }
}
