//! `Throttle`: after failed logins, makes the next attempts wait, longer each time, without keeping out others.

use core::time::Duration;

use super::expiring::Expiring;
use crate::time::Time;

/// How many failures of one user, from whatever network, do not slow down attempts from other networks.
const FREE_FOR_A_USER: u32 = 10;
/// How many users of one network may fail without slowing down others from there.
const FREE_FOR_A_NETWORK: u32 = 100;
/// For how long a network and a user who logged in together are known, in seconds: 30 days.
const KNOWN_SECS: u64 = 30 * 24 * 3600;
/// A record is kept for this many times the longest delay, for each failure up to the sixth.
const MEMORY: u32 = 20;

/// Who tries to log in: a network and the user name that the client gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim<N, U> {
    /// The client's network. `None` for a source that only your own users share, such as a webmail program:
    /// then only the user counts.
    pub network: Option<N>,
    /// The user, in one spelling for all names of the same user. `None` if no name is given, as with some
    /// tokens.
    pub user: Option<U>,
}

/// Slows down clients that guess passwords.
///
/// Failures are counted for a network together with a user: each doubles the time until that network may try
/// that user again. They are also counted for the user, against many networks that guess together: the first
/// 10 failures cost nothing. And the users with a failure are counted for the network, against one network
/// that tries every name: the first 100 users cost nothing. The eleventh failure of a user costs the delay
/// `first` (see [`Throttle::new`]), and each further one doubles it. In a network the 101st user who fails
/// adds `first` to the time between two attempts, and so does each hundredth user after that. No delay is
/// longer than `longest`. With fewer failures, users who share a network or a name with a guesser do not
/// wait. A network and a user that logged in together in the last 30 days wait for their own failures only. A
/// successful login takes back what was counted for the same network and user, and nothing else.
///
/// Call [`attempt`](Self::attempt) as soon as you know the name, before you check anything, and wait until the
/// time that it returns. The attempt counts as a failure from then on, until [`succeeded`](Self::succeeded)
/// takes that back, so that attempts at the same time do not all pass, and one that the client cancels counts.
/// Report a failure with [`failed`](Self::failed): the next attempt then waits from that time on. The number of
/// failures in one *session* is a separate limit,
/// [`Limits::with_max_login_failures`](crate::Limits::with_max_login_failures).
///
/// ```
/// use core::time::Duration;
/// use pop3_proto::{Time, policy::{Claim, Throttle}};
/// let mut throttle = Throttle::new(10_000, Duration::from_secs(1), Duration::from_secs(30));
/// let patience = Duration::from_secs(2);
/// let (now, ann) = (Time::from_millis(5_000), Claim { network: Some("192.0.2.0"), user: Some("ann") });
/// assert_eq!(throttle.attempt(ann, now, patience), Some(now)); // at once
/// throttle.failed(ann, now);
/// assert_eq!(throttle.attempt(ann, now, patience), Some(Time::from_millis(6_000))); // after 1 s
/// assert_eq!(throttle.attempt(ann, now, patience), None); // it would have to wait for 3 s
/// let bob = Claim { user: Some("bob"), ..ann };
/// assert_eq!(throttle.attempt(bob, now, patience), Some(now)); // ann's failures are not his
/// ```
///
/// There is room for a fixed number of records of each kind. If none is left, the record that expires first is
/// removed, usually one with few failures. To get rid of a record of its own, a guesser would have to fill the
/// table with records of as many failures.
#[derive(Clone, Debug)]
pub struct Throttle<N, U> {
    first: Duration,
    longest: Duration,
    claims: Expiring<Claim<N, U>, Failures>,
    users: Expiring<U, Slots>,
    networks: Expiring<N, Slots>,
    known: Expiring<Claim<N, U>, ()>,
}

/// What a network and a user have failed together.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    own: Slots,
    /// What of it was counted for the user alone, and whether for the network.
    for_user: u32,
    for_network: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slots {
    count: u32,
    /// From when on the next attempt may be checked.
    next: Time,
}

impl Slots {
    /// Takes one. An attempt that waits for something else does not make others wait for it.
    fn take(&mut self, wait: Duration, now: Time) {
        self.next = self.next.max(now).after(wait);
    }
}

