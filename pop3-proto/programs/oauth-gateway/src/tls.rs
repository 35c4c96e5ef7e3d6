//! The TLS connector, and which certificates it trusts.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use pop3_programs_common::home;
use pop3_programs_common::trust::{Fingerprint, Trust, verifier};
use rustls::ClientConfig;
use rustls::crypto::ring;
use tokio_rustls::TlsConnector;

/// Trusts the certificates of the file, those of the system, or exactly one.
pub(crate) fn connector(ca: Option<&Path>, fingerprint: Option<&str>) -> anyhow::Result<TlsConnector> {
    let ca = ca.map(home::expanded).transpose().map_err(anyhow::Error::msg).context("--ca")?;
    let only = fingerprint.map(Fingerprint::parse).transpose().map_err(anyhow::Error::msg);
    let only = only.with_context(|| format!("--fingerprint {}", fingerprint.unwrap_or_default()))?;
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(Trust { ca: ca.as_deref(), pin: None, only }, provider.clone());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier.map_err(anyhow::Error::msg)?);
    Ok(TlsConnector::from(Arc::new(builder.with_no_client_auth())))
}
