//! The options of the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Parser, ValueEnum};
use tracing::Level;

/// Let programs that know only USER and PASS read mail from a server that wants OAuth tokens.
///
/// A program or device (below: a device) connects to the gateway without TLS and logs in with the name of its
/// mailbox and a local password. The gateway runs the token command and logs in to the real server over TLS.
#[derive(Debug, Parser)]
#[command(version, group = ArgGroup::new("token").required(true))]
pub(crate) struct Args {
    /// Listen on this address for devices, without TLS
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1110")]
    pub(crate) listen: SocketAddr,
    /// Permit an address other than loopback: the local password and all mail then cross the network without
    /// TLS
    #[arg(long)]
    pub(crate) listen_anywhere: bool,
    /// The real server, on port 995, or 110 with --stls; an IPv6 address with a port stands in brackets
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) server: String,
    /// Start without TLS and insist on STLS, instead of TLS from the start
    #[arg(long)]
    pub(crate) stls: bool,
    /// Trust the certificates in this PEM file instead of those of the system; one of them may be the
    /// server's own
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Trust exactly the certificate (in DER) or public key (SubjectPublicKeyInfo in DER) with this SHA-256,
    /// sha256:HEX, whatever its issuer, name and dates. Compare it with what the server's owner tells you
    #[arg(long, value_name = "SHA256", conflicts_with = "ca")]
    pub(crate) fingerprint: Option<String>,
    /// Run this command with `sh -c` for each login, with the user's name in the variable POP3_USER; the
    /// first line it prints is the token. Write "$POP3_USER" in quotation marks, because the device chooses
    /// the name. It is not run for names that begin with a dash, so none is taken for an option
    #[arg(long, value_name = "CMD", group = "token")]
    pub(crate) token_command: Option<String>,
    /// Take one token for all users from this environment variable; for tests
    #[arg(long, value_name = "VAR", group = "token")]
    pub(crate) token_env: Option<String>,
    /// Take the password that devices log in with from this environment variable
    #[arg(long, value_name = "VAR")]
    pub(crate) local_password_env: String,
    /// The login method for the token
    #[arg(long, value_enum, default_value_t = MethodArg::Auto)]
    pub(crate) method: MethodArg,
    /// How long to wait for a token, a login, an answer, or a device that does not read
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
    /// The most devices at a time. If there are more, the one that has waited longest without a password has
    /// to leave; if all have logged in, the new one is refused
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_sessions: u16,
    /// How much to log: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log: Level,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum MethodArg {
    Xoauth2,
    Oauthbearer,
    /// One that the real server announces, OAUTHBEARER first
    Auto,
}
