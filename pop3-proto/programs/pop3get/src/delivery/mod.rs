//! Where messages go. Nothing counts as delivered before [`Delivery::commit`] has returned.

use std::fmt::Display;
use std::path::Path;

use crate::account::{Account, Destination};
use crate::failure::{Failure, Kind};

mod maildir;
mod mbox;
mod pipe;

pub(crate) trait Delivery {
    /// A message comes; one that was begun and not ended is dropped.
    fn begin(&mut self) -> Result<(), Failure>;

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure>;

    /// The message is whole. `false` if it was not taken, and others may be.
    fn end(&mut self) -> Result<bool, Failure>;

    /// Drops the message that was begun.
    fn discard(&mut self);

    /// Whether enough lies here uncommitted.
    fn wants_commit(&self) -> bool;

    /// Everything that was ended is safe when this returns. If it fails, none of it may be taken for safe.
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
