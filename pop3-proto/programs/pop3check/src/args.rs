//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::failure::Failure;
use crate::options::{Leaves, Options};

/// Judge any POP3 server, and any POP3 client, by what the RFCs ask for.
///
/// Each verdict names a requirement, its RFC and section, and quotes the octets that decided. What accuses
/// the peer is run again in a fresh session before it is told. Nothing is ever removed from a maildrop but
/// messages that this program made itself, has just recognised, and has leave to remove.
///
/// Exit codes: 0 nothing that counts; 1 something counts; 2 wrong usage or configuration; 3 nothing could be
/// judged, since the server is not reachable or nobody can log in, for instance; 4 only stale entries:
/// something that is known to fail does not fail any more. A signal that ends `client` gives 128 and its number.
#[derive(Debug, Parser)]
#[command(name = "pop3check", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Print the manual page
    #[arg(long)]
    pub(crate) man: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Server(Box<Server>),
    Client(Box<Client>),
    Corpus(Corpus),
    List(List),
    Explain(Explain),
    Report(Report),
    Compare(Compare),
}

/// Judge a server.
///
/// Without an account only what comes before the login is judged. Without known messages in the maildrop (see
/// `pop3check corpus`) what a server does to mail is judged by comparing its own answers.
///
/// What a run may do is decided by the address of the server: on loopback and private addresses malformed
/// commands and ten failed logins, on others legal commands only. Nothing is removed unless the command line
/// says so.
///
/// A SELECT is a section (server/uidl), a probe (server/uidl/form), a pattern (*/stls*), a row (1939-5-12),
/// an RFC or a section of one (rfc2449, rfc2449-6.6), a level (must, should, may, implied), a tier (tier1), a
/// quirk (quirk-81), a hole (hole:first-dot) or a need (need:odd). One that selects nothing is an error.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server: HOST, HOST:PORT, or a URL such as pops://user@host; then what to run
    #[arg(value_name = "URL|HOST[:PORT] [SELECT]")]
    pub(crate) places: Vec<String>,
    /// Take settings from this TOML file; without this option from pop3check.toml in this folder, if there is
    /// one. The command line wins
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(flatten)]
    pub(crate) leaves: Leaves,
    #[command(flatten)]
    pub(crate) round: Round,
}

/// Judge a client, by playing the server.
///
/// The client is started once for each dialogue of a probe, with the place of a server on loopback that
/// speaks what it offers and misbehaves only where a probe is about that. Its certificates and their authority
/// are made anew for each run.
///
/// A preset says how the client is started, how it is told what to do, and what it stores where; see the page
/// about pop3check. With --exec a command for sh is run, in which {host}, {port}, {user}, {password} and {store}
/// stand for what is meant, and it has to fetch all mail in clear. With --manual a person starts the client
/// each time, and is told when.
///
/// A SELECT is as for `pop3check server`.
#[derive(Debug, Args)]
pub(crate) struct Client {
    /// What to run
    #[arg(value_name = "SELECT")]
    pub(crate) selects: Vec<String>,
    /// The client: one of those that come with the program, or a file in TOML
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["exec", "manual"], help_heading = "Which")]
    pub(crate) preset: Option<String>,
    /// A command for sh that fetches all mail
    #[arg(long, value_name = "COMMAND", conflicts_with = "manual", help_heading = "Which")]
    pub(crate) exec: Option<String>,
    /// A person starts the client
    #[arg(long, help_heading = "Which")]
    pub(crate) manual: bool,
    /// Run this program in place of the first word of the preset's command
    #[arg(long, value_name = "FILE", requires = "preset", help_heading = "Which")]
    pub(crate) program: Option<String>,
    /// The name of the client in reports, with --manual
    #[arg(long, requires = "manual", help_heading = "Which")]
    pub(crate) name: Option<String>,
    /// The name under which the client finds this machine. One with two dots or more lets wildcards be judged
    #[arg(long, value_name = "NAME", help_heading = "How")]
    pub(crate) host: Option<String>,
    /// Multiply the time that the client may be silent by this
    #[arg(long, value_name = "FACTOR", help_heading = "How")]
    pub(crate) patience: Option<f64>,
    /// Run so many probes at the same time
    #[arg(long, value_name = "N", help_heading = "How")]
    pub(crate) jobs: Option<usize>,
    /// Decides what looks random; told in each report
    #[arg(long, value_name = "N", help_heading = "How")]
    pub(crate) seed: Option<u64>,
    /// Masses of octets may be sent to the client
    #[arg(long, help_heading = "Leave")]
    pub(crate) flood: bool,
    /// Probes that take up to so long, 2000 seconds by default
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2000", help_heading = "Leave")]
    pub(crate) slow: Option<u64>,
    /// Exit with 1 for deviations and inconclusive verdicts, too
    #[arg(long, help_heading = "Verdicts")]
    pub(crate) strict: bool,
    /// Exit with 1 for exactly these: fail, deviation, inconclusive, not-run
    #[arg(long, value_name = "VERDICTS", value_delimiter = ',', help_heading = "Verdicts")]
    pub(crate) fail_on: Vec<String>,
    /// Exit with 1 if one of these cannot be judged
    #[arg(long, value_name = "SELECT", help_heading = "Verdicts")]
    pub(crate) require: Vec<String>,
    /// What is known to fail, in TOML; see --write-known
    #[arg(long, value_name = "FILE", help_heading = "Verdicts")]
    pub(crate) known: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) round: Round,
}

