//! What can be asked for: on the command line, and in a file of accounts.

use std::path::PathBuf;

use clap::Parser;
use serde::Deserialize;

use crate::failure::{Failure, Kind};

/// Fetch POP3 mail into a Maildir, an mbox file or a command, once, and resume where a broken session ended.
///
/// A message is deleted from the server only after it is safe here, and nothing is fetched again that a record says is here: the
/// record lies in the Maildir, or beside the mbox file. Whatever breaks, messages that were delivered are whole, and running the
/// command again goes on from there.
///
/// Exit codes: 0 done; 2 wrong usage; 3 the login failed; 4 network trouble; 5 the server broke the protocol or refused a
/// command; 6 the delivery failed. With several accounts it is the worst one.
#[derive(Debug, Parser)]
#[command(name = "pop3get", version)]
pub(crate) struct Args {
    /// The server, with a port if it is not the usual one, or POP URLs: pops://user@host, pop://user;AUTH=+APOP@host:port
    #[arg(value_name = "SERVER|URL|ACCOUNT")]
    pub(crate) places: Vec<String>,
    /// Take the accounts from this TOML file, all of them or those that are named
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: Options,
    /// List what would be fetched and deleted, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the dialogue to this file, secrets masked, as a transcript that a test can play
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: Option<PathBuf>,
    /// Print a JSON object for each account at its end
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress bar, no summary
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Print the manual page
    #[arg(long)]
    pub(crate) man: bool,
}

/// The options of one account; in a file, the keys of its table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Options {
    #[arg(skip)]
    pub(crate) server: Option<String>,
    /// TLS from the start, port 995 (the default)
    #[arg(long, group = "security")]
    pub(crate) tls: bool,
    /// Port 110, then STLS; a server without it is refused
    #[arg(long, group = "security")]
    pub(crate) stls: bool,
    /// Port 110, everything in clear, the password too
    #[arg(long, group = "security")]
    pub(crate) plain: bool,
    /// Trust the certificates in this PEM file instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The SHA-256 of the server certificate's public key, which must be this besides: sha256:HEX
    #[arg(long, value_name = "PIN")]
    pub(crate) pin: Option<String>,
    /// Show this certificate to the server, for EXTERNAL (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Give up after so many seconds without progress (120 by default)
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// Give up after so many seconds in all
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_time: Option<u64>,

    /// The user name
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// The environment variable that holds the password
    #[arg(long, value_name = "VAR", group = "secret")]
    pub(crate) password_env: Option<String>,
    /// The file whose first line is the password
    #[arg(long, value_name = "FILE", group = "secret")]
    pub(crate) password_file: Option<PathBuf>,
    /// The command whose first line of output is the password
    #[arg(long, value_name = "COMMAND", group = "secret")]
    pub(crate) password_command: Option<String>,
    /// The environment variable that holds an OAuth access token
    #[arg(long, value_name = "VAR", group = "secret")]
    pub(crate) token_env: Option<String>,
    /// The command whose first line of output is an OAuth access token
    #[arg(long, value_name = "COMMAND", group = "secret")]
    pub(crate) token_command: Option<String>,
    /// Log in with these methods only, for instance scram-sha-256,plain; apop is used only when it stands here
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    pub(crate) auth: Vec<String>,

    /// The Maildir, which is made if it is missing; or mbox:FILE; or pipe:COMMAND, which gets each message on its standard input
    #[arg(long, value_name = "MAILDIR|mbox:FILE|pipe:COMMAND")]
    pub(crate) to: Option<String>,
    /// Which messages are here already (in the Maildir, or beside the mbox file, by default)
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Start the record from getmail:FILE, fetchmail:FILE or mpop:FILE, where there is none yet
    #[arg(long, value_name = "PROGRAM:FILE")]
    pub(crate) import: Option<String>,
    /// Fetch all messages, whatever the record says
    #[arg(long)]
    pub(crate) all: bool,

    /// Leave the messages on the server (the default)
    #[arg(long, group = "afterwards")]
    pub(crate) keep: bool,
    /// Delete each message once it is safe
    #[arg(long, group = "afterwards")]
    pub(crate) delete: bool,
    /// Delete what was fetched so many days ago
    #[arg(long, value_name = "DAYS", group = "afterwards")]
    pub(crate) delete_after: Option<u32>,
    /// Delete what was first seen so many days ago, and is here
    #[arg(long, value_name = "DAYS", conflicts_with = "keep")]
    pub(crate) delete_older: Option<u32>,
    /// Leave so many messages on the server, the newest
    #[arg(long, value_name = "N", conflicts_with = "keep")]
    pub(crate) keep_count: Option<u32>,
    /// Leave so many octets on the server, in the newest messages
    #[arg(long, value_name = "OCTETS", conflicts_with = "keep")]
    pub(crate) keep_octets: Option<u64>,
    /// Of larger messages fetch a preview only
    #[arg(long, value_name = "OCTETS")]
    pub(crate) size_limit: Option<u64>,
    /// Lines of body in a preview (20 by default)
    #[arg(long, value_name = "LINES")]
    pub(crate) preview: Option<u64>,
    /// Fetch the headers of all messages and nothing else
    #[arg(long)]
    pub(crate) headers_only: bool,
    /// Break off when one message is larger (16 GiB by default): no honest server sends one without end
    #[arg(long, value_name = "OCTETS")]
    pub(crate) max_message: Option<u64>,
    /// One command at a time, for servers that mix up their answers
    #[arg(long)]
    pub(crate) no_pipelining: bool,
}

/// How the connection comes into TLS, or that it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    Tls,
    Stls,
    Plain,
}

impl Options {
    /// What the command line refuses by itself, for files as well.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let one_of = |set: &[bool], what: &str| {
            let count = set.iter().filter(|is_set| **is_set).count();
            if count > 1 { Err(Kind::Usage.because(what, "only one of them can be")) } else { Ok(()) }
        };
        one_of(&[self.tls, self.stls, self.plain], "tls, stls, plain")?;
        one_of(&[self.keep, self.delete, self.delete_after.is_some()], "keep, delete, delete-after")?;
        let removes = [self.delete_older.is_some(), self.keep_count.is_some(), self.keep_octets.is_some()];
        one_of(&[self.keep, removes.contains(&true)], "keep, and delete-older, keep-count, keep-octets")?;
        let secrets = [
            self.password_env.is_some(),
            self.password_file.is_some(),
            self.password_command.is_some(),
            self.token_env.is_some(),
            self.token_command.is_some(),
        ];
        one_of(&secrets, "the sources of password and token")?;
        if self.cert.is_some() != self.key.is_some() {
            return Err(Kind::Usage.because("cert, key", "one goes with the other"));
        }
        Ok(())
    }

    pub(crate) fn security(&self) -> Option<Security> {
        match (self.tls, self.stls, self.plain) {
            (true, ..) => Some(Security::Tls),
            (_, true, _) => Some(Security::Stls),
            (_, _, true) => Some(Security::Plain),
            _ => None,
        }
    }
}
