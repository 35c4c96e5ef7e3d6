//! Names and passwords, which never stand on a command line.

use std::env;
use std::path::Path;
use std::time::Duration;

use pop3_programs_common::secret;
use pop3_programs_common::text::Text;
use pop3_programs_common::words::Masks;
use pop3_proto::conformance::Account;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::options::Options;

/// How long a pipe may take to give a password.
const PATIENCE: Duration = Duration::from_secs(60);

/// Shorter secrets are masked by the kit where they stand as they are, and nowhere else: they would hide half of
/// each report.
const SHORTEST_MASK: usize = 6;

/// The longest file of accounts.
const LONGEST: u64 = 1024 * 1024;

/// All who can log in.
#[derive(Debug, Default)]
pub(crate) struct Who {
    /// One for each worker; none if only what comes before the login is judged.
    pub(crate) accounts: Vec<Account>,
    pub(crate) empty: Option<Account>,
    pub(crate) prep: Option<Account>,
    pub(crate) address: Option<Account>,
    pub(crate) spaced: Option<Account>,
    pub(crate) token: Option<String>,
}

impl Who {
    pub(crate) fn load(options: &Options, user: Option<&str>) -> Result<Self, Failure> {
        let password = password(options)?;
        let with = |name: &Option<String>, option: &str| -> Result<Option<Account>, Failure> {
            let Some(name) = name else { return Ok(None) };
            let password = password.clone().ok_or_else(|| no_password(option))?;
            Ok(Some(Account { name: name.clone(), password: password.to_string() }))
        };
        let accounts = match (&options.accounts, user) {
            (Some(file), _) => accounts(file)?,
            (None, Some(user)) => with(&Some(user.to_owned()), "--user")?.into_iter().collect(),
            (None, None) if password.is_some() => {
                return Err(Failure::usage("--user", "missing: whose password is it?"));
            }
            (None, None) => Vec::new(),
        };
        let prep = match (&options.prep_user, &options.prep_password_env) {
            (Some(name), Some(variable)) => Some(Account {
                name: name.clone(),
                password: from_env("--prep-password-env", variable)?.to_string(),
            }),
            (None, None) => None,
            _ => return Err(Failure::usage("prep-user, prep-password-env", "one goes with the other")),
        };
        let token = options.token_env.as_deref().map(|variable| from_env("--token-env", variable));
        Ok(Self {
            accounts,
            empty: with(&options.empty_user, "--empty-user")?,
            prep,
            address: with(&options.address_user, "--address-user")?,
            spaced: with(&options.spaced_user, "--spaced-user")?,
            token: token.transpose()?.map(|token| token.to_string()),
        })
    }

    /// What no report may show.
    pub(crate) fn masks(&self) -> Masks {
        let mut masks = Masks::new();
        for secret in self.passwords().filter(|secret| secret.len() >= SHORTEST_MASK) {
            masks.add(secret.as_bytes());
        }
        masks
    }

    /// Those that `masks` leaves out.
    pub(crate) fn short_passwords(&self) -> Vec<String> {
        let short = self.passwords().filter(|secret| (1..SHORTEST_MASK).contains(&secret.len()));
        short.filter(|secret| *secret != "***").cloned().collect()
    }

    fn passwords(&self) -> impl Iterator<Item = &String> {
        let others = [&self.empty, &self.prep, &self.address, &self.spaced];
        let accounts = self.accounts.iter().chain(others.into_iter().flatten());
        accounts.map(|account| &account.password).chain(&self.token)
    }
}

fn no_password(option: &str) -> Failure {
    Failure::usage(option, "a password is missing: --password-env or --password-file")
}

fn password(options: &Options) -> Result<Option<Zeroizing<String>>, Failure> {
    match (&options.password_env, &options.password_file) {
        (None, None) => Ok(None),
        (Some(variable), None) => from_env("--password-env", variable).map(Some),
        (None, Some(file)) => {
            let read =
                secret::read(file, PATIENCE).map_err(|error| Failure::usage("--password-file", error))?;
            text("--password-file", &read).map(Some)
        }
        _ => Err(Failure::usage("password-env, password-file", "only one of them can be")),
    }
}

fn from_env(option: &str, variable: &str) -> Result<Zeroizing<String>, Failure> {
    let value =
        env::var_os(variable).ok_or_else(|| Failure::usage(option, format!("{variable} is not set")))?;
    let line = secret::first_line(variable, value.as_encoded_bytes());
    text(option, &line.map_err(|error| Failure::usage(option, error))?)
}

fn text(option: &str, octets: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let text = std::str::from_utf8(octets).map_err(|_| Failure::usage(option, "not UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn accounts(file: &Path) -> Result<Vec<Account>, Failure> {
    let text = Text::read(file, LONGEST).map_err(|error| Failure::usage("--accounts", error))?;
    let mut accounts: Vec<Account> = Vec::new();
    for (number, line) in text.lines().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let bad = |why| Failure::usage("--accounts", text.error(number, why));
        let (name, password) = line.split_once(':').ok_or_else(|| bad("not USER:PASSWORD"))?;
        if name.is_empty() || password.is_empty() {
            return Err(bad("not USER:PASSWORD"));
        }
        if accounts.iter().any(|other| other.name == name) {
            return Err(bad("this user stands there twice"));
        }
        accounts.push(Account { name: name.to_owned(), password: password.to_owned() });
    }
    if accounts.is_empty() { Err(Failure::usage("--accounts", "no account in it")) } else { Ok(accounts) }
}
