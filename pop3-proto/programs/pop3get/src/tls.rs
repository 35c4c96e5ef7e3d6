//! The TLS client, and which certificates it trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::account::Account;
use crate::failure::{Failure, Kind};
use crate::options::Security;

pub(crate) fn config(account: &Account) -> Result<Arc<ClientConfig>, Failure> {
    let options = &account.options;
    let roots = match account.security {
        Security::Plain => RootCertStore::empty(),
        Security::Tls | Security::Stls => roots(options.ca.as_deref())?,
    };
    let roots = Arc::new(roots);
    let usage = |error: &dyn std::fmt::Display| Kind::Usage.because("TLS", error);
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| usage(&error))?;
    let builder = match &options.pin {
        None => builder.with_root_certificates(roots),
        Some(pin) => {
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
            let pinned = Pinned { key: parse_pin(pin)?, verifier: verifier.map_err(|error| usage(&error))? };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(pinned))
        }
    };
    let config = match (&options.cert, &options.key) {
        (Some(cert), Some(key)) => {
            let bad = |file: &Path, error: &dyn std::fmt::Display| Kind::Usage.because(file.display(), error);
            let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let chain = chain.map_err(|error| bad(cert, &error))?;
            let own = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, &error))?;
            builder.with_client_auth_cert(chain, own).map_err(|error| bad(cert, &error))?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

/// The certificates of the file, or those of the system.
fn roots(ca: Option<&Path>) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(file) => {
            let bad = |error: &dyn std::fmt::Display| {
                Kind::Usage.because(format!("--ca {}", file.display()), error)
            };
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| bad(&error))? {
                roots.add(certificate.map_err(|error| bad(&error))?).map_err(|error| bad(&error))?;
            }
            if roots.is_empty() {
                return Err(bad(&"no certificate in it"));
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                return Err(
                    Kind::Usage.because("the system's certificates", "none found; name a file with --ca")
                );
            }
        }
    }
    Ok(roots)
}

fn parse_pin(pin: &str) -> Result<[u8; 32], Failure> {
    let hex = pin
        .strip_prefix("sha256:")
        .filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let octet = |hex: &str, i: usize| u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok();
    hex.and_then(|hex| {
        let mut key = [0; 32];
        for (i, place) in key.iter_mut().enumerate() {
            *place = octet(hex, i)?;
        }
        Some(key)
    })
    .ok_or_else(|| Kind::Usage.because(format!("--pin {pin}"), "not sha256: and 64 hexadecimal digits"))
}

/// Makes the usual checks and then compares the key. The pin replaces none of the checks (RFC 8314 section
/// 5.4).
#[derive(Debug)]
struct Pinned {
    key: [u8; 32],
    verifier: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now)?;
        let (_, certificate) = x509_parser::parse_x509_certificate(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if Sha256::digest(certificate.public_key().raw)[..] != self.key {
            return Err(Error::General("the server's key is not the pinned one".into()));
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
