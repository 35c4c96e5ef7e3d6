//! Counts how long things took, with any number of samples in bounded memory.

use std::time::Duration;

/// Each power of two has this many equal steps, so that what is read is less than 1 % above what was noted.
const STEPS: u64 = 128;

/// A count for each step of nanoseconds, up to the longest sample.
#[derive(Debug, Default)]
pub(crate) struct Times {
    counts: Vec<u64>,
    all: u64,
}

impl Times {
    pub(crate) const fn len(&self) -> u64 {
        self.all
    }

    pub(crate) fn note(&mut self, time: Duration) {
        let step = step(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        if self.counts.len() <= step {
            self.counts.resize(step + 1, 0);
        }
        self.counts[step] += 1;
        self.all += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.all += other.all;
    }

    /// The shortest time that this share of all samples does not exceed, in milliseconds.
    pub(crate) fn milliseconds(&self, percent: u64) -> Option<f64> {
        let rank = (self.all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let step = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(last_of(step) as f64 / 1e6)
    }
}

/// Below `STEPS` each step is a nanosecond. From there on each power of two has `STEPS` steps.
fn step(nanoseconds: u64) -> usize {
    let doublings = (nanoseconds / STEPS).checked_ilog2().map_or(0, u64::from);
    // Each doubling before this one has `STEPS` steps, and the quotient has the last `STEPS` of them.
    (doublings * STEPS + (nanoseconds >> doublings)) as usize
}

/// The longest time of a step.
fn last_of(step: usize) -> u64 {
    let step = step as u64;
    let doublings = (step / STEPS).saturating_sub(1);
    ((step - doublings * STEPS + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(times: impl IntoIterator<Item = u64>) -> Times {
        let mut noted = Times::default();
        times.into_iter().map(Duration::from_nanos).for_each(|time| noted.note(time));
        noted
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let times = noted(1..=100);
        assert_eq!(times.milliseconds(50), Some(50e-6));
        assert_eq!(times.milliseconds(99), Some(99e-6));
        assert_eq!(noted([7, 8, 9]).milliseconds(50), Some(8e-6));
        assert_eq!(noted([7, 8, 9]).milliseconds(99), Some(9e-6));
        assert_eq!(noted([7]).milliseconds(50), Some(7e-6));
        assert_eq!(noted([]).milliseconds(50), None);
    }

    #[test]
    fn steps_follow_each_other_and_are_fine() {
        for at in 0..3000 {
            let last = last_of(at);
            assert_eq!((step(last), step(last + 1)), (at, at + 1), "{last}");
            let first = if at == 0 { 0 } else { last_of(at - 1) + 1 };
            assert!((last - first) * STEPS <= first, "{first} to {last}");
        }
    }

    #[test]
    fn what_was_noted_apart_is_found_together() {
        let mut times = noted([1_000_000; 98]);
        times.add(&noted([5_000_000_000, 2_000]));
        assert_eq!(times.len(), 100);
        let [half, most, all] = [50, 99, 100].map(|percent| times.milliseconds(percent).unwrap());
        assert!((1.0..1.008).contains(&half) && (1.0..1.008).contains(&most), "{half} {most}");
        assert!((5000.0..5040.0).contains(&all), "{all}");
    }
}
