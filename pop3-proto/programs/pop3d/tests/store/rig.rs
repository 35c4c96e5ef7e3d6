//! Starts pop3d on a folder of the test, and talks to it.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// A user of the system that has no files but those of a test.
pub(crate) const MALLORY: u32 = 4242;
const USERS: [&str; 3] = ["alice", "bob", "mallory"];

/// Whether the test may play several users. If not, it says that it is skipped.
pub(crate) fn is_root() -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        println!("skipped: only root can play two users");
    }
    is_root
}

/// A folder that ends with the test. Everybody may pass through it.
pub(crate) fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Makes a Maildir.
pub(crate) fn maildir(path: &Path) -> PathBuf {
    for part in ["tmp", "new", "cur"] {
        fs::create_dir_all(path.join(part)).unwrap();
    }
    path.to_owned()
}

/// Gives a file, or a folder and all that is in it, to a user.
pub(crate) fn give(path: &Path, user: u32) {
    if fs::symlink_metadata(path).unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user);
        }
    }
    chown(path, Some(user), Some(user)).unwrap();
}

pub(crate) fn write(path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
}

/// A pop3d process. Dropping this ends it.
pub(crate) struct Pop3d {
    process: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    /// Where its program is, if it had to be copied.
    _copy: Option<TempDir>,
}

impl Pop3d {
    /// Serves each user's `--maildir` or `--mbox`, for the users alice, bob and mallory.
    pub(crate) fn start(kind: &str, path: &Path) -> Self {
        Self::with(None, &USERS, &[kind.into(), path.into()])
    }

    /// Serves the users of a passwd file with these lines, whose passwords are `pw`.
    pub(crate) fn for_users(folder: &Path, passwd: &str, kind: &str, path: &Path) -> Self {
        let file = folder.join("passwd");
        write(&file, passwd.replace(':', ":{PLAIN}cHc= "));
        Self::with(None, &[], &[kind.into(), path.into(), "--passwd".into(), file.into()])
    }

    /// The same, as another user of the system.
    pub(crate) fn start_as(user: u32, kind: &str, path: &Path) -> Self {
        Self::with(Some(user), &USERS, &[kind.into(), path.into()])
    }

    /// With settings in TOML.
    pub(crate) fn configured(folder: &Path, settings: &str) -> Self {
        let file = folder.join("pop3d.toml");
        write(&file, settings);
        Self::with(None, &USERS, &["--config".into(), file.into()])
    }

    /// The same, where the settings name the users.
    pub(crate) fn configured_alone(folder: &Path, settings: &str) -> Self {
        let file = folder.join("pop3d.toml");
        write(&file, settings);
        Self::with(None, &[], &["--config".into(), file.into()])
    }

    fn with(user: Option<u32>, names: &[&str], args: &[OsString]) -> Self {
        let mut program = PathBuf::from(env!("CARGO_BIN_EXE_pop3d"));
        let copy = user.map(|_| folder());
        if let Some(copy) = &copy {
            // The other user may not be able to reach the folder of the build.
            let copied = copy.path().join("pop3d");
            // By another process: if it were open for writing here, a test that starts a process at this moment
            // would pass that on, and a file that somebody may write to cannot be started.
            assert!(Command::new("cp").args([&program, &copied]).status().unwrap().success());
            program = copied;
        }
        let mut command = Command::new(program);
        command.args(["--listen", "127.0.0.1:0"]).args(args);
        for name in names {
            command.args(["--user", &format!("{name}:pw")]);
        }
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = piped.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, shared) = (BufReader::new(process.stderr.take().unwrap()).lines(), log.clone());
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut log = shared.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut started = Self { process, address: ([127, 0, 0, 1], 0).into(), log, _copy: copy };
        let line = lines.next().and_then(Result::ok).unwrap_or_default();
        // It prints more than this line.
        thread::spawn(move || lines.for_each(drop));
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(' ').next());
        let address = address.and_then(|address| address.parse().ok());
        started.address = address.unwrap_or_else(|| panic!("it did not start: {}", started.log()));
        started
    }

    /// What it has logged, when nothing more comes.
    pub(crate) fn log(&self) -> String {
        let mut before = self.log.lock().unwrap().clone();
        loop {
            sleep(Duration::from_millis(100));
            let now = self.log.lock().unwrap().clone();
            if now == before {
                return now;
            }
            before = now;
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// A connection after its greeting.
    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client { reader: BufReader::new(stream) };
        assert!(client.line().starts_with("+OK pop3d ready"));
        client
    }

    /// The connection, and the answer to PASS.
    pub(crate) fn log_in(&self, user: &str) -> (Client, String) {
        let mut client = self.connect();
        assert_eq!(client.ask(&format!("USER {user}")), "+OK send PASS");
        let answer = client.ask("PASS pw");
        (client, answer)
    }

    /// A session in which the login has worked.
    pub(crate) fn session(&self, user: &str) -> Client {
        let start = Instant::now();
        loop {
            let (client, answer) = self.log_in(user);
            // The session before this one may have been cut off a moment ago.
            if !answer.starts_with("-ERR [IN-USE]") || start.elapsed() > PATIENCE {
                assert_eq!(answer, "+OK maildrop locked and ready", "{}", self.log());
                return client;
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end, and returns after how long it did, with success.
    pub(crate) fn stop(&mut self) -> Duration {
        let start = Instant::now();
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        loop {
            match self.process.try_wait().unwrap() {
                Some(status) => {
                    assert!(status.success(), "{status}");
                    return start.elapsed();
                }
                None => assert!(start.elapsed() < PATIENCE, "it does not stop"),
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// The most memory that it has ever had, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Pop3d {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The client's end of a connection.
pub(crate) struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    /// The next line, without CR LF.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        line.strip_suffix("\r\n").unwrap_or_else(|| panic!("a line without an end: {line:?}")).to_owned()
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.reader.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.line()
    }

    /// A command with a multi-line answer: the lines between status and dot, each with CR LF.
    pub(crate) fn many(&mut self, line: &str) -> String {
        let status = self.ask(line);
        assert!(status.starts_with("+OK"), "{line}: {status}");
        let mut text = String::new();
        loop {
            let line = self.line();
            if line == "." {
                return text;
            }
            text += &line;
            text += "\r\n";
        }
    }

    /// Ends the session with success.
    pub(crate) fn quit(mut self) {
        assert_eq!(self.ask("QUIT"), "+OK bye");
        assert_eq!(self.reader.read(&mut [0]).unwrap(), 0, "it is closed");
    }
}
