//! oauth-gateway lets programs and devices that know only USER and PASS reach a server that wants OAuth
//! tokens.
//!
//! A device logs in over loopback with a local password. The gateway gets a token for its user, logs in to
//! the real server over TLS with OAUTHBEARER or XOAUTH2, and passes on one command after another: a server
//! session and a client session back to back. Listings and messages of any size pass in constant memory, no
//! faster than the device takes them. The real server removes messages only when the device says QUIT, and
//! the device gets `+OK` only when the real server has said so.
//!
//! The gateway obtains no tokens itself; it runs a command for that. It stores no mail and serves one real
//! server. It speaks no TLS to the device, offers it no AUTH, and does not pipeline commands to the real
//! server.
//!
//! ```sh
//! LOCAL=secret oauth-gateway --server pop.example.com --token-command 'my-token-tool "$POP3_USER"' --local-password-env LOCAL
//! ```

#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use tracing::error;

mod app;
mod args;
mod device;
mod guard;
mod left_out;
mod login;
mod notes;
mod prompt;
mod relay;
mod server;
mod session;
mod session_log;
mod tls;
mod token;
mod upstream;

use app::App;
use args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    let log =
        tracing_subscriber::fmt().with_max_level(args.log).with_target(false).log_internal_errors(false);
    log.with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).init();
    match App::new(args).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(app: App) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(server::run(Arc::new(app)))
}
