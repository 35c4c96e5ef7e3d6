//! Which certificates of a server a client trusts, and the words for one that it does not trust.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::text;

/// The most octets of a PEM file. The certificates of a whole system have 300 KB.
const LONGEST_PEM: u64 = 4 * 1024 * 1024;

/// A SHA-256 digest, written `sha256:HEX`; colons between the digits do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads the written form.
    ///
    /// # Errors
    ///
    /// A text, if it is not `sha256:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "not sha256: and 64 hexadecimal digits";
        let digits = text.strip_prefix("sha256:").ok_or(FORM)?.replace(':', "");
        let mut octets = [0; 32];
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(FORM);
        }
        for (octet, pair) in octets.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| FORM)?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_| FORM)?;
        }
        Ok(Self(octets))
    }

    fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// What the user trusts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'p> {
    /// Certificates in a PEM file, instead of those of the system. A server may show one of them itself, even
    /// if it is one of a certificate authority, as `openssl req -x509` makes them.
    pub ca: Option<&'p Path>,
    /// The public key must have this digest, too.
    pub pin: Option<Fingerprint>,
    /// Trust exactly the certificate or the public key with this digest, and look at nothing else: not at
    /// the issuer, the name and the dates.
    pub only: Option<Fingerprint>,
}

/// The verifier for what the user trusts.
///
/// # Errors
///
/// A text: a file cannot be read or has no certificate, or the system has none.
pub fn verifier(
    trust: Trust<'_>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let (chain, exact) = match trust.only {
        Some(_) => (None, Vec::new()),
        None => {
            let (roots, exact) = roots(trust.ca)?;
            let chain =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
            (Some(chain.map_err(|error| error.to_string())?), exact)
        }
    };
    Ok(Arc::new(Verifier { chain, exact, pin: trust.pin, only: trust.only, provider }))
}

/// The certificates of the file, or those of the system; and those that a server may show itself.
fn roots(ca: Option<&Path>) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), String> {
    let mut roots = RootCertStore::empty();
    let Some(file) = ca else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return match roots.is_empty() {
            true => Err("the system has no certificates; name a file with --ca".to_owned()),
            false => Ok((roots, Vec::new())),
        };
    };
    let bad = |error: &dyn fmt::Display| format!("--ca {}: {error}", file.display());
    let pem = text::octets(file, LONGEST_PEM).map_err(|error| format!("--ca {error}"))?;
    let mut exact = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| bad(&error))?;
        // What cannot be an authority can still be the server's own.
        let added = roots.add(certificate.clone());
        if let (Err(error), Err(_)) = (added, ParsedCertificate::try_from(&certificate)) {
            return Err(bad(&error));
        }
        exact.push(certificate);
    }
    if exact.is_empty() { Err(bad(&"no certificate in it")) } else { Ok((roots, exact)) }
}

#[derive(Debug)]
struct Verifier {
    /// `None` if only a fingerprint counts.
    chain: Option<Arc<WebPkiServerVerifier>>,
    exact: Vec<CertificateDer<'static>>,
    pin: Option<Fingerprint>,
    only: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(chain) = &self.chain {
            if self.exact.iter().any(|certificate| certificate == end_entity) {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                check_dates(end_entity, now)?;
            } else {
                chain
                    .verify_server_cert(end_entity, intermediates, name, ocsp, now)
                    .map_err(|error| with_fingerprint(error, end_entity))?;
            }
        }
        let key = Fingerprint::of(parsed(end_entity)?.public_key().raw);
        if self.pin.is_some_and(|pin| pin != key) {
            return Err(Error::General(format!("the server's key is not the one of --pin; it has {key}")));
        }
        let own = Fingerprint::of(end_entity);
        if self.only.is_some_and(|only| only != own && only != key) {
            let why = format!("the server's certificate is not the one of --fingerprint; it has {own}");
            return Err(Error::General(why));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn parsed<'c>(certificate: &'c CertificateDer<'_>) -> Result<X509Certificate<'c>, Error> {
    let parsed = X509Certificate::from_der(certificate);
    parsed.map(|(_, parsed)| parsed).map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))
}

fn check_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = parsed(certificate)?;
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = parsed.validity();
    if seconds < validity.not_before.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    if seconds > validity.not_after.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    Ok(())
}

/// Says how to trust the certificate, if nothing is wrong with it but that nobody vouches for it.
fn with_fingerprint(error: Error, certificate: &CertificateDer<'_>) -> Error {
    let unknown = match &error {
        // The signature is bad if an authority of that name has another key.
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "nobody whom you trust has signed it"
        }
        Error::InvalidCertificate(CertificateError::Other(other))
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            "it is one of a certificate authority"
        }
        _ => return error,
    };
    let own = Fingerprint::of(certificate);
    Error::General(format!(
        "the server's certificate is not trusted: {unknown}; it has the fingerprint {own}"
    ))
}

/// An error of TLS in words for people.
#[must_use]
pub fn words(error: &Error) -> String {
    let Error::InvalidCertificate(error) = error else {
        return match error {
            Error::General(words) => words.clone(),
            error => error.to_string(),
        };
    };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the server's certificate has expired ({error})")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the server's certificate is not valid yet; is the clock right? ({error})")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the server's certificate is for another name ({error})")
        }
        error => format!("the server's certificate is not trusted: {error}"),
    }
}
