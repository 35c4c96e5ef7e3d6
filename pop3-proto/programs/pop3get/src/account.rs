//! The settings of one account, put together from options, URL and file, and checked before anything is
//! connected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pop3_programs_common::home::expanded;
use pop3_programs_common::text::{Text, TextError};
use pop3_proto::fetch::Rules;
use pop3_proto::login::{Method, Methods, Policy};
use pop3_proto::url::{Auth, Url};
use serde::Deserialize;

use crate::failure::{Failure, Kind};
use crate::options::{Args, Options, Security};

/// The most octets of a file of accounts.
const LONGEST_CONFIG: u64 = 4 * 1024 * 1024;

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
    let bad = |error: &dyn std::fmt::Display| Kind::Usage.because("--config", error);
    let file = expanded(file).map_err(|why| bad(&why))?;
    let text = Text::read(&file, LONGEST_CONFIG).map_err(|error| bad(&error))?;
    let mut tables = toml::from_str::<File>(text.as_str()).map_err(|error| bad(&at(&text, &error)))?.account;
    let bad = |error: &dyn std::fmt::Display| Kind::Usage.because(file.display(), error);
    let names = if names.is_empty() { tables.keys().cloned().collect() } else { names.to_vec() };
    let mut accounts = Vec::new();
    for name in names {
        let options = tables.remove(&name).ok_or_else(|| bad(&format!("no [account.{name}]")))?;
        let place = options.server.clone().ok_or_else(|| bad(&format!("[account.{name}] has no server")))?;
        accounts.push(Account::new(Some(&name), &place, options).map_err(|failure| failure.of(&name))?);
    }
    Ok(accounts)
}

/// What is wrong with the file, and in which line, without the line itself: it may hold a password.
fn at(text: &Text, error: &toml::de::Error) -> TextError {
    let before = error.span().and_then(|span| text.as_str().get(..span.start)).unwrap_or_default();
    let line = before.bytes().filter(|octet| *octet == b'\n').count() + 1;
    // The message may repeat a value, and no other text in quotation marks.
    let what = error.message();
    let what = match (what.find('"'), what.rfind('"')) {
        (Some(from), Some(to)) if from < to => {
            format!("{}\"...{}", what.get(..from).unwrap_or_default(), what.get(to..).unwrap_or_default())
        }
        _ => what.to_owned(),
    };
    text.error(line, what)
}

impl Account {
    fn new(name: Option<&str>, place: &str, mut options: Options) -> Result<Self, Failure> {
        let usage = |what: &str, why: &str| Kind::Usage.because(what, why);
        options.check()?;
        options.expand_home()?;
        let is_url = place.contains("://");
        let text = if is_url { place.to_owned() } else { format!("pops://{place}") };
        let url = Url::parse(&text).map_err(|error| Kind::Usage.because(without_password(place), error))?;
        let security = match options.security() {
            Some(security) if is_url && (security == Security::Tls) != url.tls => {
                return Err(usage(
                    &without_password(place),
                    "the URL and the options do not agree about TLS",
                ));
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
        let destination = options.to.as_deref().map(Destination::parse).transpose()?;
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
    policy.without_capa = options.no_capa;
    let mut methods = Methods::NONE;
    for name in &options.auth {
        methods = methods.with(by_name(name)?);
    }
    match auth {
        _ if methods != Methods::NONE => {
            policy.methods = methods;
            // A user who names a method that shows the password next to one that hides it asks for both.
            policy.password_after_hang_up = true;
        }
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
    rules.delete_doubtful = options.delete_doubtful;
    rules.preview_above = options.size_limit;
    rules.preview_lines = options.preview.unwrap_or(rules.preview_lines);
    rules.headers_only = options.headers_only;
    rules.all = options.all;
    rules
}

impl Destination {
    fn parse(text: &str) -> Result<Self, Failure> {
        let path = |path: &str| expanded(Path::new(path)).map_err(|why| Kind::Usage.because("--to", why));
        Ok(if let Some(command) = text.strip_prefix("pipe:") {
            Self::Pipe(command.to_owned())
        } else if let Some(file) = text.strip_prefix("mbox:") {
            Self::Mbox(path(file)?)
        } else {
            Self::Maildir(path(text.strip_prefix("maildir:").unwrap_or(text))?)
        })
    }
}

/// A URL for messages. What stands between the first colon of its login and the host may be a password, and
/// so may a port that is no number.
fn without_password(place: &str) -> String {
    let start = place.find("://").map_or(0, |at| at + 3);
    let end = place.rfind('@').filter(|end| *end >= start).unwrap_or(place.len());
    let hidden = place.get(start..end).and_then(|login| {
        let encoded = login.to_ascii_lowercase().find("%3a");
        let colon = start + login.find(':').into_iter().chain(encoded).min()?;
        let number = place.get(colon + 1..end)?.trim_end_matches('/');
        let is_port = end == place.len() && number.bytes().all(|digit| digit.is_ascii_digit());
        let is_address = login.starts_with('[');
        (!is_port && !is_address).then_some(())?;
        Some(format!("{}:***{}", place.get(..colon)?, place.get(end..)?))
    });
    hidden.unwrap_or_else(|| place.to_owned())
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