impl<N: Ord + Clone, U: Ord + Clone> Throttle<N, U> {
    /// Creates tables for at most `records` pairs of network and user, as many users, and as many networks.
    /// For a pair of network and user, the first failure costs the delay `first`, and each further failure
    /// doubles it, up to `longest`. One failure is remembered for 20 times `longest`, two for 40 times, and
    /// six or more for 120 times.
    #[must_use]
    pub const fn new(records: usize, first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            claims: Expiring::new(records),
            users: Expiring::new(records),
            networks: Expiring::new(records),
            known: Expiring::new(records),
        }
    }

    /// When the present attempt may be checked: `now`, or later if there were failures. Attempts that come at
    /// the same time are put one after the other.
    ///
    /// `None` if it would have to wait longer than `patience`. Refuse it then, for instance with
    /// [`Code::SysTemp`](crate::Code::SysTemp). Such an attempt is not recorded, so a flood of attempts does
    /// not lock anybody out for longer.
    #[must_use = "an attempt that does not wait is not slowed down"]
    pub fn attempt(&mut self, who: Claim<N, U>, now: Time, patience: Duration) -> Option<Time> {
        let mut turn = self.failures(&who, now).own.next.max(now);
        if !self.is_known(&who, now) {
            let user = who.user.as_ref().and_then(|user| self.users.get(user, now));
            let network = who.network.as_ref().and_then(|network| self.networks.get(network, now));
            for (_, slots) in [user, network].into_iter().flatten() {
                turn = turn.max(slots.next);
            }
        }
        if turn > now.after(patience) {
            return None;
        }
        self.count(who, turn, now);
        Some(turn)
    }

    /// Reports that the credentials were wrong: the next attempt waits from now on.
    pub fn failed(&mut self, who: Claim<N, U>, now: Time) {
        let mut failures = self.failures(&who, now);
        if failures.own.count == 0 {
            // A success at the same time, or want of room, has taken the record away.
            return self.count(who, now, now);
        }
        failures.own.next = failures.own.next.max(now.after(self.delay(failures.own.count)));
        self.put(who, failures, now);
    }

    /// Reports that the credentials were right, and that the user is the one whom the client named before. Do
    /// not call this if the client has proved to be another user than the one that it named: the call would
    /// take back failures of the named user.
    pub fn succeeded(&mut self, who: Claim<N, U>, now: Time) {
        let failures = self.failures(&who, now);
        self.claims.remove(&who);
        let forgive = |slots: Option<(Time, &Slots)>, of: u32| {
            let (end, slots) = slots?;
            Some((end, Slots { count: slots.count.saturating_sub(of), ..*slots }))
        };
        if let Some(user) = &who.user
            && let Some((end, slots)) = forgive(self.users.get(user, now), failures.for_user)
        {
            self.users.insert(user.clone(), slots, end, now);
        }
        if let Some(network) = &who.network
            && let Some((end, slots)) = forgive(self.networks.get(network, now), failures.for_network)
        {
            self.networks.insert(network.clone(), slots, end, now);
        }
        self.known.insert(who, (), now.after(Duration::from_secs(KNOWN_SECS)), now);
    }

    fn is_known(&self, who: &Claim<N, U>, now: Time) -> bool {
        self.known.get(who, now).is_some()
    }

    fn failures(&self, who: &Claim<N, U>, now: Time) -> Failures {
        self.claims.get(who, now).map(|(_, failures)| *failures).unwrap_or_default()
    }

    /// Counts an attempt that is checked at `turn`.
    fn count(&mut self, who: Claim<N, U>, turn: Time, now: Time) {
        let mut failures = self.failures(&who, now);
        failures.own.count = failures.own.count.saturating_add(1);
        failures.own.next = turn.after(self.delay(failures.own.count));
        if !self.is_known(&who, now) {
            if let Some(user) = who.user.clone() {
                failures.for_user = failures.for_user.saturating_add(1);
                let mut slots = self.users.get(&user, now).map(|(_, slots)| *slots).unwrap_or_default();
                slots.count = slots.count.saturating_add(1);
                slots.take(self.delay(slots.count.saturating_sub(FREE_FOR_A_USER)), now);
                self.users.insert(user, slots, self.end(slots), now);
            }
            if let Some(network) = who.network.clone() {
                let mut slots = self.networks.get(&network, now).map(|(_, slots)| *slots).unwrap_or_default();
                // Only the first failure of each user counts.
                slots.count = slots.count.saturating_add(1_u32.saturating_sub(failures.for_network));
                failures.for_network = 1;
                let wait = self.first.saturating_mul(slots.count.saturating_sub(1) / FREE_FOR_A_NETWORK);
                slots.take(wait.min(self.longest), now);
                self.networks.insert(network, slots, self.end(slots), now);
            }
        }
        self.put(who, failures, now);
    }

    fn put(&mut self, who: Claim<N, U>, failures: Failures, now: Time) {
        self.claims.insert(who, failures, self.end(failures.own), now);
    }

    fn end(&self, slots: Slots) -> Time {
        slots.next.after(self.longest.saturating_mul(MEMORY).saturating_mul(slots.count.clamp(1, 6)))
    }

    /// The delay after so many failures.
    fn delay(&self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        self.first.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(self.longest)
    }
}
