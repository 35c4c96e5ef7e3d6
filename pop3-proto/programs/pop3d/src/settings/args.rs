//! The options of the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use tracing::Level;

/// Serve mail over POP3.
///
/// Without --maildir or --mbox pop3d serves built-in sample messages, to the user `demo` with the password
/// `demo` unless --user or --passwd names others. Unless the settings file says otherwise, a password without
/// TLS is accepted over loopback only; from elsewhere a client has to use STLS or the TLS port.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Read settings from this file; sample.toml in the sources shows all of them. An option wins over the
    /// file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Serve this Maildir; %u stands for the user name
    #[arg(long, value_name = "DIR", conflicts_with = "mbox")]
    pub(crate) maildir: Option<String>,
    /// Serve this mbox file; %u stands for the user name
    #[arg(long, value_name = "FILE")]
    pub(crate) mbox: Option<String>,
    /// Listen on this address for clients that start without TLS [default: 127.0.0.1:1110]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Listen on this address for clients that start with TLS; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen_tls: Vec<SocketAddr>,
    /// Let this user log in; may be repeated. For tests only: the process list shows the password
    #[arg(long, value_name = "NAME:PASSWORD")]
    pub(crate) user: Vec<String>,
    /// Read users from this file, one on each line: NAME:FIELD FIELD ..., with fields from --hash-password
    #[arg(long, value_name = "FILE")]
    pub(crate) passwd: Option<PathBuf>,
    /// The certificate chain (PEM); without it a self-signed certificate is made at every start
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Read a password from standard input, print its fields for the file of users, and exit
    #[arg(long)]
    pub(crate) hash_password: bool,
    /// How much to log: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log: Level,
}
