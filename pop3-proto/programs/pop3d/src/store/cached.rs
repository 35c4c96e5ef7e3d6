//! Files as far as the kernel has them in memory: what these functions do does not wait for a disk, as far as the kernel can promise. They
//! give up where it would, and where the kernel cannot tell, and the caller asks again on a thread that may wait.

use std::fs::File;
use std::path::Path;

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;

    use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
    use rustix::io::{ReadWriteFlags, preadv2};

    use super::{File, Path};

    /// Opens a plain file of that folder, if the way to it is known.
    pub(crate) fn open(folder: &File, path: &Path) -> Option<File> {
        let flags = super::super::PLAIN | OFlags::RDONLY | OFlags::CLOEXEC;
        let file = File::from(openat2(folder, path, flags, Mode::empty(), ResolveFlags::CACHED).ok()?);
        file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
    }

    /// Whether the buffer was filled from that place on.
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
