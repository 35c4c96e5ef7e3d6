//! Where mail is stored: opens a maildrop, reads messages, removes messages.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use pop3_proto::dot::WireSize;
use pop3_proto::server::Index;
use pop3_proto::{Code, MsgNo, Uid};
use rustix::fs::OFlags;
use tokio::task::spawn_blocking;

mod cached;
mod dot_lock;
mod maildir;
mod mbox;
mod message;
mod sample;
mod sizes;
mod stock;

pub(crate) use message::Message;

use crate::languages::Texts;
use crate::settings::{At, Kind as Format};

/// The place of all maildrops, which are of one kind.
pub(crate) enum Store {
    Maildir(String),
    Mbox(String),
    Sample(Arc<sample::Shared>),
}

/// An open maildrop. It stays locked until this is dropped.
pub(crate) struct Mailbox {
    entries: Vec<Entry>,
    kind: Kind,
}

/// Where the messages are, in the order of the entries. Each kind holds the lock of the maildrop.
enum Kind {
    Maildir(Arc<maildir::Folder>),
    Mbox(Arc<mbox::Mbox>),
    Sample(sample::Open),
}

/// A message, as it was when the maildrop was opened.
struct Entry {
    octets: u64,
    uid: String,
}

/// Why a maildrop was not opened.
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) text: &'static str,
    /// The cause, for the log only.
    pub(crate) error: Option<anyhow::Error>,
}

impl Store {
    /// In a path `%u` stands for the user name.
    pub(crate) fn new(setting: Option<&(Format, At<String>)>) -> anyhow::Result<Self> {
        let Some((format, at)) = setting else {
            return Ok(Self::Sample(Arc::default()));
        };
        let path = at.value.clone();
        let fixed = (!path.contains("%u")).then(|| Path::new(&path));
        match format {
            Format::Maildir => {
                let good = fixed.is_none_or(|path| path.join("cur").is_dir());
                anyhow::ensure!(good, "{at}: {path}: no Maildir there (no folder `cur` in it)");
                Ok(Self::Maildir(path))
            }
            Format::Mbox => {
                if let Some(fixed) = fixed {
                    File::open(fixed).with_context(|| format!("{at}: {path}"))?;
                    anyhow::ensure!(fixed.is_file(), "{at}: {path}: not a file");
                }
                Ok(Self::Mbox(path))
            }
        }
    }

    /// Whether each user has a maildrop of their own.
    pub(crate) fn is_by_user(&self) -> bool {
        match self {
            Self::Maildir(path) | Self::Mbox(path) => path.contains("%u"),
            Self::Sample(_) => true,
        }
    }

    pub(crate) const fn is_sample(&self) -> bool {
        matches!(self, Self::Sample(_))
    }

    /// Locks the user's maildrop and lists its messages.
    pub(crate) async fn open(&self, user: &str, texts: &Texts) -> Result<Mailbox, Refusal> {
        let opened = match self {
            Self::Sample(shared) => Ok(Ok(sample::open(shared))),
            Self::Maildir(path) => {
                let path = PathBuf::from(path.replace("%u", user));
                spawn_blocking(move || maildir::open(&path)).await
            }
            Self::Mbox(path) => {
                let path = PathBuf::from(path.replace("%u", user));
                spawn_blocking(move || mbox::open(&path)).await
            }
        };
        let opened = opened.map_err(anyhow::Error::from).and_then(|opened| opened);
        match opened {
            Ok(Some(mailbox)) => Ok(mailbox),
            Ok(None) => Err(Refusal { code: Code::InUse, text: texts.locked, error: None }),
            Err(error) => Err(Refusal { code: Code::SysTemp, text: texts.no_maildrop, error: Some(error) }),
        }
    }
}

impl Mailbox {
    /// The message as it is stored.
    pub(crate) async fn message(&self, number: MsgNo) -> io::Result<Message> {
        let at = number.index();
        match &self.kind {
            Kind::Maildir(folder) => match folder.message_at_hand(at) {
                Some(message) => Ok(message),
                None => {
                    let folder = folder.clone();
                    spawn_blocking(move || folder.message(at)).await?
                }
            },
            Kind::Mbox(mbox) => {
                let mbox = mbox.clone();
                spawn_blocking(move || mbox.message(at)).await?
            }
            Kind::Sample(sample) => Ok(Message::in_memory(sample.message(at))),
        }
    }

    /// Removes these messages and no others.
    pub(crate) async fn remove(&self, numbers: &[MsgNo]) -> anyhow::Result<()> {
        let marked = numbers.iter().map(|n| n.index());
        match &self.kind {
            Kind::Maildir(folder) => {
                let (folder, marked) = (folder.clone(), marked.collect::<Vec<_>>());
                spawn_blocking(move || folder.remove(&marked)).await?
            }
            Kind::Mbox(mbox) => {
                let uids = marked.filter_map(|at| self.entries.get(at)).map(|entry| entry.uid.clone());
                let (mbox, uids) = (mbox.clone(), uids.collect());
                spawn_blocking(move || mbox.remove(&uids)).await?
            }
            Kind::Sample(sample) => {
                sample.remove(marked);
                Ok(())
            }
        }
    }
}

impl Index for Mailbox {
    fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    fn octets(&self, n: MsgNo) -> u64 {
        self.entries.get(n.index()).map_or(0, |entry| entry.octets)
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        const NONE: Uid<'_> = Uid::new(b"none").unwrap();
        self.entries.get(n.index()).and_then(|entry| Uid::new(entry.uid.as_bytes())).unwrap_or(NONE)
    }
}

/// `None` if somebody else holds the lock.
fn lock(path: &Path) -> anyhow::Result<Option<File>> {
    loop {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
        }
        // Another session may have put a new file in this place after it was opened.
        if is_same(&file.metadata()?, &fs::metadata(path)?) {
            return Ok(Some(file));
        }
    }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Flags to open a file that should be a plain one. A pipe that never answers holds nobody up, and a link is
/// not followed, because it could lead to a file that this process may read and the user may not.
const PLAIN: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Opens a plain file.
fn open_plain(path: &Path) -> io::Result<File> {
    let open =
        |flags: OFlags| OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = match open(PLAIN) {
        // Another program holds a lease on the file and is asked to give it up. So it is a plain file, and
        // worth waiting for.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => open(PLAIN.difference(OFlags::NONBLOCK))?,
        opened => opened?,
    };
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"))
    }
}

/// Makes a new file of that name, and never writes through a link that has that name.
fn create_anew(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => OpenOptions::new().write(true).create_new(true).open(path),
    }
}

/// The size on the wire of what a reader gives, in constant memory.
fn wire_size(mut from: impl io::Read) -> io::Result<u64> {
    let mut size = WireSize::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(size.octets()),
            Ok(n) => size.add(&piece[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The path with a suffix at its end.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
