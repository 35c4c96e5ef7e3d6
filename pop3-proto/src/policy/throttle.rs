//! Who fails to log in waits before the next attempt is looked at, and longer each time.

use core::time::Duration;

use super::expiring::Expiring;
use crate::time::Time;

/// Slows down those who guess passwords, by address, by user name, or by whatever the key is.
///
/// Ask [`attempt`](Self::attempt) before you look at credentials, wait until the moment it names, and report the outcome. A client that
/// breaks an exchange off with `*`, or hangs up, does so without an event: count an exchange as failed as soon as it cannot
/// succeed any more. How many failures one *session* may have is another limit,
/// [`Limits::with_max_login_failures`](crate::Limits::with_max_login_failures).
///
/// ```
/// use core::time::Duration;
/// use pop3_proto::{Time, policy::Throttle};
/// let mut throttle = Throttle::new(10_000, Duration::from_secs(1), Duration::from_secs(30));
/// let patience = Duration::from_secs(2);
/// let (who, now) = ("192.0.2.1", Time::from_millis(5_000));
/// assert_eq!(throttle.attempt(who, now, patience), Some(now)); // at once
/// throttle.failed(who, now);
/// assert_eq!(throttle.attempt(who, now, patience), Some(Time::from_millis(6_000))); // after 1 s
/// assert_eq!(throttle.attempt(who, now, patience), Some(Time::from_millis(7_000))); // side by side is not faster
/// assert_eq!(throttle.attempt(who, now, patience), None); // too many wait already
/// ```
#[derive(Clone, Debug)]
pub struct Throttle<K> {
    first: Duration,
    longest: Duration,
    known: Expiring<K, Record>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    failures: u32,
    /// When the next attempt has its turn.
    next: Time,
}

impl<K: Ord + Clone> Throttle<K> {
    /// For at most `keys` keys at a time. The first failure costs the delay `first`, each further one twice the one before, up to
    /// `longest`. Twenty times `longest` after its last turn a key is forgotten.
    #[must_use]
    pub const fn new(keys: usize, first: Duration, longest: Duration) -> Self {
        Self { first, longest, known: Expiring::new(keys) }
    }

    /// When the attempt that is there now may be looked at: `now`, or later after failures. Attempts that come side by side get
    /// their turns one after the other.
    ///
    /// `None` if that would be more than `patience` away: refuse the attempt, with [`Code::SysTemp`](crate::Code::SysTemp) for
    /// instance. It leaves no trace, so a flood of attempts keeps nobody out for longer.
    #[must_use = "an attempt that does not wait is not slowed down"]
    pub fn attempt(&mut self, key: K, now: Time, patience: Duration) -> Option<Time> {
        let Some((_, &record)) = self.known.get(&key, now) else { return Some(now) };
        let turn = record.next.max(now);
        if turn > now.after(patience) {
            return None;
        }
        self.put(key, Record { next: turn.after(self.delay(record.failures)), ..record }, now);
        Some(turn)
    }

    /// The credentials were wrong.
    pub fn failed(&mut self, key: K, now: Time) {
        let before = self.known.get(&key, now).map(|(_, record)| *record);
        let failures = before.map_or(1, |record| record.failures.saturating_add(1));
        let next = now.after(self.delay(failures));
        let next = before.map_or(next, |record| record.next.max(next));
        self.put(key, Record { failures, next }, now);
    }

    /// The credentials were right: the past is forgotten.
    pub fn succeeded(&mut self, key: &K) {
        self.known.remove(key);
    }

    fn put(&mut self, key: K, record: Record, now: Time) {
        let end = record.next.after(self.longest.saturating_mul(20));
        self.known.insert(key, record, end, now);
    }

    fn delay(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}
