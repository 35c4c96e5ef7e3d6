//! Opens and reads files only if the kernel has them in memory, so that no disk holds up the thread, as far
//! as the kernel can promise that. If a function gives up, the caller does the same on a thread that may
//! wait.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;

    use rustix::fs::{Mode, OFlags, ResolveFlags, fstatfs, openat2};
    use rustix::io::{ReadWriteFlags, preadv2};

    use super::{AsFd, File, Path};

    /// File systems of local disks and of memory, for which the kernel waits for nobody else: ext, XFS, Btrfs,
    /// F2FS, tmpfs, ZFS, bcachefs.
    const LOCAL: [u64; 7] =
        [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994, 0x2FC1_2FC1, 0xCA45_1A4E];

    #[allow(clippy::unnecessary_cast, reason = "the type differs between processors")]
    fn kind(fd: impl AsFd) -> Option<u64> {
        // Some processors have 32 bits here, with a sign.
        fstatfs(fd).ok().map(|found| found.f_type as u64 & 0xFFFF_FFFF)
    }

    /// Whether the kernel alone decides how long it takes to open and to close this.
    pub(crate) fn is_local(open: impl AsFd) -> bool {
        kind(open).is_some_and(|kind| LOCAL.contains(&kind))
    }

    /// Opens a plain file beneath that folder, if the kernel has its path in the cache, and if it is on the
    /// same file system.
    pub(crate) fn open(folder: impl AsFd, path: &Path) -> Option<File> {
        let flags = super::super::folder::PLAIN | OFlags::RDONLY;
        let resolve =
            ResolveFlags::CACHED | ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        openat2(folder, path, flags, Mode::empty(), resolve).ok().map(File::from)
    }

    /// Fills the buffer from that offset on, or returns `false`.
    pub(crate) fn read(file: &File, into: &mut [u8], at: u64) -> bool {
        let len = into.len();
        preadv2(file, &mut [IoSliceMut::new(into)], at, ReadWriteFlags::NOWAIT).is_ok_and(|read| read == len)
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::{is_local, open, read};

#[cfg(not(target_os = "linux"))]
mod others {
    use super::{AsFd, File, Path};

    pub(crate) fn is_local(_: impl AsFd) -> bool {
        false
    }

    pub(crate) fn open(_: impl AsFd, _: &Path) -> Option<File> {
        None
    }

    pub(crate) const fn read(_: &File, _: &mut [u8], _: u64) -> bool {
        false
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) use others::{is_local, open, read};
