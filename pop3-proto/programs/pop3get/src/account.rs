//! The settings of one account, put together from options, URL and file, and checked before anything is
//! connected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pop3_proto::fetch::Rules;
use pop3_proto::login::{Method, Methods, Policy};
use pop3_proto::url::{Auth, Url};
use serde::Deserialize;

use crate::failure::{Failure, Kind};
use crate::options::{Args, Options, Security};

#[derive(Debug)]
pub(crate) struct Account {
    /// The name for messages to the user: the name in the file, or user and host.
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) user: String,
    pub(crate) policy: Policy,
    pub(crate) rules: Rules,
    pub(crate) to: Destination,
    pub(crate) record: PathBuf,
    pub(crate) options: Options,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Maildir(PathBuf),
    Mbox(PathBuf),
    Pipe(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    account: BTreeMap<String, Options>,
}

/// The accounts that the command line asks for.
pub(crate) fn all(args: &Args) -> Result<Vec<Account>, Failure> {
    if args.config.is_some() && args.options != Options::default() {
        return Err(Kind::Usage.because("--config", "options of an account stand in the file"));
    }
    let mut accounts = match &args.config {
        Some(file) => from_file(file, &args.places)?,
        None => args
            .places
            .iter()
            .map(|place| Account::new(None, place, args.options.clone()))
            .collect::<Result<Vec<_>, _>>()?,
    };
    if accounts.is_empty() {
        return Err(Kind::Usage.because("accounts", "none: name a server, or a file with --config"));
    }
    let mut records = BTreeSet::new();
    if let Some(twice) = accounts.iter().find(|account| !records.insert(&account.record)) {
        let why = format_args!("two accounts share the record {}", twice.record.display());
        return Err(Kind::Usage.because(&twice.name, why));
    }
    accounts.iter_mut().for_each(|account| account.rules.dry_run = args.dry_run);
    Ok(accounts)
}

fn from_file(file: &Path, names: &[String]) -> Result<Vec<Account>, Failure> {
    let bad = |error: &dyn std::fmt::Display| Kind::Usage.because(file.display(), error);
    let text = std::fs::read_to_string(file).map_err(|error| bad(&error))?;
    let mut tables = toml::from_str::<File>(&text).map_err(|error| bad(&error))?.account;
    let names = if names.is_empty() { tables.keys().cloned().collect() } else { names.to_vec() };
    let mut accounts = Vec::new();
    for name in names {
        let options = tables.remove(&name).ok_or_else(|| bad(&format!("no [account.{name}]")))?;
        let place = options.server.clone().ok_or_else(|| bad(&format!("[account.{name}] has no server")))?;
        accounts.push(Account::new(Some(&name), &place, options).map_err(|failure| failure.of(&name))?);
    }
    Ok(accounts)
}

impl Account {
    fn new(name: Option<&str>, place: &str, options: Options) -> Result<Self, Failure> {
        let usage = |what: &str, why: &str| Kind::Usage.because(what, why);
        options.check()?;
        let is_url = place.contains("://");
        let text = if is_url { place.to_owned() } else { format!("pops://{place}") };
        let url = Url::parse(&text).map_err(|error| Kind::Usage.because(place, error))?;
        let security = match options.security() {
            Some(security) if is_url && (security == Security::Tls) != url.tls => {
                return Err(usage(place, "the URL and the options do not agree about TLS"));
            }
            Some(security) => security,
            None if url.tls => Security::Tls,
            None => Security::Stls,
        };
        let port = url.port.unwrap_or(if security == Security::Tls { 995 } else { 110 });
        let host = url.host.to_owned();
        let user = url.user.as_deref().map(str::to_owned);
        let policy = policy(&options, &url.auth, security)?;
        let needs_user = options.cert.is_none() && policy.methods != Methods::only(Method::Anonymous);
        let user = match options.user.clone().or(user) {
            Some(user) => user,
            None if needs_user => return Err(usage("--user", "missing")),
            None => String::new(),
        };
        let destination = options.to.as_deref().map(Destination::parse);
        let to = match destination {
            Some(Destination::Maildir(path) | Destination::Mbox(path)) if path.as_os_str().is_empty() => {
                return Err(usage("--to", "empty"));
            }
            Some(destination) => destination,
            None => return Err(usage("--to", "missing: where shall the messages go?")),
        };
        let own_name =
            record_name(if user.is_empty() { name.unwrap_or_default() } else { &user }, &host, port);
        let record = match (&options.record, &to) {
            (Some(record), _) => record.clone(),
            (None, Destination::Maildir(path)) => path.join(own_name),
            (None, Destination::Mbox(path)) => beside(path, &own_name),
            (None, Destination::Pipe(_)) => {
                return Err(usage("--record", "missing: a pipe has no place for it"));
            }
        };
        Ok(Self {
            name: name.map_or_else(|| format!("{user}@{host}"), str::to_owned),
            policy,
            rules: rules(&options),
            host,
            port,
            security,
            user,
            to,
            record,
            options,
        })
    }
}

impl Account {
    /// Whether to log in without a name, which happens only if ANONYMOUS is the one method that was asked
    /// for.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.policy.methods == Methods::only(Method::Anonymous)
    }
}

fn policy(options: &Options, auth: &Auth<'_>, security: Security) -> Result<Policy, Failure> {
    let by_name = |name: &str| {
        // `Own` stands for a mechanism that the program brings itself, and this program has none.
        let known = Method::by_name(name).filter(|method| *method != Method::Own);
        known.ok_or_else(|| Kind::Usage.because(format!("method {name}"), "not known"))
    };
    let mut policy = if security == Security::Plain { Policy::CLEAR } else { Policy::DEFAULT };
    let mut methods = Methods::NONE;
    for name in &options.auth {
        methods = methods.with(by_name(name)?);
    }
    match auth {
        _ if methods != Methods::NONE => policy.methods = methods,
        Auth::Apop => policy.methods = Methods::only(Method::Apop),
        Auth::Mechanism(name) => policy.methods = Methods::only(by_name(name)?),
        // Some servers offer channel bindings that they cannot check. A user who names a -PLUS method wants
        // it in any case.
        _ => policy.allow_unbound = true,
    }
    Ok(policy)
}

fn rules(options: &Options) -> Rules {
    let mut rules = Rules::DEFAULT;
    rules.delete_after_days = if options.delete { Some(0) } else { options.delete_after };
    rules.delete_older_days = options.delete_older;
    rules.keep_count = options.keep_count;
    rules.keep_octets = options.keep_octets;
    rules.preview_above = options.size_limit;
    rules.preview_lines = options.preview.unwrap_or(rules.preview_lines);
    rules.headers_only = options.headers_only;
    rules.all = options.all;
    rules
}

impl Destination {
    fn parse(text: &str) -> Self {
        if let Some(command) = text.strip_prefix("pipe:") {
            Self::Pipe(command.to_owned())
        } else if let Some(path) = text.strip_prefix("mbox:") {
            Self::Mbox(path.into())
        } else {
            Self::Maildir(text.strip_prefix("maildir:").unwrap_or(text).into())
        }
    }
}

/// The file name of the record. Two accounts never share one, and no user or host name can make it point to
/// another folder.
fn record_name(user: &str, host: &str, port: u16) -> String {
    let mut name = String::from(".pop3get-");
    for octet in format!("{user}@{host}").bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'@' | b'.' | b'-' | b'_' => {
                name.push(char::from(octet))
            }
            _ => name += &format!("%{octet:02X}"),
        }
    }
    match port {
        110 | 995 => name,
        _ => format!("{name},{port}"),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
