//! [`Ground`]: the folders in which a client is started, and its process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pop3_proto::conformance::{Exit, Task, Wish};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use tempfile::TempDir;

use super::certificates::Certificates;
use super::preset::Preset;
use super::store;

/// Lets no file grow beyond some KiB, as on a disk that is nearly full.
const FULL: &str = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";

/// How much of what it printed is kept.
const PRINTED: usize = 8 * 1024;

/// Where the played server listens.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) clear: u16,
    pub(crate) tls: u16,
}

/// The folders, and the process while it runs.
#[derive(Debug)]
pub(crate) struct Ground {
    preset: Preset,
    address: Address,
    ca: PathBuf,
    /// The certificate and the key of a client that has its own.
    own: [PathBuf; 2],
    folder: TempDir,
    /// The number of the run; what is kept has the number of the first one.
    run: u32,
    kept: u32,
    child: Option<Child>,
    is_stopped: bool,
}

impl Ground {
    pub(crate) fn new(preset: &Preset, address: &Address, certificates: &Certificates) -> io::Result<Self> {
        let folder = TempDir::with_prefix("pop3check-")?;
        let [ca, certificate, key] = ["ca.pem", "own.pem", "own.key"].map(|name| folder.path().join(name));
        fs::write(&ca, &certificates.ca)?;
        let [own, own_key] = &certificates.own;
        fs::write(&certificate, own)?;
        fs::write(&key, own_key)?;
        private(&key, false)?;
        Ok(Self {
            preset: preset.clone(),
            address: address.clone(),
            ca,
            own: [certificate, key],
            folder,
            run: 0,
            kept: 0,
            child: None,
            is_stopped: false,
        })
    }

    fn sub(&self, name: &str, number: u32) -> PathBuf {
        self.folder.path().join(format!("{name}-{number}"))
    }

    fn store_path(&self) -> PathBuf {
        self.sub("store", self.kept)
    }

