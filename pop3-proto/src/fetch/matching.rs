//! Matches messages of the session with entries of the record by unique-id and size.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::entry::{Entry, Fate, Id, Key};
use super::listing::Item;
use super::record::Record;

/// Matches the messages that ids and sizes identify. The rest are marked as unsure if a header could tell
/// more: those whose id is missing or repeated, is on a message of another size, or was away in between.
pub(super) fn by_uid(items: &mut [Item], record: &Record) {
    let mut of_uid: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    let mut found = Found::default();
    // Some entries are from a time when the server had no ids, or none for that message.
    let nameless = record.has_digests();
    for (i, item) in items.iter().enumerate() {
        match &item.uid {
            Some(uid) => of_uid.entry(uid).or_default().push(i),
            None if !record.is_empty() => found.unsure.push(i),
            None => {}
        }
    }
    let dashed = if record.iter().any(is_imported) { dashed(&of_uid) } else { BTreeMap::new() };
    for (uid, group) in of_uid {
        if let [alone] = group.as_slice() {
            found.alone.push(*alone);
        }
        let mut entries: Vec<&Entry> = record.of(&Id::of(uid)).collect();
        if let Some(id) = dashed.get(uid).filter(|_| entries.is_empty()) {
            entries = record.of(id).filter(|entry| is_imported(entry)).collect();
        }
        match (group.as_slice(), entries.as_slice()) {
            (_, []) if nameless => found.unsure.extend(group),
            (_, []) => {}
            ([i], [entry]) if items.get(*i).is_some_and(|item| is_clear(item, entry)) => {
                found.matched.push((*i, entry.key()));
            }
            (group, entries) => found.one_uid(group, items, entries),
        }
    }
    let Found { matched, unsure, alone } = found;
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
    for i in alone {
        if let Some(item) = items.get_mut(i) {
            item.alone = true;
        }
    }
}

/// What was found out about messages, by their places in the listing.
#[derive(Default)]
struct Found {
    matched: Vec<(usize, Key)>,
    unsure: Vec<usize>,
    alone: Vec<usize>,
}

/// Whether the only message and the only entry of a unique-id are the same. An entry that some session did
/// not list may be that of a message that is gone, while its id has been used again.
fn is_clear(item: &Item, entry: &Entry) -> bool {
    let same_size = entry.octets == item.octets || (is_imported(entry) && entry.octets.is_none());
    entry.fate == Fate::Stays && !entry.flags.missed && !entry.flags.shared && same_size
}

/// The ids with `/`, each with the form in which getmail writes it: with `-`. Only those whose form no other
/// listed id has, so that it is clear which message is meant.
fn dashed<'u>(of_uid: &BTreeMap<&'u [u8], Vec<usize>>) -> BTreeMap<&'u [u8], Id> {
    let dash = |octet: &u8| if *octet == b'/' { b'-' } else { *octet };
    let mut of_form: BTreeMap<Vec<u8>, Vec<&'u [u8]>> = BTreeMap::new();
    for uid in of_uid.keys().filter(|uid| uid.contains(&b'/')) {
        of_form.entry(uid.iter().map(dash).collect()).or_default().push(uid);
    }
    let clear =
        of_form.into_iter().filter(|(form, uids)| uids.len() == 1 && !of_uid.contains_key(form.as_slice()));
    clear.flat_map(|(form, uids)| uids.into_iter().map(move |uid| (uid, Id::of(&form)))).collect()
}

/// Whether this entry comes from another program's record: only its id is known, and its size if it was listed
/// since.
pub(super) fn is_imported(entry: &Entry) -> bool {
    entry.digest.is_none() && entry.is_stored() && entry.fate == Fate::Stays
}

impl Found {
    /// Where an id is repeated, it identifies nothing, and headers have to.
    fn one_uid(&mut self, group: &[usize], items: &[Item], entries: &[&Entry]) {
        let mut blank: BTreeMap<Option<u64>, Vec<Key>> = BTreeMap::new();
        for entry in entries.iter().rev().filter(|entry| is_imported(entry)) {
            blank.entry(entry.octets).or_default().push(entry.key());
        }
        let mut rest = Vec::new();
        for i in group {
            let octets = items.get(*i).and_then(|item| item.octets);
            let mut of_size = |octets| blank.get_mut(&octets).and_then(Vec::pop);
            match of_size(octets).or_else(|| of_size(None)) {
                Some(key) => self.matched.push((*i, key)),
                None => rest.push(*i),
            }
        }
        // A header is not enough for a message that was to be deleted, so it would be looked at in vain.
        if entries.iter().any(|entry| entry.digest.is_some() && entry.fate == Fate::Stays) {
            self.unsure.extend(rest);
        }
    }
}
