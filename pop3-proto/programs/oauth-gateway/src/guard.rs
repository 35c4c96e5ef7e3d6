//! Makes guessing of the local password slow, and keeps places free for devices that have it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pop3_proto::Time;
use tokio::sync::Notify;

/// The first wrong password costs this much, each further one twice as much, up to the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// Wrong passwords are forgotten after this time without any.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// A device is not held up for longer, but refused.
const PATIENCE: Duration = Duration::from_secs(35);
/// The most addresses, and the most devices with the password, that are remembered.
const KNOWN: usize = 4096;

pub(crate) struct Guard(Mutex<State>);

struct State {
    /// How many wrong passwords came from each network, and when its next one may be looked at.
    wrong: BTreeMap<IpAddr, (u32, Time)>,
    /// The address and user of devices that had the right password last, and when that was.
    good: BTreeMap<(IpAddr, String), Time>,
    /// The sessions that have not logged in, the oldest first.
    waiting: BTreeMap<u64, Arc<Notify>>,
    count: u64,
}

impl Guard {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State {
            wrong: BTreeMap::new(),
            good: BTreeMap::new(),
            waiting: BTreeMap::new(),
            count: 0,
        }))
    }

    /// When this device may hear whether its password is right; `None` if there are too many guesses. A wrong
    /// password counts at once, so that guesses that come together do not pass together, and a right one
    /// waits as long as a wrong one, so that the time tells nothing.
    ///
    /// Devices share the address of the loopback, so one that had the right password last time is not held up
    /// for the guesses of another. A wrong one with its name costs it that privilege. A right password does
    /// not make the wrong ones of its network forgotten.
    pub(crate) fn attempt(&self, address: IpAddr, user: &str, is_right: bool, now: Time) -> Option<Time> {
        self.with(|state| {
            let (key, network) = ((address, user.to_owned()), network(address));
            let was_good = state.good.remove(&key).is_some();
            let (count, next) = state.known(network, now);
            let turn = if was_good { now } else { next.max(now) };
            if turn > now.after(PATIENCE) {
                return None;
            }
            if is_right {
                state.put_good(key, now);
            } else {
                let count = count.saturating_add(1);
                state.put(network, (count, next.max(now).after(delay(count))));
            }
            Some(turn)
        })
    }

    /// A session that waits for a password. It has to leave when it is notified.
    pub(crate) fn wait(&self) -> (Waiting<'_>, Arc<Notify>) {
        let leave = Arc::new(Notify::new());
        let number = self.with(|state| {
            state.count += 1;
            state.waiting.insert(state.count, leave.clone());
            state.count
        });
        (Waiting { guard: self, number, over: AtomicBool::new(false) }, leave)
    }

    /// Sends away the session that has waited for the longest. `false` if none waits.
    pub(crate) fn make_room(&self) -> bool {
        self.with(|state| state.waiting.pop_first()).is_some_and(|(_, leave)| {
            leave.notify_one();
            true
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn known(&self, network: IpAddr, now: Time) -> (u32, Time) {
        let known = self.wrong.get(&network).filter(|(_, next)| next.after(FORGOTTEN) > now);
        known.copied().unwrap_or((0, now))
    }

    fn put_good(&mut self, key: (IpAddr, String), now: Time) {
        self.good.insert(key, now);
        if self.good.len() > KNOWN {
            let oldest = self.good.iter().min_by_key(|(_, time)| **time).map(|(key, _)| key.clone());
            oldest.map(|oldest| self.good.remove(&oldest));
        }
    }

    /// If there is no room, the network whose turn was the longest ago is forgotten.
    fn put(&mut self, network: IpAddr, entry: (u32, Time)) {
        self.wrong.insert(network, entry);
        if self.wrong.len() > KNOWN {
            let oldest = self.wrong.iter().min_by_key(|(_, (_, next))| *next).map(|(network, _)| *network);
            oldest.map(|oldest| self.wrong.remove(&oldest));
        }
    }
}

fn delay(failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST.saturating_mul(factor).min(LONGEST)
}

/// Whoever has one address of IPv6 has all of its 2^64 neighbours, too.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

/// A place among those that wait, until the device has shown the password or is gone.
pub(crate) struct Waiting<'g> {
    guard: &'g Guard,
    number: u64,
    over: AtomicBool,
}

impl Waiting<'_> {
    /// The device has shown the password and need not leave any more.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.guard.with(|state| state.waiting.remove(&self.number));
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
