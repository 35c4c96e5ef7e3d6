//! Opens and reads files only if the kernel has them in memory, so that no disk holds up the thread, as far
//! as the kernel can promise that. If a function gives up, the caller does the same on a thread that may
//! wait.

use std::fs::File;
use std::path::Path;

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;

    use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
    use rustix::io::{ReadWriteFlags, preadv2};

    use super::{File, Path};

    /// Opens a plain file of that folder, if the kernel has its path in the cache.
    pub(crate) fn open(folder: &File, path: &Path) -> Option<File> {
        let flags = super::super::PLAIN | OFlags::RDONLY | OFlags::CLOEXEC;
        let file = File::from(openat2(folder, path, flags, Mode::empty(), ResolveFlags::CACHED).ok()?);
        file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
    }

    /// Fills the buffer from that offset on, or returns `false`.
    pub(crate) fn read(file: &File, into: &mut [u8], at: u64) -> bool {
        let len = into.len();
        preadv2(file, &mut [IoSliceMut::new(into)], at, ReadWriteFlags::NOWAIT).is_ok_and(|read| read == len)
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::{open, read};

#[cfg(not(target_os = "linux"))]
pub(super) const fn open(_: &File, _: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) const fn read(_: &File, _: &mut [u8], _: u64) -> bool {
    false
}
