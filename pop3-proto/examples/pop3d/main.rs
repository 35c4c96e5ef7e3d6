//! A POP3 server on tokio: Maildir, mbox or a built-in sample; plain with STLS, and implicit TLS.
//!
//! Copy it to start your own. The dialogue is `session.rs`; the rest is sockets, certificates, users and stores.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;

mod app;
mod connection;
#[path = "../sample/mod.rs"]
mod sample;
mod server;
mod session;
mod store;
mod tls;
mod users;

use store::Store;
use users::Users;

/// Serve mail over POP3.
///
/// Without a store a built-in sample maildrop is served, to the user `demo` with the password `demo` if no other is named. In
/// clear a login is accepted on loopback only; elsewhere a client has to use STLS or the TLS port.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Serve this Maildir; %u in it stands for the user name
    #[arg(long, value_name = "DIR", conflicts_with = "mbox")]
    maildir: Option<String>,
    /// Serve this mbox file; %u in it stands for the user name
    #[arg(long, value_name = "FILE")]
    mbox: Option<String>,
    /// Address for clients that start in clear
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1110")]
    listen: SocketAddr,
    /// Address for clients that start with TLS
    #[arg(long, value_name = "ADDR")]
    listen_tls: Option<SocketAddr>,
    /// A user who may log in; may be repeated
    #[arg(long, value_name = "NAME:PASSWORD")]
    user: Vec<String>,
    /// A file of such users, one a line; lines that start with # are comments
    #[arg(long, value_name = "FILE")]
    passwd: Option<PathBuf>,
    /// The certificate chain, PEM; without it a self-signed one is made at every start
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pop3d: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let store = match (args.maildir, args.mbox) {
        (Some(path), _) => Store::maildir(path)?,
        (None, Some(path)) => Store::mbox(path)?,
        (None, None) => Store::sample(),
    };
    let mut users = Users::new();
    for user in &args.user {
        users.add(user).context("--user")?;
    }
    if let Some(file) = &args.passwd {
        users.read(file).with_context(|| format!("--passwd {}", file.display()))?;
    }
    if users.is_empty() {
        anyhow::ensure!(store.is_sample(), "nobody could log in: name a user with --user or --passwd");
        users.add("demo:demo")?;
    }
    let acceptor = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => tls::from_files(cert, key)?,
        _ => tls::self_signed()?,
    };
    let example_user = users.first().to_owned();
    let app = Arc::new(app::App::new(store, users, acceptor));
    server::run(app, args.listen, args.listen_tls, &example_user).await
}
