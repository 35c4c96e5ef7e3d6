//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::failure::Failure;
use crate::options::{Leaves, Options};

/// Judge any POP3 server, and any POP3 client, by what the RFCs ask for.
///
/// Each verdict names a requirement, its RFC and section, and quotes the octets that decided. A probe that
/// finds a fault is run again in a fresh session before the fault is reported. Nothing is ever removed from a
/// maildrop but messages that this program made itself, has just recognised, and is permitted to remove.
///
/// Exit codes: 0 if no verdict counts; 1 if one counts; 2 for wrong usage or configuration; 3 if nothing could
/// be judged, for instance because the server is not reachable or nobody can log in; 4 if nothing counts, but
/// something that is known to fail does not fail any more. By default only "fail" counts; see --strict,
/// --fail-on and --known. If a signal ends `pop3check client`, the exit
/// code is 128 plus the number of the signal.
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
/// What a run may do is decided by the address of the server. On loopback, private and link-local addresses
/// it may send malformed commands, may fail up to ten logins in each probe, and may send passwords without
/// TLS. On other addresses it sends no malformed command and no wrong password; some probes still send a
/// well-formed command that the server has to refuse, such as STAT before the login, an unknown verb, or AUTH
/// ANONYMOUS. Nothing is removed unless --delete-own or --all permits it, on the command line or in the
/// settings file.
///
/// A SELECT is a section (server/uidl), a probe (server/uidl/form), a pattern (*/stls*), a row (1939-5-12),
/// an RFC or a section of one (rfc2449, rfc2449-6.6), a level (must, should, may, implied), a tier (tier1), a
/// quirk (quirk-81), a hole (hole:first-dot) or a need (need:odd). One that selects nothing is an error.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server: HOST, HOST:PORT (in clear, or with TLS if the port is 995), or a URL such as
    /// pops://user@host:port; then what to run
    #[arg(value_name = "URL|HOST[:PORT] [SELECT]")]
    pub(crate) places: Vec<String>,
    /// Take settings from this TOML file; without this option from pop3check.toml in this folder, if there is
    /// one. The command line wins; if it has any option under Permissions, the whole table `[leave]` of the file
    /// is ignored
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
/// For each dialogue of a probe the client is started once, and is given the host and port of a server that
/// pop3check plays on loopback. This server keeps the rules, except where a probe tests how the client takes a
/// fault. Its certificates and their authority are made anew for each run.
///
/// A preset says how the client is started, how it is told what to do, and what it stores where; see
/// docs/judging-a-client.md in the sources. With --exec pop3check runs a command with sh. It replaces {host},
/// {port}, {user}, {password} and {store} in it by the values of this run. The command has to fetch all mail
/// without TLS, and what it stores is not looked at. With --manual a person starts the client each time, and
/// is told when.
///
/// A SELECT is as for `pop3check server`.
#[derive(Debug, Args)]
pub(crate) struct Client {
    /// What to run
    #[arg(value_name = "SELECT")]
    pub(crate) selects: Vec<String>,
    /// The client: commons-net, curl, fetchmail, getmail, javamail, mail-pop3client, movemail, mpop, mutt,
    /// neomutt, net-pop, net-pop3, node-pop3, oauth-gateway, pop3get, poplib, s-nail or thunderbird; or a file in
    /// TOML whose name has a / or a dot in it
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["exec", "manual"], help_heading = "Which")]
    pub(crate) preset: Option<String>,
    /// A command for sh that fetches all mail
    #[arg(long, value_name = "COMMAND", conflicts_with = "manual", help_heading = "Which")]
    pub(crate) exec: Option<String>,
    /// A person starts the client
    #[arg(long, help_heading = "Which")]
    pub(crate) manual: bool,
    /// Run this program in place of the first word of the preset's command. In many presets that word is an
    /// interpreter, such as sh or python3: put your client first in PATH then. The command for POP URLs is
    /// not changed
    #[arg(long, value_name = "FILE", requires = "preset", help_heading = "Which")]
    pub(crate) program: Option<String>,
    /// The name of the client in reports, with --manual
    #[arg(long, requires = "manual", help_heading = "Which")]
    pub(crate) name: Option<String>,
    /// The name under which the client finds this machine; it has to lead to 127.0.0.1. With two dots or
    /// more in it, wildcards in certificates are judged, too (not with --manual)
    #[arg(long, value_name = "NAME", help_heading = "How")]
    pub(crate) host: Option<String>,
    /// Multiply the time that the client may be silent by this
    #[arg(long, value_name = "FACTOR", help_heading = "How")]
    pub(crate) patience: Option<f64>,
    /// Run this many probes at the same time
    #[arg(long, value_name = "N", help_heading = "How")]
    pub(crate) jobs: Option<usize>,
    /// Decides what looks random; told in each report
    #[arg(long, value_name = "N", help_heading = "How")]
    pub(crate) seed: Option<u64>,
    /// Permit masses of octets
    #[arg(long, help_heading = "Permissions")]
    pub(crate) flood: bool,
    /// Also run probes that take up to this many seconds (2000 if no number is given). Without this option none
    /// of them runs
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2000", help_heading = "Permissions")]
    pub(crate) slow: Option<u64>,
    /// Exit with 1 for deviations and inconclusive verdicts, too
    #[arg(long, help_heading = "Verdicts")]
    pub(crate) strict: bool,
    /// Exit with 1 for these verdicts only: a list of fail, deviation, inconclusive and not-run
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

/// What a run leaves out, and where its results go.
#[derive(Debug, Args)]
pub(crate) struct Round {
    /// Leave out what this selects, and say why: 'server/apop=off here'
    #[arg(short = 'x', long = "skip", value_name = "SELECT=REASON", help_heading = "What to run")]
    pub(crate) skips: Vec<String>,
    /// Stop at the first verdict that counts
    #[arg(long, help_heading = "What to run")]
    pub(crate) fail_fast: bool,
    /// Write a list for --known: what counts in this run, and the known entries that still hold
    #[arg(long, value_name = "FILE", help_heading = "Verdicts")]
    pub(crate) write_known: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) say: Say,
    /// Write the whole run as JSON into this file. The name - stands for standard output; only one report can go
    /// there, and the text then goes to standard error
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
    /// Show no colours, not even on a terminal
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
    /// The form in which the messages are written
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
    /// Deliver the messages to smtp://HOST:PORT, to lmtp://HOST:PORT, or to a command that gets each message
    /// on its standard input, such as 'dovecot-lda -d {user}'. Messages that a delivery would change are left
    /// out
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

/// Print again a run that --json has written.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The file that --json has written
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

/// Show several runs side by side, from the files that --json has written.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Files that --json has written. Each becomes a column that is named after its file
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
