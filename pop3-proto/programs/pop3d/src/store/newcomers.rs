//! Tells a user to whom no mail has ever come from a disk that is not mounted.
//!
//! To a client an empty maildrop says that its messages are gone: it forgets which ones it has fetched. So the
//! maildrop of a new user is empty, and one that was there before is never taken for that of a new user, nor
//! is any while the folder above all maildrops is not the one it was.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::facts::Id;

#[derive(Default)]
pub(super) struct Newcomers(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// The folder in which maildrops were found.
    base: Option<Id>,
    /// What was found of each user. There are no more than users.
    users: HashMap<String, Sighting>,
}

/// A maildrop, as it was when it was found last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Sighting {
    /// The folder that is the maildrop, or has it in it.
    pub(super) folder: Id,
    /// Whether there was a place for mail: `new` or `cur`, or the mbox.
    pub(super) is_ready: bool,
    /// Whether it was on another file system than the folder above all maildrops.
    pub(super) has_own_disk: bool,
}

impl Sighting {
    pub(super) const fn new(folder: Id, base: Id, is_ready: bool) -> Self {
        Self { folder, is_ready, has_own_disk: !folder.is_on_disk_of(base) }
    }
}

impl Newcomers {
    /// The Maildir of this user is there. Fails if it cannot be the one that was there before.
    pub(super) fn found_maildir(&self, user: &str, base: Id, now: Sighting) -> anyhow::Result<()> {
        let mut seen = self.seen();
        if let Some(before) = seen.users.get(user) {
            check_disk(*before, now)?;
            anyhow::ensure!(
                now.is_ready || !before.is_ready,
                "the folders `new` and `cur` were there and are gone: is the disk of the maildrop mounted?"
            );
        }
        seen.note(user, base, now);
        Ok(())
    }

    /// The folder of this user's mbox is there. Programs that empty an mbox may remove it.
    pub(super) fn found_mbox(&self, user: &str, base: Id, now: Sighting) -> anyhow::Result<()> {
        let mut seen = self.seen();
        if let Some(before) = seen.users.get(user) {
            check_disk(*before, now)?;
            anyhow::ensure!(
                now.is_ready || before.folder == now.folder,
                "its folder is not the one it was, and it is not there: is the disk of the maildrop mounted?"
            );
        }
        if now.is_ready {
            seen.note(user, base, now);
            Ok(())
        } else {
            seen.check_base(base)
        }
    }

    /// Checks that a maildrop that is not there may be one to which no mail has come yet.
    pub(super) fn check(&self, user: &str, base: Id) -> anyhow::Result<()> {
        let seen = self.seen();
        seen.check_base(base)?;
        anyhow::ensure!(
            !seen.users.contains_key(user),
            "the maildrop was there and is gone: is its disk mounted?"
        );
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn note(&mut self, user: &str, base: Id, now: Sighting) {
        self.base = Some(base);
        match self.users.get_mut(user) {
            Some(before) => *before = now,
            None => drop(self.users.insert(user.to_owned(), now)),
        }
    }

    fn check_base(&self, base: Id) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.base.is_none_or(|before| before == base),
            "the folder above the maildrops is not the one it was, and this one is missing: is the disk mounted?"
        );
        Ok(())
    }
}

/// What lies beneath a disk that is not mounted may look like a maildrop.
fn check_disk(before: Sighting, now: Sighting) -> anyhow::Result<()> {
    anyhow::ensure!(
        now.has_own_disk || !before.has_own_disk,
        "the maildrop was on a disk of its own, and this one is not: is its disk mounted?"
    );
    Ok(())
}
