//! Which message of the session is which of the record, by its header, where ids and sizes do not tell.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::digest::{Digester, HeaderDigest};
use super::entry::{Entry, Fate, Id, Key};
use super::listing::Item;
use super::record::Record;

/// How much has to agree besides the header, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Agrees {
    /// Unique-id and size, of a message that should be there.
    All,
    /// The same, of one that should be gone.
    Gone,
    /// The unique-id: some servers change sizes.
    Uid,
    /// The same, of one that should be gone.
    GoneUid,
    /// The size, of one that should be gone.
    GoneSize,
    /// The size: the server had no unique-ids then, or has none now.
    Size,
    /// Nothing.
    Header,
}

const ORDER: [Agrees; 7] =
    [Agrees::All, Agrees::Gone, Agrees::Uid, Agrees::GoneUid, Agrees::Size, Agrees::GoneSize, Agrees::Header];

/// What is looked up: the header, and what has to agree with it. Where the unique-id does not have to, an empty one stands for
/// entries that have none.
type Clue = (Agrees, HeaderDigest, Option<Box<[u8]>>, Option<u64>);

/// The record by header, without the entries that are messages of this session already.
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
        // The lowest key first.
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

    /// Finds those of `items` that have a digest and no entry yet, all by the best clue before any by the next.
    pub(super) fn find_all(&mut self, items: &mut [Item]) {
        for agrees in ORDER {
            for item in items.iter_mut().filter(|item| item.unsure) {
                if let Some(digest) = item.digest {
                    item.key = self.claim(agrees, item, &digest).map(Box::new);
                    item.unsure = item.key.is_none();
                }
            }
        }
        // The header was looked at, and nobody has it.
        items.iter_mut().filter(|item| item.digest.is_some()).for_each(|item| item.unsure = false);
    }

    /// The entry that this message must be, if it is one.
    pub(super) fn find(&mut self, item: &Item, digest: &HeaderDigest) -> Option<Key> {
        ORDER.into_iter().find_map(|agrees| self.claim(agrees, item, digest))
    }

    fn claim(&mut self, agrees: Agrees, item: &Item, digest: &HeaderDigest) -> Option<Key> {
        // Messages without a header have nothing in common but that.
        let says_nothing = *digest == Digester::new().finish();
        if says_nothing && (!agrees.with_size() || (agrees.is_gone() && item.uid.is_none())) {
            return None;
        }
        if agrees == Agrees::GoneUid && item.uid.is_none() {
            return None;
        }
        // A message that has another id now is another message.
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
