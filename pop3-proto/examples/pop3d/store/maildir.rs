//! A Maildir: one file a message, its unique-id the name without flags.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use maildir::{MailEntry, Maildir};

use super::sizes::Sizes;
use super::{Entry, Kind, Lock, Mailbox, Place, lock, tell_apart, uid, wire_size};

/// `None` if the maildrop is in use.
pub(super) fn open(path: &Path) -> anyhow::Result<Option<Mailbox>> {
    let Some(lock) = lock(path)? else { return Ok(None) };
    take_stock(path, lock).with_context(|| path.display().to_string()).map(Some)
}

fn take_stock(path: &Path, lock: Lock) -> anyhow::Result<Mailbox> {
    let maildir = Maildir::from(path.to_path_buf());
    let mut sizes = Sizes::read(path);
    let mut found = Vec::new();
    for message in maildir.list_new().chain(maildir.list_cur()) {
        let message = message?;
        // `None`: removed behind our back since the folder was read.
        if let Some(octets) =
            octets(&message, &mut sizes).with_context(|| message.path().display().to_string())?
        {
            let entry = Entry { octets, uid: uid(message.id()), place: Place::File(message.path().clone()) };
            found.push((message.id().to_owned(), entry));
        }
    }
    sizes.write();
    // Names begin with the time of delivery.
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut entries: Vec<_> = found.into_iter().map(|(_, entry)| entry).collect();
    tell_apart(&mut entries);
    Ok(Mailbox { entries, kind: Kind::Maildir(path.to_path_buf()), _lock: lock })
}

fn octets(message: &MailEntry, sizes: &mut Sizes) -> io::Result<Option<u64>> {
    let mut measured = || {
        let stored = fs::metadata(message.path())?.len();
        sizes.octets(message.id(), stored, || wire_size(File::open(message.path())?))
    };
    match measured() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        octets => octets.map(Some),
    }
}

/// Another program may have moved the file from `new` to `cur`, or changed its flags.
pub(super) fn read(folder: &Path, path: &Path) -> io::Result<File> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            moved(folder, path).map_or(Err(error), File::open)
        }
        file => file,
    }
}

/// A message that is gone already is no failure; the first other one is reported when all have been tried.
pub(super) fn remove(folder: &Path, paths: &[PathBuf]) -> anyhow::Result<()> {
    let mut result = Ok(());
    for path in paths {
        let removed = match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                moved(folder, path).map_or(Ok(()), fs::remove_file)
            }
            removed => removed,
        };
        result = result.and(removed.with_context(|| path.display().to_string()));
    }
    for part in ["new", "cur"].map(|part| folder.join(part)) {
        let synced = File::open(&part).and_then(|part| part.sync_all());
        result = result.and(synced.with_context(|| part.display().to_string()));
    }
    result
}

fn moved(folder: &Path, path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let id = name.split_once(":2,").map_or(name, |(id, _)| id);
    Maildir::from(folder.to_path_buf()).find(id).map(|message| message.path().clone())
}
