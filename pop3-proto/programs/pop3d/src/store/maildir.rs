//! A Maildir: one file a message, its unique-id the name without flags.
//!
//! Other programs work in it all the time: they deliver, move messages from `new` to `cur` and rename them for their flags.

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

/// How often a message is looked for that others rename all the time.
const TRIES: u32 = 5;

pub(super) struct Folder {
    path: PathBuf,
    messages: Vec<Stored>,
    /// The folder itself, locked.
    lock: File,
}

struct Stored {
    id: OsString,
    /// Where it was, from the folder on.
    path: PathBuf,
    /// Length of the file.
    len: u64,
}

/// `None` if the maildrop is in use.
pub(super) fn open(path: &Path) -> anyhow::Result<Option<Mailbox>> {
    let Some(lock) = lock(path)? else { return Ok(None) };
    let mut sizes = Sizes::read(path);
    // In the order of the names, which begin with the time of delivery.
    let mut found: BTreeMap<OsString, (Stored, Entry)> = BTreeMap::new();
    for _ in 0..TRIES {
        // A file that is renamed while a folder is read may be missed: read until nothing new is seen.
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

/// The length of the file, and what is to be said of the message.
fn measure(id: &OsStr, file: &Path, sizes: &mut Sizes) -> io::Result<(u64, Entry)> {
    let (len, uid) = (fs::symlink_metadata(file)?.len(), uid(id));
    let octets = sizes.octets(&uid, len, || wire_size(open_plain(file)?))?;
    Ok((len, Entry { octets, uid }))
}

/// The plain files of `new` and `cur`, from the folder on, by their names without flags. `cur` comes last: what is moved in between is
/// in both lists, and where it is now counts.
fn list(folder: &Path) -> io::Result<BTreeMap<OsString, PathBuf>> {
    let mut found = BTreeMap::new();
    for part in ["new", "cur"] {
        for file in fs::read_dir(folder.join(part))? {
            let file = file?;
            let name = file.file_name();
            // What is gone again has no type.
            let is_file = file.file_type().is_ok_and(|kind| kind.is_file());
            if !name.as_bytes().starts_with(b".") && is_file {
                found.insert(id(&name).to_owned(), Path::new(part).join(&name));
            }
        }
    }
    Ok(found)
}

/// The name without flags, which is the same for the life of a message.
fn id(name: &OsStr) -> &OsStr {
    let octets = name.as_bytes();
    let end = octets.windows(3).position(|part| part == b":2,").unwrap_or(octets.len());
    OsStr::from_bytes(&octets[..end])
}

/// The name itself, or, if it is too long or has octets that may not stand in a unique-id, a digest of it.
fn uid(id: &OsStr) -> String {
    let octets = id.as_bytes();
    match (Uid::new(octets), id.to_str()) {
        (Some(_), Some(text)) => text.to_owned(),
        _ => crypto::hex(&crypto::sha256([octets])[..16]),
    }
}

impl Folder {
    /// A message that is still where it was, if the way to it is in memory.
    pub(super) fn message_at_hand(&self, at: usize) -> Option<Message> {
        let message = self.messages.get(at)?;
        let file = cached::open(&self.lock, &message.path)?;
        Some(Message::in_file(file.into(), 0, message.len))
    }

    pub(super) fn message(&self, at: usize) -> io::Result<Message> {
        let len = self.messages.get(at).map_or(0, |message| message.len);
        Ok(Message::in_file(self.at(at, open_plain)?.into(), 0, len))
    }

    /// A message that is gone already is no failure; the first other one is reported when all have been tried.
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

    /// Does it with the file of that message, wherever others have moved it.
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
        // Still there, and never where it was a moment ago.
        result.map_err(|error| io::Error::other(error.to_string()))
    }
}
