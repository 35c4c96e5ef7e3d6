//! A Maildir: each message is a file, and the file's name without flags is the unique-id.
//!
//! Other programs work in it all the time: they deliver messages, move them from `new` to `cur`, and rename
//! them when their flags change.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use pop3_proto::Uid;

use super::sizes::Sizes;
use super::{Entry, Kind, Mailbox, Message, cached, lock, open_plain, wire_size};
use crate::crypto;

/// How often to look for a message that other programs keep renaming.
const TRIES: u32 = 5;

pub(super) struct Folder {
    path: PathBuf,
    messages: Vec<Stored>,
    /// The folder itself. The lock on it is held.
    lock: File,
}

struct Stored {
    id: OsString,
    /// Where the message was when the maildrop was opened, relative to the folder.
    path: PathBuf,
    /// The length of the file.
    len: u64,
}

/// `None` if the maildrop is in use.
pub(super) fn open(path: &Path) -> anyhow::Result<Option<Mailbox>> {
    let Some(lock) = lock(path)? else { return Ok(None) };
    let mut sizes = Sizes::read(path);
    // Sorted by name, because names begin with the time of delivery.
    let mut found: BTreeMap<OsString, (Stored, Entry)> = BTreeMap::new();
    for _ in 0..TRIES {
        // A listing may miss a file that is renamed in the meantime, so list until nothing new appears.
        let mut settled = true;
        for (id, file) in list(path).with_context(|| path.display().to_string())? {
            if found.contains_key(&id) {
                continue;
            }
            settled = false;
            let whole = path.join(&file);
            match measure(&id, &whole, &mut sizes) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // moved, or removed
                measured => {
                    let (len, entry) = measured.with_context(|| whole.display().to_string())?;
                    found.insert(id.clone(), (Stored { id, path: file, len }, entry));
                }
            }
        }
        if settled {
            break;
        }
    }
    sizes.write();
    let (messages, entries) = found.into_values().unzip();
    let folder = Folder { path: path.to_path_buf(), messages, lock };
    Ok(Some(Mailbox { entries, kind: Kind::Maildir(folder.into()) }))
}

/// The length of the file, and the entry of the message.
fn measure(id: &OsStr, file: &Path, sizes: &mut Sizes) -> io::Result<(u64, Entry)> {
    let (len, uid) = (fs::symlink_metadata(file)?.len(), uid(id));
    let octets = sizes.octets(&uid, len, || wire_size(open_plain(file)?))?;
    Ok((len, Entry { octets, uid }))
}

/// The plain files of `new` and `cur`, by their names without flags. `cur` is read last: a message that is
/// moved in the meantime is in both lists, and the later place is the right one.
fn list(folder: &Path) -> io::Result<BTreeMap<OsString, PathBuf>> {
    let mut found = BTreeMap::new();
    for part in ["new", "cur"] {
        for file in fs::read_dir(folder.join(part))? {
            let file = file?;
            let name = file.file_name();
            // A file that is already gone has no type.
            let is_file = file.file_type().is_ok_and(|kind| kind.is_file());
            if !name.as_bytes().starts_with(b".") && is_file {
                found.insert(id(&name).to_owned(), Path::new(part).join(&name));
            }
        }
    }
    Ok(found)
}

/// The name without flags, which stays the same as long as the message exists.
fn id(name: &OsStr) -> &OsStr {
    let octets = name.as_bytes();
    let end = octets.windows(3).position(|part| part == b":2,").unwrap_or(octets.len());
    OsStr::from_bytes(&octets[..end])
}

/// The name itself; or a digest of it, if it is too long or has bytes that a unique-id may not have.
fn uid(id: &OsStr) -> String {
    let octets = id.as_bytes();
    match (Uid::new(octets), id.to_str()) {
        (Some(_), Some(text)) => text.to_owned(),
        _ => crypto::hex(&crypto::sha256([octets])[..16]),
    }
}

impl Folder {
    /// Opens a message that is still in its place, if the kernel has the path to it in memory.
    pub(super) fn message_at_hand(&self, at: usize) -> Option<Message> {
        let message = self.messages.get(at)?;
        let file = cached::open(&self.lock, &message.path)?;
        Some(Message::in_file(file.into(), 0, message.len))
    }

    pub(super) fn message(&self, at: usize) -> io::Result<Message> {
        let len = self.messages.get(at).map_or(0, |message| message.len);
        Ok(Message::in_file(self.at(at, open_plain)?.into(), 0, len))
    }

    /// Removes messages. One that is already gone is no failure. Of other errors the first is reported, after
    /// all messages were tried.
    pub(super) fn remove(&self, marked: &[usize]) -> anyhow::Result<()> {
        let mut result = Ok(());
        for &at in marked {
            let removed = match self.at(at, |path| fs::remove_file(path)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            };
            result = result.and(removed.with_context(|| self.path.display().to_string()));
        }
        for part in ["new", "cur"].map(|part| self.path.join(part)) {
            let synced = File::open(&part).and_then(|part| part.sync_all());
            result = result.and(synced.with_context(|| part.display().to_string()));
        }
        result
    }

    /// Calls `act` with the path of a message, even if another program has moved it.
    fn at<T>(&self, at: usize, act: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
        let message = self.messages.get(at).ok_or(io::ErrorKind::NotFound)?;
        let mut result = act(&self.path.join(&message.path));
        for _ in 0..TRIES {
            match &result {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    match list(&self.path)?.get(&message.id) {
                        Some(path) => result = act(&self.path.join(path)),
                        None => return result,
                    }
                }
                _ => return result,
            }
        }
        // The message is still there, but other programs moved it before each try.
        result.map_err(|error| io::Error::other(error.to_string()))
    }
}
