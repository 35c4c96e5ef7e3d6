//! Matches messages of the session with entries of the record by header, where ids and sizes are not enough.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::digest::{Digester, HeaderDigest};
use super::entry::{Entry, Fate, Id, Key};
use super::listing::Item;
use super::record::Record;

/// What has to agree besides the header. The most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Agrees {
    /// Unique-id and size, with a message that should still be there.
    All,
    /// Unique-id and size, with a message that should be gone.
    Gone,
    /// The unique-id, with a message that should still be there: some servers change sizes.
    Uid,
    /// The unique-id, with a message that should be gone.
    GoneUid,
    /// The size, with a message that should be gone.
    GoneSize,
    /// The size, with a message that should still be there: the server had no unique-ids then, or has none
    /// now.
    Size,
    /// Nothing but the header.
    Header,
}

const ORDER: [Agrees; 7] =
    [Agrees::All, Agrees::Gone, Agrees::Uid, Agrees::GoneUid, Agrees::Size, Agrees::GoneSize, Agrees::Header];

/// What is looked up: the header, and what has to agree with it. If the unique-id need not agree, an empty
/// one stands for entries that have none.
type Clue = (Agrees, HeaderDigest, Option<Box<[u8]>>, Option<u64>);

/// The entries of the record by header, without those that are already matched with a message of this
/// session.
#[derive(Debug, Default)]
pub(super) struct Headers {
    by_clue: BTreeMap<Clue, Vec<Key>>,
    taken: BTreeSet<Key>,
}

impl Headers {
    pub(super) fn new(record: &Record, items: &[Item]) -> Self {
        let mut headers = Self::default();
        headers.taken.extend(items.iter().filter_map(|item| item.key.as_deref().cloned()));
        for entry in record.iter() {
            headers.add(entry);
        }
        // The lowest key is taken first.
        headers.by_clue.values_mut().for_each(|keys| keys.reverse());
        headers
    }

    fn add(&mut self, entry: &Entry) {
        let Some(digest) = entry.digest.filter(|_| !self.taken.contains(&entry.key())) else { return };
        let stays = entry.fate == Fate::Stays;
        for agrees in ORDER.into_iter().filter(|agrees| stays != agrees.is_gone()) {
            let uids = match (&entry.id, agrees.with_uid()) {
                (Id::Uid(uid), true) => [Some(Some(&**uid)), None],
                (Id::Digest(_), true) | (Id::Uid(_), false) => [Some(None), None],
                (Id::Digest(_), false) => [Some(None), Some(Some(&[][..]))],
            };
            for uid in uids.into_iter().flatten() {
                let clue = clue(agrees, &digest, uid, entry.octets);
                self.by_clue.entry(clue).or_default().push(entry.key());
            }
        }
    }

    /// Finds the entries of those `items` that have a digest and no entry yet. All items are tried with the
    /// best clue before any is tried with the next.
    pub(super) fn find_all(&mut self, items: &mut [Item]) {
        for agrees in ORDER {
            for item in items.iter_mut().filter(|item| item.unsure) {
                if let Some(digest) = item.digest {
                    item.key = self.claim(agrees, item, &digest).map(Box::new);
                    item.unsure = item.key.is_none();
                }
            }
        }
        // The header was checked, and no entry has it.
        items.iter_mut().filter(|item| item.digest.is_some()).for_each(|item| item.unsure = false);
    }

    /// The entry of this message, if there is one.
    pub(super) fn find(&mut self, item: &Item, digest: &HeaderDigest) -> Option<Key> {
        ORDER.into_iter().find_map(|agrees| self.claim(agrees, item, digest))
    }

    fn claim(&mut self, agrees: Agrees, item: &Item, digest: &HeaderDigest) -> Option<Key> {
        // All empty headers have the same digest, so the digest alone is not enough.
        let says_nothing = *digest == Digester::new().finish();
        if says_nothing && (!agrees.with_size() || (agrees.is_gone() && item.uid.is_none())) {
            return None;
        }
        if agrees == Agrees::GoneUid && item.uid.is_none() {
            return None;
        }
        // If the message has a different id now, it is a different message.
        let uid = if agrees.with_uid() { item.uid.as_deref() } else { item.uid.as_ref().map(|_| &[][..]) };
        let keys = self.by_clue.get_mut(&clue(agrees, digest, uid, item.octets))?;
        while let Some(key) = keys.pop() {
            if self.taken.insert(key.clone()) {
                return Some(key);
            }
        }
        None
    }
}

impl Agrees {
    const fn is_gone(self) -> bool {
        matches!(self, Self::Gone | Self::GoneUid | Self::GoneSize)
    }

    const fn with_uid(self) -> bool {
        matches!(self, Self::All | Self::Gone | Self::Uid | Self::GoneUid)
    }

    const fn with_size(self) -> bool {
        matches!(self, Self::All | Self::Gone | Self::Size | Self::GoneSize)
    }
}

fn clue(agrees: Agrees, digest: &HeaderDigest, uid: Option<&[u8]>, octets: Option<u64>) -> Clue {
    (agrees, *digest, uid.map(Into::into), octets.filter(|_| agrees.with_size()))
}
