//! Attempts to log in: the throttle, and what it knows of the present one.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use pop3_proto::Time;
use pop3_proto::policy::{Claim, Throttle};
use tokio::time::{Instant, sleep};

use crate::guard;
use crate::settings::Login;

/// The most records of each kind that are kept.
const REMEMBERED: usize = 100_000;
/// An attempt that would have to wait longer than this is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest delay after failed logins.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// All attempts of all clients. Names are kept as hashes, so that long ones take no room.
pub(crate) struct Attempts {
    throttle: Mutex<Throttle<IpAddr, u64>>,
    hasher: RandomState,
    trusted: Vec<IpNet>,
    started: Instant,
}

/// An attempt of one client, from the first name that it says.
#[derive(Default)]
pub(crate) struct Attempt {
    claim: Option<Claim<IpAddr, u64>>,
    /// The user whom the client named, if it named one.
    user: Option<String>,
    /// The user who the client is once its credentials are right.
    pub(crate) proved: Option<String>,
}

impl Attempts {
    pub(crate) fn new(login: &Login, started: Instant) -> Self {
        let first = Duration::from_secs(login.failure_delay);
        let throttle = Mutex::new(Throttle::new(REMEMBERED, first, LONGEST_DELAY.max(first)));
        Self { throttle, hasher: RandomState::new(), trusted: login.trusted.clone(), started }
    }

    /// Begins an attempt of a client from that address, as that user. Waits if there were failures. `None` if the
    /// wait would be too long.
    pub(crate) async fn begin(&self, client: IpAddr, user: Option<&str>) -> Option<Attempt> {
        let trusted = self.trusted.iter().any(|net| net.contains(&client));
        let claim = Claim {
            network: (!trusted).then(|| guard::network(client)),
            user: user.map(|user| self.hasher.hash_one(user)),
        };
        let now = self.now();
        let turn = self.throttle().attempt(claim, now, LONGEST_WAIT)?;
        // Even a wait for nothing takes a timer, and a timer takes a millisecond.
        if turn > now {
            sleep(turn.duration_since(now)).await;
        }
        Some(Attempt { claim: Some(claim), user: user.map(str::to_owned), proved: None })
    }

    pub(crate) fn failed(&self, attempt: &Attempt) {
        if let Some(claim) = attempt.claim {
            self.throttle().failed(claim, self.now());
        }
    }

    /// Reports that the client is this user. Failures are taken back only if it named that user before: a token
    /// may be somebody else's.
    pub(crate) fn succeeded(&self, attempt: &Attempt, user: &str) {
        if let Some(claim) = attempt.claim.filter(|_| attempt.user.as_deref().is_none_or(|said| said == user))
        {
            self.throttle().succeeded(claim, self.now());
        }
    }

    fn now(&self) -> Time {
        Time::from_elapsed(self.started.elapsed())
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle<IpAddr, u64>> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
