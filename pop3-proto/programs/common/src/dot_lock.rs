//! The dot lock: a file `FILE.lock`, as delivery programs make it before they write to `FILE`.
//!
//! Whoever dies leaves its lock there, and whoever removes the lock of a program that lives loses mail. A
//! number in the lock proves nothing by itself: the program may run on another host that shares the folder,
//! or in another container. So a lock is dead at once only if it names this host, this boot and this
//! namespace of processes, and a process that has ended. Every other lock is dead by its age, or if it has
//! the number of this very process, which does not hold it. Then it is watched for a while before it is
//! removed.
//!
//! The lock has one line, `PID:HOST BOOT NAMESPACE`. Other programs write a number, `PID:HOST`, or nothing.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, linkat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use crate::lock_holder::{Holder, Look, here};

/// How long the lock is waited for, and how long to wait in between.
const PATIENCE: Duration = Duration::from_secs(5);
const WAIT: Duration = Duration::from_millis(100);
/// How long a lock must not change before it is removed, unless it is known to be dead.
const WATCH: Duration = Duration::from_secs(2);
/// A lock of this age was left after by a program that died.
const STALE: Duration = Duration::from_secs(600);

#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
const NEW: OFlags = OFlags::CREATE
    .union(OFlags::EXCL)
    .union(OFlags::WRONLY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// The locks that this process holds.
static HELD: Mutex<Vec<Look>> = Mutex::new(Vec::new());
/// The dead locks that threads of this process are removing, so that no other thread takes a fresh lock for one
/// of them. Neither list is locked while files are touched, which may take long.
static REMOVED: Mutex<Vec<Look>> = Mutex::new(Vec::new());
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A lock that is held. Dropping it gives it back.
#[derive(Debug)]
pub struct DotLock {
    folder: OwnedFd,
    lock: OsString,
    /// The lock file. While it is open no other file can be taken for it.
    _file: File,
    made: Look,
}

impl DotLock {
    /// Makes `FILE.lock`, and waits up to five seconds for another program to remove its own.
    ///
    /// # Errors
    ///
    /// Those of the system; `ResourceBusy` if another program keeps it, or if a folder has its name, which is never
    /// removed here.
    pub fn take(file: &Path) -> io::Result<Self> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Self::wait(openat(CWD, folder, FOLDER, Mode::empty())?, name)
    }

    /// The same for a file in an open folder.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub fn take_in(folder: impl AsFd, file: &OsStr) -> io::Result<Self> {
        Self::wait(folder.as_fd().try_clone_to_owned()?, file)
    }

    /// Whether the lock is still there, and nobody has taken it for dead and removed it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        look(&self.folder, &self.lock).is_ok_and(|now| now.is_same_file(&self.made))
    }

    fn wait(folder: OwnedFd, file: &OsStr) -> io::Result<Self> {
        let lock: OsString = [file, OsStr::new(".lock")].into_iter().collect();
        let end = Instant::now() + PATIENCE;
        let mut watched: Option<Watched> = None;
        loop {
            match Self::make(&folder, &lock) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made,
            }
            if let Ok(now) = look(&folder, &lock) {
                let same = watched.take().filter(|watched| watched.look == now);
                let watched = watched.insert(same.unwrap_or_else(|| Watched::new(&folder, &lock, now)));
                if watched.is_over() && remove(&folder, &lock, &watched.look)? {
                    continue;
                }
            }
            if Instant::now() >= end {
                let is_folder = look(&folder, &lock).is_ok_and(|now| now.is_folder());
                let text = if is_folder {
                    format!("{lock:?} is a folder, which no program takes for a lock of its own: remove it")
                } else {
                    format!("{lock:?} is held by another program")
                };
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
            }
            sleep(WAIT);
        }
    }

    fn make(folder: &OwnedFd, lock: &OsStr) -> io::Result<Self> {
        let mut file = File::from(openat(folder, lock, NEW, Mode::from_raw_mode(0o644))?);
        // Where there is no room for these words the lock is as good without them.
        let _ = file.write_all(here().line().as_bytes());
        let made = Look::of(&fstat(&file)?);
        let taken = Self { folder: folder.try_clone()?, lock: lock.to_owned(), _file: file, made };
        locked(&HELD).push(made);
        Ok(taken)
    }
}

