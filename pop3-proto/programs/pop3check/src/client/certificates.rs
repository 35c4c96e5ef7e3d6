//! An authority and certificates of every kind, made anew for each run.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use pop3_proto::conformance::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::failure::Failure;

/// All kinds.
const KINDS: [Certificate; 12] = [
    Certificate::Good,
    Certificate::Expired,
    Certificate::NotYetValid,
    Certificate::UnknownAuthority,
    Certificate::SelfSigned,
    Certificate::ForClients,
    Certificate::OtherHost,
    Certificate::SubjectOnly,
    Certificate::SubjectBesideOther,
    Certificate::WildcardTooHigh,
    Certificate::PartialWildcard,
    Certificate::Wildcard,
];

/// What the played server shows.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// The authority, in PEM.
    pub(crate) ca: String,
    /// The certificate and the key of a client that has its own, in PEM.
    pub(crate) own: [String; 2],
    configs: BTreeMap<Certificate, Arc<ServerConfig>>,
    /// The good certificate, and a request for one of the client.
    asking: Arc<ServerConfig>,
}

impl Certificates {
    pub(crate) fn new(host: &str) -> Result<Self, Failure> {
        let failed = |error: &dyn Display| Failure::usage("certificates", error);
        let known = Authority::new("pop3check").map_err(|error| failed(&error))?;
        let unknown = Authority::new("pop3check, unknown").map_err(|error| failed(&error))?;
        let mut configs = BTreeMap::new();
        for kind in KINDS {
            let authority = if kind == Certificate::UnknownAuthority { &unknown } else { &known };
            let config = made(kind, host, authority, None).map_err(|error| failed(&error))?;
            configs.insert(kind, Arc::new(config));
        }
        let asking = made(Certificate::Good, host, &known, Some(&known)).map_err(|error| failed(&error))?;
        let own = own(&known).map_err(|error| failed(&error))?;
        Ok(Self { ca: known.pem, own, configs, asking: Arc::new(asking) })
    }

    /// What the server shows, and whether it asks for a certificate of the client.
    pub(crate) fn config(&self, kind: Certificate, asks: bool) -> Option<Arc<ServerConfig>> {
        if asks { Some(self.asking.clone()) } else { self.configs.get(&kind).cloned() }
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

impl Authority {
    fn new(name: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key)?;
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Ok(Self { pem, der, issuer: Issuer::new(params, key) })
    }
}

/// The names that a certificate of this kind has.
fn names(kind: Certificate, host: &str) -> Vec<String> {
    let (first, parent) = host.split_once('.').unwrap_or((host, ""));
    let above = parent.split_once('.').map_or(parent, |(_, above)| above);
    let with = |name: String| if host == "localhost" { vec![name, "127.0.0.1".into()] } else { vec![name] };
    match kind {
        Certificate::OtherHost | Certificate::SubjectBesideOther => vec!["other.example.invalid".into()],
        Certificate::SubjectOnly => Vec::new(),
        Certificate::WildcardTooHigh => vec![format!("*.{above}")],
        Certificate::PartialWildcard => {
            let front = first.get(..1).unwrap_or_default();
            let rest = if parent.is_empty() { String::new() } else { format!(".{parent}") };
            vec![format!("{front}*{rest}")]
        }
        Certificate::Wildcard if !parent.is_empty() => vec![format!("*.{parent}")],
        _ => with(host.to_owned()),
    }
}

fn made(
    kind: Certificate,
    host: &str,
    authority: &Authority,
    asks_for: Option<&Authority>,
) -> Result<ServerConfig, Box<dyn std::error::Error>> {
    let mut params = CertificateParams::new(names(kind, host))?;
    // Where the name in the certificate is the question, the subject may not answer it.
    let elsewhere = matches!(
        kind,
        Certificate::OtherHost
            | Certificate::WildcardTooHigh
            | Certificate::PartialWildcard
            | Certificate::Wildcard
    );
    let subject = if elsewhere { "other.example.invalid" } else { host };
    params.distinguished_name.push(DnType::CommonName, subject);
    let purpose = match kind {
        Certificate::ForClients => ExtendedKeyUsagePurpose::ClientAuth,
        _ => ExtendedKeyUsagePurpose::ServerAuth,
    };
    params.extended_key_usages = vec![purpose];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let now = time::OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = match kind {
        Certificate::Expired => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
        Certificate::NotYetValid => (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1)),
        _ => (now - Duration::from_secs(86_400), now + Duration::from_secs(30 * 86_400)),
    };
    let key = KeyPair::generate()?;
    let certificate = if kind == Certificate::SelfSigned {
        params.self_signed(&key)?
    } else {
        params.signed_by(&key, &authority.issuer)?
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = match asks_for {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der.clone())?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.allow_unauthenticated().build()?)
        }
    };
    Ok(builder.with_single_cert(chain, key)?)
}

/// A certificate for a client, with its key.
fn own(authority: &Authority) -> Result<[String; 2], rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "tester");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate()?;
    Ok([params.signed_by(&key, &authority.issuer)?.pem(), key.serialize_pem()])
}
