//! Drives a POP3 server with many sessions at once, and counts what goes wrong. Every mode prints one line of JSON.
//!
//! All replies pass through the crate's client session with [`Profile::STRICT`](pop3_proto::client::Profile::STRICT), so that
//! a server that breaks the protocol under load is an error and not a figure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};

mod connection;
mod idle;
mod messages;
mod outcome;
mod sessions;

use connection::Target;

/// Put load on a POP3 server.
#[derive(Debug, Parser)]
struct Args {
    /// The server; no TLS
    #[arg(long, value_name = "ADDR")]
    address: SocketAddr,
    /// The user; %d in it stands for the number of the connection, for a maildrop has one session at a time
    #[arg(long, value_name = "NAME")]
    user: String,
    /// The number of the first connection
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u32,
    /// The password of all users
    #[arg(long)]
    password: String,
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Debug, Subcommand)]
enum Mode {
    /// Log in, stay, and send NOOP now and then; a line on stderr says when all sessions are open. SIGTERM ends it early
    Idle {
        #[command(flatten)]
        span: Span,
        /// Seconds between two NOOP of a session
        #[arg(long, value_name = "N", default_value = "60", value_parser = seconds)]
        interval: Duration,
    },
    /// Connect, log in, STAT, QUIT, again
    Sessions {
        #[command(flatten)]
        span: Span,
    },
    /// Log in once, then RETR of all messages, again and again
    Messages {
        #[command(flatten)]
        span: Span,
        /// Keep 32 RETR on the way instead of one
        #[arg(long)]
        pipelined: bool,
    },
}

#[derive(Clone, Copy, Debug, clap::Args)]
struct Span {
    /// How many at once
    #[arg(long, value_name = "N")]
    connections: u32,
    /// For how long
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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let target = Arc::new(Target::new(args.address, args.user, args.first, args.password));
    let report = match args.mode {
        Mode::Idle { span, interval } => idle::run(&target, span, interval).await?,
        Mode::Sessions { span } => sessions::run(&target, span).await?,
        Mode::Messages { span, pipelined } => messages::run(&target, span, pipelined).await?,
    };
    println!("{report}");
    Ok(())
}
