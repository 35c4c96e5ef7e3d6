//! How long things may take: `--timeout` without progress, `--max-time` in all, and a least rate, so that no
//! server holds a session for ever by sending one octet after another.

use std::io;
use std::time::{Duration, Instant};

use crate::options::Options;

/// `--timeout`, unless the user says otherwise.
const TIMEOUT: u64 = 120;
/// A longer time is no different, and cannot be added to others.
const LONGEST: u64 = 100 * 365 * 24 * 60 * 60;
/// `--max-time`, unless the user says otherwise: a run that goes on from where this one ends is due by then.
const MAX_TIME: u64 = 24 * 60 * 60;
/// The octets of one reply for which the server may take another second.
pub(crate) const RATE: u64 = 100;

/// The limits of one account, from the moment when its turn comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    /// When everything has to be over.
    pub(crate) end: Option<Instant>,
}

impl Limits {
    pub(crate) fn start(options: &Options) -> Self {
        let timeout = Duration::from_secs(options.timeout.unwrap_or(TIMEOUT).clamp(1, LONGEST));
        let max_time = options.max_time.unwrap_or(MAX_TIME);
        // 0, and a time beyond all clocks, is no limit.
        let end = Some(max_time).filter(|seconds| *seconds > 0);
        Self {
            timeout,
            end: end.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds))),
        }
    }

    /// How long one step may still take.
    ///
    /// # Errors
    ///
    /// `--max-time` is over.
    pub(crate) fn left(&self, at_most: Duration) -> io::Result<Duration> {
        let Some(end) = self.end else { return Ok(at_most) };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(over()) } else { Ok(left.min(at_most)) }
    }

    /// The error of a step that took too long: whichever limit it was that it met.
    pub(crate) fn passed(&self, limit: Duration) -> io::Error {
        match self.end {
            Some(end) if Instant::now() >= end => over(),
            _ => late(format!("no progress for {} s", limit.as_secs())),
        }
    }
}

pub(crate) fn late(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, why.into())
}

fn over() -> io::Error {
    late("--max-time is over")
}
