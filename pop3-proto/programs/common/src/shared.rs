//! Folders in which other users may make files, such as `/tmp`, an old `/var/mail`, and their own. Anybody may have
//! made a file there before this program did, so a file is used only if it belongs to the user of this program.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// Whether others may make files in the folder that the last name of this path is in: everybody, or its owner. Root
/// works in the folders of users, too.
///
/// # Errors
///
/// Those of the system.
pub fn is_shared(path: &Path) -> io::Result<bool> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (folder, own) = (fs::metadata(folder)?, geteuid());
    let is_ours = own.is_root() || folder.uid() == 0 || folder.uid() == own.as_raw();
    Ok(folder.mode() & 0o002 != 0 || !is_ours)
}

/// Checks what was opened at this path. Nothing is wrong with it outside of shared folders.
///
/// # Errors
///
/// Those of the system; `PermissionDenied` if it belongs to another user than the one that this program runs as, was
/// reached through a link in such a folder, or is a file that has another name, too.
pub fn check(path: &Path, opened: &Metadata) -> io::Result<()> {
    // With a slash at its end it would lead through a link.
    let path: PathBuf = path.components().collect();
    for folder in path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
        let named = fs::symlink_metadata(folder)?;
        let is_trusted = named.uid() == 0 || named.uid() == geteuid().as_raw();
        if named.is_symlink() && !is_trusted && is_shared(folder)? {
            let why = format!("{} is a link of user {}", folder.display(), named.uid());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
    }
    if !is_shared(&path)? {
        return Ok(());
    }
    let refused = |what: &str| {
        let why = format!("{what}, and others may write to its folder");
        Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
    };
    let named = fs::symlink_metadata(path)?;
    if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
        return refused("it is a link");
    }
    if opened.uid() != geteuid().as_raw() {
        return refused(&format!("it belongs to user {}", opened.uid()));
    }
    if opened.is_file() && opened.nlink() > 1 {
        return refused("it has another name");
    }
    Ok(())
}
