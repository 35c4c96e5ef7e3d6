//! Fetches a POP3 maildrop into a Maildir: blocking sockets, rustls, one connection.
//!
//! A message is written to `tmp/`, synced, and moved to `new/` before it may be marked as deleted, and the server removes
//! nothing before QUIT. So whatever breaks in between, each message is still on the server or safely here, or both.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod connection;
mod failure;
mod fetch;
mod tls;

use connection::Connection;
use failure::{Failure, Kind};

/// Fetch all messages of a POP3 maildrop into a Maildir.
///
/// Exit codes: 0 all messages are in the Maildir (and removed from the server, with --delete); 2 wrong usage; 3 the login
/// failed; 4 network trouble; 5 the server broke the protocol or refused a command; 6 disk trouble. After any failure the
/// messages that are in the Maildir are whole, and running the command again is safe.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// TLS from the start, port 995 (the default)
    #[arg(long, group = "security")]
    tls: bool,
    /// Port 110, then STLS; a server without it is refused
    #[arg(long, group = "security")]
    stls: bool,
    /// Port 110, everything in clear, the password too
    #[arg(long, group = "security")]
    plain: bool,
    /// The server; an IPv6 address with a port stands in brackets
    #[arg(value_name = "HOST[:PORT]")]
    server: String,
    /// The user name
    #[arg(long)]
    user: String,
    /// The environment variable that holds the password
    #[arg(long, value_name = "VAR")]
    password_env: String,
    /// The Maildir; made if it is missing
    #[arg(long, value_name = "MAILDIR")]
    to: PathBuf,
    /// Leave the messages on the server (the default)
    #[arg(long, group = "afterwards")]
    keep: bool,
    /// Remove each message from the server once it is safe on disk
    #[arg(long, group = "afterwards")]
    delete: bool,
    /// Trust the certificates in this PEM file instead of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("pop3get: {failure}");
            failure.exit_code()
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let password = std::env::var(&args.password_env)
        .map_err(|error| Kind::Usage.because(format!("--password-env {}", args.password_env), error))?;
    let port = if args.stls || args.plain { 110 } else { 995 };
    let (host, port) = host_and_port(&args.server, port)?;
    let maildir = fetch::open_maildir(&args.to)?;

    let mut connection = Connection::open(host, port)?;
    if !args.stls && !args.plain {
        connection = connection.over_tls(&tls::trust(args.ca.as_deref())?, host)?;
    }
    connection.greeting()?;
    connection.ask_capabilities()?;
    if args.stls {
        connection = connection.stls(&tls::trust(args.ca.as_deref())?, host)?;
        connection.ask_capabilities()?;
    }
    connection.log_in(&args.user, &password)?;
    let done = fetch::all(&mut connection, &maildir, args.delete)?;
    connection.quit()?;
    println!(
        "{} messages, {} octets{}",
        done.messages,
        done.octets,
        if args.delete { ", removed from the server" } else { "" }
    );
    Ok(())
}

fn host_and_port(server: &str, default: u16) -> Result<(&str, u16), Failure> {
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match server.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (server, None),
        },
    };
    match port.map(str::parse) {
        None => Ok((host, default)),
        Some(Ok(port)) => Ok((host, port)),
        Some(Err(error)) => Err(Kind::Usage.because(server, error)),
    }
}
