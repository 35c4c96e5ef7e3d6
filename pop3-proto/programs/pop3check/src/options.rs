//! The options that can also stand in a file.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

/// Where the server is, who logs in, and how it is judged: the table `[server]` of a file.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Options {
    #[arg(skip)]
    pub(crate) url: Option<String>,
    #[arg(skip)]
    pub(crate) select: Vec<String>,

    /// The port that starts in clear. If the server is given as HOST and no port is named, 110 and 995 are
    /// tried; a URL without a port stands for 110 (pop://) or 995 (pops://) alone
    #[arg(long, value_name = "PORT", help_heading = "Where")]
    pub(crate) clear: Option<u16>,
    /// The port that starts with TLS
    #[arg(long, value_name = "PORT", help_heading = "Where")]
    pub(crate) tls: Option<u16>,
    /// Do not use STLS
    #[arg(long, help_heading = "Where")]
    pub(crate) no_stls: bool,
    /// The name of the server for certificates and logins, if it is not the one to connect to
    #[arg(long, value_name = "HOST", help_heading = "Where")]
    pub(crate) name: Option<String>,
    /// Judge the certificate of the server, which is not looked at otherwise
    #[arg(long, help_heading = "Where")]
    pub(crate) check_certificate: bool,
    /// With --check-certificate, judge the certificate by the authorities in this PEM file instead of those
    /// of the system
    #[arg(long, value_name = "FILE", help_heading = "Where")]
    pub(crate) ca: Option<PathBuf>,
    /// Show this client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "client_key", help_heading = "Where")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The private key of the client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "client_cert", help_heading = "Where")]
    pub(crate) client_key: Option<PathBuf>,
    /// Log in this way where the probe does not ask for another one: login=clear, login=stls or login=tls.
    /// login=clear implies --clear-passwords
    #[arg(long, value_name = "login=WAY", help_heading = "Where")]
    pub(crate) via: Option<String>,
    /// Permit passwords without TLS, as by default on loopback, private and link-local addresses
    #[arg(long, help_heading = "Where")]
    pub(crate) clear_passwords: bool,

    /// The user whose maildrop is looked at
    #[arg(long, help_heading = "Who")]
    pub(crate) user: Option<String>,
    /// Take the password from this environment variable
    #[arg(long, value_name = "VAR", help_heading = "Who")]
    pub(crate) password_env: Option<String>,
    /// Take the password from the first line of this file, which may be a pipe
    #[arg(long, value_name = "FILE", conflicts_with = "password_env", help_heading = "Who")]
    pub(crate) password_file: Option<PathBuf>,
    /// Take an access token from this environment variable
    #[arg(long, value_name = "VAR", help_heading = "Who")]
    pub(crate) token_env: Option<String>,
    /// A user whose maildrop is empty. This user has the same password as --user, and so have --address-user and
    /// --spaced-user
    #[arg(long, value_name = "USER", help_heading = "Who")]
    pub(crate) empty_user: Option<String>,
    /// A user whose password SASLprep changes
    #[arg(long, value_name = "USER", requires = "prep_password_env", help_heading = "Who")]
    pub(crate) prep_user: Option<String>,
    /// Take the password of --prep-user from this environment variable, as it is before SASLprep (RFC 4013)
    /// changes it
    #[arg(long, value_name = "VAR", requires = "prep_user", help_heading = "Who")]
    pub(crate) prep_password_env: Option<String>,
    /// A user whose name is a full address
    #[arg(long, value_name = "USER", help_heading = "Who")]
    pub(crate) address_user: Option<String>,
    /// A user with a space in the name
    #[arg(long, value_name = "USER", help_heading = "Who")]
    pub(crate) spaced_user: Option<String>,
    /// A file with accounts for --jobs: USER:PASSWORD on each line. All maildrops should hold the same
    /// messages, since a probe runs with any one of the accounts
    #[arg(long, value_name = "FILE", conflicts_with = "user", help_heading = "Who")]
    pub(crate) accounts: Option<PathBuf>,

    /// Multiply all time limits for the server by this; not --slow and --login-wait
    #[arg(long, value_name = "FACTOR", help_heading = "How")]
    pub(crate) patience: Option<f64>,
    /// Run this many probes at the same time, each with an account of its own (see --accounts)
    #[arg(long, value_name = "N", help_heading = "How")]
    pub(crate) jobs: Option<usize>,
    /// Each of the --jobs workers waits this many seconds between two of its connections, for servers that
    /// limit logins
    #[arg(long, value_name = "SECONDS", help_heading = "How")]
    pub(crate) login_wait: Option<f64>,
    /// Decides what looks random; told in each report
    #[arg(long, value_name = "N", help_heading = "How")]
    pub(crate) seed: Option<u64>,
    /// The number with which the known messages were made; 1 by default
    #[arg(long, value_name = "N", help_heading = "How")]
    pub(crate) run: Option<u16>,
    /// How to deliver a message to the account during the run: smtp://HOST:PORT, lmtp://HOST:PORT, or a
    /// command, which gets the message on its standard input. {user} in the command stands for the user; no
    /// shell runs it, and blanks part its words
    #[arg(long, value_name = "WHERE", help_heading = "How")]
    pub(crate) deliver: Option<String>,

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
}

