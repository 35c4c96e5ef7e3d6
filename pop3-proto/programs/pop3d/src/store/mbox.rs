//! An mbox file: messages one after another, each of which starts with a line `From ...`.
//!
//! A message is served as the bytes between those lines, so `>From ` stays quoted. Other programs write to
//! the file while they hold the dot lock. So pop3d holds it, too, while it lists the messages, and lists them
//! again at UPDATE. To remove messages it writes a new file beside the old one and renames it over the old
//! one.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Seek as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use pop3_programs_common::dot_lock::DotLock;

use super::cached;
use super::claim::{cannot_write, is_same, try_lock};
use super::facts::Facts;
use super::folder::{Folder, refused};
use super::held::Held;
use super::jobs::{Deadline, Lane};
use super::message::PIECE;
use super::stock::{self, Stored};
use super::{Entry, Message};
use crate::crypto;

/// How often to open the file again when others put new ones in its place.
const TRIES: u32 = 5;

pub(super) struct Mbox {
    folder: Folder,
    name: OsString,
    /// The locked file; `None` while no mail has ever come.
    file: Option<Arc<Held<File>>>,
    /// As the file was when its messages were listed.
    len: u64,
    modified: SystemTime,
    messages: Vec<Stored>,
    lane: Lane,
}

/// `None` if the maildrop is in use.
pub(super) fn open(
    folder: Folder,
    name: OsString,
    lane: Lane,
    deadline: Deadline,
) -> anyhow::Result<Option<(Mbox, Vec<Entry>)>> {
    let shown = folder.shown(&name);
    let file = match lock(&folder, &name).with_context(|| shown.clone())? {
        Locked::Taken(file) => file,
        Locked::InUse => return Ok(None),
        Locked::Missing => {
            let (len, modified) = (0, SystemTime::UNIX_EPOCH);
            let mbox = Mbox { folder, name, file: None, len, modified, messages: Vec::new(), lane };
            return Ok(Some((mbox, Vec::new())));
        }
    };
    let (messages, metadata) = {
        let _dot_lock = match DotLock::take_in(&folder, &name) {
            // Where pop3d cannot make a lock, other programs of the user cannot make one either.
            Err(error) if cannot_write(&error) => None,
            lock => Some(lock.with_context(|| shown.clone())?),
        };
        (stock::take(&file, deadline).with_context(|| shown.clone())?, file.metadata()?)
    };
    let entries = messages.iter().map(|one| Entry { octets: one.octets, uid: one.uid.clone() }).collect();
    let (len, modified) = (metadata.len(), metadata.modified()?);
    let is_local = cached::is_local(&file);
    let file = Some(Held::new(file, is_local, &lane).into());
    Ok(Some((Mbox { folder, name, file, len, modified, messages, lane }, entries)))
}

enum Locked {
    Taken(File),
    InUse,
    Missing,
}

fn lock(folder: &Folder, name: &OsStr) -> io::Result<Locked> {
    for _ in 0..TRIES {
        let (file, _) = match open_mail(folder, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match folder.look(name) {
                // Another file has taken its place.
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Locked::Missing),
                Err(error) => return Err(error),
            },
            opened => opened?,
        };
        if !try_lock(&file)? {
            return Ok(Locked::InUse);
        }
        // Another session may have put a new file in this place after it was opened.
        if folder.look(name).is_ok_and(|seen| is_same(seen.id, &file)) {
            return Ok(Locked::Taken(file));
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "other programs replace it again and again"))
}

/// Opens the mbox if it is mail of the folder it is in.
fn open_mail(folder: &Folder, name: &OsStr) -> io::Result<(File, Facts)> {
    let seen = folder.look(name)?;
    match folder.owners().objection(&seen) {
        Some(objection) => Err(refused(&objection)),
        None => Ok((folder.open(name, &seen)?, seen)),
    }
}

impl Mbox {
    /// Whether it is in a folder for which the kernel waits for nobody else.
    pub(super) fn is_local(&self) -> bool {
        cached::is_local(&self.folder)
    }

    /// Whether there is a file.
    pub(super) const fn is_there(&self) -> bool {
        self.file.is_some()
    }

