//! The options of the command line, and of a file of accounts.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use pop3_programs_common::home::expanded;
use serde::Deserialize;

use crate::failure::{Failure, Kind};

/// Fetch POP3 mail into a Maildir, an mbox file or a command, once, and resume where a broken session ended.
///
/// A message is deleted from the server only after it has been stored safely. A record keeps track of what
/// has been fetched, so that no message is fetched twice; by default it is a file in the Maildir or beside
/// the mbox file. If a run breaks off, the messages it delivered are complete, and the next run goes on from
/// there.
///
/// Exit codes: 0 all done; 2 wrong usage; 3 the login failed; 4 the network failed; 5 the server broke the
/// protocol or refused a command; 6 the delivery failed; 7 nothing is wrong, but the server asks to come back
/// later, because the maildrop is in use for instance. With several accounts the exit code is the highest
/// one, except that 7 is given only if all other accounts gave 0 or 7. The field "reason" of --json tells
/// more, such as "credentials".
///
/// Paths may begin with ~/, here and in the file of accounts.
#[derive(Debug, Parser)]
#[command(name = "pop3get", version)]
pub(crate) struct Args {
    /// The server, with a port if it is not the usual one; or POP URLs, such as pops://user@host or
    /// pop://user;AUTH=+APOP@host:port; or, with --config, names of accounts
    #[arg(value_name = "SERVER|URL|ACCOUNT")]
    pub(crate) places: Vec<String>,
    /// Take the accounts from this TOML file: those that are named, or all of them. Each is a table
    /// `[account.NAME]` with the key server and, as keys, the other options. With this option only
    /// --dry-run, --transcript, --json and --quiet may stand on the command line
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: Options,
    /// List what would be fetched and deleted, and change nothing. With --json there is no list
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the dialogue of the first connection to this file, and of each further one to FILE.2, FILE.3 and
    /// so on, with secrets masked, as transcripts that tests of pop3-proto can play. Files that are there are
    /// replaced
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(|path| expanded(path.as_ref())))]
    pub(crate) transcript: Option<PathBuf>,
    /// Print a JSON object for each account when it is done
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress bar and no summary
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Print the manual page
    #[arg(long)]
    pub(crate) man: bool,
}

