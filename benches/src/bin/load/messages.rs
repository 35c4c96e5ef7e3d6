//! Messages without end, from maildrops that stay open.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use pop3_proto::Scan;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Span;
use crate::connection::{Connection, PIPELINE, Target};
use crate::outcome::{Errors, join};

#[derive(Debug, Default)]
struct Fetched {
    messages: u64,
    octets: u64,
}

pub(crate) async fn run(target: &Arc<Target>, span: Span, pipelined: bool) -> anyhow::Result<Value> {
    let depth = if pipelined { PIPELINE } else { 1 };
    let all_open = Arc::new(Barrier::new(span.connections as usize));
    let mut workers = JoinSet::new();
    for nth in 0..span.connections {
        let (target, all_open) = (target.clone(), all_open.clone());
        workers.spawn(async move {
            let (mut fetched, mut errors) = (Fetched::default(), Errors::default());
            let opened = errors.note(open(&target, nth, pipelined).await);
            all_open.wait().await;
            if let Some((connection, scans)) = opened {
                errors.note(fetch(connection, &scans, depth, span.seconds, &mut fetched).await);
            }
            (fetched, errors)
        });
    }
    let (mut all, mut errors) = (Fetched::default(), Errors::default());
    join(workers, |(fetched, failed)| {
        all.messages += fetched.messages;
        all.octets += fetched.octets;
        errors.add(failed);
    })
    .await?;
    let seconds = span.seconds.as_secs_f64();
    Ok(json!({
        "mode": "messages",
        "connections": span.connections,
        "pipelined": pipelined,
        "seconds": seconds,
        "messages": all.messages,
        "octets": all.octets,
        "messages_per_second": all.messages as f64 / seconds,
        "megabytes_per_second": all.octets as f64 / 1e6 / seconds,
        "errors": errors.count,
        "first_error": errors.first,
    }))
}

async fn open(target: &Target, nth: u32, pipelined: bool) -> anyhow::Result<(Connection, Vec<Scan>)> {
    let mut connection = target.log_in(nth).await?;
    if pipelined {
        ensure!(connection.may_pipeline().await?, "the server does not announce PIPELINING");
    }
    let scans = connection.list().await?;
    ensure!(!scans.is_empty(), "the maildrop is empty");
    Ok((connection, scans))
}

/// Counts what is there in time; what was asked for by then is still taken in, so that the session ends in good order.
async fn fetch(
    mut connection: Connection,
    scans: &[Scan],
    depth: usize,
    time: Duration,
    fetched: &mut Fetched,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + time;
    let mut to_ask = scans.iter().cycle();
    let mut incoming = VecDeque::with_capacity(depth);
    let mut in_time = true;
    loop {
        while in_time && incoming.len() < depth {
            let Some(scan) = to_ask.next() else { break };
            connection.ask_for(scan.number)?;
            incoming.push_back(scan);
        }
        let Some(scan) = incoming.pop_front() else { return connection.quit().await };
        let octets = connection.message().await?;
        ensure!(octets == scan.octets, "message {} of {} octets came as {octets}", scan.number, scan.octets);
        in_time = Instant::now() <= deadline;
        if in_time {
            fetched.messages += 1;
            fetched.octets += octets;
        }
    }
}
