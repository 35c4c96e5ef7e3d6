//! Runs of pop3check, and pop3d to run it against. Nothing waits for ever.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

/// The password of all accounts: of rare letters, so that it is found where it should not be.
pub(crate) const PASSWORD: &str = "Zq7xWv9pLmKj";
pub(crate) const USER: &str = "tester";

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Checks the exit code and the whole of standard error.
    #[track_caller]
    pub(crate) fn assert_error(&self, code: i32, err: &str) {
        assert_eq!((self.code, self.err.as_str()), (Some(code), err), "{}", self.out);
    }

    #[track_caller]
    pub(crate) fn assert_out(&self, part: &str) -> &Self {
        assert!(self.out.contains(part), "no {part:?} in\n{}\n{}", self.out, self.err);
        self
    }
}

/// A folder in which pop3check runs, with the password in PASSWORD.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Runs pop3check in the folder. The words are parted by spaces.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_words(&line.split(' ').collect::<Vec<_>>())
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pop3check"));
        command.args(words).env("PASSWORD", PASSWORD).env("NO_COLOR", "1").current_dir(self.folder.path());
        command
    }

    pub(crate) fn run_words(&self, words: &[&str]) -> Ran {
        let output = self.command(words).stdin(Stdio::null()).output().unwrap();
        let text = |octets| String::from_utf8(octets).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs it, and passes each line on standard error on as it comes.
    pub(crate) fn run_beside(&self, words: &[&str], mut line: impl FnMut(&str)) -> Ran {
        let mut command = self.command(words);
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = piped.spawn().unwrap();
        let mut err = String::new();
        for next in BufReader::new(process.stderr.take().unwrap()).lines() {
            let next = next.unwrap();
            line(&next);
            err += &format!("{next}\n");
        }
        let output = process.wait_with_output().unwrap();
        Ran { code: output.status.code(), out: String::from_utf8(output.stdout).unwrap(), err }
    }

    /// Judges the server with the account, half as patiently as usual.
    pub(crate) fn judge(&self, address: SocketAddr, more: &str) -> Ran {
        let more = if more.is_empty() { String::new() } else { format!(" {more}") };
        self.run(&format!("server {address} --user {USER} --password-env PASSWORD --patience 0.2{more}"))
    }
}

/// The program pop3d, built for this.
fn pop3d() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "-p", "pop3d"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "pop3d cannot be built");
        Path::new(env!("CARGO_BIN_EXE_pop3check")).with_file_name("pop3d")
    })
}

/// pop3d on a Maildir. Dropping this ends it.
pub(crate) struct Pop3d {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Pop3d {
    /// Users with the password of all, on the Maildir `%u` stands for the user in.
    pub(crate) fn start(maildir: &Path, users: &[&str]) -> Self {
        let mut command = Command::new(pop3d());
        command.args(["--listen", "127.0.0.1:0", "--maildir"]).arg(maildir);
        for user in users {
            command.args(["--user", &format!("{user}:{PASSWORD}")]);
        }
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = piped.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().and_then(Result::ok).unwrap_or_default();
        thread::spawn(move || lines.for_each(drop));
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(' ').next());
        let address = address.and_then(|address| address.parse().ok());
        let mut started = Self { process, address: ([127, 0, 0, 1], 0).into() };
        started.address = address.expect("pop3d starts");
        started
    }
}

impl Drop for Pop3d {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
