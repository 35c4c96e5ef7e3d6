//! Maildrops in a database that many front ends share: PostgreSQL, or what speaks like it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::warn;

use crate::settings::Database;
use crate::store::Mailbox;

mod body;
mod delivery;
mod engine;
mod lease;
mod maildrop;
mod schema;
mod source;
mod users;

pub(super) use body::Body;
pub(crate) use engine::Engine;
use engine::{Failure, attempt};
use lease::Keeper;
pub(super) use maildrop::Open;
pub(crate) use source::{Source, Standard};

/// The id of a message. It grows with the time of delivery.
type Id = [u8; 16];

/// How many octets of a message stand in one row.
const CHUNK_OCTETS: usize = 64 * 1024;

/// What is going on.
pub(crate) struct State {
    pub(crate) leases: usize,
    pub(crate) leases_lost: u64,
    pub(crate) connections: usize,
    pub(crate) idle: usize,
    pub(crate) awaited: usize,
}

pub(crate) struct Sql {
    pub(crate) engine: Engine,
    keeper: Arc<Keeper>,
}

impl Sql {
    /// Nothing is connected yet. No answer of the database is waited for longer than `patience`.
    pub(crate) fn new(database: &Database, patience: Duration) -> anyhow::Result<Self> {
        let engine = Engine::new(database, patience)?;
        let keeper = Keeper::new(engine.clone(), Duration::from_secs(database.lease));
        Ok(Self { engine, keeper })
    }

    /// Makes the tables, or completes those of an earlier version. A database that is away is waited for.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        if let Err(error) = self.engine.pool().get().await {
            warn!("the database is waited for: {}", Failure::from(error));
            self.check().await?;
        }
        schema::complete(&self.engine.pool().get().await?).await
    }

    /// Keeps the leases. It never returns.
    pub(crate) async fn run(&self) {
        self.keeper.clone().run().await;
    }

    /// Gives back the leases of sessions that have ended.
    pub(crate) async fn end(&self) {
        self.keeper.give_back().await;
    }

    /// Asks the database for nothing in particular.
    pub(crate) async fn check(&self) -> anyhow::Result<()> {
        let done =
            attempt!(self.engine, |client| { Ok::<_, Failure>(client.simple_query("SELECT 1").await?) });
        done?;
        Ok(())
    }

    pub(crate) fn state(&self) -> State {
        let pool = self.engine.pool().status();
        State {
            leases: self.keeper.count(),
            leases_lost: self.keeper.lost.load(Ordering::Relaxed),
            connections: pool.size,
            idle: pool.available,
            awaited: pool.waiting,
        }
    }

    pub(crate) async fn open(&self, user: &str) -> anyhow::Result<Option<Mailbox>> {
        maildrop::open(self, user).await
    }
}
