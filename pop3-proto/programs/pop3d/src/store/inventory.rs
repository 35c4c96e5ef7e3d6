//! Takes stock of a Maildir: which of its files are messages, and how large they are.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use anyhow::Context as _;
use pop3_proto::Uid;
use rustix::fs::FileType;
use rustix::io::Errno;

use super::facts::{Facts, Id, Owners};
use super::folder::Folder;
use super::jobs::Deadline;
use super::order::{Delivery, id};
use super::sizes::Remembered;
use super::{Entry, MOST_MESSAGES, wire_size};
use crate::crypto;

/// How often to look for a message that other programs keep renaming.
pub(super) const TRIES: u32 = 5;
/// How many listings have to miss a file before it counts as gone.
const LOOKS: u32 = 3;

/// Where messages are. `cur` is listed last: a message that is moved in the meantime is in both lists, and
/// the later place is the right one.
pub(super) const PARTS: [&str; 2] = ["new", "cur"];

pub(super) struct Stored {
    pub(super) part: &'static str,
    /// The name when the maildrop was opened.
    pub(super) name: OsString,
    /// The file, its owner and its length. The number of a file that is gone is used again, and the next one may be
    /// somebody else's.
    pub(super) file: Id,
    pub(super) uid: u32,
    pub(super) len: u64,
}

/// The files of a Maildir that could be messages and are not served.
#[derive(Default)]
pub(super) struct Skipped {
    count: usize,
    /// Those that could not be read, though they belong here.
    unreadable: usize,
    /// One of them, and why. The least of them, so that it stays the same if nothing changes.
    example: Option<String>,
}

pub(super) struct Inventory {
    pub(super) messages: Vec<Stored>,
    pub(super) entries: Vec<Entry>,
    pub(super) skipped: Skipped,
}

/// A listed file, by its name without flags.
type Listing = HashMap<OsString, Stored>;

pub(super) fn take(folder: &Folder, deadline: Deadline) -> anyhow::Result<Inventory> {
    let mut skipped = Skipped::default();
    let mut found: Vec<(Delivery, Stored, Entry)> = Vec::new();
    let mut listed = list(folder, |_| true, &mut skipped, deadline)?;
    let mut sizes = {
        let there: HashSet<String> = listed.keys().map(|id| uid(id)).collect();
        Remembered::read(folder, there.len(), |uid| there.contains(uid))
    };
    let mut done = HashSet::new();
    let measured = (|| {
        for _ in 0..TRIES {
            // A listing may miss a file that is renamed in the meantime, so list until nothing new appears.
            let mut settled = true;
            for (id, stored) in listed.drain() {
                if done.contains(&id) {
                    continue;
                }
                deadline.check()?;
                settled = false;
                let uid = uid(&id);
                match sizes.octets(&uid, stored.len, || wire_size(open(folder, &stored)?, deadline)) {
                    Ok(octets) => found.push((Delivery::of(id.clone()), stored, Entry { octets, uid })),
                    Err(error) if is_gone(&error) => continue, // moved, or removed
                    Err(error) if is_ours(&error) => return Err(error).context("measuring messages"),
                    Err(error) => {
                        skipped.unreadable += 1;
                        skipped.add(&stored.name, &error);
                    }
                }
                done.insert(id);
            }
            if settled || done.len() >= MOST_MESSAGES {
                break;
            }
            listed = list(folder, |id| !done.contains(id), &mut Skipped::default(), deadline)?;
        }
        Ok(())
    })();
    // What was measured is remembered even if there was no time for the rest.
    sizes.write(folder);
    measured?;
    anyhow::ensure!(
        !found.is_empty() || skipped.unreadable == 0,
        "{folder}: no message can be read: {skipped}"
    );
    found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let (messages, entries) = found.into_iter().map(|(_, stored, entry)| (stored, entry)).unzip();
    Ok(Inventory { messages, entries, skipped })
}

