//! The lock of a maildrop: a lease with a number that grows by one with each holder.
//!
//! A lease is taken at login, renewed by the [`Keeper`] of this front end while the session lives, and given back
//! after it. Only the clock of the database counts. A front end that stood still for longer than its leases last may
//! have lost them: it finds another number when it wants to remove messages, and removes none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::engine::{Engine, Failure, attempt};
use crate::crypto;

/// A lease may only be taken if there is none or if its time is over. The holder who did not hear that it was taken
/// gets it once more, under the same number. If that holder has given it back, this statement comes too late.
const TAKE: &str = "
    INSERT INTO pop3d_maildrops (name, lease_number, lease_holder, lease_until)
    VALUES ($1, 1, $2, now() + $3::FLOAT8 * INTERVAL '1 second')
    ON CONFLICT (name) DO UPDATE SET
        lease_number = pop3d_maildrops.lease_number
            + CASE WHEN pop3d_maildrops.lease_holder = excluded.lease_holder THEN 0 ELSE 1 END,
        lease_holder = excluded.lease_holder,
        lease_until = excluded.lease_until
    WHERE CASE WHEN pop3d_maildrops.lease_holder = excluded.lease_holder THEN pop3d_maildrops.lease_until IS NOT NULL
        ELSE pop3d_maildrops.lease_until IS NULL OR pop3d_maildrops.lease_until < now() END
    RETURNING lease_number";

/// A lease that was given back in the meantime stays free.
const RENEW: &str = "
    UPDATE pop3d_maildrops SET lease_until = now() + $3::FLOAT8 * INTERVAL '1 second'
    FROM (SELECT unnest($1::TEXT[]) AS name, unnest($2::INT8[]) AS number) AS held
    WHERE pop3d_maildrops.name = held.name AND pop3d_maildrops.lease_number = held.number
        AND pop3d_maildrops.lease_until IS NOT NULL
    RETURNING pop3d_maildrops.name";

const GIVE_BACK: &str = "
    UPDATE pop3d_maildrops SET lease_until = NULL
    FROM (SELECT unnest($1::TEXT[]) AS name, unnest($2::INT8[]) AS number) AS held
    WHERE pop3d_maildrops.name = held.name AND pop3d_maildrops.lease_number = held.number";

/// How many leases are renewed by one statement.
const AT_ONCE: usize = 1000;

/// Holds all leases of this front end.
pub(crate) struct Keeper {
    engine: Engine,
    /// How long a lease lasts.
    length: Duration,
    held: Mutex<Held>,
    changed: Notify,
    /// How many were lost.
    pub(super) lost: AtomicU64,
}

#[derive(Default)]
struct Held {
    numbers: HashMap<String, i64>,
    /// To be given back.
    free: Vec<(String, i64)>,
}

/// A lease, until this is dropped.
pub(super) struct Lease {
    keeper: Arc<Keeper>,
    pub(super) name: String,
    pub(super) number: i64,
}

impl Keeper {
    pub(super) fn new(engine: Engine, length: Duration) -> Arc<Self> {
        let (held, changed, lost) = Default::default();
        Arc::new(Self { engine, length, held, changed, lost })
    }

    /// `None` if another session has it.
    pub(super) async fn take(self: &Arc<Self>, name: &str) -> anyhow::Result<Option<Lease>> {
        let holder = crypto::random_text()?;
        let length = self.length.as_secs_f64();
        let row = attempt!(self.engine, |client| {
            let statement = client.prepare_cached(TAKE).await?;
            Ok(client.query_opt(&statement, &[&name, &holder, &length]).await?)
        });
        let Some(row) = row? else { return Ok(None) };
        let number = row.try_get(0)?;
        self.held().numbers.insert(name.to_owned(), number);
        Ok(Some(Lease { keeper: self.clone(), name: name.to_owned(), number }))
    }

    /// How many leases are held.
    pub(super) fn count(&self) -> usize {
        self.held().numbers.len()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews and gives back. It never returns.
    pub(super) async fn run(self: Arc<Self>) {
        let turn = self.length / 3;
        loop {
            let _ = timeout(turn, self.until_renewal(turn)).await;
            self.renew().await;
        }
    }

    /// Gives back what comes free, until it is time to renew the others.
    async fn until_renewal(&self, turn: Duration) {
        loop {
            self.changed.notified().await;
            // Several that end at about the same time are given back together.
            sleep(Duration::from_millis(5).min(turn)).await;
            self.give_back().await;
        }
    }

    async fn renew(&self) {
        self.give_back().await;
        let all: Vec<(String, i64)> =
            self.held().numbers.iter().map(|(name, number)| (name.clone(), *number)).collect();
        for some in all.chunks(AT_ONCE) {
            match self.update(RENEW, some, Some(self.length)).await {
                Ok(renewed) => {
                    let mut held = self.held();
                    for (name, number) in some {
                        // Given back in the meantime, or lost.
                        if !renewed.contains(name) && held.numbers.get(name) == Some(number) {
                            held.numbers.remove(name);
                            self.lost.fetch_add(1, Ordering::Relaxed);
                            warn!(user = name, "the lease of the maildrop is lost");
                        }
                    }
                }
                Err(error) => warn!("renewing leases: {error}"),
            }
        }
    }

    /// Gives back what is to be given back. What cannot be given back ends by itself.
    pub(super) async fn give_back(&self) {
        let free = std::mem::take(&mut self.held().free);
        for some in free.chunks(AT_ONCE) {
            if let Err(error) = self.update(GIVE_BACK, some, None).await {
                warn!("giving back leases, which end in {} s: {error}", self.length.as_secs());
            }
        }
    }

    async fn update(
        &self,
        what: &str,
        leases: &[(String, i64)],
        length: Option<Duration>,
    ) -> Result<Vec<String>, Failure> {
        let (names, numbers): (Vec<&str>, Vec<i64>) =
            leases.iter().map(|(name, number)| (name.as_str(), *number)).unzip();
        let length = length.map(|length| length.as_secs_f64());
        let rows = attempt!(self.engine, |client| {
            let statement = client.prepare_cached(what).await?;
            Ok(match &length {
                Some(length) => client.query(&statement, &[&names, &numbers, length]).await?,
                None => client.query(&statement, &[&names, &numbers]).await?,
            })
        });
        Ok(rows?.iter().filter_map(|row| row.try_get(0).ok()).collect())
    }
}

impl Lease {
    /// Gives it back now. If that fails, it is tried again later.
    pub(super) async fn give_back(&self) {
        if self.keeper.update(GIVE_BACK, &[(self.name.clone(), self.number)], None).await.is_ok() {
            self.is_given_back();
        }
    }

    /// The lease was given back together with something else.
    pub(super) fn is_given_back(&self) {
        let mut held = self.keeper.held();
        if held.numbers.get(&self.name) == Some(&self.number) {
            held.numbers.remove(&self.name);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = self.keeper.held();
        if held.numbers.get(&self.name) == Some(&self.number) {
            held.numbers.remove(&self.name);
            held.free.push((std::mem::take(&mut self.name), self.number));
            self.keeper.changed.notify_one();
        }
    }
}
