//! A POP3 server on tokio: Maildir, mbox or a built-in sample; STLS and implicit TLS; every mechanism of the crate.
//!
//! Copy it to start your own. The dialogue is `dialogue.rs`, logins are `login.rs`; the rest is sockets, certificates, users,
//! stores and settings. `sample.toml` beside `Cargo.toml` shows every setting.

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

/// Threads that read and write files. More of them take memory and serve nobody faster.
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
    // Dropping the runtime waits for what is being written to disk.
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Settings may fail before there is a log.
            if tracing::dispatcher::has_been_set() {
                error!("{error:#}");
            } else {
                eprintln!("pop3d: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
