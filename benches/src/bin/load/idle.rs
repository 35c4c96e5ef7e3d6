//! Idle sessions, which only send NOOP from time to time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Barrier, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::Span;
use crate::connection::{Connection, Target};
use crate::outcome::{Errors, join, report};
use crate::processor::Meter;

/// The most logins at once. The server under test has to hold the sessions, not to withstand a burst of
/// logins.
const OPENING: usize = 32;

pub(crate) async fn run(
    target: &Arc<Target>,
    span: Span,
    interval: Duration,
    meter: Meter,
) -> anyhow::Result<Value> {
    let mut terminate = signal(SignalKind::terminate())?;
    let (stop, stopping) = watch::channel(());
    let opening = Arc::new(Semaphore::new(OPENING));
    let all_open = Arc::new(Barrier::new(span.connections as usize + 1));
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for nth in 0..span.connections {
        let (target, opening, all_open) = (target.clone(), opening.clone(), all_open.clone());
        let mut stopping = stopping.clone();
        // Spreads the NOOPs of all sessions over the interval.
        let offset = interval.mul_f64(f64::from(nth) / f64::from(span.connections));
        workers.spawn(async move {
            let mut errors = Errors::default();
            let opened = {
                let _permit = opening.acquire().await;
                errors.note(target.log_in(nth).await)
            };
            all_open.wait().await;
            let mut noops = 0;
            if let Some(connection) = opened {
                let at = Instant::now() + offset;
                errors.note(stay(connection, at, interval, &mut stopping, &mut noops).await);
            }
            (noops, errors)
        });
    }
    all_open.wait().await;
    let open_seconds = start.elapsed().as_secs_f64();
    eprintln!("open: {} sessions in {open_seconds:.2} s", span.connections);
    let before = meter.read()?;
    let start = Instant::now();
    tokio::select! { () = sleep(span.seconds) => {} _ = terminate.recv() => {} }
    let seconds = start.elapsed().as_secs_f64();
    let used = meter.read()?.since(before);
    stop.send(())?;

    let (mut noops, mut errors) = (0, Errors::default());
    join(workers, |(some, failed)| {
        noops += some;
        errors.add(failed);
    })
    .await?;
    let found = json!({
        "mode": "idle",
        "connections": span.connections,
        "open_seconds": open_seconds,
        "seconds": seconds,
        "noops": noops,
    });
    Ok(report(found, errors, used))
}

async fn stay(
    mut connection: Connection,
    mut at: Instant,
    interval: Duration,
    stopping: &mut watch::Receiver<()>,
    noops: &mut u64,
) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = sleep_until(at) => {}
            _ = stopping.changed() => return connection.quit().await,
        }
        connection.noop().await?;
        *noops += 1;
        at += interval;
    }
}
