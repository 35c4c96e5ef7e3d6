//! An mbox file: messages one after another, each of which starts with a line `From ...`.
//!
//! A message is served as the bytes between those lines, so `>From ` stays quoted. Other programs write to
//! the file while they hold the dot lock. So pop3d holds it, too, while it lists the messages, and lists them
//! again at UPDATE. To remove messages it writes a new file beside the old one and renames it over the old
//! one.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, fchown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::dot_lock::DotLock;
use super::message::PIECE;
use super::stock::{self, Stored};
use super::{Entry, Kind, Mailbox, Message, create_anew, lock};

pub(super) struct Mbox {
    path: PathBuf,
    /// The locked file; `None` while no mail has ever come.
    file: Option<Arc<File>>,
    /// As the file was when its messages were listed.
    len: u64,
    modified: SystemTime,
    messages: Vec<Stored>,
}

/// `None` if the maildrop is in use.
pub(super) fn open(path: &Path) -> anyhow::Result<Option<Mailbox>> {
    // If the path is a link, it is resolved, so that removing messages does not replace the link by a file.
    let path = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(empty(path))),
        path => path.with_context(|| "finding the mbox")?,
    };
    let Some(file) = lock(&path)? else { return Ok(None) };
    let (messages, metadata) = {
        let _dot_lock = match DotLock::take(&path) {
            // Where pop3d cannot make a lock, other programs of the user cannot make one either.
            Err(error) if is_read_only(&error) => None,
            lock => Some(lock.with_context(|| path.display().to_string())?),
        };
        let messages = stock::take(&file).with_context(|| path.display().to_string())?;
        (messages, file.metadata()?)
    };
    let entries = messages.iter().map(|one| Entry { octets: one.octets, uid: one.uid.clone() }).collect();
    let (len, modified) = (metadata.len(), metadata.modified()?);
    let mbox = Mbox { path, file: Some(file.into()), len, modified, messages };
    Ok(Some(Mailbox { entries, kind: Kind::Mbox(mbox.into()) }))
}

fn empty(path: &Path) -> Mailbox {
    let path = path.to_path_buf();
    let mbox = Mbox { path, file: None, len: 0, modified: SystemTime::UNIX_EPOCH, messages: Vec::new() };
    Mailbox { entries: Vec::new(), kind: Kind::Mbox(mbox.into()) }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

impl Mbox {
    /// Opens the message where it was, unless another program has overwritten it.
    pub(super) fn message(&self, at: usize) -> io::Result<Message> {
        let (Some(file), Some(message)) = (&self.file, self.messages.get(at)) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let metadata = file.metadata()?;
        let changed = metadata.len() != self.len || metadata.modified()? != self.modified;
        if changed && digest(file, message.from, message.end)? != message.digest {
            return Err(io::Error::new(io::ErrorKind::NotFound, "another program has changed the mbox"));
        }
        Ok(Message::in_file(file.clone(), message.text, message.end))
    }

    /// Writes the mbox anew without the messages of these unique-ids, and with everything that was delivered
    /// in the meantime. A message that is already gone is no failure.
    pub(super) fn remove(&self, uids: &HashSet<String>) -> anyhow::Result<()> {
        let in_path = || self.path.display().to_string();
        let _dot_lock = DotLock::take(&self.path).with_context(in_path)?;
        let file = File::open(&self.path).with_context(in_path)?;
        let messages = stock::take(&file).with_context(in_path)?;
        let new = super::beside(&self.path, ".new");
        let written = copy_without(&file, &new, messages.iter().filter(|one| uids.contains(&one.uid)));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written.with_context(|| new.display().to_string())?;
        fs::rename(&new, &self.path).with_context(in_path)?;
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        File::open(folder)?.sync_all().with_context(|| folder.display().to_string())
    }
}

fn digest(file: &File, from: u64, to: u64) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    each_piece(file, from, to, |piece| {
        hash.update(piece);
        Ok(())
    })?;
    Ok(hash.finalize().into())
}

fn copy_without<'m>(from: &File, to: &Path, removed: impl Iterator<Item = &'m Stored>) -> anyhow::Result<()> {
    let new = create_anew(to)?;
    let metadata = from.metadata()?;
    new.set_permissions(metadata.permissions())?;
    let own = new.metadata()?;
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
        fchown(&new, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    let mut new = BufWriter::new(new);
    let mut at = 0;
    for message in removed {
        each_piece(from, at, message.from, |piece| new.write_all(piece))?;
        at = message.next;
    }
    each_piece(from, at, metadata.len(), |piece| new.write_all(piece))?;
    new.flush()?;
    new.get_ref().sync_all()?;
    Ok(())
}

/// Passes on all bytes from one offset to another, or fails.
fn each_piece(
    file: &File,
    from: u64,
    to: u64,
    mut act: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let (mut at, mut piece) = (from, vec![0; PIECE]);
    while at < to {
        let len = usize::try_from(to - at).map_or(PIECE, |len| len.min(PIECE));
        let piece = &mut piece[..len];
        file.read_exact_at(piece, at)?;
        act(piece)?;
        at += len as u64;
    }
    Ok(())
}
