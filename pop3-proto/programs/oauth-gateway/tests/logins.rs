//! A device with the right password reads the mail of a server that wants a token. One with a wrong password
//! never reaches the server.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use pop3_proto::testing::Script;
use rcgen::{CertifiedKey, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway process in front of a server that the test plays. Dropping this ends the process.
struct Gateway {
    process: Child,
    address: SocketAddr,
    server: TcpListener,
    tls: Arc<ServerConfig>,
}

impl Gateway {
    fn start() -> Self {
        Self::start_with(&["--method", "xoauth2"])
    }

    fn start_with(options: &[&str]) -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        fs::write(&ca, cert.pem()).unwrap();
        let key = KeyPair::serialize_der(&signing_key).try_into().unwrap();
        let tls =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key);
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        server.set_nonblocking(true).unwrap();

        let mut command = Command::new(env!("CARGO_BIN_EXE_oauth-gateway"));
        command.args(["--listen", "127.0.0.1:0", "--log", "error", "--token-env", "TOKEN"]);
        command.args(options).args(["--local-password-env", "LOCAL", "--server"]);
        command.arg(server.local_addr().unwrap().to_string()).arg("--ca").arg(&ca);
        command.env("TOKEN", "t0ken").env("LOCAL", "secret").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let unknown = ([127, 0, 0, 1], 0).into();
        let mut started = Self { process, address: unknown, server, tls: Arc::new(tls.unwrap()) };
        // The gateway reads the certificates before it prints that it listens.
        let line = lines.next().unwrap().unwrap();
        started.address = line.strip_prefix("listening on ").unwrap().parse().unwrap();
        started
    }

    fn play_device(&self, script: &str) {
        let device = TcpStream::connect_timeout(&self.address, PATIENCE).unwrap();
        device.set_read_timeout(Some(PATIENCE)).unwrap();
        let script = Script::parse(script).unwrap();
        script.play_client(&device, usize::MAX).unwrap_or_else(|mismatch| panic!("the gateway: {mismatch}"));
    }

    /// Plays the server in one session, inside TLS, and closes the connection.
    fn play_server(&self, script: &str) {
        drop(self.play_and_hold(script));
    }

    /// The same, and the connection stays open until the result is dropped.
    fn play_and_hold(&self, script: &str) -> StreamOwned<ServerConnection, TcpStream> {
        let end = Instant::now() + PATIENCE;
        let stream = loop {
            match self.server.accept() {
                Ok((stream, _)) => break stream,
                Err(error) => assert!(Instant::now() < end, "nobody connects: {error}"),
            }
            thread::sleep(Duration::from_millis(10));
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let connection = ServerConnection::new(self.tls.clone()).unwrap();
        let script = Script::parse(script).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let played = script.play_server(&mut stream, usize::MAX);
        played.unwrap_or_else(|mismatch| panic!("the gateway as a client: {mismatch}"));
        stream
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_wrong_password_is_refused_without_a_word_to_the_server() {
    let gateway = Gateway::start();
    gateway.play_device(
        r"
        S: +OK gateway ready\r\n
        C: USER ann\r\n
        S: +OK send PASS\r\n
        C: PASS wrong\r\n
        S: -ERR [AUTH] wrong local password\r\n
        C: QUIT\r\n
        S: +OK bye\r\n",
    );
    let connected = gateway.server.accept().map(|_| ());
    assert_eq!(connected.unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn the_right_password_is_exchanged_for_a_token_and_the_mail_passes() {
    let gateway = Gateway::start();
    thread::scope(|scope| {
        scope.spawn(|| {
            gateway.play_server(
                r"
                S: +OK real server\r\n
                C: CAPA\r\n
                S: +OK\r\nSASL XOAUTH2\r\nUSER\r\nUIDL\r\n.\r\n
                C: AUTH XOAUTH2\r\n
                S: + \r\n
                # user=ann^Aauth=Bearer t0ken^A^A
                C: dXNlcj1hbm4BYXV0aD1CZWFyZXIgdDBrZW4BAQ==\r\n
                S: +OK welcome\r\n
                C: CAPA\r\n
                S: +OK\r\nUSER\r\nUIDL\r\n.\r\n
                C: RETR 1\r\n
                S: +OK\r\nSubject: hi\r\n\r\n..\r\n.\r\n
                C: QUIT\r\n
                S: +OK gone\r\n",
            );
        });
        gateway.play_device(
            r"
            S: +OK gateway ready\r\n
            C: USER ann\r\n
            S: +OK send PASS\r\n
            C: PASS secret\r\n
            S: +OK logged in to the real server\r\n
            C: RETR 1\r\n
            S: +OK\r\nSubject: hi\r\n\r\n..\r\n.\r\n
            C: QUIT\r\n
            S: +OK gone\r\n",
        );
    });
}

const IN: &str = r"
    C: AUTH XOAUTH2\r\n
    S: + \r\n
    C: dXNlcj1hbm4BYXV0aD1CZWFyZXIgdDBrZW4BAQ==\r\n
    S: +OK welcome\r\n";
const DEVICE_IN: &str = r"
    S: +OK gateway ready\r\n
    C: USER ann\r\n
    S: +OK send PASS\r\n
    C: PASS secret\r\n
    S: +OK logged in to the real server\r\n
    C: QUIT\r\n
    S: +OK gone\r\n";
const GONE: &str = r"
    C: QUIT\r\n
    S: +OK gone\r\n";

/// Nobody was asked for the token, so nobody is told that it is wrong.
#[test]
fn where_only_the_mechanism_is_refused_the_device_is_not_told_that_its_password_is_wrong() {
    for (answer, told) in [
        ("what?", "what?"),
        ("invalid command", "invalid command"),
        ("Authentication failed", "Authentication failed"),
    ] {
        let gateway = Gateway::start();
        thread::scope(|scope| {
            scope.spawn(|| {
                gateway.play_server(&format!(
                    r"
                    S: +OK real server\r\n
                    C: CAPA\r\n
                    S: +OK\r\nSASL XOAUTH2\r\n.\r\n
                    C: AUTH XOAUTH2\r\n
                    S: -ERR {answer}\r\n"
                ));
            });
            gateway.play_device(&format!(
                r"
                S: +OK gateway ready\r\n
                C: USER ann\r\n
                S: +OK send PASS\r\n
                C: PASS secret\r\n
                S: -ERR [SYS/PERM] {told}\r\n
                C: QUIT\r\n
                S: +OK bye\r\n"
            ));
        });
    }
}

/// The device waits once; the gateway remembers it for the next login.
#[test]
fn an_answer_to_capa_that_is_none_or_does_not_come_costs_one_connection_in_all() {
    for junk in ["", r"S: what?\r\n"] {
        let gateway = Gateway::start_with(&["--method", "xoauth2", "--timeout", "4"]);
        thread::scope(|scope| {
            scope.spawn(|| {
                let first = format!("S: +OK real server\\r\\n\nC: CAPA\\r\\n\n{junk}");
                let _silent = gateway.play_and_hold(&first);
                for _ in 0..2 {
                    gateway.play_server(&format!("S: +OK real server\\r\\n{IN}{GONE}"));
                }
            });
            gateway.play_device(DEVICE_IN);
            gateway.play_device(DEVICE_IN);
        });
    }
}
