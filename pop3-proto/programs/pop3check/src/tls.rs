//! TLS as a client that takes every certificate, and tells what a strict one would have seen.

use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pop3_programs_common::trust::{self, Trust};
use pop3_proto::conformance::TlsFacts;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, ConnectionCommon, DigitallySignedStruct, Error,
    ProtocolVersion, SignatureScheme,
};

use crate::link::is_late;

/// How a connection is secured.
#[derive(Debug)]
pub(crate) struct Tls {
    name: ServerName<'static>,
    provider: Arc<CryptoProvider>,
    /// What a strict client would think of the certificate; `None` if nobody asks.
    strict: Option<Arc<dyn ServerCertVerifier>>,
    own: Option<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads the files. `check` tells whether the certificate is looked at.
    pub(crate) fn new(
        name: &str,
        check: bool,
        ca: Option<&Path>,
        own: Option<(&Path, &Path)>,
    ) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let trust = Trust { ca, ..Trust::default() };
        let strict = check.then(|| trust::verifier(trust, provider.clone())).transpose()?;
        let own = own.map(|(cert, key)| own_certificate(cert, key, &provider)).transpose()?;
        let name = ServerName::try_from(name.to_owned()).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { name, provider, strict, own })
    }

    /// A connection of its own settings, so that no session is resumed, and who watches it.
    pub(crate) fn connection(&self) -> Result<(ClientConnection, Arc<Witness>), String> {
        let witness = Arc::new(Witness {
            provider: self.provider.clone(),
            strict: self.strict.clone(),
            own: self.own.clone(),
            fault: Mutex::default(),
            asked: AtomicBool::default(),
        });
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let config = builder
            .dangerous()
            .with_custom_certificate_verifier(witness.clone())
            .with_client_cert_resolver(witness.clone());
        let connection = ClientConnection::new(Arc::new(config), self.name.clone());
        Ok((connection.map_err(|error| error.to_string())?, witness))
    }
}

fn own_certificate(cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, String> {
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let bad = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let chain = CertificateDer::pem_slice_iter(&read(cert)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| bad(cert, &error))?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| bad(key, &error))?;
    let signer = provider.key_provider.load_private_key(private).map_err(|error| bad(key, &error))?;
    Ok(Arc::new(CertifiedKey::new(chain, signer)))
}

/// Takes every certificate and remembers what was wrong with it, and whether one of the client was asked for.
#[derive(Debug)]
pub(crate) struct Witness {
    provider: Arc<CryptoProvider>,
    strict: Option<Arc<dyn ServerCertVerifier>>,
    own: Option<Arc<CertifiedKey>>,
    fault: Mutex<Option<Error>>,
    asked: AtomicBool,
}

impl Witness {
    pub(crate) fn facts(&self, connection: &ClientConnection) -> TlsFacts {
        let fault = self.fault.lock().ok().and_then(|fault| fault.clone());
        TlsFacts {
            certificate: fault.as_ref().map(trust::words),
            // The verifier looks at the name last.
            wrong_name: matches!(
                fault,
                Some(Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
                ))
            ),
            asked_certificate: self.asked.load(Ordering::Relaxed),
            ..facts(connection)
        }
    }
}

/// What either side knows after the handshake.
pub(crate) fn facts<Side>(connection: &ConnectionCommon<Side>) -> TlsFacts {
    let version = connection.protocol_version();
    let exporter =
        connection.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok();
    TlsFacts {
        version: version.map_or_else(String::new, |version| format!("{version:?}")),
        // TLS 1.2 has it only with an extension that cannot be asked for here (RFC 9266 section 4.2).
        exporter: exporter.filter(|_| version == Some(ProtocolVersion::TLSv1_3)),
        ..TlsFacts::default()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(strict) = &self.strict
            && let Err(error) = strict.verify_server_cert(end_entity, intermediates, name, ocsp, now)
            && let Ok(mut fault) = self.fault.lock()
        {
            *fault = Some(error);
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

impl ResolvesClientCert for Witness {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.own.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// One step of a handshake.
pub(crate) fn step(
    connection: &mut ClientConnection,
    stream: &mut TcpStream,
    until: Instant,
) -> io::Result<()> {
    while connection.wants_write() {
        connection.write_tls(stream)?;
    }
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    stream.set_read_timeout(Some(left))?;
    match connection.read_tls(stream) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(_) => processed(connection, stream),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        Err(error) if is_late(&error) => Err(ErrorKind::TimedOut.into()),
        Err(error) => Err(error),
    }
}

/// The same with octets that were read before.
pub(crate) fn feed(connection: &mut ClientConnection, early: &mut Vec<u8>) -> io::Result<()> {
    let count = connection.read_tls(&mut early.as_slice().take(16 * 1024))?;
    early.drain(..count.min(early.len()));
    processed(connection, &mut io::sink())
}

fn processed(connection: &mut ClientConnection, out: &mut dyn io::Write) -> io::Result<()> {
    let result = connection.process_new_packets();
    // The alert that says why.
    while connection.wants_write() && connection.write_tls(out).is_ok() {}
    result.map(drop).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// Why a handshake failed.
pub(crate) fn why(error: &io::Error) -> String {
    match error.get_ref().and_then(|error| error.downcast_ref::<Error>()) {
        Some(error) => trust::words(error),
        None if error.kind() == ErrorKind::UnexpectedEof => "the server hung up".into(),
        None if error.kind() == ErrorKind::TimedOut => "no answer in time".into(),
        None => error.to_string(),
    }
}
