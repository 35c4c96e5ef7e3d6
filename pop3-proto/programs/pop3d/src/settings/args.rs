//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use tracing::Level;

/// Serve mail over POP3.
///
/// Without a store a built-in sample maildrop is served, to the user `demo` with the password `demo` if no other is named. In
/// clear a login is accepted on loopback only; elsewhere a client has to use STLS or the TLS port.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Settings; sample.toml in the sources shows all of them. A flag wins over the file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Serve this Maildir; %u in it stands for the user name
    #[arg(long, value_name = "DIR", conflicts_with = "mbox")]
    pub(crate) maildir: Option<String>,
    /// Serve this mbox file; %u in it stands for the user name
    #[arg(long, value_name = "FILE")]
    pub(crate) mbox: Option<String>,
    /// Address for clients that start in clear [default: 127.0.0.1:1110]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Address for clients that start with TLS; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen_tls: Vec<SocketAddr>,
    /// A user who may log in; may be repeated. Others can see it in the process list: for tests
    #[arg(long, value_name = "NAME:PASSWORD")]
    pub(crate) user: Vec<String>,
    /// A file of users, one a line: NAME:FIELD FIELD ..., with fields from --hash-password
    #[arg(long, value_name = "FILE")]
    pub(crate) passwd: Option<PathBuf>,
    /// The certificate chain, PEM; without it a self-signed one is made at every start
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Read a password from standard input, print the fields for the passwd file, and end
    #[arg(long)]
    pub(crate) hash_password: bool,
    /// How much to log: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log: Level,
}
