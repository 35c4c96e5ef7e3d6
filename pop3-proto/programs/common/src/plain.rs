//! Opens plain files only. A pipe, a device or a folder in the place of a file is an error at once, and
//! nothing is ever waited for longer than [`LEASE`].

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

/// How long to wait for another program to give up a lease on the file, as file servers take them.
pub const LEASE: Duration = Duration::from_secs(2);

/// Opens a plain file to read it, through symbolic links.
///
/// # Errors
///
/// Those of the system; `InvalidInput` if it is not a plain file; `WouldBlock` if a lease was not given up.
pub fn open(path: &Path) -> io::Result<File> {
    // Opening a device may do something by itself, so it is looked at first.
    check(&fs::metadata(path)?)?;
    open_with(path, OFlags::empty())
}

/// Opens a plain file to read it, unless its last name is a symbolic link.
///
/// # Errors
///
/// As [`open`]; a link is not a plain file.
pub fn open_no_follow(path: &Path) -> io::Result<File> {
    check(&fs::symlink_metadata(path)?)?;
    open_with(path, OFlags::NOFOLLOW)
}

fn open_with(path: &Path, flags: OFlags) -> io::Result<File> {
    // Somebody may have put another file there since, so the open file is checked, too.
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let end = Instant::now() + LEASE;
    let file = loop {
        match OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < end => {
                sleep(Duration::from_millis(20));
            }
            opened => break opened?,
        }
    };
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(found: &fs::Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let what = if found.is_dir() { "a folder, not a file" } else { "not a plain file" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}
