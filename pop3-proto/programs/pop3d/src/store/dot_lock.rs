//! The dot lock: a file `FILE.lock`, as delivery programs make it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::thread::sleep;
use std::time::Duration;

/// How often the lock is tried, and how long to wait in between.
const TRIES: u32 = 50;
const WAIT: Duration = Duration::from_millis(100);
/// A lock of this age was left after by a program that died.
const STALE: Duration = Duration::from_secs(600);

pub(super) struct DotLock(PathBuf);

impl DotLock {
    pub(super) fn take(file: &Path) -> io::Result<Self> {
        let path = super::beside(file, ".lock");
        for _ in 0..TRIES {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut lock) => {
                    let taken = Self(path);
                    writeln!(lock, "{}", process::id())?;
                    return Ok(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if is_stale(&path) {
                        let _ = fs::remove_file(&path);
                    } else {
                        sleep(WAIT);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let text = format!("{} is held by another program", path.display());
        Err(io::Error::new(io::ErrorKind::ResourceBusy, text))
    }
}

/// Whether the lock is old, or names a process of this machine that has ended.
fn is_stale(path: &Path) -> bool {
    let made = fs::symlink_metadata(path).and_then(|lock| lock.modified());
    let age = made.map_or(Duration::ZERO, |made| made.elapsed().unwrap_or_default());
    let holder = super::open_plain(path).and_then(io::read_to_string).unwrap_or_default();
    let is_dead = |pid: u32| Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists();
    age > STALE || holder.trim().parse().is_ok_and(|pid| pid > 1 && is_dead(pid))
}

impl Drop for DotLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
