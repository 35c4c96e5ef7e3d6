//! `Time`: a point in time on the embedder's clock. The crate never reads a clock; it takes times as
//! arguments and returns deadlines.

use core::time::Duration;

/// A point in time on the embedder's own clock, in milliseconds since a start that the embedder chooses.
///
/// With `std`, the usual source is one `Instant` that the program keeps:
///
/// ```
/// use pop3_proto::Time;
/// let start = std::time::Instant::now();
/// let now = || Time::from_elapsed(start.elapsed());
/// assert!(now() >= Time::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The start of the embedder's clock.
    pub const ZERO: Self = Self(0);

    /// The time `millis` milliseconds after the start of the clock.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The time at which the clock has run for this duration, cut to whole milliseconds. Saturates after 584
    /// million years.
    #[must_use]
    pub const fn from_elapsed(elapsed: Duration) -> Self {
        Self::ZERO.after(elapsed)
    }

    /// Milliseconds since the start of the clock.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time `wait` later; saturates.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Self {
        let millis = wait.as_secs().saturating_mul(1000).saturating_add(wait.subsec_millis() as u64);
        Self(self.0.saturating_add(millis))
    }

    /// How long it is from `earlier` to this time; zero if `earlier` is in fact later.
    #[must_use]
    pub const fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
