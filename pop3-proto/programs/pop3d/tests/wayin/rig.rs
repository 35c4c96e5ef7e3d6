//! Starts pop3d with settings and users, and talks to it from any address of the loopback network.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding as _};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use tempfile::TempDir;

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Rig {
    pub(crate) folder: TempDir,
}

/// A pop3d process. Dropping this ends it.
pub(crate) struct Pop3d {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Rig {
    /// Settings, after those of where to listen and of the users.
    pub(crate) fn new(passwd: impl AsRef<[u8]>, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("passwd"), passwd).unwrap();
        fs::set_permissions(folder.path().join("passwd"), Permissions::from_mode(0o600)).unwrap();
        let maildir = folder.path().join("%u");
        let passwd = folder.path().join("passwd");
        let toml = format!(
            "[listen]\nplain = [\"127.0.0.1:0\"]\n[store]\nmaildir = {maildir:?}\n[users]\npasswd = {passwd:?}\n{settings}"
        );
        fs::write(folder.path().join("pop3d.toml"), toml).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes empty Maildirs for these users.
    pub(crate) fn with_maildirs(self, users: &[&str]) -> Self {
        for user in users {
            for part in ["cur", "new", "tmp"] {
                fs::create_dir_all(self.path(user).join(part)).unwrap();
            }
        }
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pop3d"));
        command.args(["--log", "error", "--config"]).arg(self.path("pop3d.toml")).stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&self) -> Pop3d {
        Self::started(self.command().stdout(Stdio::piped()))
    }

    /// Starts it with a limit that `ulimit` sets, and with its warnings in the file `log`.
    pub(crate) fn start_within(&self, ulimit: &str) -> Pop3d {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit {ulimit} && exec \"$0\" \"$@\"")]);
        command
            .arg(env!("CARGO_BIN_EXE_pop3d"))
            .args(["--log", "warn", "--config"])
            .arg(self.path("pop3d.toml"));
        let log = fs::File::create(self.path("log")).unwrap();
        Self::started(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log))
    }

    fn started(command: &mut Command) -> Pop3d {
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut started = Pop3d { process, address: ([127, 0, 0, 1], 0).into() };
        let line = lines.next().expect("pop3d did not start").unwrap();
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(' ').next());
        started.address = address.unwrap().parse().unwrap();
        // It prints two lines, and must not find the pipe closed.
        let _ = lines.next();
        started
    }

    /// Starts a pop3d that has to fail, and returns what it says.
    pub(crate) fn fail(&self) -> String {
        let mut process =
            self.command().stdout(Stdio::null()).stderr(Stdio::piped()).env("NO_COLOR", "1").spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while process.try_wait().unwrap().is_none() {
            if Instant::now() > end {
                process.kill().unwrap();
                panic!("it runs");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let Output { status, stderr, .. } = process.wait_with_output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

impl Drop for Pop3d {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Pop3d {
    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.process)
    }

    /// A connection from 127.0.0.`host`, before the greeting has been read.
    pub(crate) fn dial(&self, host: u8) -> Client {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&socket, &SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0))).unwrap();
        connect(&socket, &self.address).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(BufReader::new(stream))
    }

    pub(crate) fn client(&self, host: u8) -> Client {
        let mut client = self.dial(host);
        let greeting = client.line();
        assert!(greeting.starts_with("+OK pop3d ready"), "{greeting:?}");
        client
    }

    /// The answer to a login with USER and PASS, and how long it took. The session is over then.
    pub(crate) fn log_in(&self, host: u8, user: &str, password: &str) -> (String, Duration) {
        let mut client = self.client(host);
        assert_eq!(client.say(&format!("USER {user}")), "+OK send PASS\r\n");
        let start = Instant::now();
        let said = client.say(&format!("PASS {password}"));
        let took = start.elapsed();
        if said.starts_with("+OK") {
            assert_eq!(client.say("QUIT"), "+OK bye\r\n");
        }
        (said, took)
    }
}

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn wait_at_most(&self, time: Duration) {
        self.0.get_ref().set_read_timeout(Some(time)).unwrap();
    }

    pub(crate) fn send(&mut self, octets: &[u8]) {
        self.0.get_mut().write_all(octets).unwrap();
    }

    /// One line, or what came until the end or the time limit.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        let _ = self.0.read_until(b'\n', &mut line);
        String::from_utf8(line).unwrap()
    }

    pub(crate) fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.line()
    }

    /// Everything up to the end of the connection; `None` if it does not end in time.
    pub(crate) fn rest(&mut self) -> Option<String> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => None,
            _ => Some(String::from_utf8(rest).unwrap()),
        }
    }
}

pub(crate) const WELCOME: &str = "+OK maildrop locked and ready\r\n";
pub(crate) const WRONG: &str = "-ERR [AUTH] wrong name or password\r\n";

/// A line of the passwd file.
pub(crate) fn plain(user: &str, password: &str) -> String {
    format!("{user}:{{PLAIN}}{}\n", text(password))
}

pub(crate) fn text(octets: impl AsRef<[u8]>) -> String {
    Base64::encode_string(octets.as_ref())
}

pub(crate) fn decoded(text: &str) -> String {
    String::from_utf8(Base64::decode_vec(text).unwrap()).unwrap()
}
