//! What workers report at their end.

use anyhow::Context as _;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::processor::Used;

/// Counts errors and keeps the first.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    pub(crate) count: u64,
    pub(crate) first: Option<String>,
}

impl Errors {
    pub(crate) fn note<T>(&mut self, result: anyhow::Result<T>) -> Option<T> {
        result
            .map_err(|error| {
                self.count += 1;
                self.first.get_or_insert_with(|| format!("{error:#}"));
            })
            .ok()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.take().or(other.first);
    }
}

/// Waits for all workers. One that panicked fails the whole run.
pub(crate) async fn join<T: 'static>(mut workers: JoinSet<T>, mut each: impl FnMut(T)) -> anyhow::Result<()> {
    while let Some(done) = workers.join_next().await {
        each(done.context("a worker")?);
    }
    Ok(())
}

/// The figures of a mode, and those that all modes have in common.
pub(crate) fn report(mut found: Value, errors: Errors, used: Used) -> Value {
    found["errors"] = errors.count.into();
    found["first_error"] = errors.first.into();
    found["server_cpu_seconds"] = used.server.map(|time| time.as_secs_f64()).into();
    found["driver_cpu_seconds"] = used.driver.map(|time| time.as_secs_f64()).into();
    found
}