/// Where a message is now, which may have been moved since. A listing may miss a file that is renamed in the
/// meantime, so only several of them together show that it is gone.
pub(super) fn find(folder: &Folder, message: &Stored, deadline: Deadline) -> anyhow::Result<Option<Stored>> {
    let wanted = id(&message.name);
    for _ in 0..LOOKS {
        if let Some(found) =
            list(folder, |id| id == wanted, &mut Skipped::default(), deadline)?.remove(wanted)
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Opens a message that is still what it was when it was listed.
pub(super) fn open(folder: &Folder, stored: &Stored) -> io::Result<File> {
    let part = folder.enter_own(OsStr::new(stored.part))?;
    let seen = part.look(&stored.name)?;
    if (seen.id, seen.uid, seen.len) != (stored.file, stored.uid, stored.len) {
        return Err(io::Error::new(io::ErrorKind::NotFound, "another file has taken its place"));
    }
    part.open(&stored.name, &seen)
}

/// The wanted files of both folders.
fn list(
    folder: &Folder,
    wanted: impl Fn(&OsStr) -> bool,
    skipped: &mut Skipped,
    deadline: Deadline,
) -> anyhow::Result<Listing> {
    let mut listing = Listing::new();
    for part in PARTS {
        let inner = match folder.enter_own(OsStr::new(part)) {
            // No mail has come yet, or none was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            inner => inner.with_context(|| folder.shown(OsStr::new(part)))?,
        };
        list_part(&inner, part, &wanted, &mut listing, skipped, deadline)
            .with_context(|| inner.to_string())?;
    }
    Ok(listing)
}

fn list_part(
    inner: &Folder,
    part: &'static str,
    wanted: impl Fn(&OsStr) -> bool,
    listing: &mut Listing,
    skipped: &mut Skipped,
    deadline: Deadline,
) -> io::Result<()> {
    let owners = inner.owners();
    for name in inner.names()? {
        let name = name?;
        deadline.check()?;
        if name.as_bytes().starts_with(b".") || !wanted(id(&name)) {
            continue;
        }
        let seen = match inner.look(&name) {
            Err(error) if is_gone(&error) => continue,
            seen => seen?,
        };
        if seen.kind == FileType::Directory {
            continue;
        }
        if let Some(objection) = objection(owners, &seen) {
            skipped.add(&name, &objection);
        } else if listing.len() < MOST_MESSAGES || listing.contains_key(id(&name)) {
            let stored = Stored { part, file: seen.id, uid: seen.uid, len: seen.len, name };
            listing.insert(id(&stored.name).to_owned(), stored);
        } else {
            skipped.add(&name, &format!("there are {MOST_MESSAGES} messages already"));
        }
    }
    Ok(())
}

fn objection(owners: Owners<'_>, seen: &Facts) -> Option<String> {
    if seen.kind == FileType::RegularFile {
        owners.objection(seen)
    } else {
        Some("it is not a plain file".to_owned())
    }
}

/// The name itself; or a digest of it, if it is too long or has bytes that a unique-id may not have.
fn uid(id: &OsStr) -> String {
    let octets = id.as_bytes();
    match (Uid::new(octets), id.to_str()) {
        (Some(_), Some(text)) => text.to_owned(),
        _ => crypto::hex(&crypto::sha256([octets])[..16]),
    }
}

/// Whether a file was removed or moved.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::StaleNetworkFileHandle)
}

/// Whether an error is not one of the file, so that the rest is no better.
fn is_ours(error: &io::Error) -> bool {
    let ours = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS];
    error.kind() == io::ErrorKind::TimedOut
        || ours.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

impl Skipped {
    fn add(&mut self, name: &OsStr, why: &dyn fmt::Display) {
        self.count += 1;
        let example = format!("{name:?}: {why}");
        if self.example.as_ref().is_none_or(|least| example < *least) {
            self.example = Some(example);
        }
    }
}

/// For the log: what is not served. Empty if everything is.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, &self.example) {
            (1, Some(example)) => write!(f, "1 file is not served: {example}"),
            (count, Some(example)) => write!(f, "{count} files are not served, one of them {example}"),
            _ => Ok(()),
        }
    }
}
