//! A Maildir: one file a message, its unique-id the name without flags.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use maildir::Maildir;

use super::{Entry, Kind, Lock, Mailbox, Place, lock, uid, wire_size};

/// `None` if the maildrop is in use.
pub(super) fn open(path: &Path) -> anyhow::Result<Option<Mailbox>> {
    let Some(lock) = lock(path)? else { return Ok(None) };
    take_stock(path, lock).with_context(|| path.display().to_string()).map(Some)
}

fn take_stock(path: &Path, lock: Lock) -> anyhow::Result<Mailbox> {
    let maildir = Maildir::from(path.to_path_buf());
    let mut entries = Vec::new();
    for message in maildir.list_new().chain(maildir.list_cur()) {
        let message = message?;
        let file = match File::open(message.path()) {
            // Removed behind our back since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file.with_context(|| message.path().display().to_string())?,
        };
        let octets = wire_size(file).with_context(|| message.path().display().to_string())?;
        entries.push((
            message.id().to_owned(),
            Entry { octets, uid: uid(message.id()), place: Place::File(message.path().clone()) },
        ));
    }
    // Names begin with the time of delivery.
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(Mailbox { entries, kind: Kind::Maildir(maildir), _lock: lock })
}

/// Another program may have moved the file from `new` to `cur`, or changed its flags.
pub(super) async fn read(maildir: &Maildir, path: &Path) -> io::Result<tokio::fs::File> {
    match tokio::fs::File::open(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match moved(maildir, path) {
            Some(path) => tokio::fs::File::open(path).await,
            None => Err(error),
        },
        file => file,
    }
}

/// A message that is gone already is no failure; the first other one is reported when all have been tried.
pub(super) fn remove(maildir: &Maildir, paths: &[PathBuf]) -> anyhow::Result<()> {
    let mut result = Ok(());
    for path in paths {
        let removed = match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match moved(maildir, path) {
                Some(path) => fs::remove_file(path),
                None => Ok(()),
            },
            removed => removed,
        };
        result = result.and(removed.with_context(|| path.display().to_string()));
    }
    for folder in ["new", "cur"] {
        let folder = maildir.path().join(folder);
        let synced = File::open(&folder).and_then(|folder| folder.sync_all());
        result = result.and(synced.with_context(|| folder.display().to_string()));
    }
    result
}

fn moved(maildir: &Maildir, path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let id = name.split_once(":2,").map_or(name, |(id, _)| id);
    maildir.find(id).map(|message| message.path().clone())
}
