//! Which certificates are trusted, and what is said about others.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use pop3_proto::testing::Script;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest as _, Sha256};

use crate::support::{LOGIN, ONE_MESSAGE, Ran, Run, Server};

struct Certificate {
    config: Arc<ServerConfig>,
    pem: String,
    /// Of the certificate and of its public key.
    digests: [String; 2],
}

impl Certificate {
    /// A certificate that signs itself, for 127.0.0.1 if nothing is changed.
    fn new(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let der = certificate.der().clone();
        let digest = |octets: &[u8]| {
            let digits =
                Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect::<String>();
            format!("sha256:{digits}")
        };
        let digests = [digest(&der), digest(&rcgen::PublicKeyData::subject_public_key_info(&key))];
        let own = key.serialize_der().try_into().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![der], own).unwrap();
        Self { config: Arc::new(config), pem: certificate.pem(), digests }
    }

    fn run(&self, options: &[&str]) -> Ran {
        self.run_at("127.0.0.1", options)
    }

    fn run_at(&self, host: &str, options: &[&str]) -> Ran {
        let script = Script::parse(&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")).unwrap();
        let config = self.config.clone();
        let server = Server::start([move |stream: TcpStream| {
            let connection = ServerConnection::new(config).unwrap();
            // A client that does not trust the certificate hangs up.
            let _ = script.play_server(StreamOwned::new(connection, stream), usize::MAX);
        }]);
        let run =
            Run::bare().args(["--quiet", "--user", "ann", "--password-env", "PASSWORD", "--to", "mail"]);
        fs::write(run.path("own.pem"), &self.pem).unwrap();
        let place = format!("{host}:{}", server.address.port());
        let run = run.args(options.iter().copied()).args([place.as_str()]).env("PASSWORD", "open sesame");
        let ran = run.run();
        server.finish();
        assert_eq!(run.delivered().len(), usize::from(ran.code == Some(0)), "{ran:?}");
        ran
    }
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

fn failed(why: &str) -> String {
    format!("pop3get: ann@127.0.0.1: the TLS handshake: {why}\n")
}

/// Covers quirk-148.
#[test]
fn a_server_may_show_the_certificate_of_ca_itself() {
    for change in [|_: &mut CertificateParams| {}, authority] {
        let own = Certificate::new(change);
        own.run(&["--ca", "own.pem"]).assert(0, "");
        own.run(&["--ca", "own.pem", "--pin", &own.digests[1]]).assert(0, "");
        let pin = format!("sha256:{}", "0".repeat(64));
        let ran = own.run(&["--ca", "own.pem", "--pin", &pin]);
        let why = format!("the server's key is not the one of --pin; it has {}", own.digests[1]);
        ran.assert(4, &failed(&why));
    }
}

#[test]
fn the_name_and_the_dates_of_that_certificate_still_count() {
    let other =
        Certificate::new(|params| *params = CertificateParams::new(["h.example".to_owned()]).unwrap());
    let ran = other.run(&["--ca", "own.pem"]);
    assert_eq!(ran.code, Some(4));
    assert!(
        ran.err.starts_with(failed("the server's certificate is for another name").trim_end()),
        "{ran:?}"
    );
    for change in [
        |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1),
        |params: &mut CertificateParams| params.not_before = date_time_ymd(2090, 1, 1),
    ] {
        let ran = Certificate::new(change).run(&["--ca", "own.pem"]);
        assert_eq!(ran.code, Some(4));
        let expired = ran.err.contains("the server's certificate has expired");
        assert!(expired || ran.err.contains("the server's certificate is not valid yet"), "{ran:?}");
    }
}

#[test]
fn a_fingerprint_of_the_certificate_or_its_key_takes_the_place_of_everything_else() {
    let own = Certificate::new(|params| {
        *params = CertificateParams::new(["h.example".to_owned()]).unwrap();
        authority(params);
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    for digest in &own.digests {
        own.run(&["--fingerprint", digest]).assert(0, "");
        own.run(&["--fingerprint", &digest.to_uppercase().replace("SHA256", "sha256")]).assert(0, "");
    }
    let other = format!("sha256:{}", "ab".repeat(32));
    let why = format!("the server's certificate is not the one of --fingerprint; it has {}", own.digests[0]);
    own.run(&["--fingerprint", &other]).assert(4, &failed(&why));
    let ran = Run::bare()
        .args(["--user", "ann", "--to", "mail", "--fingerprint", "sha256:abc", "127.0.0.1:1"])
        .run();
    ran.assert(
        2,
        "pop3get: ann@127.0.0.1: --fingerprint sha256:abc: not sha256: and 64 hexadecimal digits\n",
    );
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told_with_its_fingerprint() {
    let own = Certificate::new(|_| {});
    let other = Certificate::new(|_| {});
    let path = tempfile::NamedTempFile::new().unwrap();
    fs::write(path.path(), &other.pem).unwrap();
    let ca = |path: &Path| path.to_str().unwrap().to_owned();
    let ran = own.run(&["--ca", &ca(path.path())]);
    let why = "the server's certificate is not trusted: nobody whom you trust has signed it; it has the fingerprint";
    ran.assert(4, &failed(&format!("{why} {}", own.digests[0])));
}

/// Covers certificate-without-its-key.
#[test]
fn a_server_with_that_certificate_and_another_key_is_not_trusted() {
    // The certificate is public; whoever shows it has to prove that the key is theirs.
    let own = Certificate::new(|_| {});
    let thief = Certificate {
        config: {
            let other = KeyPair::generate().unwrap();
            let key =
                rustls::crypto::ring::sign::any_supported_type(&other.serialize_der().try_into().unwrap());
            let der = rustls::pki_types::pem::PemObject::from_pem_slice(own.pem.as_bytes()).unwrap();
            let shown = rustls::sign::CertifiedKey::new(vec![der], key.unwrap());
            let config = ServerConfig::builder().with_no_client_auth();
            Arc::new(config.with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(shown))))
        },
        pem: own.pem.clone(),
        digests: own.digests.clone(),
    };
    for options in [["--fingerprint", own.digests[0].as_str()], ["--ca", "own.pem"]] {
        let ran = thief.run(&options);
        assert_eq!(ran.code, Some(4), "{ran:?}");
        assert!(ran.err.starts_with(failed("the server's certificate is not trusted").trim_end()), "{ran:?}");
    }
}
