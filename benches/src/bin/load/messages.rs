//! Downloads whole maildrops again and again, over connections that stay open.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use pop3_proto::Scan;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::connection::{Connection, Target};
use crate::outcome::{Errors, join, report};
use crate::processor::Meter;
use crate::times::Times;

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extent {
    Time(Duration),
    /// Each connection asks this many times for its whole maildrop.
    Passes(u32),
}

#[derive(Debug, Default)]
struct Fetched {
    times: Times,
    octets: u64,
}

pub(crate) async fn run(
    target: &Arc<Target>,
    connections: u32,
    depth: usize,
    extent: Extent,
    meter: Meter,
) -> anyhow::Result<Value> {
    // All workers pass the gate four times: when all are open, when the time starts, when all have what they
    // asked for, and when they may end. The last pass waits for the meter, because processes that have just
    // ended are hard to find.
    let gate = Arc::new(Barrier::new(connections as usize + 1));
    let mut workers = JoinSet::new();
    for nth in 0..connections {
        let (target, gate) = (target.clone(), gate.clone());
        workers.spawn(async move {
            let (mut fetched, mut errors) = (Fetched::default(), Errors::default());
            let opened = errors.note(open(&target, nth, depth).await);
            gate.wait().await;
            gate.wait().await;
            let mut done = None;
            if let Some((mut connection, scans)) = opened {
                let result = fetch(&mut connection, &scans, depth, extent, &mut fetched).await;
                done = errors.note(result).map(|()| connection);
            }
            gate.wait().await;
            gate.wait().await;
            if let Some(connection) = done {
                errors.note(connection.quit().await);
            }
            (fetched, errors)
        });
    }
    gate.wait().await;
    let before = meter.read()?;
    let start = Instant::now();
    gate.wait().await;
    let (seconds, used);
    match extent {
        Extent::Time(time) => {
            sleep_until(start + time).await;
            used = meter.read()?.since(before);
            seconds = time.as_secs_f64();
            gate.wait().await;
        }
        Extent::Passes(_) => {
            gate.wait().await;
            seconds = start.elapsed().as_secs_f64();
            used = meter.read()?.since(before);
        }
    }
    gate.wait().await;
    let (mut all, mut errors) = (Fetched::default(), Errors::default());
    join(workers, |(fetched, failed)| {
        all.times.add(&fetched.times);
        all.octets += fetched.octets;
        errors.add(failed);
    })
    .await?;
    let found = json!({
        "mode": "messages",
        "connections": connections,
        "depth": depth,
        "seconds": seconds,
        "messages": all.times.len(),
        "octets": all.octets,
        "messages_per_second": all.times.len() as f64 / seconds,
        "megabytes_per_second": all.octets as f64 / 1e6 / seconds,
        "p50_ms": all.times.milliseconds(50),
        "p99_ms": all.times.milliseconds(99),
    });
    Ok(report(found, errors, used))
}

async fn open(target: &Target, nth: u32, depth: usize) -> anyhow::Result<(Connection, Vec<Scan>)> {
    let mut connection = target.log_in(nth).await?;
    if depth > 1 {
        ensure!(connection.may_pipeline().await?, "the server does not announce PIPELINING");
    }
    let scans = connection.list().await?;
    ensure!(!scans.is_empty(), "the maildrop is empty");
    Ok((connection, scans))
}

/// Counts the messages that arrive in time. Those that were asked for by then are still read, so that the
/// session ends properly.
async fn fetch(
    connection: &mut Connection,
    scans: &[Scan],
    depth: usize,
    extent: Extent,
    fetched: &mut Fetched,
) -> anyhow::Result<()> {
    let (deadline, most) = match extent {
        Extent::Time(time) => (Some(Instant::now() + time), usize::MAX),
        Extent::Passes(passes) => (None, scans.len().saturating_mul(passes as usize)),
    };
    let mut to_ask = scans.iter().cycle().take(most);
    let mut incoming = VecDeque::with_capacity(depth);
    let mut now = Instant::now();
    let mut in_time = true;
    loop {
        while in_time && incoming.len() < depth {
            let Some(scan) = to_ask.next() else { break };
            connection.ask_for(scan.number)?;
            incoming.push_back((scan, now));
        }
        let Some((scan, asked)) = incoming.pop_front() else { return Ok(()) };
        let octets = connection.message().await?;
        now = Instant::now();
        ensure!(octets == scan.octets, "message {} of {} octets came as {octets}", scan.number, scan.octets);
        in_time = deadline.is_none_or(|deadline| now <= deadline);
        if in_time {
            fetched.times.note(now - asked);
            fetched.octets += octets;
        }
    }
}
