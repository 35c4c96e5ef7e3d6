//! The certificate: from files, or made up at the start.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

pub(crate) fn from_files(cert: &Path, key: &Path) -> anyhow::Result<TlsAcceptor> {
    let in_cert = || format!("--tls-cert {}", cert.display());
    let in_key = || format!("--tls-key {}", key.display());
    let chain = CertificateDer::pem_file_iter(cert).with_context(in_cert)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().with_context(in_cert)?;
    anyhow::ensure!(!chain.is_empty(), "{}: no certificate in it", in_cert());
    let key = PrivateKeyDer::from_pem_file(key).with_context(in_key)?;
    acceptor(chain, key).with_context(|| format!("{} and its key", in_cert()))
}

pub(crate) fn self_signed() -> anyhow::Result<TlsAcceptor> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).context("making a certificate")?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    acceptor(vec![made.cert.der().clone()], key)
}

fn acceptor(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> anyhow::Result<TlsAcceptor> {
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
