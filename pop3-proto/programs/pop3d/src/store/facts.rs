//! What is known of a file before it is opened, and whose files are mail.

use rustix::fs::{FileType, Stat};
use rustix::process::geteuid;

use super::rightful::Rightful;

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    dev: u64,
    ino: u64,
}

impl Id {
    pub(super) const fn new(dev: u64, ino: u64) -> Self {
        Self { dev, ino }
    }

    pub(super) const fn is_on_disk_of(self, other: Self) -> bool {
        self.dev == other.dev
    }
}

#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) id: Id,
    pub(super) kind: FileType,
    pub(super) uid: u32,
    pub(super) len: u64,
    mode: u32,
    /// How many names the file has.
    names: u64,
}

impl Facts {
    #[allow(clippy::unnecessary_cast, reason = "the types of these fields differ between systems")]
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            id: Id::new(stat.st_dev as u64, stat.st_ino as u64),
            kind: FileType::from_raw_mode(stat.st_mode),
            uid: stat.st_uid,
            len: u64::try_from(stat.st_size).unwrap_or(0),
            mode: stat.st_mode as u32,
            names: stat.st_nlink as u64,
        }
    }

    pub(super) const fn has_one_name(&self) -> bool {
        self.names == 1
    }

    /// Whether anybody besides its owner may open it.
    pub(super) const fn is_shared(&self) -> bool {
        self.mode & 0o077 != 0
    }
}

/// Whose files in a folder are mail. A hard link can give a file of somebody else a name in a folder, and so
/// can a move. The owner of the file does not change by that. The same holds for folders and links.
#[derive(Clone, Copy)]
pub(super) enum Owners<'r> {
    /// Root or the server's own user decides what is in the folder.
    Anybody,
    /// The folder is root's or the server's, but everybody may put files into it, as in an old /var/mail.
    Rightful(&'r Rightful),
    User(u32),
}

impl<'r> Owners<'r> {
    pub(super) fn of_folder(folder: &Facts, rightful: &'r Rightful) -> Self {
        match (is_trusted(folder.uid), folder.mode & 0o002 == 0) {
            (true, true) => Self::Anybody,
            (true, false) => Self::Rightful(rightful),
            (false, _) => Self::User(folder.uid),
        }
    }

    /// Why a file is not mail of this folder.
    pub(super) fn objection(self, file: &Facts) -> Option<String> {
        match self {
            Self::Rightful(_) if file.kind == FileType::RegularFile && !file.has_one_name() => {
                Some("it has another name, and everybody may write to its folder".to_owned())
            }
            Self::Rightful(rightful) => rightful.objection(file.uid),
            Self::User(uid) if file.uid != uid => {
                Some(format!("it belongs to user {}, but its folder to user {uid}", file.uid))
            }
            _ => None,
        }
    }
}

/// Whether a user may read all mail anyway: root, and the user that the server runs as.
pub(super) fn is_trusted(uid: u32) -> bool {
    is_root(uid) || uid == geteuid().as_raw()
}

pub(super) const fn is_root(uid: u32) -> bool {
    uid == 0
}
