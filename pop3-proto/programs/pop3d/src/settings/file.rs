//! The settings file, in TOML. `sample.toml` shows all of it.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use pop3_proto::Mechanism;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::database::Table;
use super::ranges::{connections, seconds, seconds_not_zero};

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) hostname: String,
    pub(super) listen: Listen,
    pub(super) tls: Tls,
    pub(super) store: Store,
    pub(super) database: Table,
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
            database: Table::default(),
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
    pub(super) metrics: Option<SocketAddr>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Tls {
    pub(super) cert: Option<Spanned<PathBuf>>,
    pub(super) key: Option<Spanned<PathBuf>>,
    pub(super) client_ca: Option<Spanned<PathBuf>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Store {
    pub(super) maildir: Option<Spanned<String>>,
    pub(super) mbox: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<String>>,
    pub(super) links: Links,
    pub(super) deletions: Deletions,
    pub(super) utf8_headers: Utf8Headers,
}

/// What to do with a symbolic link in the user's part of a path.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Links {
    #[default]
    Refuse,
    /// It is followed to what belongs to the user who made it.
    Follow,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deletions {
    #[default]
    Apply,
    Refuse,
}

/// What to do, outside of the mode UTF8, with a message whose header is not ASCII (RFC 6856 section 2.1).
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Utf8Headers {
    #[default]
    Send,
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
    pub(crate) case: Case,
    /// In seconds, like the next.
    #[serde(deserialize_with = "seconds")]
    pub(crate) delay: u64,
    #[serde(deserialize_with = "seconds")]
    pub(crate) failure_delay: u64,
    /// Networks that many users share and nobody else, such as a webmail program.
    #[serde(deserialize_with = "networks")]
    pub(crate) trusted: Vec<IpNet>,
    pub(crate) secret: Option<Spanned<PathBuf>>,
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
            case: Case::default(),
            delay: 0,
            failure_delay: 1,
            trusted: Vec::new(),
            secret: None,
        }
    }
}

/// Whether `Ann` and `ann` are two users.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Case {
    #[default]
    Keep,
    Fold,
}

/// Networks as addresses are compared with them: `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
fn networks<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<IpNet>, D::Error> {
    let list = Vec::<IpNet>::deserialize(list)?;
    Ok(list.into_iter().map(|net| canonical(net).unwrap_or(net)).collect())
}

fn canonical(net: IpNet) -> Option<IpNet> {
    let address = net.addr().to_canonical();
    let bits = net.prefix_len().checked_sub(96).filter(|_| net.addr().is_ipv6() && address.is_ipv4())?;
    IpNet::new(address, bits).ok()
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
    #[serde(deserialize_with = "connections")]
    pub(crate) connections: usize,
    #[serde(deserialize_with = "connections")]
    pub(crate) per_address: usize,
    #[serde(deserialize_with = "connections")]
    pub(crate) per_user: usize,
    /// In seconds, like the next three.
    #[serde(deserialize_with = "seconds_not_zero")]
    pub(crate) login: u64,
    #[serde(deserialize_with = "seconds")]
    pub(crate) idle: u64,
    #[serde(deserialize_with = "seconds_not_zero")]
    pub(crate) write: u64,
    #[serde(deserialize_with = "seconds_not_zero")]
    pub(crate) files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 256, per_address: 64, per_user: 10, login: 180, idle: 600, write: 60, files: 120 }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Proxy {
    #[serde(deserialize_with = "networks")]
    pub(super) from: Vec<IpNet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Relay {
    /// In seconds.
    #[serde(deserialize_with = "seconds_not_zero")]
    pub(crate) window: u64,
    pub(crate) table: PathBuf,
}
