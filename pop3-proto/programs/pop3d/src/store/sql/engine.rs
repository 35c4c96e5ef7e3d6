//! [`Engine`]: connections to the database, and what is done again when one of them breaks.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context as _;
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use pop3_programs_common::secret;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::settings::Database;

/// The first pause before something is done again; each further one is twice as long, up to the longest.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A pool of connections to the primary of the database.
#[derive(Clone)]
pub(crate) struct Engine {
    pool: Pool,
    /// How long one piece of work may take, with all its attempts.
    patience: Duration,
}

/// Why a piece of work failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("no connection to the database: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("{}", told(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("the database took longer than `files` in [limits] allows")]
    TooSlow,
}

impl Failure {
    /// Whether the same may be tried again.
    fn may_pass(&self) -> bool {
        match self {
            Self::Pool(deadpool_postgres::PoolError::Backend(error)) => may_pass(error),
            Self::Pool(_) | Self::TooSlow => true,
            Self::Database(error) => may_pass(error),
        }
    }
}

fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(known) => format!("the database says: {} ({})", known.message(), known.code().code()),
        None => error.to_string(),
    }
}

/// Whether the error comes from a connection that broke, a server that stops or is no primary any more, or a
/// conflict with others. What is refused for another reason would be refused again.
fn may_pass(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else { return true };
    let class = code.code().get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53" | "57") || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

/// Whether the database is on this machine.
fn is_here(config: &Config) -> bool {
    let is_loopback = |name: &str| name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => name == "localhost" || is_loopback(name),
            Host::Unix(_) => true,
        }),
        addresses => addresses.iter().all(IpAddr::is_loopback),
    }
}

impl Engine {
    /// Connections are made when they are needed.
    pub(crate) fn new(database: &Database, patience: Duration) -> anyhow::Result<Self> {
        let mut config: Config = database.url.value.parse().with_context(|| database.url.to_string())?;
        if let Some(file) = &database.password {
            let line = secret::read(&file.value, patience).with_context(|| file.to_string())?;
            config.password(line.as_slice());
        }
        config.application_name("pop3d");
        // A server that follows another one takes no writes: the primary is found among the hosts.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect_timeout(patience.min(Duration::from_secs(5)));
        config.tcp_user_timeout(patience.min(Duration::from_secs(30)));
        // Somebody between here and another machine could say that the database knows no TLS, and ask for the password.
        if config.get_ssl_mode() == SslMode::Prefer && !is_here(&config) {
            config.ssl_mode(SslMode::Require);
        }
        let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, NoTls, how)
        } else {
            Manager::from_config(config, MakeRustlsConnect::new(database.tls()?), how)
        };
        let limit = format!("SET statement_timeout = {}", patience.as_millis());
        let pool = Pool::builder(manager)
            .max_size(database.connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(patience))
            .create_timeout(Some(patience))
            .post_create(Hook::async_fn(move |client, _| {
                let limit = limit.clone();
                Box::pin(async move { client.batch_execute(&limit).await.map_err(HookError::Backend) })
            }))
            .build()
            .context("the pool of connections to the database")?;
        Ok(Self { pool, patience })
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// For what cannot be tried again: one step of a transaction.
    pub(super) async fn in_time<T, E>(&self, step: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        self.attempts().within(async { Ok(step.await?) }).await
    }

    pub(super) fn attempts(&self) -> Attempts {
        Attempts { pool: self.pool.clone(), end: Instant::now() + self.patience, pause: PAUSE }
    }
}

/// The attempts at one piece of work, until its time is over; see [`attempt!`].
pub(super) struct Attempts {
    pool: Pool,
    end: Instant,
    pause: Duration,
}

impl Attempts {
    pub(super) async fn client(&self) -> Result<Object, Failure> {
        self.within(async { Ok(self.pool.get().await?) }).await
    }

    /// Waits for this no longer than there is time.
    pub(super) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout_at(self.end, work).await.unwrap_or(Err(Failure::TooSlow))
    }

    /// Waits before the next attempt, if there is to be one. What is still under way on the connection of the last
    /// one is of no use any more.
    pub(super) async fn next(&mut self, failure: Failure, client: Option<Object>) -> Result<(), Failure> {
        drop(client.map(Object::take));
        if !failure.may_pass() || Instant::now() + self.pause >= self.end {
            return Err(failure);
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// Does the work on a connection, and again on another one while it may pass and there is time. The work has to come
/// to the same whether an attempt that failed was carried out or not.
macro_rules! attempt {
    ($engine:expr, |$client:ident| $work:block) => {{
        let mut attempts = $engine.attempts();
        loop {
            let (failure, client) = match attempts.client().await {
                Err(failure) => (failure, None),
                Ok(client) => {
                    let $client = &client;
                    match attempts.within(async { $work }).await {
                        Ok(done) => break Ok(done),
                        Err(failure) => (failure, Some(client)),
                    }
                }
            };
            if let Err(failure) = attempts.next(failure, client).await {
                break Err(failure);
            }
        }
    }};
}

pub(super) use attempt;
