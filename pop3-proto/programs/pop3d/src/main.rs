//! pop3d is a POP3 server on tokio. It serves Maildir, mbox, a PostgreSQL database or a built-in sample, with
//! STLS and implicit TLS and with every SASL mechanism of the crate.
//!
//! Copy it to start a server of your own. `dialogue.rs` has the dialogue and `login.rs` the logins; the rest
//! is sockets, certificates, users, stores and settings. `sample.toml` beside `Cargo.toml` shows every
//! setting.

#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use pop3_programs_common::console;
use tracing::error;

mod app;
mod attempts;
mod connection;
mod crypto;
mod descriptors;
mod dialogue;
mod guard;
mod intake;
mod languages;
mod login;
mod metrics;
mod owned;
mod passwords;
mod proxy;
mod relay;
mod secret;
mod server;
mod session;
mod session_log;
mod settings;
mod store;
mod tls;
mod user;
mod users;
mod workers;

use app::App;
use settings::{Args, Command, Place, Settings};

/// How long files may still be written when the sessions have ended. A file system that never answers is left
/// alone then: nothing that pop3d writes is in use before it is whole.
const LAST_FILES: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let mut args = Args::parse();
    if args.hash_password {
        return finish(passwords::print_fields());
    }
    let command = args.command.take();
    let log =
        tracing_subscriber::fmt().with_max_level(args.log).with_target(false).log_internal_errors(false);
    log.with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).init();
    let settings = match Settings::new(args) {
        Ok(settings) => settings,
        Err(error) => return finish(Err(error)),
    };
    match command {
        None => finish(run(settings)),
        Some(command) => intake(settings, command),
    }
}

/// Puts mail into the database.
fn intake(settings: Settings, command: Command) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return finish(Err(error.into())),
    };
    let code = runtime.block_on(async {
        match command {
            Command::Deliver { user } => intake::deliver(settings, &user).await,
            Command::Import { maildir, users } => finish(intake::import(settings, &maildir, &users).await),
        }
    });
    // A thread that reads standard input cannot be ended.
    runtime.shutdown_background();
    code
}

fn run(mut settings: Settings) -> anyhow::Result<()> {
    let to_database = match &settings.store {
        Some(Place::Database(database)) => Some(database.connections),
        _ => None,
    };
    settings.limits.connections = descriptors::provide(settings.limits.connections, to_database);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(store::THREADS)
        .build()?;
    let result = runtime.block_on(async {
        let app = Arc::new(App::new(settings)?);
        if let Some(sql) = app.store.sql() {
            sql.prepare().await.context("the tables of the database")?;
        }
        server::run(app).await
    });
    runtime.shutdown_timeout(LAST_FILES);
    result
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Settings may fail before the log is set up.
            if tracing::dispatcher::has_been_set() {
                error!("{}", session_log::escaped(&format!("{error:#}")));
            } else {
                console::err(format_args!("pop3d: {error:#}"));
            }
            ExitCode::FAILURE
        }
    }
}
