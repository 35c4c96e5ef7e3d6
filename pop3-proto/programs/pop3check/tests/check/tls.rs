//! TLS: its end with and without the closing alert, certificates, and a port that starts with it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::server::{Server, each};
use crate::support::Bench;

fn certificate() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn key(own: &rcgen::CertifiedKey<rcgen::KeyPair>) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(own.signing_key.serialize_pem().as_bytes()).unwrap()
}

/// A server that starts with TLS and does this inside it.
fn inside(
    config: ServerConfig,
    session: impl Fn(&mut StreamOwned<ServerConnection, TcpStream>) + Send + Sync + 'static,
) -> Server {
    let config = Arc::new(config);
    each(move |stream| {
        let mut tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        session(&mut tls);
    })
}

fn config() -> ServerConfig {
    config_of(&certificate())
}

fn config_of(own: &rcgen::CertifiedKey<rcgen::KeyPair>) -> ServerConfig {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    builder.with_single_cert(vec![own.cert.der().clone()], key(own)).unwrap()
}

fn url(server: &Server) -> String {
    format!("pops://localhost:{}", server.address.port())
}

/// Reads a command.
fn take(tls: &mut StreamOwned<ServerConnection, TcpStream>) -> bool {
    tls.read(&mut [0; 512]).is_ok_and(|count| count > 0)
}

#[test]
fn an_end_without_the_closing_alert_is_told_apart() {
    for (alerts, event) in [
        (true, "-  closed by the server\n"),
        (false, "-  closed by the server without the closing alert of TLS\n"),
    ] {
        let server = inside(config(), move |tls| {
            if tls.write_all(b"+OK ready\r\n").is_err() || !take(tls) {
                return;
            }
            if alerts {
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
            let _ = tls.sock.shutdown(std::net::Shutdown::Write);
            let _ = std::io::copy(&mut tls.sock, &mut std::io::sink());
        });
        let ran =
            Bench::new().run(&format!("server {} -v --patience 0.2 server/retr/first-dot", url(&server)));
        ran.assert_code(3).assert_out("TLS handshake, TLSv1_3").assert_out("S  +OK ready").assert_out(event);
    }
}

#[test]
fn what_is_no_tls_is_told() {
    let server = each(|mut stream: TcpStream| {
        let _ = stream.write_all(b"+OK ready\r\n");
        std::thread::sleep(Duration::from_millis(200));
    });
    let ran = Bench::new().run(&format!("server {} --patience 0.2", url(&server)));
    ran.assert_code(3);
    assert!(ran.err.contains("the TLS handshake failed: "), "{}", ran.err);
}

#[test]
fn the_client_certificate_is_shown() {
    let own = certificate();
    let bench = Bench::new();
    bench.write("cert.pem", &own.cert.pem());
    bench.write("key.pem", &own.signing_key.serialize_pem());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(own.cert.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let server_own = certificate();
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap());
    let config = builder.with_single_cert(vec![server_own.cert.der().clone()], key(&server_own)).unwrap();
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = shown.clone();
    let server = inside(config, move |tls| {
        if tls.write_all(b"+OK ready\r\n").is_err() {
            return;
        }
        let count = tls.conn.peer_certificates().map_or(0, <[_]>::len);
        seen.lock().unwrap().push(count);
        while take(tls) && tls.write_all(b"-ERR no\r\n").is_ok() {}
    });
    bench.run(&format!("server {} --patience 0.2 server/greeting", url(&server)));
    let without = std::mem::take(&mut *shown.lock().unwrap());
    assert!(!without.is_empty() && without.iter().all(|count| *count == 0), "{without:?}");
    bench.run(&format!(
        "server {} --patience 0.2 --client-cert cert.pem --client-key key.pem server/greeting",
        url(&server)
    ));
    let with = shown.lock().unwrap().clone();
    assert!(!with.is_empty() && with.iter().all(|count| *count == 1), "{with:?}");
    let ran = bench.run(&format!("server {} --client-cert cert.pem --client-key cert.pem", url(&server)));
    ran.assert_code(2);
}

#[test]
fn a_certificate_for_another_host_is_a_deviation_and_any_other_fault_fails() {
    for (name, is_trusted, verdict) in
        [("localhost", true, "pass"), ("other.example", true, "deviation"), ("other.example", false, "FAIL")]
    {
        let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let bench = Bench::new();
        bench.write("ca.pem", &if is_trusted { own.cert.pem() } else { certificate().cert.pem() });
        let server = inside(config_of(&own), |tls| {
            let _ = tls.write_all(b"+OK ready\r\n");
            while take(tls) && tls.write_all(b"-ERR no\r\n").is_ok() {}
        });
        let ran = bench.run(&format!(
            "server {} --ca ca.pem --check-certificate --patience 0.2 server/tls/certificate",
            url(&server)
        ));
        ran.assert_out(&format!("1 probes: 1 {verdict}"));
    }
}
