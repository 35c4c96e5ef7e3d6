//! pop3get in front of a server that the test plays. Nothing waits for ever.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pop3_proto::testing::Script;

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The login that most scripts begin with.
pub(crate) const LOGIN: &str = r"
    S: +OK ready\r\n
    C: CAPA\r\n
    S: +OK\r\nUSER\r\nUIDL\r\nTOP\r\n.\r\n
    C: USER ann\r\n
    S: +OK\r\n
    C: PASS open sesame\r\n
    S: +OK\r\n
    C: CAPA\r\n
    S: +OK\r\nUSER\r\nUIDL\r\nTOP\r\n.\r\n
";

/// One message, which is fetched.
pub(crate) const ONE_MESSAGE: &str = r"
    C: STAT\r\n
    S: +OK 1 23\r\n
    C: LIST\r\n
    S: +OK\r\n1 23\r\n.\r\n
    C: UIDL\r\n
    S: +OK\r\n1 id-1\r\n.\r\n
    C: RETR 1\r\n
    S: +OK\r\nSubject: one\r\n\r\nfirst\r\n.\r\n
    C: NOOP\r\n
    S: +OK\r\n
";

/// A server that takes one connection after another.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    sessions: JoinHandle<()>,
}

impl Server {
    /// Serves one connection with each function.
    pub(crate) fn start<F: FnOnce(TcpStream) + Send + 'static>(
        sessions: impl IntoIterator<Item = F>,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let sessions: Vec<F> = sessions.into_iter().collect();
        listener.set_nonblocking(true).unwrap();
        let sessions = thread::spawn(move || {
            for session in sessions {
                session(accept(&listener));
            }
        });
        Self { address, sessions }
    }

    /// Plays the scripts, one for each connection, and hangs up at their ends.
    pub(crate) fn play(scripts: &[&str]) -> Self {
        let scripts: Vec<_> = scripts.iter().map(|script| Script::parse(script).unwrap()).collect();
        Self::start(scripts.into_iter().map(|script| {
            move |stream: TcpStream| {
                let played = script.play_server(&stream, usize::MAX);
                played.unwrap_or_else(|mismatch| panic!("pop3get: {mismatch}"));
            }
        }))
    }

    /// The same, but at the end of the script the server says no more until the client hangs up.
    pub(crate) fn play_and_wait(script: &str) -> Self {
        let script = Script::parse(script).unwrap();
        Self::start([move |stream: TcpStream| {
            let played = script.play_server(&stream, usize::MAX);
            played.unwrap_or_else(|mismatch| panic!("pop3get: {mismatch}"));
            drain(stream);
        }])
    }

    /// Waits for the end, and fails if a session was not as the script says.
    pub(crate) fn finish(self) {
        self.sessions.join().unwrap();
    }
}

fn accept(listener: &TcpListener) -> TcpStream {
    let end = Instant::now() + PATIENCE;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
                return stream;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                assert!(Instant::now() < end, "nobody connects");
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("accept: {error}"),
        }
    }
}

/// Reads until the client hangs up.
pub(crate) fn drain(mut stream: TcpStream) {
    let _ = io::copy(&mut stream, &mut io::sink());
}

/// Sends one octet after another, until the client hangs up.
pub(crate) fn drip(mut stream: impl Write, pause: Duration) {
    let end = Instant::now() + PATIENCE;
    while stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
        assert!(Instant::now() < end, "the client holds on");
        thread::sleep(pause);
    }
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) time: Duration,
}

impl Ran {
    /// The object of `--json`.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the exit code and the whole of standard error.
    #[track_caller]
    pub(crate) fn assert(&self, code: i32, err: &str) {
        assert_eq!((self.code, self.err.as_str()), (Some(code), err), "{self:?}");
    }
}

/// One run, with a folder of its own.
pub(crate) struct Run {
    pub(crate) folder: tempfile::TempDir,
    args: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Run {
    /// A run without options but `--max-time`, which ends it in any case.
    pub(crate) fn bare() -> Self {
        Self::without_limits().args(["--max-time", "30"])
    }

    /// A run that the server or the accounts have to end.
    pub(crate) fn without_limits() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), args: Vec::new(), environment: Vec::new() }
    }

    /// A run as `ann` into a Maildir, in clear.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::bare().at_server(address)
    }

    pub(crate) fn at_server(self, address: SocketAddr) -> Self {
        let run = self.args(["--plain", "--user", "ann", "--password-env", "PASSWORD"]);
        let to = run.maildir().display().to_string();
        run.args(["--to", &to, &address.to_string()]).env("PASSWORD", "open sesame")
    }

    pub(crate) fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.args.extend(args.into_iter().map(str::to_owned));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn maildir(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self) -> Ran {
        self.run_with(Stdio::null())
    }

    /// Runs pop3get to its end. Standard error has `FOLDER` for the folder of the run.
    pub(crate) fn run_with(&self, stdin: Stdio) -> Ran {
        self.run_on(stdin, Stdio::piped(), Stdio::piped())
    }

    pub(crate) fn run_on(&self, stdin: Stdio, stdout: Stdio, stderr: Stdio) -> Ran {
        let start = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pop3get"));
        command.args(&self.args).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(stdin).stdout(stdout).stderr(stderr).current_dir(self.folder.path());
        let output = command.output().unwrap();
        let text = |octets| String::from_utf8(octets).unwrap();
        let folder = self.folder.path().to_str().unwrap();
        Ran {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr).replace(folder, "FOLDER"),
            time: start.elapsed(),
        }
    }

    /// The messages in the Maildir, sorted.
    pub(crate) fn delivered(&self) -> Vec<String> {
        messages(&self.maildir())
    }
}

pub(crate) fn messages(maildir: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(maildir.join("new")) else { return Vec::new() };
    let mut texts: Vec<_> =
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    texts.sort();
    texts
}
