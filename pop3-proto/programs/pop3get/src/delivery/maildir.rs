//! Delivers into a Maildir: messages are written to `tmp/`, synced, and renamed to `new/`. Many small
//! messages are synced together, so that the program waits for the disk once and not for each.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

use pop3_programs_common::shared;
use rustix::fs::{Mode, OFlags, openat, renameat};

use super::{Delivery, Taken, failed};
use crate::failure::Failure;

/// A commit is due after this many messages, or after this many bytes.
const MESSAGES: usize = 2000;
const OCTETS: u64 = 64 * 1024 * 1024;
/// Up to this many files are synced one by one.
const FEW: usize = 8;
/// How many bytes are collected before they are written.
const BUFFER: usize = 64 * 1024;
/// After this many bytes of one message, a thread starts to sync it while the rest comes in.
const MUCH: u64 = 32 * 1024 * 1024;

pub(crate) struct Folder {
    path: PathBuf,
    /// Open from before the first write, so that `syncfs` reports every error of the file system since then.
    folder: Option<File>,
    host: String,
    count: u64,
    current: Option<(BufWriter<File>, String)>,
    /// The bytes of the current message since its last sync started.
    unsynced: u64,
    /// The thread that syncs the current message as far as it has come.
    syncing: Option<JoinHandle<io::Result<()>>>,
    /// The messages that are complete in `tmp/`.
    ended: Vec<String>,
    octets: u64,
}

fn open(path: &Path) -> io::Result<File> {
    let folder = File::open(path)?;
    shared::check(path, &folder.metadata()?)?;
    Ok(folder)
}

impl Folder {
    pub(crate) fn open(path: &Path, dry_run: bool) -> Result<Self, Failure> {
        if !dry_run {
            for folder in ["tmp", "new", "cur"] {
                let folder = path.join(folder);
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&folder)
                    .map_err(|error| failed(&folder, error))?;
            }
        }
        let folder = if dry_run { None } else { Some(open(path).map_err(|error| failed(path, error))?) };
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = host.trim().replace('/', "\\057").replace(':', "\\072");
        let host = if host.is_empty() { "localhost".to_owned() } else { host };
        Ok(Self {
            path: path.to_owned(),
            folder,
            host,
            count: 0,
            current: None,
            unsynced: 0,
            syncing: None,
            ended: Vec::new(),
            octets: 0,
        })
    }

    fn at(&self, folder: &str, name: &str) -> PathBuf {
        self.path.join(folder).join(name)
    }

    /// Syncs a few files one by one. Many are synced with everything else on the file system, which waits for
    /// the disk only once.
    fn sync(&self) -> io::Result<()> {
        if let Some(folder) =
            self.folder.as_ref().filter(|_| cfg!(target_os = "linux") && self.ended.len() > FEW)
        {
            return sync_file_system(folder);
        }
        self.ended.iter().try_for_each(|name| File::open(self.at("tmp", name))?.sync_data())
    }

    fn put(&mut self, octets: &[u8]) -> io::Result<()> {
        let Some((file, _)) = &mut self.current else { return Ok(()) };
        file.write_all(octets)?;
        self.unsynced += octets.len() as u64;
        if self.unsynced < MUCH || self.syncing.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return Ok(());
        }
        let file = file.get_ref().try_clone()?;
        self.synced()?;
        self.unsynced = 0;
        // If no thread can be started, the sync at the end has more to do.
        self.syncing = thread::Builder::new().spawn(move || file.sync_data()).ok();
        Ok(())
    }

    /// Waits for the thread. The system reports an error of the disk to one caller only, so it must not be
    /// lost here.
    fn synced(&mut self) -> io::Result<()> {
        let Some(thread) = self.syncing.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that syncs has ended")))
    }
}

impl Delivery for Folder {
    fn begin(&mut self) -> Result<(), Failure> {
        self.discard();
        let Some(folder) = &self.folder else { return Ok(()) };
        self.count += 1;
        self.unsynced = 0;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, micros) = (now.as_secs(), now.subsec_micros());
        let name = format!("{seconds}.M{micros}P{}Q{}.{}", process::id(), self.count, self.host);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(folder, Path::new("tmp").join(&name), flags, Mode::RUSR | Mode::WUSR);
        let file = file.map_err(|error| failed(&self.at("tmp", &name), io::Error::from(error)))?;
        self.current = Some((BufWriter::with_capacity(BUFFER, file.into()), name));
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        self.octets += octets.len() as u64;
        self.put(octets).map_err(|error| failed(&self.path, error))
    }

    fn end(&mut self) -> Result<Taken, Failure> {
        if let Some((file, name)) = self.current.take() {
            let written = file.into_inner().map_err(|error| error.into_error());
            if let Err(error) = self.synced().and(written) {
                // The message is not complete. Others may still be committed, and this one must not be among
                // them.
                let path = self.at("tmp", &name);
                let _ = fs::remove_file(&path);
                return Err(failed(&path, error));
            }
            self.ended.push(name);
        }
        Ok(Taken::Yes)
    }

    fn discard(&mut self) {
        if let Some((_, name)) = self.current.take() {
            let _ = self.synced();
            let _ = fs::remove_file(self.at("tmp", &name));
        }
    }

    fn wants_commit(&self) -> bool {
        self.ended.len() >= MESSAGES || self.octets >= OCTETS
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.sync().map_err(|error| failed(&self.path.join("tmp"), error))?;
        // If this fails, the messages that are not renamed yet are dropped and fetched again.
        while let (Some(name), Some(folder)) = (self.ended.last(), &self.folder) {
            let [from, to] = ["tmp", "new"].map(|part| Path::new(part).join(name));
            let renamed = renameat(folder, from, folder, &to);
            renamed.map_err(|error| failed(&self.path.join(&to), io::Error::from(error)))?;
            self.ended.pop();
        }
        self.octets = 0;
        let new = self.path.join("new");
        File::open(&new).and_then(|folder| folder.sync_all()).map_err(|error| failed(&new, error))
    }
}

#[cfg(target_os = "linux")]
fn sync_file_system(folder: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(folder)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Removes what was not committed; it is fetched again.
impl Drop for Folder {
    fn drop(&mut self) {
        self.discard();
        for name in std::mem::take(&mut self.ended) {
            let _ = fs::remove_file(self.at("tmp", &name));
        }
    }
}
