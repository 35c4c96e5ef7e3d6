//! The settings file, in TOML. `sample.toml` shows all of it.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use pop3_proto::Mechanism;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) hostname: String,
    pub(super) listen: Listen,
    pub(super) tls: Tls,
    pub(super) store: Store,
    pub(super) users: Users,
    pub(super) login: Login,
    pub(super) limits: Limits,
    pub(super) proxy: Proxy,
    pub(super) relay: Option<Relay>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            hostname: "localhost".to_owned(),
            listen: Listen::default(),
            tls: Tls::default(),
            store: Store::default(),
            users: Users::default(),
            login: Login::default(),
            limits: Limits::default(),
            proxy: Proxy::default(),
            relay: None,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listen {
    pub(super) plain: Option<Vec<SocketAddr>>,
    pub(super) tls: Option<Vec<SocketAddr>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Tls {
    pub(super) cert: Option<Spanned<PathBuf>>,
    pub(super) key: Option<Spanned<PathBuf>>,
    pub(super) client_ca: Option<Spanned<PathBuf>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Store {
    pub(super) maildir: Option<Spanned<String>>,
    pub(super) mbox: Option<Spanned<String>>,
    pub(super) deletions: Deletions,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deletions {
    #[default]
    Apply,
    Refuse,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Users {
    pub(super) passwd: Option<Spanned<PathBuf>>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Login {
    pub(crate) clear: Clear,
    #[serde(deserialize_with = "mechanisms")]
    pub(crate) mechanisms: Vec<Mechanism>,
    pub(crate) user: bool,
    pub(crate) apop: bool,
    pub(crate) anonymous: bool,
    pub(crate) late_utf8: bool,
    /// A user who logs in as `NAME@DOMAIN` is NAME.
    pub(crate) domain: Option<String>,
    /// In seconds, like the next.
    pub(crate) delay: u64,
    pub(crate) failure_delay: u64,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            clear: Clear::default(),
            mechanisms: KNOWN.into_iter().filter(|one| !one.name.ends_with("-PLUS")).collect(),
            user: true,
            apop: true,
            anonymous: false,
            late_utf8: false,
            domain: None,
            delay: 0,
            failure_delay: 1,
        }
    }
}

impl Login {
    /// The name of the user: the part before the domain, if the domain is ours.
    pub(crate) fn local_part<'n>(&self, name: &'n str) -> &'n str {
        match (name.rsplit_once('@'), &self.domain) {
            (Some((local, domain)), Some(ours)) if domain.eq_ignore_ascii_case(ours) => local,
            _ => name,
        }
    }
}

/// From where a password may come without TLS.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Clear {
    Never,
    #[default]
    Loopback,
    Always,
}

/// The strongest first. The -PLUS forms are off by default, because some clients choose them and then fail to
/// bind the channel.
const KNOWN: [Mechanism; 9] = [
    Mechanism::SCRAM_SHA_256_PLUS,
    Mechanism::SCRAM_SHA_1_PLUS,
    Mechanism::SCRAM_SHA_256,
    Mechanism::SCRAM_SHA_1,
    Mechanism::CRAM_MD5,
    Mechanism::OAUTHBEARER,
    Mechanism::XOAUTH2,
    Mechanism::PLAIN,
    Mechanism::LOGIN,
];

fn mechanisms<'de, D: Deserializer<'de>>(names: D) -> Result<Vec<Mechanism>, D::Error> {
    let names = Vec::<String>::deserialize(names)?;
    let find = |name: &String| KNOWN.into_iter().find(|one| one.name == name);
    names
        .iter()
        .map(|name| {
            let known = || KNOWN.map(|one| one.name).join(", ");
            find(name)
                .ok_or_else(|| de::Error::custom(format!("no mechanism {name:?}; there are {}", known())))
        })
        .collect()
}

#[derive(Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) per_address: usize,
    /// In seconds, like the next.
    pub(crate) idle: u64,
    pub(crate) write: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 256, per_address: 64, idle: 600, write: 60 }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Proxy {
    pub(super) from: Vec<IpNet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Relay {
    /// In seconds.
    pub(crate) window: u64,
    pub(crate) table: PathBuf,
}
