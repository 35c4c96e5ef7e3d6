//! Where messages go. A message counts as delivered only when [`Delivery::commit`] has returned.

use std::fmt::Display;
use std::path::Path;

use crate::account::{Account, Destination};
use crate::failure::{Failure, Kind};
use crate::limits::Limits;

mod lf;
mod maildir;
mod mbox;
mod pipe;

pub(crate) trait Delivery {
    /// A message begins. One that was begun before and not ended is dropped.
    fn begin(&mut self) -> Result<(), Failure>;

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure>;

    /// The message is complete.
    fn end(&mut self) -> Result<Taken, Failure>;

    /// Drops the message that was begun.
    fn discard(&mut self);

    /// Whether enough messages wait for a commit.
    fn wants_commit(&self) -> bool;

    /// When this returns, everything that was ended is safe. If it fails, none of it counts as safe.
    fn commit(&mut self) -> Result<(), Failure>;
}

/// Whether a message was taken.
pub(crate) enum Taken {
    Yes,
    /// It was not, for this reason, but others may be.
    No(String),
}

pub(crate) fn open(account: &Account, dry_run: bool, limits: Limits) -> Result<Box<dyn Delivery>, Failure> {
    let store: Box<dyn Delivery> = match &account.to {
        Destination::Maildir(path) => Box::new(maildir::Folder::open(path, dry_run)?),
        // It has LF line ends in any case.
        Destination::Mbox(path) => return Ok(Box::new(mbox::File::open(path))),
        Destination::Pipe(command) => Box::new(pipe::Pipe::new(command, &account.options, limits)),
    };
    Ok(if account.options.lf { Box::new(lf::Lf::new(store)) } else { store })
}

fn failed(path: &Path, error: impl Display) -> Failure {
    Kind::Disk.because(path.display(), error)
}
