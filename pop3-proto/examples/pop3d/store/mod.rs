//! Where mail is kept: opening a maildrop, reading a message, removing messages.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use pop3_proto::dot::WireSize;
use pop3_proto::maildrop::Index;
use pop3_proto::{Code, MsgNo, Uid};
use tokio::task::spawn_blocking;

mod maildir;
mod mbox;
mod sample;
mod sizes;

use crate::crypto;
use crate::settings::{At, Kind as Format};

/// Octets of a message in memory at once.
const PIECE: u64 = 64 * 1024;

/// Maildrops of one kind.
pub(crate) enum Store {
    Maildir(String),
    Mbox(String),
    Sample(Arc<sample::Shared>),
}

/// An open maildrop. It stays locked until this is dropped.
pub(crate) struct Mailbox {
    entries: Vec<Entry>,
    kind: Kind,
    _lock: Lock,
}

enum Kind {
    /// The folder.
    Maildir(PathBuf),
    Mbox(PathBuf),
    Sample(Arc<sample::Shared>),
}

/// A message, as it was when the maildrop was opened.
struct Entry {
    octets: u64,
    uid: String,
    place: Place,
}

enum Place {
    File(PathBuf),
    /// In an mbox: where its `From ` line starts, its text and how long that is, and where the next message starts.
    Range {
        from: u64,
        text: u64,
        len: u64,
        next: u64,
    },
    /// In the built-in sample, from 0.
    Sample(usize),
}

/// One session a maildrop: across processes for files, within this one for the sample.
#[expect(dead_code, reason = "held, not read")]
enum Lock {
    File(File),
    Sample(sample::Guard),
}

/// Why a maildrop was not opened.
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) text: &'static str,
    /// For the log.
    pub(crate) error: Option<anyhow::Error>,
}

impl Store {
    /// `%u` in a path stands for the user name.
    pub(crate) fn new(setting: Option<&(Format, At<String>)>) -> anyhow::Result<Self> {
        let Some((format, at)) = setting else {
            return Ok(Self::Sample(Arc::new(sample::Shared::new())));
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

    pub(crate) const fn is_sample(&self) -> bool {
        matches!(self, Self::Sample(_))
    }

    /// Locks the user's maildrop and takes stock of it.
    pub(crate) async fn open(&self, user: &str) -> Result<Mailbox, Refusal> {
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
            Ok(None) => {
                Err(Refusal { code: Code::InUse, text: "maildrop is locked by another session", error: None })
            }
            Err(error) => Err(Refusal {
                code: Code::SysTemp,
                text: "the maildrop cannot be opened",
                error: Some(error),
            }),
        }
    }
}

/// A message that is being read.
pub(crate) struct Message {
    piece: Option<Vec<u8>>,
    rest: Option<io::Take<File>>,
}

impl Message {
    /// Reads the first piece, which is all of most messages.
    fn open(file: File, len: u64) -> io::Result<Self> {
        let mut rest = file.take(len);
        let piece = read_piece(&mut rest)?;
        let whole = (piece.len() as u64) < PIECE;
        Ok(Self { piece: Some(piece), rest: (!whole).then_some(rest) })
    }

    /// The next piece; `None` behind the last.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(piece) = self.piece.take() {
            return Ok(Some(piece));
        }
        let Some(mut rest) = self.rest.take() else { return Ok(None) };
        let (piece, rest) =
            spawn_blocking(move || read_piece(&mut rest).map(|piece| (piece, rest))).await??;
        self.rest = Some(rest);
        Ok((!piece.is_empty()).then_some(piece))
    }
}

fn read_piece(from: &mut impl io::Read) -> io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    from.take(PIECE).read_to_end(&mut piece)?;
    Ok(piece)
}

impl Mailbox {
    /// The message as it is stored.
    pub(crate) async fn message(&self, number: MsgNo) -> io::Result<Message> {
        let entry = self.entries.get(number.index()).ok_or(io::ErrorKind::NotFound)?;
        match (&self.kind, &entry.place) {
            (Kind::Maildir(folder), Place::File(path)) => {
                let (folder, path) = (folder.clone(), path.clone());
                spawn_blocking(move || Message::open(maildir::read(&folder, &path)?, u64::MAX)).await?
            }
            (Kind::Mbox(path), &Place::Range { text, len, .. }) => {
                let path = path.clone();
                spawn_blocking(move || Message::open(mbox::read(&path, text)?, len)).await?
            }
            (Kind::Sample(shared), Place::Sample(at)) => {
                Ok(Message { piece: Some(shared.read(*at).to_vec()), rest: None })
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Removes these messages and no other.
    pub(crate) async fn remove(&self, numbers: &[MsgNo]) -> anyhow::Result<()> {
        let marked = |n: &MsgNo| self.entries.get(n.index());
        match &self.kind {
            Kind::Maildir(folder) => {
                let folder = folder.clone();
                let paths = numbers.iter().filter_map(marked).filter_map(Entry::path).collect::<Vec<_>>();
                spawn_blocking(move || maildir::remove(&folder, &paths)).await?
            }
            Kind::Mbox(path) => {
                let path = path.clone();
                let ranges = numbers.iter().filter_map(marked).filter_map(Entry::range).collect::<Vec<_>>();
                spawn_blocking(move || mbox::remove(&path, &ranges)).await?
            }
            Kind::Sample(shared) => {
                shared.remove(numbers.iter().filter_map(marked));
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

impl Entry {
    fn path(&self) -> Option<PathBuf> {
        match &self.place {
            Place::File(path) => Some(path.clone()),
            Place::Range { .. } | Place::Sample(_) => None,
        }
    }

    fn range(&self) -> Option<(u64, u64)> {
        match self.place {
            Place::Range { from, next, .. } => Some((from, next)),
            Place::File(_) | Place::Sample(_) => None,
        }
    }
}

/// `None` if somebody else holds it.
fn lock(path: &Path) -> anyhow::Result<Option<Lock>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock::File(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

/// Size on the wire of what a reader gives, in constant memory.
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

/// A unique-id from a name that is unique: the name itself, or, if it is too long or has octets that may not stand in one, a
/// digest of it.
fn uid(name: &str) -> String {
    match Uid::new(name.as_bytes()) {
        Some(_) => name.to_owned(),
        None => crypto::hex(&crypto::sha256([name.as_bytes()])[..16]),
    }
}

/// Equal messages have equal digests, and some clients refuse a maildrop with equal unique-ids: all but the first get their count.
fn tell_apart(entries: &mut [Entry]) {
    let mut seen = HashSet::new();
    for entry in entries {
        let mut count = 1;
        let digest = entry.uid.clone();
        while !seen.insert(entry.uid.clone()) {
            count += 1;
            entry.uid = format!("{digest}-{count}");
        }
    }
}
