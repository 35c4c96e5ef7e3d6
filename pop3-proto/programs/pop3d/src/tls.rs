//! The certificate, from files or made at the start, and what a TLS handshake shows.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ProtocolVersion, RootCertStore, ServerConfig, ServerConnection};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::crypto;
use crate::session_log::TlsFacts;
use crate::settings::{At, Settings};

pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The channel binding `tls-server-end-point` (RFC 5929 section 4.1).
    end_point: Option<Vec<u8>>,
    /// A secret that is derived from the key: it stays the same as long as the key does.
    pub(crate) secret: [u8; 32],
}

impl Tls {
    pub(crate) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let (chain, key, place) = match &settings.cert {
            Some((cert, key)) => (read_chain(cert)?, read_key(key)?, named(cert)),
            None => {
                let (chain, key) = self_signed(&settings.hostname)?;
                (chain, key, "self-signed certificate".to_owned())
            }
        };
        let secret = crypto::sha256([b"pop3d".as_slice(), key.secret_der()]);
        let end_point = chain.first().and_then(|cert| end_point(cert));
        let builder = ServerConfig::builder();
        let builder = match &settings.client_ca {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                for cert in read_chain(ca)? {
                    roots.add(cert).with_context(|| named(ca))?;
                }
                let verifier = WebPkiClientVerifier::builder(roots.into()).allow_unauthenticated();
                builder.with_client_cert_verifier(verifier.build().with_context(|| named(ca))?)
            }
        };
        let config = builder.with_single_cert(chain, key).with_context(|| format!("{place} and its key"))?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), end_point, secret })
    }

    pub(crate) fn facts(&self, connection: &ServerConnection) -> TlsFacts {
        let version = connection.protocol_version().and_then(|version| version.as_str()).unwrap_or("?");
        let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        // With TLS 1.2 the exporter binds a channel only with the extended master secret, and rustls does not
        // say whether that was used.
        let exporter = (connection.protocol_version() == Some(ProtocolVersion::TLSv1_3))
            .then(|| connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok());
        let client_cert = connection.peer_certificates().and_then(<[_]>::first);
        TlsFacts {
            version: format!("{version} {}", suite.unwrap_or("?")),
            exporter: exporter.flatten(),
            end_point: self.end_point.clone(),
            client_cert: client_cert.map(|cert| crypto::sha256([cert.as_ref()])),
        }
    }
}

/// The file, and where it was set.
fn named(path: &At<PathBuf>) -> String {
    format!("{path}: {}", path.value.display())
}

fn read_chain(path: &At<PathBuf>) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_file_iter(&path.value).with_context(|| named(path))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().with_context(|| named(path))?;
    anyhow::ensure!(!chain.is_empty(), "{}: no certificate in it", named(path));
    Ok(chain)
}

fn read_key(path: &At<PathBuf>) -> anyhow::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(&path.value).with_context(|| named(path))
}

fn self_signed(hostname: &str) -> anyhow::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let names = [hostname, "localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).context("making a certificate")?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    Ok((vec![made.cert.der().clone()], key))
}

/// The digest of the certificate, with the hash function of its signature, or with SHA-256 in place of a
/// weaker one. `None` if the signature has no hash function of its own.
fn end_point(cert: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(cert).ok()?;
    match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
        // RSA with MD5, SHA-1 and SHA-256; ECDSA with SHA-1 and SHA-256.
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.1"
        | "1.2.840.10045.4.3.2" => Some(Sha256::digest(cert).to_vec()),
        // RSA and ECDSA with SHA-384, then with SHA-512.
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some(Sha384::digest(cert).to_vec()),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some(Sha512::digest(cert).to_vec()),
        _ => None,
    }
}
