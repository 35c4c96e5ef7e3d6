//! A gateway process in front of a server that the test plays, inside TLS.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use pop3_proto::testing::{Mismatch, Script};
use rcgen::{CertifiedKey, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Long enough that a part of it is a secret, too.
pub(crate) const TOKEN: &str = "ya29.secret-token-0123456789abcdef";

/// Up to the answer to the token, which is `user=ann^Aauth=Bearer TOKEN^A^A` in base64.
pub(crate) const TO_THE_TOKEN: &str = r"
    S: +OK real server\r\n
    C: CAPA\r\n
    S: +OK\r\nSASL XOAUTH2\r\nUIDL\r\n.\r\n
    C: AUTH XOAUTH2\r\n
    S: + \r\n
    C: dXNlcj1hbm4BYXV0aD1CZWFyZXIgeWEyOS5zZWNyZXQtdG9rZW4tMDEyMzQ1Njc4OWFiY2RlZgEB\r\n
";
pub(crate) const LOGGED_IN: &str = r"
    S: +OK welcome\r\n
    C: CAPA\r\n
    S: +OK\r\nUIDL\r\n.\r\n
";
pub(crate) const DEVICE: &str = r"
    S: +OK gateway ready\r\n
    C: USER ann\r\n
    S: +OK send PASS\r\n
    C: PASS secret\r\n
";
pub(crate) const DEVICE_LOGGED_IN: &str = "S: +OK logged in to the real server\\r\\n\n";

pub(crate) struct Gateway {
    process: Child,
    pub(crate) address: SocketAddr,
    server: TcpListener,
    tls: Arc<ServerConfig>,
    pub(crate) folder: TempDir,
}

impl Gateway {
    pub(crate) fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(folder.path().join("ca.pem"), cert.pem()).unwrap();
        let key = KeyPair::serialize_der(&signing_key).try_into().unwrap();
        let tls =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key);
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        server.set_nonblocking(true).unwrap();

        let mut command = Command::new(env!("CARGO_BIN_EXE_oauth-gateway"));
        command.args(["--listen", "127.0.0.1:0", "--local-password-env", "LOCAL", "--method", "xoauth2"]);
        command.arg("--server").arg(server.local_addr().unwrap().to_string()).args(options);
        for (option, value) in [("--ca", "ca.pem"), ("--token-env", "TOKEN")] {
            if !options
                .iter()
                .any(|given| *given == option || option == "--token-env" && *given == "--token-command")
            {
                command.args([option, value]);
            }
        }
        command.env("TOKEN", TOKEN).env("LOCAL", "secret").current_dir(folder.path());
        let log = fs::File::create(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let unknown = ([127, 0, 0, 1], 0).into();
        let mut started = Self { process, address: unknown, server, tls: Arc::new(tls.unwrap()), folder };
        let line = lines.next().unwrap().unwrap();
        started.address = line.strip_prefix("listening on ").unwrap().parse().unwrap();
        started
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Waits until the log has these words.
    #[track_caller]
    pub(crate) fn logs(&self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.log().contains(words) {
            assert!(Instant::now() < end, "{words:?} is not in the log:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn device(&self) -> TcpStream {
        let device = TcpStream::connect_timeout(&self.address, PATIENCE).unwrap();
        device.set_read_timeout(Some(PATIENCE)).unwrap();
        device
    }

    #[track_caller]
    pub(crate) fn play_device(&self, script: &str) {
        let script = Script::parse(script).unwrap();
        let played = script.play_client(self.device(), usize::MAX);
        played.unwrap_or_else(|mismatch| panic!("the gateway: {mismatch}\n{}", self.log()));
    }

    /// Plays a device, and returns what the gateway says after that, until it hangs up.
    pub(crate) fn play_and_read(&self, script: &str) -> Vec<u8> {
        let mut device = self.device();
        let played = Script::parse(script).unwrap().play_client(&device, usize::MAX);
        played.unwrap_or_else(|mismatch| panic!("the gateway: {mismatch}\n{}", self.log()));
        let mut said = Vec::new();
        device.read_to_end(&mut said).unwrap();
        said
    }

    fn accept(&self) -> TcpStream {
        let end = Instant::now() + PATIENCE;
        let stream = loop {
            match self.server.accept() {
                Ok((stream, _)) => break stream,
                Err(error) => assert!(Instant::now() < end, "nobody connects: {error}"),
            }
            thread::sleep(Duration::from_millis(5));
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Plays the server in one session, inside TLS, and returns the connection.
    pub(crate) fn play_server(&self, script: &str) -> StreamOwned<ServerConnection, TcpStream> {
        let connection = ServerConnection::new(self.tls.clone()).unwrap();
        let mut stream = StreamOwned::new(connection, self.accept());
        let script = Script::parse(script).unwrap();
        let played = script.play_server(&mut stream, usize::MAX);
        played.unwrap_or_else(|mismatch| panic!("the gateway as a client: {mismatch}"));
        stream
    }

    /// A server in clear, or one that is not trusted: whatever comes of it.
    pub(crate) fn serve_clear(&self, words: &[u8]) {
        let mut stream = self.accept();
        let _ = stream.write_all(words);
        let _ = stream.read(&mut [0; 4096]);
    }

    pub(crate) fn serve_untrusted(&self) -> Result<(), Mismatch> {
        let connection = ServerConnection::new(self.tls.clone()).unwrap();
        let script = Script::parse("S: +OK\\r\\n\nC: CAPA\\r\\n\n").unwrap();
        script.play_server(StreamOwned::new(connection, self.accept()), usize::MAX)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads until the gateway hangs up.
pub(crate) fn drain(mut stream: impl std::io::Read) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}
