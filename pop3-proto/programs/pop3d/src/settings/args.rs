//! The options of the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tracing::Level;

/// Serve mail over POP3.
///
/// If neither an option nor the settings file names a Maildir, an mbox file or a database, pop3d serves
/// built-in sample messages, to the user `demo` with the password `demo` unless --user, --passwd or the
/// settings file names others. Unless the settings file says otherwise, a login that sends the password
/// itself without TLS is accepted over loopback only. APOP, CRAM-MD5 and SCRAM do not send it: they are
/// accepted without TLS from everywhere, and the mail then crosses the network in clear.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Read settings from this file; sample.toml in the sources shows all of them. An option wins over the
    /// file
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Serve this Maildir; %u stands for the user name
    #[arg(long, value_name = "DIR", conflicts_with_all = ["mbox", "store"])]
    pub(crate) maildir: Option<String>,
    /// Serve this mbox file; %u stands for the user name
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    pub(crate) mbox: Option<String>,
    /// Serve the maildrops in this PostgreSQL database: postgres://USER@HOST/NAME. HOST may be several hosts with
    /// commas between them; pop3d finds the primary among them
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) store: Option<String>,
    /// Listen on this address for clients that start without TLS [default: 127.0.0.1:1110]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Listen on this address for clients that start with TLS; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen_tls: Vec<SocketAddr>,
    /// Let this user log in; may be repeated. For tests only: the process list shows the password
    #[arg(long, value_name = "NAME:PASSWORD")]
    pub(crate) user: Vec<String>,
    /// Read users from this file, one on each line: NAME:FIELD FIELD ..., with fields from --hash-password. The
    /// file must belong to root or to the user that pop3d runs as, and nobody else may be able to write it
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

/// What to do other than serve.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put the message on standard input into the maildrop of a user, in the database. Exit code 67 says that
    /// there is no such user, and 75 that the delivery failed for any other reason, so that the mail server
    /// tries again. Settings that cannot be read end with 1
    Deliver {
        /// The user
        user: String,
    },
    /// Copy the messages of Maildirs into the database, with their unique-ids
    Import {
        /// The Maildir; %u stands for the user
        maildir: String,
        /// The users; without this all users in the file of users. If MAILDIR has no %u, name exactly one user
        users: Vec<String>,
    },
}
