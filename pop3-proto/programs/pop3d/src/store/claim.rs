//! The lock that keeps a Maildir to one session: a file in it that only its owner may open. The folder itself
//! would not do, since everybody may lock a folder that everybody may look into.

use std::ffi::OsStr;
use std::fs::{File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use anyhow::Context as _;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::facts::{Facts, Id, is_trusted};
use super::folder::{Folder, refused};

const NAME: &str = "pop3d-lock";
/// How often to look for the file again when others make and remove it in the meantime.
const TRIES: u32 = 5;

/// `None` if somebody else holds the lock.
pub(super) fn take(folder: &Folder) -> anyhow::Result<Option<File>> {
    let name = OsStr::new(NAME);
    for _ in 0..TRIES {
        match claim(folder, name) {
            Ok(Claim::Taken(file)) => return Ok(Some(file)),
            Ok(Claim::InUse) => return Ok(None),
            Ok(Claim::Gone) => {}
            // Where pop3d cannot make a file, or something else has its name, the folder has to do. Its owner gains
            // nothing by that.
            Err(error) if cannot_write(&error) || error.kind() == io::ErrorKind::InvalidInput => {
                let folder_file = folder.as_file().with_context(|| folder.to_string())?;
                let is_taken = try_lock(&folder_file).with_context(|| folder.to_string())?;
                return Ok(is_taken.then_some(folder_file));
            }
            Err(error) => return Err(error).with_context(|| folder.shown(name)),
        }
    }
    anyhow::bail!("{}: it vanishes again and again", folder.shown(name))
}

enum Claim {
    Taken(File),
    InUse,
    /// Others have removed the file, or put another in its place.
    Gone,
}

fn claim(folder: &Folder, name: &OsStr) -> io::Result<Claim> {
    let seen = match folder.look(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match folder.create(name, 0o600) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => folder.look(name),
        },
        seen => seen,
    };
    let seen = match seen {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Claim::Gone),
        seen => seen?,
    };
    // A hard link to the file of somebody else would lock that one's maildrop.
    let is_own = seen.uid == folder.uid() || is_trusted(seen.uid) && seen.has_one_name();
    if !is_own {
        return Err(refused("it is a file of somebody else"));
    }
    let (file, is_taken) = match open(folder, name, &seen) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Claim::Gone),
        opened => opened?,
    };
    if seen.is_shared() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    if !is_taken {
        return Ok(Claim::InUse);
    }
    // If it was removed after it was opened, others may lock a new one.
    let is_there = folder.look(name).is_ok_and(|seen| is_same(seen.id, &file));
    Ok(if is_there { Claim::Taken(file) } else { Claim::Gone })
}

/// Opens the file and tries the lock.
fn open(folder: &Folder, name: &OsStr, seen: &Facts) -> io::Result<(File, bool)> {
    let file = folder.open(name, seen)?;
    match try_lock(&file) {
        // Some file systems of a network lock only what is open for writing. On others that would keep the
        // administrator from making them read-only.
        Err(error) if error.raw_os_error() == Some(Errno::BADF.raw_os_error()) => {
            let file = folder.open_as(name, seen, OFlags::RDWR)?;
            let is_taken = try_lock(&file)?;
            Ok((file, is_taken))
        }
        taken => taken.map(|is_taken| (file, is_taken)),
    }
}

pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

pub(super) fn is_same(id: Id, file: &File) -> bool {
    file.metadata().is_ok_and(|own| Id::new(own.dev(), own.ino()) == id)
}

/// Whether a file cannot be made because of the folder, and not because of what is in it.
pub(super) fn cannot_write(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
}
