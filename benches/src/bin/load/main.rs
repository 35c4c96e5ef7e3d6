//! A driver that puts load on a POP3 server with many sessions at once and counts what goes wrong. Every mode
//! prints one line of JSON.
//!
//! All replies pass through the crate's client session with
//! [`Profile::STRICT`](pop3_proto::client::Profile::STRICT), so that a server that breaks the protocol under
//! load causes an error and does not get a figure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};

mod connection;
mod idle;
mod messages;
mod outcome;
mod processor;
mod sessions;
mod times;
mod window;

use connection::{PIPELINE, Target};
use messages::Extent;
use processor::Meter;

/// Put load on a POP3 server.
#[derive(Debug, Parser)]
struct Args {
    /// The address of the server; there is no TLS
    #[arg(long, value_name = "ADDR")]
    address: SocketAddr,
    /// The user; %d stands for the number of the connection, because a maildrop can have only one session at
    /// a time
    #[arg(long, value_name = "NAME")]
    user: String,
    /// The number of the first connection
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u32,
    /// The password of all users
    #[arg(long)]
    password: String,
    /// The process of the server: the output then has its processor time, too, with that of its descendants
    /// (from /proc of Linux)
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Debug, Subcommand)]
enum Mode {
    /// Log in, stay, and send NOOP from time to time; a line on standard error tells when all sessions are
    /// open. SIGTERM ends it early
    Idle {
        #[command(flatten)]
        span: Span,
        /// Seconds between two NOOPs of a session
        #[arg(long, value_name = "N", default_value = "60", value_parser = seconds)]
        interval: Duration,
    },
    /// Connect, log in, send STAT and QUIT, again and again
    Sessions {
        #[command(flatten)]
        span: Span,
    },
    /// Log in once, then send RETR for all messages, again and again; p50_ms and p99_ms are times from the
    /// moment when a RETR is queued, to be sent at once or after others, to the end of its message
    Messages {
        /// The number of connections
        #[arg(long, value_name = "N")]
        connections: u32,
        #[command(flatten)]
        extent: TimeOrPasses,
        /// Keep this many RETR on the way, 1 to 32
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = depth)]
        depth: usize,
    },
}

#[derive(Clone, Copy, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct TimeOrPasses {
    /// How many seconds to run
    #[arg(long, value_name = "N", value_parser = seconds)]
    seconds: Option<Duration>,
    /// How often each connection downloads its whole maildrop; the time runs from when all are open until the
    /// last one ends
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    passes: Option<u32>,
}

#[derive(Clone, Copy, Debug, clap::Args)]
struct Span {
    /// The number of connections
    #[arg(long, value_name = "N")]
    connections: u32,
    /// How many seconds to run
    #[arg(long, value_name = "N", value_parser = seconds)]
    seconds: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|error| format!("{error}"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err("expected a number of seconds above 0".into()),
    }
}

fn depth(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(depth @ 1..=PIPELINE) => Ok(depth),
        _ => Err(format!("expected a number from 1 to {PIPELINE}")),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let target = Arc::new(Target::new(args.address, args.user, args.first, args.password));
    let meter = Meter::new(args.server_pid)?;
    let report = match args.mode {
        Mode::Idle { span, interval } => idle::run(&target, span, interval, meter).await?,
        Mode::Sessions { span } => sessions::run(&target, span, meter).await?,
        Mode::Messages { connections, extent, depth } => {
            let extent = match (extent.seconds, extent.passes) {
                (Some(time), _) => Extent::Time(time),
                (None, passes) => Extent::Passes(passes.unwrap_or(1)),
            };
            messages::run(&target, connections, depth, extent, meter).await?
        }
    };
    println!("{report}");
    Ok(())
}
