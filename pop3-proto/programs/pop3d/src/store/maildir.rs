//! A Maildir: each message is a file, and the file's name without flags is the unique-id.
//!
//! Other programs work in it all the time: they deliver messages, move them from `new` to `cur`, and rename
//! them when their flags change.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::facts::Id;
use super::folder::Folder;
use super::held::Held;
use super::inventory::{self, Inventory, Skipped, Stored, TRIES, is_gone};
use super::jobs::{Deadline, Lane};
use super::{Entry, Message, cached, claim};

pub(super) struct Maildir {
    folder: Folder,
    messages: Vec<Stored>,
    lane: Lane,
    /// Whether the kernel alone decides how long opening a file takes.
    is_local: bool,
    /// Keeps the lock.
    lock: File,
}

pub(super) struct Opened {
    pub(super) maildir: Maildir,
    pub(super) entries: Vec<Entry>,
    pub(super) skipped: Skipped,
}

/// Whether there is a place for mail in it.
pub(super) fn is_ready(folder: &Folder) -> anyhow::Result<bool> {
    for part in inventory::PARTS {
        match folder.look(OsStr::new(part)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => {
                found.with_context(|| folder.shown(OsStr::new(part)))?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// `None` if the maildrop is in use.
pub(super) fn open(folder: Folder, lane: Lane, deadline: Deadline) -> anyhow::Result<Option<Opened>> {
    let Some(lock) = claim::take(&folder)? else { return Ok(None) };
    let Inventory { messages, entries, skipped } = inventory::take(&folder, deadline)?;
    let is_local = cached::is_local(&folder);
    let maildir = Maildir { folder, messages, lane, is_local, lock };
    Ok(Some(Opened { maildir, entries, skipped }))
}

impl Maildir {
    /// Whether the kernel waits for nobody else when this is closed. Its lock may be on another file system.
    pub(super) fn is_local(&self) -> bool {
        self.is_local && cached::is_local(&self.lock)
    }

    /// Opens a message that is still in its place, if the kernel has the path to it in memory.
    pub(super) fn message_at_hand(&self, at: usize) -> Option<Message> {
        let stored = self.messages.get(at).filter(|_| self.is_local)?;
        let file = cached::open(&self.folder, &Path::new(stored.part).join(&stored.name))?;
        let found = file.metadata().ok()?;
        let is_same = Id::new(found.dev(), found.ino()) == stored.file
            && (found.uid(), found.len()) == (stored.uid, stored.len);
        is_same.then(|| self.opened(file, true, stored.len))
    }

    pub(super) fn message(&self, at: usize, deadline: Deadline) -> anyhow::Result<Message> {
        let file = self.at(at, deadline, |stored| inventory::open(&self.folder, stored))?;
        let len = self.messages.get(at).map_or(0, |stored| stored.len);
        let is_local = cached::is_local(&file);
        Ok(self.opened(file, is_local, len))
    }

    fn opened(&self, file: File, is_local: bool, len: u64) -> Message {
        Message::in_file(Held::new(file, is_local, &self.lane).into(), 0, len, self.lane.clone())
    }

    /// Removes messages. One that is already gone is no failure. Of other errors the first is reported, after
    /// all messages were tried.
    pub(super) fn remove(&self, marked: &[usize], deadline: Deadline) -> anyhow::Result<()> {
        let mut result = Ok(());
        for &at in marked {
            deadline.check()?;
            let removed = match self.at(at, deadline, |stored| self.remove_one(stored)) {
                Err(error) if error.downcast_ref().is_some_and(is_gone) => Ok(()),
                removed => removed,
            };
            result = result.and(removed);
        }
        for part in inventory::PARTS.map(OsStr::new) {
            let synced = match self.folder.enter_own(part).and_then(|part| part.sync()) {
                Err(error) if is_gone(&error) => Ok(()),
                synced => synced.with_context(|| self.folder.shown(part)),
            };
            result = result.and(synced);
        }
        result
    }

    fn remove_one(&self, stored: &Stored) -> io::Result<()> {
        self.folder.enter_own(OsStr::new(stored.part))?.remove_if(&stored.name, stored.file)
    }

    /// Does something to a message, even if another program has moved it.
    fn at<T>(
        &self,
        at: usize,
        deadline: Deadline,
        act: impl Fn(&Stored) -> io::Result<T>,
    ) -> anyhow::Result<T> {
        let message = self.messages.get(at).context("there is no such message")?;
        let mut moved = None;
        for _ in 0..TRIES {
            let now = moved.as_ref().unwrap_or(message);
            match act(now) {
                Err(error) if is_gone(&error) => match inventory::find(&self.folder, message, deadline)? {
                    Some(found) if found.file == message.file => moved = Some(found),
                    Some(_) => anyhow::bail!("message {}: another file has taken its place", at + 1),
                    None => return Err(error.into()),
                },
                done => {
                    return done
                        .with_context(|| self.folder.shown(Path::new(now.part).join(&now.name).as_os_str()));
                }
            }
        }
        anyhow::bail!("other programs move message {} again and again", at + 1)
    }
}