/// The options of one account. In a file they are the keys of its table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Options {
    #[arg(skip)]
    pub(crate) server: Option<String>,
    /// Use TLS from the start, on port 995 (the default, except for pop:// URLs)
    #[arg(long, group = "security")]
    pub(crate) tls: bool,
    /// Use port 110 and start TLS with STLS; fail if the server does not offer it (the default for pop:// URLs)
    #[arg(long, group = "security")]
    pub(crate) stls: bool,
    /// Use port 110 without TLS; mail and password pass in clear
    #[arg(long, group = "security")]
    pub(crate) plain: bool,
    /// Trust the certificates in this PEM file instead of those of the system; one of them may be the
    /// server's own
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Accept the server only if its certificate is trusted and the SHA-256 of its public key
    /// (SubjectPublicKeyInfo in DER) is this one: sha256:HEX
    #[arg(long, value_name = "PIN")]
    pub(crate) pin: Option<String>,
    /// Trust exactly the certificate (in DER) or public key (SubjectPublicKeyInfo in DER) with this SHA-256,
    /// sha256:HEX, whatever its issuer, name and dates. Compare it with what the server's owner tells you
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["ca", "pin"])]
    pub(crate) fingerprint: Option<String>,
    /// Show this client certificate to the server (PEM), for the login method EXTERNAL
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key of the client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Give up if the server makes no progress for this many seconds (120 by default), or if a command for
    /// password, token or delivery has not ended after them. One answer may take this time and one second
    /// more for each 100 octets
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// Give up an account this many seconds after its turn began (a day by default; 0 is no limit). The next
    /// run goes on from there
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_time: Option<u64>,

    /// The user name
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Take the password from this environment variable
    #[arg(long, value_name = "VAR", group = "secret")]
    pub(crate) password_env: Option<String>,
    /// Take the password from the first line of this file, which may be a pipe, such as /dev/stdin
    #[arg(long, value_name = "FILE", group = "secret")]
    pub(crate) password_file: Option<PathBuf>,
    /// Run this command and take the password from its first line of output
    #[arg(long, value_name = "COMMAND", group = "secret")]
    pub(crate) password_command: Option<String>,
    /// Take an OAuth access token from this environment variable
    #[arg(long, value_name = "VAR", group = "secret")]
    pub(crate) token_env: Option<String>,
    /// Run this command and take an OAuth access token from its first line of output
    #[arg(long, value_name = "COMMAND", group = "secret")]
    pub(crate) token_command: Option<String>,
    /// Log in with these methods only, with commas between them: external, oauthbearer, xoauth2,
    /// scram-sha-256-plus, scram-sha-1-plus, scram-sha-256, scram-sha-1, cram-md5, apop, plain, login, user,
    /// anonymous. apop is used only if it is named here or in the URL, and anonymous only if it is
    /// the only method named
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    pub(crate) auth: Vec<String>,
    /// Accept messages whose lines end in a bare LF, from servers that never send CR LF; the text of a message
    /// could then forge the end of the message
    #[arg(long)]
    pub(crate) bare_lf: bool,
    /// Do not ask the server what it can do, for servers that take CAPA badly
    #[arg(long)]
    pub(crate) no_capa: bool,

    /// Deliver to this Maildir, which is made if it is missing; or to an mbox file; or to a command, which
    /// gets each message on its standard input
    #[arg(long, value_name = "MAILDIR|mbox:FILE|pipe:COMMAND")]
    pub(crate) to: Option<String>,
    /// Store Maildir files and feed commands with LF line ends, as local programs on Unix like them. Without
    /// this, they get CR LF, octet for octet as the server sent it; mbox files have LF in any case
    #[arg(long)]
    pub(crate) lf: bool,
    /// The record of what has been fetched. By default it is a file in the Maildir or beside the mbox file; with
    /// pipe: this option is required
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// If there is no record yet, start it from the record of another program: getmail:FILE, fetchmail:FILE
    /// or mpop:FILE
    #[arg(long, value_name = "PROGRAM:FILE")]
    pub(crate) import: Option<String>,
    /// Fetch all messages, even those that the record says have been fetched
    #[arg(long)]
    pub(crate) all: bool,

    /// Leave the messages on the server (the default). Messages that an earlier run marked for deletion, and
    /// that the server still has, are deleted all the same
    #[arg(long, group = "afterwards")]
    pub(crate) keep: bool,
    /// Delete each message from the server once it is safe
    #[arg(long, group = "afterwards")]
    pub(crate) delete: bool,
    /// Delete messages that were fetched at least this many days ago
    #[arg(long, value_name = "DAYS", group = "afterwards")]
    pub(crate) delete_after: Option<u32>,
    /// Delete a fetched message this many days after a run first got anything of it. --delete-after counts
    /// from the day on which it was fetched whole; this option counts from its preview, if there was one
    #[arg(long, value_name = "DAYS", conflicts_with = "keep")]
    pub(crate) delete_older: Option<u32>,
    /// Leave only the newest N messages on the server: those with the highest numbers
    #[arg(long, value_name = "N", conflicts_with = "keep")]
    pub(crate) keep_count: Option<u32>,
    /// Leave only the newest messages on the server, those with the highest numbers, up to this many octets
    #[arg(long, value_name = "OCTETS", conflicts_with = "keep")]
    pub(crate) keep_octets: Option<u64>,
    /// Also delete messages whose size is not the one that the server announced, for servers that announce
    /// estimates, as Microsoft Exchange does
    #[arg(long)]
    pub(crate) delete_doubtful: bool,
    /// Fetch only a preview of new messages that are larger than this. A message of which there is only a
    /// preview stays on the server
    #[arg(long, value_name = "OCTETS")]
    pub(crate) size_limit: Option<u64>,
    /// How many lines of the body a preview has (20 by default)
    #[arg(long, value_name = "LINES")]
    pub(crate) preview: Option<u64>,
    /// Fetch only the header of each new message. A message of which only the header has been fetched stays
    /// on the server; one that an earlier run stored whole can still be deleted
    #[arg(long)]
    pub(crate) headers_only: bool,
    /// Stop when a message turns out to be larger than this (16 GiB by default), so that no server can send
    /// without end
    #[arg(long, value_name = "OCTETS")]
    pub(crate) max_message: Option<u64>,
    /// Send one command at a time, for servers that mix up their answers
    #[arg(long)]
    pub(crate) no_pipelining: bool,
}

/// When the connection starts TLS, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    Tls,
    Stls,
    Plain,
}

impl Options {
    /// Checks for accounts in a file what clap checks on the command line.
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
        one_of(
            &[self.fingerprint.is_some(), self.ca.is_some() || self.pin.is_some()],
            "fingerprint, and ca, pin",
        )?;
        if self.cert.is_some() != self.key.is_some() {
            return Err(Kind::Usage.because("cert, key", "one goes with the other"));
        }
        Ok(())
    }

    /// Replaces `~/` in every path, because no shell has done so.
    pub(crate) fn expand_home(&mut self) -> Result<(), Failure> {
        let paths = [
            ("--ca", &mut self.ca),
            ("--cert", &mut self.cert),
            ("--key", &mut self.key),
            ("--password-file", &mut self.password_file),
            ("--record", &mut self.record),
        ];
        for (option, path) in paths {
            if let Some(path) = path {
                *path = expanded(path).map_err(|why| Kind::Usage.because(option, why))?;
            }
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
