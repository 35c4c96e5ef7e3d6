//! The database that several front ends share.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use pop3_programs_common::trust::{self, Trust};
use rustls::ClientConfig;
use rustls::crypto::ring;
use serde::Deserialize;
use toml::Spanned;

use super::At;
use super::ranges::{connections, seconds_not_zero};

/// The table `[database]` of a file.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Table {
    pub(super) password_file: Option<Spanned<PathBuf>>,
    pub(super) ca: Option<Spanned<PathBuf>>,
    #[serde(deserialize_with = "connections")]
    pub(super) connections: usize,
    #[serde(deserialize_with = "seconds_not_zero")]
    pub(super) lease: u64,
}

impl Default for Table {
    fn default() -> Self {
        Self { password_file: None, ca: None, connections: 16, lease: 30 }
    }
}

/// Where the database is, and how it is used.
pub(crate) struct Database {
    /// `postgres://USER@HOST:PORT,HOST:PORT/NAME`.
    pub(crate) url: At<String>,
    pub(crate) password: Option<At<PathBuf>>,
    pub(crate) ca: Option<At<PathBuf>>,
    /// The most connections at once.
    pub(crate) connections: usize,
    /// How long a maildrop stays locked without a sign of life, in seconds.
    pub(crate) lease: u64,
}

impl Database {
    /// The certificate of the database is looked at as in any other place.
    pub(crate) fn tls(&self) -> anyhow::Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let trust = Trust { ca: self.ca.as_ref().map(|ca| ca.value.as_path()), ..Trust::default() };
        let verifier = trust::verifier(trust, provider.clone()).map_err(anyhow::Error::msg)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("TLS to the database")?;
        Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}
