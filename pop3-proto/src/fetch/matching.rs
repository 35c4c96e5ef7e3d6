//! Which message of the session is which of the record: by unique-id and size, and by the header where these do not tell.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::digest::HeaderDigest;
use super::entry::{Entry, Fate, Id};
use super::listing::Item;
use super::record::Record;

type Key = (Id, u32);

/// Matches by unique-id. What it cannot tell is marked as unsure: ids that are missing, repeated in other numbers than before, or
/// that stand on a message of another size.
pub(super) fn by_uid(items: &mut [Item], record: &Record) {
    let mut of_uid: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    let mut unsure = Vec::new();
    let mut matched = Vec::new();
    for (i, item) in items.iter().enumerate() {
        match &item.uid {
            Some(uid) => of_uid.entry(uid).or_default().push(i),
            None if !record.is_empty() => unsure.push(i),
            None => {}
        }
    }
    for (uid, group) in of_uid {
        let entries: Vec<&Entry> = record.of(&Id::Uid(uid.into())).collect();
        if !entries.is_empty() {
            one_uid(&group, &entries, items, &mut matched, &mut unsure);
        }
    }
    for (i, key) in matched {
        if let Some(item) = items.get_mut(i) {
            item.key = Some(key.into());
        }
    }
    for i in unsure {
        if let Some(item) = items.get_mut(i) {
            item.unsure = true;
        }
    }
}

/// The messages and the entries of one unique-id.
fn one_uid(
    group: &[usize],
    entries: &[&Entry],
    items: &[Item],
    matched: &mut Vec<(usize, Key)>,
    unsure: &mut Vec<usize>,
) {
    let mut sizes: BTreeMap<Option<u64>, (Vec<usize>, Vec<&Entry>)> = BTreeMap::new();
    for i in group {
        sizes.entry(items.get(*i).and_then(|item| item.octets)).or_default().0.push(*i);
    }
    for entry in entries {
        sizes.entry(entry.octets).or_default().1.push(entry);
    }
    let (mut rest, mut free) = (Vec::new(), Vec::new());
    for (class, same) in sizes.into_values() {
        // As many as before, or some of them gone: which of equals went does not matter, if all of them are safe. What should be
        // gone may be: an id that is there again need not be the same message.
        let clear = class.len() == same.len()
            || (class.len() < same.len() && same.iter().all(|entry| entry.is_stored()));
        let certain = !same.iter().any(|entry| entry.fate != Fate::Stays && entry.digest.is_some());
        if clear && certain {
            matched.extend(class.iter().zip(&same).map(|(i, entry)| (*i, entry.key())));
            free.extend(same.into_iter().skip(class.len()));
        } else {
            rest.extend(class);
            free.extend(same);
        }
    }
    // Nothing is known of these but the id; they come from another program's record.
    let mut blank = free.iter().filter(|entry| entry.octets.is_none() && entry.digest.is_none());
    let mut rest = rest.into_iter().peekable();
    while let (Some(i), Some(entry)) = (rest.peek(), blank.next()) {
        matched.push((*i, entry.key()));
        rest.next();
    }
    let recognizable = free.iter().any(|entry| entry.digest.is_some());
    unsure.extend(rest.filter(|_| recognizable));
}

/// The record by header.
#[derive(Debug, Default)]
pub(super) struct ByDigest(BTreeMap<HeaderDigest, Vec<Key>>);

impl ByDigest {
    /// Without the entries that are messages of this session already.
    pub(super) fn new(record: &Record, items: &[Item]) -> Self {
        let taken: BTreeSet<&Key> = items.iter().filter_map(|item| item.key.as_deref()).collect();
        let mut by_digest: BTreeMap<HeaderDigest, Vec<Key>> = BTreeMap::new();
        for entry in record.iter() {
            if let Some(digest) = entry.digest.filter(|_| !taken.contains(&entry.key())) {
                by_digest.entry(digest).or_default().push(entry.key());
            }
        }
        Self(by_digest)
    }

    /// Takes the entry that this message must be, if it is one. A message with a unique-id is none that had another.
    pub(super) fn take(&mut self, uid: Option<&[u8]>, digest: &HeaderDigest) -> Option<Key> {
        let keys = self.0.get_mut(digest)?;
        let fits = |key: &Key| match (uid, &key.0) {
            (Some(uid), Id::Uid(other)) => uid == &**other,
            (Some(_), Id::Digest(_)) => false,
            (None, _) => true,
        };
        let at = keys.iter().position(fits)?;
        Some(keys.swap_remove(at))
    }
}
