//! Where messages go. A message counts as delivered only when [`Delivery::commit`] has returned.

use std::fmt::Display;
use std::path::Path;

use crate::account::{Account, Destination};
use crate::failure::{Failure, Kind};

mod maildir;
mod mbox;
mod pipe;

pub(crate) trait Delivery {
    /// A message begins. One that was begun before and not ended is dropped.
    fn begin(&mut self) -> Result<(), Failure>;

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure>;

    /// The message is complete. `false` means that it was not taken, but that others may be.
    fn end(&mut self) -> Result<bool, Failure>;

    /// Drops the message that was begun.
    fn discard(&mut self);

    /// Whether enough messages wait for a commit.
    fn wants_commit(&self) -> bool;

    /// When this returns, everything that was ended is safe. If it fails, none of it counts as safe.
    fn commit(&mut self) -> Result<(), Failure>;
}

pub(crate) fn open(account: &Account, dry_run: bool) -> Result<Box<dyn Delivery>, Failure> {
    Ok(match &account.to {
        Destination::Maildir(path) => Box::new(maildir::Folder::open(path, dry_run)?),
        Destination::Mbox(path) => Box::new(mbox::File::open(path)),
        Destination::Pipe(command) => Box::new(pipe::Pipe::new(command, &account.options)),
    })
}

fn failed(path: &Path, error: impl Display) -> Failure {
    Kind::Disk.because(path.display(), error)
}
