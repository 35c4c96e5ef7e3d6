//! The settings, from the command line and a TOML file. The command line wins.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use ipnet::IpNet;
use pop3_programs_common::text::Text;
use toml::Spanned;

mod args;
mod database;
mod file;
mod ranges;

pub(crate) use args::{Args, Command};
pub(crate) use database::Database;
pub(crate) use file::{Case, Clear, Deletions, Limits, Links, Login, Utf8Headers};

/// The longest settings file, in octets.
const LONGEST: u64 = 1024 * 1024;

/// Settings, checked as far as that is possible without touching files or sockets.
pub(crate) struct Settings {
    pub(crate) hostname: String,
    pub(crate) plain: Vec<SocketAddr>,
    pub(crate) tls: Vec<SocketAddr>,
    /// For `/metrics` and `/health`.
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) cert: Option<(At<PathBuf>, At<PathBuf>)>,
    pub(crate) client_ca: Option<At<PathBuf>>,
    pub(crate) store: Option<Place>,
    pub(crate) links: Links,
    pub(crate) deletions: Deletions,
    pub(crate) utf8_headers: Utf8Headers,
    pub(crate) passwd: Option<At<PathBuf>>,
    /// The file with the secret from which everything about users who do not exist is made.
    pub(crate) secret: Option<At<PathBuf>>,
    /// `NAME:PASSWORD`, from the command line.
    pub(crate) users: Vec<String>,
    pub(crate) login: Login,
    pub(crate) limits: Limits,
    pub(crate) proxies: Vec<IpNet>,
    pub(crate) relay: Option<file::Relay>,
}

/// Where the mail is.
pub(crate) enum Place {
    Files(Kind, At<String>),
    Database(Database),
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Maildir,
    Mbox,
}

/// A value, and where it was set, for error messages.
#[derive(Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    place: String,
}

impl<T> At<T> {
    /// An argument of the command line.
    pub(crate) fn argument(name: &str, value: T) -> Self {
        Self::flag(name, value)
    }

    fn flag(flag: &str, value: T) -> Self {
        Self { value, place: flag.to_owned() }
    }
}

impl<T> fmt::Display for At<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl Settings {
    pub(crate) fn new(args: Args) -> anyhow::Result<Self> {
        let (text, name) = match &args.config {
            None => (None, String::new()),
            Some(path) => (Some(Text::read(path, LONGEST).context("--config")?), path.display().to_string()),
        };
        let text = text.as_ref().map_or("", Text::as_str);
        let mut file: file::File = toml::from_str(text).with_context(|| format!("--config {name}"))?;
        let source = Source { name: &name, text };

        let cert = args.tls_cert.map(|path| At::flag("--tls-cert", path));
        let key = args.tls_key.map(|path| At::flag("--tls-key", path));
        let cert = match (cert.or(source.at(file.tls.cert)), key.or(source.at(file.tls.key))) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            (Some(one), None) => anyhow::bail!("{one}: a certificate needs its key"),
            (None, Some(one)) => anyhow::bail!("{one}: a key needs its certificate"),
        };
        let on_line = [
            args.maildir.map(|path| At::flag("--maildir", path)),
            args.mbox.map(|path| At::flag("--mbox", path)),
            args.store.map(|url| At::flag("--store", url)),
        ];
        let in_file = [source.at(file.store.maildir), source.at(file.store.mbox), source.at(file.store.url)];
        let table = file.database;
        let (password, ca) = (source.at(table.password_file), source.at(table.ca));
        let database = |url| {
            let (connections, lease) = (table.connections, table.lease);
            Place::Database(Database { url, password, ca, connections, lease })
        };
        let stores = if on_line.iter().any(Option::is_some) { on_line } else { in_file };
        let kinds = [Some(Kind::Maildir), Some(Kind::Mbox), None];
        let mut named = kinds.into_iter().zip(stores).filter_map(|(kind, at)| Some((kind, at?)));
        let store = match (named.next(), named.next()) {
            (Some((_, first)), Some((_, other))) => anyhow::bail!(
                "{other}: {first} names a store already; it is one Maildir, one mbox or one database"
            ),
            (Some((Some(kind), path)), None) => Some(Place::Files(kind, path)),
            (Some((None, url)), None) => Some(database(url)),
            (None, _) => None,
        };
        let tls =
            if args.listen_tls.is_empty() { file.listen.tls.unwrap_or_default() } else { args.listen_tls };
        let plain = match (args.listen, file.listen.plain) {
            (Some(address), _) => vec![address],
            (None, Some(addresses)) => addresses,
            (None, None) => vec![SocketAddr::from(([127, 0, 0, 1], 1110))],
        };
        anyhow::ensure!(!plain.is_empty() || !tls.is_empty(), "--config {name}: nowhere to listen");
        if file.tls.client_ca.is_some() && cert.is_none() {
            anyhow::bail!("--config {name}: tls.client-ca is of use only with tls.cert and tls.key");
        }
        Ok(Self {
            hostname: file.hostname,
            plain,
            tls,
            metrics: file.listen.metrics,
            cert,
            client_ca: source.at(file.tls.client_ca),
            store,
            links: file.store.links,
            deletions: file.store.deletions,
            utf8_headers: file.store.utf8_headers,
            passwd: args.passwd.map(|path| At::flag("--passwd", path)).or(source.at(file.users.passwd)),
            users: args.user,
            secret: source.at(file.login.secret.take()),
            login: file.login,
            limits: file.limits,
            proxies: file.proxy.from,
            relay: file.relay,
        })
    }
}

struct Source<'s> {
    name: &'s str,
    text: &'s str,
}

impl Source<'_> {
    fn at<T>(&self, value: Option<Spanned<T>>) -> Option<At<T>> {
        let value = value?;
        let before = self.text.get(..value.span().start).unwrap_or_default();
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        Some(At { value: value.into_inner(), place: format!("{} line {line}", self.name) })
    }
}
