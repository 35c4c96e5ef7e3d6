//! Short sessions, one after another.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Span;
use crate::connection::Target;
use crate::outcome::{Errors, join};

/// After a session that failed, so that a server that is gone does not make millions of errors.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) async fn run(target: &Arc<Target>, span: Span) -> anyhow::Result<Value> {
    let deadline = Instant::now() + span.seconds;
    let mut workers = JoinSet::new();
    for nth in 0..span.connections {
        let target = target.clone();
        workers.spawn(async move {
            let (mut times, mut errors) = (Vec::new(), Errors::default());
            loop {
                let start = Instant::now();
                let done = errors.note(session(&target, nth).await);
                let end = Instant::now();
                if done.is_some() && end <= deadline {
                    times.push(end - start);
                }
                if end >= deadline {
                    return (times, errors);
                }
                if done.is_none() {
                    sleep(PAUSE).await;
                }
            }
        });
    }
    let (mut times, mut errors) = (Vec::new(), Errors::default());
    join(workers, |(some, failed)| {
        times.extend(some);
        errors.add(failed);
    })
    .await?;
    times.sort_unstable();
    let milliseconds = |percent| percentile(&times, percent).map(|time| time.as_secs_f64() * 1e3);
    Ok(json!({
        "mode": "sessions",
        "connections": span.connections,
        "seconds": span.seconds.as_secs_f64(),
        "sessions": times.len(),
        "sessions_per_second": times.len() as f64 / span.seconds.as_secs_f64(),
        "p50_ms": milliseconds(50),
        "p99_ms": milliseconds(99),
        "errors": errors.count,
        "first_error": errors.first,
    }))
}

async fn session(target: &Target, nth: u32) -> anyhow::Result<()> {
    let mut connection = target.log_in(nth).await?;
    connection.stat().await?;
    connection.quit().await
}

/// The least time that so many percent of all do not pass.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&times, 99), Some(Duration::from_millis(198)));
        assert_eq!(percentile(&times[..3], 50), Some(Duration::from_millis(2)));
        assert_eq!(percentile(&times[..3], 99), Some(Duration::from_millis(3)));
        assert_eq!(percentile(&times[..1], 50), Some(Duration::from_millis(1)));
        assert_eq!(percentile(&[], 50), None);
    }
}