impl Drop for DotLock {
    fn drop(&mut self) {
        if self.is_held() {
            let _ = unlinkat(&self.folder, &self.lock, AtFlags::empty());
        }
        locked(&HELD).retain(|look| !look.is_same_file(&self.made));
    }
}

/// A lock of somebody, since when it has not changed, and how long that has to go on until it is dead.
struct Watched {
    look: Look,
    since: Instant,
    dead_after: Option<Duration>,
}

impl Watched {
    fn new(folder: &OwnedFd, lock: &OsStr, look: Look) -> Self {
        let dead_after = match Holder::of(folder, lock, &look) {
            Holder::Ended => Some(Duration::ZERO),
            Holder::ThisNumber => Some(WATCH),
            Holder::Running | Holder::Unknown => is_old(folder, lock, &look).then_some(WATCH),
        };
        Self { look, since: Instant::now(), dead_after }
    }

    fn is_over(&self) -> bool {
        self.dead_after.is_some_and(|after| self.since.elapsed() >= after)
    }
}

fn look(folder: &OwnedFd, name: &OsStr) -> io::Result<Look> {
    Ok(Look::of(&statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?))
}

/// Whether the lock is of a time that a lock in use is not of: long ago, or far in the future, as after a clock
/// was set.
fn is_old(folder: &OwnedFd, lock: &OsStr, look: &Look) -> bool {
    let is_far = |now| look.distance(now).is_some_and(|distance| distance > STALE);
    // The clock that counts is that of the file system, which may be on another host.
    is_far(Look::system_now()) && probe(folder, lock).map_or(true, |probe| is_far(probe.modified()))
}

/// What a new file looks like now.
fn probe(folder: &OwnedFd, lock: &OsStr) -> io::Result<Look> {
    let name = beside(lock);
    let file = openat(folder, &name, NEW, Mode::from_raw_mode(0o600))?;
    unlinkat(folder, &name, AtFlags::empty())?;
    Ok(Look::of(&fstat(&file)?))
}

/// Removes a dead lock; `false` if it stays. A fresh lock that has taken its place is put back.
fn remove(folder: &OwnedFd, lock: &OsStr, dead: &Look) -> io::Result<bool> {
    if dead.is_folder() || locked(&HELD).iter().any(|one| one.is_same_file(dead)) {
        return Ok(false);
    }
    {
        let mut removed = locked(&REMOVED);
        if removed.contains(dead) {
            return Ok(false);
        }
        removed.push(*dead);
    }
    let done = take_away(folder, lock, dead);
    locked(&REMOVED).retain(|one| one != dead);
    done
}

fn take_away(folder: &OwnedFd, lock: &OsStr, dead: &Look) -> io::Result<bool> {
    match look(folder, lock) {
        Ok(now) if now == *dead => {}
        _ => return Ok(true),
    }
    let aside = beside(lock);
    match renameat(folder, lock, folder, &aside) {
        Ok(()) => {}
        Err(Errno::NOENT) => return Ok(true),
        Err(_) => return Ok(false),
    }
    if look(folder, &aside).is_ok_and(|now| now != *dead) {
        let _ = linkat(folder, &aside, folder, lock, AtFlags::empty());
    }
    unlinkat(folder, &aside, AtFlags::empty())?;
    Ok(true)
}

fn locked(list: &Mutex<Vec<Look>>) -> MutexGuard<'_, Vec<Look>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that nobody else uses. It ends like a lock, so that it is taken for one if it is left there.
fn beside(lock: &OsStr) -> OsString {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let end = format!(".{}-{count}.lock", std::process::id());
    [lock, OsStr::new(&end)].into_iter().collect()
}
