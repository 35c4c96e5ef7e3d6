//! A folder that is held open. What is in it is reached by plain name, and no link is followed.
//!
//! Whoever may write to a folder may change at any moment what its names stand for. So nothing here takes a
//! path: each access starts at an open folder and goes one name down. A name is looked at before it is opened,
//! because opening a device may do something by itself, and the open file is compared with what was seen.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::fchown;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RawMode};
use rustix::fs::{fstat, openat, readlinkat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::facts::{Facts, Id, Owners, is_trusted};
use super::rightful::Rightful;

/// How long to wait for another program to give up a lease on a file, as file servers take them.
const LEASE: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_millis(20);

/// Where the kernel has it, a folder is opened only to pass through, which needs no right to list it.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK);

const FOLDER: OFlags = PASS.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A pipe that never answers holds nobody up, and a link is not followed, because it could lead to a file that
/// this process may read and the user may not.
pub(super) const PLAIN: OFlags =
    OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const NEW: OFlags = OFlags::CREATE.union(OFlags::EXCL).union(OFlags::WRONLY).union(PLAIN);

pub(crate) struct Folder {
    fd: OwnedFd,
    facts: Facts,
    gid: u32,
    rightful: Arc<Rightful>,
    /// For messages only.
    path: PathBuf,
}

impl Folder {
    /// The folder from which the path of a maildrop starts: `/` or `.`.
    pub(super) fn start(path: &Path, rightful: Arc<Rightful>) -> io::Result<Self> {
        Self::opened(openat(CWD, path, FOLDER, Mode::empty())?, path.to_owned(), rightful)
    }

    /// The folder that the last name of a path of the settings is in. The path is the administrator's.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::opened(
            openat(CWD, above, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty())?,
            above.to_owned(),
            Arc::new(Rightful::of("", None)),
        )
    }

    fn opened(fd: OwnedFd, path: PathBuf, rightful: Arc<Rightful>) -> io::Result<Self> {
        let stat = fstat(&fd)?;
        Ok(Self { fd, facts: Facts::of(&stat), gid: stat.st_gid, rightful, path })
    }

    /// A folder beside or in this one, for the same maildrop.
    fn next(&self, fd: OwnedFd, name: &OsStr) -> io::Result<Self> {
        Self::opened(fd, self.path.join(name), self.rightful.clone())
    }

    /// The folder of that name in it. Fails for a link, as for everything that is no folder.
    pub(super) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        self.next(openat(&self.fd, plain(name)?, FOLDER, Mode::empty())?, name)
    }

    /// The folder above.
    pub(super) fn leave(&self) -> io::Result<Self> {
        self.next(openat(&self.fd, "..", FOLDER, Mode::empty())?, OsStr::new(".."))
    }

    /// Enters a folder whose owner may be trusted with this one's mail.
    pub(super) fn enter_own(&self, name: &OsStr) -> io::Result<Self> {
        self.enter_of(name, self.owners())
    }

    /// The same on the way of a link, where the owner of the link counts.
    pub(super) fn enter_linked(&self, name: &OsStr) -> io::Result<Self> {
        match self.owners() {
            Owners::Rightful(_) => self.enter_of(name, Owners::Anybody),
            owners => self.enter_of(name, owners),
        }
    }

    fn enter_of(&self, name: &OsStr, owners: Owners<'_>) -> io::Result<Self> {
        let inner = self.enter(name).map_err(|error| match self.look(name) {
            Ok(facts) if facts.kind == FileType::Symlink => refused("it is a link"),
            _ => error,
        })?;
        match owners.objection(&inner.facts) {
            Some(objection) => Err(refused(&objection)),
            None => Ok(inner),
        }
    }

    /// What a name stands for, without opening it.
    pub(super) fn look(&self, name: &OsStr) -> io::Result<Facts> {
        Ok(Facts::of(&statat(&self.fd, plain(name)?, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// Where a link leads to that was looked at. Somebody may have put another link there since, so the one
    /// that is read is held open and compared.
    #[cfg(target_os = "linux")]
    pub(super) fn read_link(&self, name: &OsStr, seen: &Facts) -> io::Result<PathBuf> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let link = openat(&self.fd, plain(name)?, flags, Mode::empty())?;
        let facts = Facts::of(&fstat(&link)?);
        if (facts.id, facts.uid, facts.kind) != (seen.id, seen.uid, seen.kind) {
            return Err(refused("another program has replaced it"));
        }
        let target = readlinkat(&link, "", Vec::new())?;
        Ok(Path::new(OsStr::from_bytes(target.to_bytes())).to_owned())
    }

    /// Where a link leads to that was looked at.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn read_link(&self, name: &OsStr, seen: &Facts) -> io::Result<PathBuf> {
        let target = readlinkat(&self.fd, plain(name)?, Vec::new())?;
        let facts = self.look(name)?;
        if (facts.id, facts.uid, facts.kind) != (seen.id, seen.uid, seen.kind) {
            return Err(refused("another program has replaced it"));
        }
        Ok(Path::new(OsStr::from_bytes(target.to_bytes())).to_owned())
    }

    /// Opens a plain file that was looked at, and never waits longer than for a lease.
    pub(super) fn open(&self, name: &OsStr, seen: &Facts) -> io::Result<File> {
        self.open_as(name, seen, OFlags::RDONLY)
    }

    pub(super) fn open_as(&self, name: &OsStr, seen: &Facts, access: OFlags) -> io::Result<File> {
        if seen.kind != FileType::RegularFile {
            return Err(refused("it is not a plain file"));
        }
        let end = Instant::now() + LEASE;
        let fd = loop {
            match openat(&self.fd, plain(name)?, access | PLAIN, Mode::empty()) {
                Err(Errno::WOULDBLOCK) if Instant::now() < end => sleep(RETRY),
                opened => break opened?,
            }
        };
        let facts = Facts::of(&fstat(&fd)?);
        if (facts.id, facts.uid) == (seen.id, seen.uid) {
            Ok(fd.into())
        } else {
            // The name stands for another file by now. It is not looked for any longer.
            Err(io::Error::new(io::ErrorKind::NotFound, "another file has taken its place"))
        }
    }

    /// Makes a new file that belongs to the owner of the folder. Fails if there is anything of that name.
    pub(super) fn create(&self, name: &OsStr, mode: RawMode) -> io::Result<File> {
        let file = File::from(openat(&self.fd, plain(name)?, NEW, Mode::from_raw_mode(mode))?);
        let own = Facts::of(&fstat(&file)?);
        if own.uid != self.facts.uid {
            // Without the right to give it away, the file stays with the user of the server.
            let _ = fchown(&file, Some(self.facts.uid), Some(self.gid));
        }
        Ok(file)
    }

    /// Makes a new file in the place of whatever had that name.
    pub(crate) fn create_anew(&self, name: &OsStr, mode: RawMode) -> io::Result<File> {
        match self.remove(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.create(name, mode),
        }
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.fd, plain(name)?, AtFlags::empty())?)
    }

    /// Removes a name if it still stands for that file.
    pub(super) fn remove_if(&self, name: &OsStr, id: Id) -> io::Result<()> {
        if self.look(name)?.id != id {
            return Err(io::Error::other(format!("{} is another file now", self.shown(name))));
        }
        self.remove(name)
    }

    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.fd, plain(from)?, &self.fd, plain(to)?)?)
    }

    /// The names in it, without `.` and `..`.
    pub(super) fn names(&self) -> io::Result<impl Iterator<Item = io::Result<std::ffi::OsString>> + use<>> {
        let entries = Dir::new(OwnedFd::from(self.as_file()?))?;
        Ok(entries.filter_map(|entry| match entry {
            Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => None,
            Ok(entry) => Some(Ok(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned())),
            Err(error) => Some(Err(error.into())),
        }))
    }

    /// The folder as a file, to lock or to sync it.
    pub(super) fn as_file(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(&self.fd, ".", flags, Mode::empty())?.into())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.as_file()?.sync_all()
    }

    pub(super) const fn id(&self) -> Id {
        self.facts.id
    }

    pub(super) const fn uid(&self) -> u32 {
        self.facts.uid
    }

    /// Whether only root and the server's own user decide what is in it, and whom they let.
    pub(super) fn is_trusted(&self) -> bool {
        is_trusted(self.facts.uid)
    }

    /// Whose files in it are mail.
    pub(super) fn owners(&self) -> Owners<'_> {
        Owners::of_folder(&self.facts, &self.rightful)
    }

    /// The path of a name for a message, escaped.
    pub(super) fn shown(&self, name: &OsStr) -> String {
        format!("{:?}", self.path.join(name))
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.path)
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Lets through names that stay in their folder.
fn plain(name: &OsStr) -> io::Result<&OsStr> {
    match name.as_bytes() {
        b"" | b"." | b".." => Err(refused("it is no plain name")),
        octets if octets.contains(&b'/') => Err(refused("it is no plain name")),
        _ => Ok(name),
    }
}

pub(super) fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
