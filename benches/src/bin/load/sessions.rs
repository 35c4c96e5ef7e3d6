//! Short sessions, one after another.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::Span;
use crate::connection::Target;
use crate::outcome::{Errors, join, report};
use crate::processor::Meter;
use crate::times::Times;

/// The pause after a session that failed, so that a server that is gone does not cause millions of errors.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) async fn run(target: &Arc<Target>, span: Span, meter: Meter) -> anyhow::Result<Value> {
    let before = meter.read()?;
    let deadline = Instant::now() + span.seconds;
    let mut workers = JoinSet::new();
    for nth in 0..span.connections {
        let target = target.clone();
        workers.spawn(async move {
            let (mut times, mut errors) = (Times::default(), Errors::default());
            loop {
                let start = Instant::now();
                let done = errors.note(session(&target, nth).await);
                let end = Instant::now();
                if done.is_some() && end <= deadline {
                    times.note(end - start);
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
    sleep_until(deadline).await;
    let used = meter.read()?.since(before);
    let (mut times, mut errors) = (Times::default(), Errors::default());
    join(workers, |(some, failed)| {
        times.add(&some);
        errors.add(failed);
    })
    .await?;
    let found = json!({
        "mode": "sessions",
        "connections": span.connections,
        "seconds": span.seconds.as_secs_f64(),
        "sessions": times.len(),
        "sessions_per_second": times.len() as f64 / span.seconds.as_secs_f64(),
        "p50_ms": times.milliseconds(50),
        "p99_ms": times.milliseconds(99),
    });
    Ok(report(found, errors, used))
}

async fn session(target: &Target, nth: u32) -> anyhow::Result<()> {
    let mut connection = target.log_in(nth).await?;
    connection.stat().await?;
    connection.quit().await
}
