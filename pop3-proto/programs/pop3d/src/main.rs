//! pop3d is a POP3 server on tokio. It serves Maildir, mbox or a built-in sample, with STLS and implicit TLS
//! and with every SASL mechanism of the crate.
//!
//! Copy it to start a server of your own. `dialogue.rs` has the dialogue and `login.rs` the logins; the rest
//! is sockets, certificates, users, stores and settings. `sample.toml` beside `Cargo.toml` shows every
//! setting.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use tracing::error;

mod app;
mod connection;
mod crypto;
mod dialogue;
mod guard;
mod languages;
mod login;
mod passwords;
mod proxy;
mod relay;
mod server;
mod session;
mod session_log;
mod settings;
mod store;
mod tls;
mod users;
mod workers;

use app::App;
use settings::{Args, Settings};

/// The most threads that read and write files. More would take memory and not serve anybody faster.
const FILE_THREADS: usize = 64;

fn main() -> ExitCode {
    let args = Args::parse();
    if args.hash_password {
        return finish(passwords::print_fields());
    }
    let log = tracing_subscriber::fmt().with_max_level(args.log).with_target(false);
    log.with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).init();
    finish(Settings::new(args).and_then(run))
}

fn run(settings: Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(FILE_THREADS)
        .build()?;
    runtime.block_on(async {
        let app = Arc::new(App::new(settings)?);
        server::run(app).await
    })
    // Dropping the runtime waits for files that are being written.
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Settings may fail before the log is set up.
            if tracing::dispatcher::has_been_set() {
                error!("{error:#}");
            } else {
                eprintln!("pop3d: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
