//! `Throttle`: after a failed login, makes the next attempts wait, longer each time.

use core::time::Duration;

use super::expiring::Expiring;
use crate::time::Time;

/// Slows down clients that guess passwords, by address, by user name, or by any other key.
///
/// Call [`attempt`](Self::attempt) before you check credentials, wait until the time that it returns, and
/// report the outcome. A client that cancels an exchange with `*` or closes the connection causes no event,
/// so report a failure as soon as you know it, before the exchange ends. The number of failures in one
/// *session* is a separate limit,
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
/// // A second attempt at the same time has to wait longer: attempts in parallel are not faster.
/// assert_eq!(throttle.attempt(who, now, patience), Some(Time::from_millis(7_000)));
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
    /// From when on the next attempt may be checked.
    next: Time,
}

impl<K: Ord + Clone> Throttle<K> {
    /// Creates a table for at most `keys` keys at a time. The first failure costs the delay `first`. Each
    /// further failure doubles it, up to `longest`. A key is remembered for twenty times `longest` from the
    /// time at which its next attempt may be checked.
    #[must_use]
    pub const fn new(keys: usize, first: Duration, longest: Duration) -> Self {
        Self { first, longest, known: Expiring::new(keys) }
    }

    /// When the present attempt may be checked: `now`, or later if there were failures. Attempts that come at
    /// the same time are put one after the other.
    ///
    /// `None` if it would have to wait longer than `patience`. Refuse it then, for instance with
    /// [`Code::SysTemp`](crate::Code::SysTemp). Such an attempt is not recorded, so a flood of attempts does
    /// not lock anybody out for longer.
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

    /// Reports that the credentials were wrong.
    pub fn failed(&mut self, key: K, now: Time) {
        let before = self.known.get(&key, now).map(|(_, record)| *record);
        let failures = before.map_or(1, |record| record.failures.saturating_add(1));
        let next = now.after(self.delay(failures));
        let next = before.map_or(next, |record| record.next.max(next));
        self.put(key, Record { failures, next }, now);
    }

    /// Reports that the credentials were right. Earlier failures are forgotten.
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