/// What a run may do: the table `[leave]` of a file. If one of them stands on the command line, the table does
/// not count.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Leaves {
    /// Permit no malformed commands and no wrong passwords, as by default on public addresses
    #[arg(long, conflicts_with_all = ["odd", "bad_logins", "flood", "all"], help_heading = "Permissions")]
    pub(crate) gentle: bool,
    /// Permit malformed commands
    #[arg(long, help_heading = "Permissions")]
    pub(crate) odd: bool,
    /// Permit this many failed logins in each probe; a probe that finds a fault is run twice
    #[arg(long, value_name = "N", help_heading = "Permissions")]
    pub(crate) bad_logins: Option<u32>,
    /// Permit the removal of known messages that are named spare and have the number of this run
    #[arg(long, help_heading = "Permissions")]
    pub(crate) delete_own: bool,
    /// Permit also the removal of those of any other run
    #[arg(long, requires = "delete_own", help_heading = "Permissions")]
    pub(crate) any_run: bool,
    /// Permit masses of octets and commands
    #[arg(long, help_heading = "Permissions")]
    pub(crate) flood: bool,
    /// Also run probes that take up to this many seconds (2000 if no number is given). Without this option none
    /// of them runs
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2000", help_heading = "Permissions")]
    pub(crate) slow: Option<u64>,
    /// Say that nothing but known messages is in the maildrop. Together with --delete-own, probes may then mark
    /// all of them for deletion and take that back
    #[arg(long, help_heading = "Permissions")]
    pub(crate) only_corpus: bool,
    /// Permit --odd, --flood, --delete-own and 100 failed logins in each probe
    #[arg(long, help_heading = "Permissions")]
    pub(crate) all: bool,
}

impl Options {
    /// Forgets which server is meant.
    pub(crate) fn leave_server(&mut self) {
        (self.url, self.clear, self.tls, self.name) = (None, None, None, None);
    }

    /// These, and where they say nothing, the others.
    pub(crate) fn or(self, other: Self) -> Self {
        let list = |own: Vec<String>, other| if own.is_empty() { other } else { own };
        // A source of the password on the command line replaces the other one.
        let has_source = self.password_env.is_some() || self.password_file.is_some();
        let (env, file) = if has_source { (None, None) } else { (other.password_env, other.password_file) };
        // So do a user and a file of users.
        let user = other.user.filter(|_| self.accounts.is_none());
        let accounts = other.accounts.filter(|_| self.user.is_none());
        Self {
            url: self.url.or(other.url),
            select: list(self.select, other.select),
            clear: self.clear.or(other.clear),
            tls: self.tls.or(other.tls),
            no_stls: self.no_stls || other.no_stls,
            name: self.name.or(other.name),
            check_certificate: self.check_certificate || other.check_certificate,
            ca: self.ca.or(other.ca),
            client_cert: self.client_cert.or(other.client_cert),
            client_key: self.client_key.or(other.client_key),
            via: self.via.or(other.via),
            clear_passwords: self.clear_passwords || other.clear_passwords,
            user: self.user.or(user),
            password_env: self.password_env.or(env),
            password_file: self.password_file.or(file),
            token_env: self.token_env.or(other.token_env),
            empty_user: self.empty_user.or(other.empty_user),
            prep_user: self.prep_user.or(other.prep_user),
            prep_password_env: self.prep_password_env.or(other.prep_password_env),
            address_user: self.address_user.or(other.address_user),
            spaced_user: self.spaced_user.or(other.spaced_user),
            accounts: self.accounts.or(accounts),
            patience: self.patience.or(other.patience),
            jobs: self.jobs.or(other.jobs),
            login_wait: self.login_wait.or(other.login_wait),
            seed: self.seed.or(other.seed),
            run: self.run.or(other.run),
            deliver: self.deliver.or(other.deliver),
            strict: self.strict || other.strict,
            fail_on: list(self.fail_on, other.fail_on),
            require: list(self.require, other.require),
            known: self.known.or(other.known),
        }
    }
}
