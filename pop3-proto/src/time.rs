//! Time is an argument: eight bytes that the embedder hands in and gets back as deadlines.

use core::time::Duration;

/// A moment on the embedder's own clock, in milliseconds since whatever start it chose.
///
/// The crate never reads a clock. With `std`, the usual source is one `Instant` kept by the program:
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

    /// The moment `millis` milliseconds after the start of the clock.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The moment that long after the start of the clock, cut to whole milliseconds; saturates after 584 million years.
    #[must_use]
    pub const fn from_elapsed(start: Duration) -> Self {
        Self::ZERO.after(start)
    }

    /// Milliseconds since the start of the clock.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment `wait` later; saturates.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Self {
        let millis = wait.as_secs().saturating_mul(1000).saturating_add(wait.subsec_millis() as u64);
        Self(self.0.saturating_add(millis))
    }

    /// How long from `earlier` to this moment; zero if `earlier` is in fact later.
    #[must_use]
    pub const fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