    /// Starts the client.
    pub(crate) fn start(&mut self, task: &Task) -> io::Result<()> {
        self.stop();
        self.is_stopped = false;
        self.run += 1;
        if !task.again {
            self.clean();
            self.kept = self.run;
        }
        let places = [self.sub("work", self.run), self.sub("state", self.kept), self.sub("store", self.kept)];
        for place in &places {
            fs::create_dir_all(place)?;
        }
        let values = self.values(task)?;
        for (path, text) in &self.preset.files {
            let path = PathBuf::from(OsString::from_vec(expanded(path, &values)));
            fs::write(&path, expanded(text, &values))?;
            private(&path, text.starts_with("#!"))?;
        }
        let mut words = Vec::new();
        let command = if task.url.is_some() { &self.preset.url_command } else { &self.preset.command };
        for word in command {
            match word.as_str() {
                "{job}" | "{tls}" | "{auth}" => {
                    let text = String::from_utf8_lossy(&expanded(word, &values)).into_owned();
                    words.extend(text.split_whitespace().map(OsString::from));
                }
                _ => words.push(OsString::from_vec(expanded(word, &values))),
            }
        }
        if task.store_fails {
            let front = ["sh", "-c", FULL, "sh"].map(OsString::from);
            words.splice(..0, front);
        }
        let (program, arguments) = words.split_first().ok_or_else(|| io::Error::other("no command"))?;
        let out = fs::File::create(self.printed_path(self.run))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.sub("work", self.run)).process_group(0);
        command.env("HOME", self.sub("state", self.kept));
        for (name, value) in &self.preset.env {
            command.env(name, OsString::from_vec(expanded(value, &values)));
        }
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(match &self.preset.store {
            Some(store) if store.form == super::preset::Shape::Stdout => Stdio::null(),
            _ => out.into(),
        });
        self.child = Some(command.spawn()?);
        Ok(())
    }

    /// What each placeholder stands for.
    fn values(&self, task: &Task) -> io::Result<Vec<(String, Vec<u8>)>> {
        let method = task.method.unwrap_or("any");
        let chosen = |table: &BTreeMap<String, String>, key: &str| {
            table.get(key).map(|text| text.clone().into_bytes())
        };
        let lacks = |what: String| io::Error::new(io::ErrorKind::Unsupported, what);
        let job =
            chosen(&self.preset.job, task.job.as_str()).ok_or_else(|| lacks(task.job.as_str().into()))?;
        let tls =
            chosen(&self.preset.tls, task.tls.as_str()).ok_or_else(|| lacks(task.tls.as_str().into()))?;
        let auth = chosen(&self.preset.auth, method);
        let auth = auth.or_else(|| (method == "any").then(Vec::new)).ok_or_else(|| lacks(method.into()))?;
        let port = if task.tls == Wish::Tls { self.address.tls } else { self.address.clear };
        let path = |path: PathBuf| path.into_os_string().into_vec();
        if task.user.contains('\0') || task.password.contains('\0') {
            return Err(lacks("NUL".into()));
        }
        let pipelining = if task.pipelining { "on" } else { "off" };
        let [certificate, key] = self.own.clone();
        let values = [
            // These hold others, so they come first.
            ("{job}", job),
            ("{tls}", tls),
            ("{auth}", auth),
            ("{url}", task.url.clone().unwrap_or_default().into_bytes()),
            ("{host}", self.address.host.clone().into_bytes()),
            ("{port}", port.to_string().into_bytes()),
            ("{tls-port}", self.address.tls.to_string().into_bytes()),
            ("{user}", task.user.clone().into_bytes()),
            ("{password}", task.password.clone().into_bytes()),
            ("{token}", task.token.clone().into_bytes()),
            ("{pipelining}", pipelining.into()),
            ("{ca}", path(self.ca.clone())),
            ("{cert}", path(certificate)),
            ("{key}", path(key)),
            ("{work}", path(self.sub("work", self.run))),
            ("{state}", path(self.sub("state", self.kept))),
            ("{store}", path(self.store_path())),
        ];
        let tables = [(&self.preset.by_tls, task.tls.as_str()), (&self.preset.by_job, task.job.as_str())];
        let more = tables.into_iter().flat_map(|(tables, key)| {
            let text = move |table: &BTreeMap<String, String>| table.get(key).cloned().unwrap_or_default();
            tables.iter().map(move |(name, table)| (format!("{{{name}}}"), text(table).into_bytes()))
        });
        Ok(more.chain(values.into_iter().map(|(name, value)| (name.to_owned(), value))).collect())
    }

    fn printed_path(&self, run: u32) -> PathBuf {
        self.sub("work", run).join("printed")
    }

    /// How it ended, if it has. What it left running is ended, too.
    pub(crate) fn ended(&mut self) -> Option<Exit> {
        let child = self.child.as_mut()?;
        let pid = Pid::from_child(child);
        // Nobody else gets the number of its group as long as nobody has waited for it.
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT)
            .ok()
            .flatten()?;
        let _ = kill_process_group(pid, Signal::KILL);
        let status = child.wait().ok()?;
        self.child = None;
        let code = status.code();
        // A shell tells the signal of its child so.
        let signal = status.signal().or_else(|| code.and_then(|code| code.checked_sub(128)));
        let crashes = [Signal::ILL, Signal::ABORT, Signal::BUS, Signal::FPE, Signal::SEGV];
        let crashed = crashes.iter().any(|one| signal == Some(one.as_raw())) && !self.is_stopped;
        let ok = if self.preset.ok.is_empty() { &[0][..] } else { &self.preset.ok };
        let unsure = code.is_some_and(|code| self.preset.unsure.contains(&code));
        let silent = self.preset.silent || unsure;
        let printed = fs::read(self.printed_path(self.run)).unwrap_or_default();
        Some(Exit {
            success: (!silent).then(|| code.is_some_and(|code| ok.contains(&code))),
            crashed,
            printed: printed.get(printed.len().saturating_sub(PRINTED)..).unwrap_or_default().to_vec(),
        })
    }

    /// Ends the client and all that it started.
    pub(crate) fn stop(&mut self) {
        self.is_stopped = true;
        if let Some(mut child) = self.child.take() {
            let pid = Pid::from_child(&child);
            // What has a terminal of its own is in another group.
            for pid in family(pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = child.wait();
        }
    }

    pub(crate) fn stored(&self) -> Option<Vec<Vec<u8>>> {
        let store = self.preset.store.as_ref()?;
        let at = if store.at.is_empty() { "{store}" } else { &store.at };
        let at = at.replace("{store}", &self.sub("store", self.kept).to_string_lossy());
        let at = at.replace("{state}", &self.sub("state", self.kept).to_string_lossy());
        let printed: Vec<_> = (self.kept..=self.run).map(|run| self.printed_path(run)).collect();
        Some(store::messages(store, Path::new(&at), &printed))
    }

    /// Removes what earlier runs left.
    fn clean(&self) {
        for name in ["work", "state", "store"] {
            for number in [self.kept, self.run.saturating_sub(1)] {
                let _ = fs::remove_dir_all(self.sub(name, number));
            }
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A process and its descendants, as far as the system tells them.
fn family(first: Pid) -> Vec<Pid> {
    let mut found = vec![first];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        let number = parent.as_raw_nonzero();
        let children =
            fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
        found.extend(children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)));
        at += 1;
    }
    found
}

/// A file that holds a password is for its owner only, and some clients insist on that.
fn private(path: &Path, is_script: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(if is_script { 0o700 } else { 0o600 }))
}

/// The text with each placeholder replaced.
fn expanded(text: &str, values: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut octets = text.as_bytes().to_vec();
    for (name, value) in values {
        let mut from = 0;
        while let Some(at) = octets
            .get(from..)
            .and_then(|rest| rest.windows(name.len()).position(|window| window == name.as_bytes()))
        {
            let start = from + at;
            octets.splice(start..start + name.len(), value.iter().copied());
            // What is put in for one of the last names may not be looked at again for the same one.
            from = start + value.len();
        }
    }
    octets
}
