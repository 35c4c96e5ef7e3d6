//! The TLS connector, and which certificates it trusts.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Trusts the certificates of the file, or those of the system.
pub(crate) fn connector(ca: Option<&Path>) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = ca {
        let named = || format!("--ca {}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).with_context(named)? {
            roots.add(certificate.with_context(named)?).with_context(named)?;
        }
        anyhow::ensure!(!roots.is_empty(), "{}: no certificate in it", named());
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        anyhow::ensure!(!roots.is_empty(), "the system has no certificates; name a file with --ca");
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