    /// Opens the message where it was, unless another program has overwritten it.
    pub(super) fn message(&self, at: usize) -> anyhow::Result<Message> {
        let (Some(held), Some(message)) = (&self.file, self.messages.get(at)) else {
            anyhow::bail!("there is no such message");
        };
        let file = held.get()?;
        let metadata = file.metadata()?;
        let changed = metadata.len() != self.len || metadata.modified()? != self.modified;
        if changed && stock::digest(file, message)? != message.digest {
            anyhow::bail!("another program has changed the mbox");
        }
        Ok(Message::in_file(held.clone(), message.text, message.end, self.lane.clone()))
    }

    /// Writes the mbox anew without the messages of these unique-ids, and with everything that was delivered
    /// in the meantime. A message that is already gone is no failure.
    pub(super) fn remove(&self, uids: &HashSet<String>, deadline: Deadline) -> anyhow::Result<()> {
        let in_path = || self.folder.shown(&self.name);
        let dot_lock = DotLock::take_in(&self.folder, &self.name).with_context(in_path)?;
        let (file, seen) = open_mail(&self.folder, &self.name).with_context(in_path)?;
        let messages = stock::take(&file, deadline).with_context(in_path)?;
        let removed = messages.iter().filter(|one| uids.contains(&one.uid));
        let (new, copy) = self.create_beside().with_context(in_path)?;
        let replaced = copy_without(&file, copy, removed, deadline).and_then(|copied| {
            // Who writes without a lock must not lose what was written.
            let now = self.folder.look(&self.name)?;
            anyhow::ensure!(now.id == seen.id && now.len == copied, "another program has changed the mbox");
            anyhow::ensure!(dot_lock.is_held(), "another program has removed the dot lock");
            Ok(self.folder.rename(&new, &self.name)?)
        });
        if replaced.is_err() {
            let _ = self.folder.remove(&new);
        }
        replaced.with_context(in_path)?;
        self.folder.sync().with_context(|| self.folder.to_string())
    }

    /// Makes a file beside the mbox. In a folder where everybody may make files its usual name may be taken.
    fn create_beside(&self) -> anyhow::Result<(OsString, File)> {
        let beside = |suffix: &str| [self.name.as_os_str(), OsStr::new(suffix)].into_iter().collect();
        let usual: OsString = beside(".new");
        match self.folder.create_anew(&usual, 0o600) {
            Ok(file) => Ok((usual, file)),
            Err(error) if cannot_write(&error) && !self.is_taken(&usual) => Err(error.into()),
            Err(_) => {
                let other: OsString = beside(&format!(".{}.new", crypto::hex(&crypto::random::<8>()?)));
                let file = self.folder.create(&other, 0o600)?;
                Ok((other, file))
            }
        }
    }

    fn is_taken(&self, name: &OsStr) -> bool {
        self.folder.look(name).is_ok()
    }
}

/// Returns the length of the file that was copied.
fn copy_without<'m>(
    from: &File,
    new: File,
    removed: impl Iterator<Item = &'m Stored>,
    deadline: Deadline,
) -> anyhow::Result<u64> {
    let metadata = from.metadata()?;
    let own = new.metadata()?;
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
        fchown(&new, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    // Only now, so that nobody may write to it while it is the server's; and nothing but who may read and write.
    new.set_permissions(Permissions::from_mode(metadata.mode() & 0o666))?;
    let mut new = BufWriter::new(new);
    let mut at = 0;
    for message in removed {
        copy(from, at, message.from, &mut new, deadline)?;
        at = message.next;
    }
    copy(from, at, metadata.len(), &mut new, deadline)?;
    let len = new.stream_position()?;
    // A hole at the end is there only when the length says so.
    let new = new.into_inner()?;
    new.set_len(len)?;
    new.sync_all()?;
    Ok(metadata.len())
}

/// Copies all bytes from one offset to another, or fails. Pieces of zeros become holes: else a file that takes no room
/// would take it afterwards, and root's process may take more than the user may have.
fn copy(
    from: &File,
    mut at: u64,
    to: u64,
    new: &mut (impl io::Write + io::Seek),
    deadline: Deadline,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    while at < to {
        deadline.check()?;
        let len = usize::try_from(to - at).map_or(PIECE, |len| len.min(PIECE));
        let piece = &mut piece[..len];
        from.read_exact_at(piece, at)?;
        if len == PIECE && piece.iter().all(|octet| *octet == 0) {
            new.seek_relative(PIECE as i64)?;
        } else {
            new.write_all(piece)?;
        }
        at += len as u64;
    }
    Ok(())
}
