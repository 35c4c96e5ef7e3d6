//! The settings, from the command line and a TOML file. The command line wins.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use ipnet::IpNet;
use toml::Spanned;

mod args;
mod file;

pub(crate) use args::Args;
pub(crate) use file::{Clear, Deletions, Limits, Login};

/// Settings, checked as far as that is possible without touching files or sockets.
pub(crate) struct Settings {
    pub(crate) hostname: String,
    pub(crate) plain: Vec<SocketAddr>,
    pub(crate) tls: Vec<SocketAddr>,
    pub(crate) cert: Option<(At<PathBuf>, At<PathBuf>)>,
    pub(crate) client_ca: Option<At<PathBuf>>,
    pub(crate) store: Option<(Kind, At<String>)>,
    pub(crate) deletions: Deletions,
    pub(crate) passwd: Option<At<PathBuf>>,
    /// `NAME:PASSWORD`, from the command line.
    pub(crate) users: Vec<String>,
    pub(crate) login: Login,
    pub(crate) limits: Limits,
    pub(crate) proxies: Vec<IpNet>,
    pub(crate) relay: Option<file::Relay>,
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
            None => (String::new(), String::new()),
            Some(path) => {
                let name = path.display().to_string();
                (fs::read_to_string(path).with_context(|| format!("--config {name}"))?, name)
            }
        };
        let file: file::File = toml::from_str(&text).with_context(|| format!("--config {name}"))?;
        let source = Source { name: &name, text: &text };

        let cert = args.tls_cert.map(|path| At::flag("--tls-cert", path));
        let key = args.tls_key.map(|path| At::flag("--tls-key", path));
        let cert = match (cert.or(source.at(file.tls.cert)), key.or(source.at(file.tls.key))) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            (Some(one), None) => anyhow::bail!("{one}: a certificate needs its key"),
            (None, Some(one)) => anyhow::bail!("{one}: a key needs its certificate"),
        };
        let maildir = args.maildir.map(|path| At::flag("--maildir", path));
        let mbox = args.mbox.map(|path| At::flag("--mbox", path));
        let in_file = (source.at(file.store.maildir), source.at(file.store.mbox));
        let store = match (maildir, mbox, in_file) {
            (Some(path), _, _) => Some((Kind::Maildir, path)),
            (_, Some(path), _) => Some((Kind::Mbox, path)),
            (_, _, (Some(_), Some(other))) => anyhow::bail!("{other}: there is a Maildir already"),
            (_, _, (Some(path), _)) => Some((Kind::Maildir, path)),
            (_, _, (_, Some(path))) => Some((Kind::Mbox, path)),
            _ => None,
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
            cert,
            client_ca: source.at(file.tls.client_ca),
            store,
            deletions: file.store.deletions,
            passwd: args.passwd.map(|path| At::flag("--passwd", path)).or(source.at(file.users.passwd)),
            users: args.user,
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