impl Client {
    /// The factor of --patience.
    pub(crate) fn patience(&self) -> Result<f64, Failure> {
        let factor = self.patience.unwrap_or(1.0);
        let is_good = (0.01..=1000.0).contains(&factor);
        if is_good { Ok(factor) } else { Err(Failure::usage("--patience", "not from 0.01 to 1000")) }
    }
}

/// What a run leaves out, and where it tells what came of it.
#[derive(Debug, Args)]
pub(crate) struct Round {
    /// Leave out what this selects, and say why: 'server/apop=off here'
    #[arg(short = 'x', long = "skip", value_name = "SELECT=REASON", help_heading = "What to run")]
    pub(crate) skips: Vec<String>,
    /// Stop at the first verdict that counts
    #[arg(long, help_heading = "What to run")]
    pub(crate) fail_fast: bool,
    /// Write the list of what counts in this run, for --known
    #[arg(long, value_name = "FILE", help_heading = "Verdicts")]
    pub(crate) write_known: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) say: Say,
    /// Write all of it as JSON. - is standard output, for one of the reports; the text goes to standard error then
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) json: Option<PathBuf>,
    /// Write a JUnit report into this file; - is standard output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) junit: Option<PathBuf>,
    /// Write one HTML page that holds everything into this file; - is standard output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Say {
    /// Show all dialogues
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Reports")]
    pub(crate) verbose: bool,
    /// Show the last line only, and no progress
    #[arg(short, long, help_heading = "Reports")]
    pub(crate) quiet: bool,
    /// Show no colours, on a terminal either
    #[arg(long, alias = "no-color", help_heading = "Reports")]
    pub(crate) no_colour: bool,
}

/// Make the known messages, or deliver them.
///
/// With them in its maildrop a server is judged by what it does to dots, line ends, long lines and so on.
/// Each but two holds a marker, by which it is recognised. Those that are named spare may be removed by a run
/// with --delete-own.
#[derive(Debug, Args)]
pub(crate) struct Corpus {
    /// Write the messages into this folder, or with --as mbox into this file
    #[arg(long, value_name = "DIR", required_unless_present = "deliver", conflicts_with = "deliver")]
    pub(crate) to: Option<PathBuf>,
    /// As what
    #[arg(long = "as", value_name = "FORM", value_enum, default_value = "maildir", requires = "to")]
    pub(crate) form: Form,
    /// With LF as line end (the default), but for messages that are about line ends
    #[arg(long, conflicts_with = "crlf")]
    pub(crate) lf: bool,
    /// With CR LF as line end
    #[arg(long)]
    pub(crate) crlf: bool,
    /// Leave out these messages, for stores that do not take them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Deliver the messages that survive that: to smtp://HOST:PORT, lmtp://HOST:PORT, or to a command that
    /// gets each message on its standard input, such as 'dovecot-lda -d {user}'
    #[arg(long, value_name = "WHERE", requires = "user")]
    pub(crate) deliver: Option<String>,
    /// Who gets them
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// The number of the run that the messages are made for, for --run of `pop3check server`
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) run: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// A Maildir, which is made if it is missing
    Maildir,
    /// An mbox file. Lines that begin with `From ` are quoted
    Mbox,
    /// A folder with a file NAME.eml for each message
    Files,
}

/// List probes.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only what this selects
    #[arg(value_name = "SELECT")]
    pub(crate) selects: Vec<String>,
    /// Show what each needs
    #[arg(long)]
    pub(crate) needs: bool,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Explain a probe, a section, a row, a verdict or a need.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Such as server/retr/first-dot, server/retr, 1939-3-14, deviation, own:1
    pub(crate) id: String,
}

/// Print a run that was kept with --json again.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// What --json wrote
    pub(crate) run: PathBuf,
    /// As text, which is the default
    #[arg(long)]
    pub(crate) text: bool,
    #[command(flatten)]
    pub(crate) say: Say,
    /// As JUnit into this file; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// As HTML into this file; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// Put runs that were kept with --json side by side.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// What --json wrote, a file for each column, which gets its name
    #[arg(required = true, num_args = 1..)]
    pub(crate) runs: Vec<PathBuf>,
    /// As HTML into this file; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// As a table in Markdown into this file; - is standard output, which is the default
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// One line for each section, with counts, instead of one for each probe
    #[arg(long)]
    pub(crate) sections: bool,
}
