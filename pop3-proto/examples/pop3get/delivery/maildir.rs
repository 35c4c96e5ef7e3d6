//! A Maildir: written to `tmp/`, synced, renamed to `new/`. Several messages are synced together, which costs the disk one wait
//! for all of them.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Delivery, failed};
use crate::failure::Failure;

/// Messages, and octets of them, that wait for their sync.
const MESSAGES: usize = 200;
const OCTETS: u64 = 64 * 1024 * 1024;
/// Collected before they are written.
const BUFFER: usize = 64 * 1024;

pub(crate) struct Folder {
    path: PathBuf,
    host: String,
    count: u64,
    current: Option<(BufWriter<File>, String)>,
    /// Whole, in `tmp/`.
    ended: Vec<(File, String)>,
    octets: u64,
}

impl Folder {
    pub(crate) fn open(path: &Path, dry_run: bool) -> Result<Self, Failure> {
        if !dry_run {
            for folder in ["tmp", "new", "cur"] {
                let folder = path.join(folder);
                fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
            }
        }
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = host.trim().replace('/', "\\057").replace(':', "\\072");
        let host = if host.is_empty() { "localhost".to_owned() } else { host };
        Ok(Self { path: path.to_owned(), host, count: 0, current: None, ended: Vec::new(), octets: 0 })
    }

    fn at(&self, folder: &str, name: &str) -> PathBuf {
        self.path.join(folder).join(name)
    }

    fn buffer(&mut self) -> Option<&mut BufWriter<File>> {
        self.current.as_mut().map(|(file, _)| file)
    }
}

impl Delivery for Folder {
    fn begin(&mut self) -> Result<(), Failure> {
        self.discard();
        self.count += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, micros) = (now.as_secs(), now.subsec_micros());
        let name = format!("{seconds}.M{micros}P{}Q{}.{}", process::id(), self.count, self.host);
        let path = self.at("tmp", &name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(|error| failed(&path, error))?;
        self.current = Some((BufWriter::with_capacity(BUFFER, file), name));
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        self.octets += octets.len() as u64;
        let written = self.buffer().map_or(Ok(()), |file| file.write_all(octets));
        written.map_err(|error| failed(&self.path, error))
    }

    fn end(&mut self) -> Result<(), Failure> {
        if let Some((file, name)) = self.current.take() {
            let file = file.into_inner().map_err(|error| failed(&self.at("tmp", &name), error.error()))?;
            self.ended.push((file, name));
        }
        Ok(())
    }

    fn discard(&mut self) {
        if let Some((_, name)) = self.current.take() {
            let _ = fs::remove_file(self.at("tmp", &name));
        }
    }

    fn wants_commit(&self) -> bool {
        self.ended.len() >= MESSAGES || self.octets >= OCTETS
    }

    fn commit(&mut self) -> Result<(), Failure> {
        for (file, name) in &self.ended {
            file.sync_data().map_err(|error| failed(&self.at("tmp", name), error))?;
        }
        for (_, name) in std::mem::take(&mut self.ended) {
            let (from, to) = (self.at("tmp", &name), self.at("new", &name));
            fs::rename(from, &to).map_err(|error| failed(&to, error))?;
        }
        self.octets = 0;
        let new = self.path.join("new");
        File::open(&new).and_then(|folder| folder.sync_all()).map_err(|error| failed(&new, error))
    }
}

/// What was not committed is fetched again.
impl Drop for Folder {
    fn drop(&mut self) {
        self.discard();
        for (_, name) in std::mem::take(&mut self.ended) {
            let _ = fs::remove_file(self.at("tmp", &name));
        }
    }
}
