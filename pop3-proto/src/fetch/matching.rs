//! Which message of the session is which of the record, by unique-id and size.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::entry::{Entry, Fate, Id, Key};
use super::listing::Item;
use super::record::Record;

/// Matches what ids and sizes tell. What they do not is marked as unsure: ids that are missing, repeated in other numbers than before,
/// on a message of another size, or on one that should be gone.
pub(super) fn by_uid(items: &mut [Item], record: &Record) {
    let mut of_uid: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    let mut unsure = Vec::new();
    let mut matched = Vec::new();
    // Fetched when the server had no ids, or not for this message.
    let nameless = record.has_digests();
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
        } else if nameless {
            unsure.extend(group);
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
        let (same, going): (Vec<&Entry>, Vec<&Entry>) =
            same.into_iter().partition(|entry| entry.fate == Fate::Stays);
        // As many as before, or some of them gone: which of equals it was does not matter if the store has all, or has only previews.
        let alike = same.windows(2).all(|two| matches!(two, [a, b] if a.is_stored() == b.is_stored()));
        let clear = alike
            && (class.len() == same.len() || class.len() < same.len() && same.iter().all(|e| e.is_stored()));
        if clear {
            matched.extend(class.iter().zip(&same).map(|(i, entry)| (*i, entry.key())));
            free.extend(same.into_iter().skip(class.len()));
        } else {
            rest.extend(class);
            free.extend(same);
        }
        free.extend(going);
    }
    // Nothing is known of these but the id; they come from another program's record.
    let blank =
        |entry: &&&Entry| entry.octets.is_none() && entry.digest.is_none() && entry.fate == Fate::Stays;
    let mut blank = free.iter().filter(blank);
    let mut rest = rest.into_iter().peekable();
    while let (Some(i), Some(entry)) = (rest.peek(), blank.next()) {
        matched.push((*i, entry.key()));
        rest.next();
    }
    let recognizable = free.iter().any(|entry| entry.digest.is_some());
    unsure.extend(rest.filter(|_| recognizable));
}
