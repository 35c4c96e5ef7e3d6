//! Matches messages of the session with entries of the record by unique-id and size.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::entry::{Entry, Fate, Id, Key};
use super::listing::Item;
use super::record::Record;

/// Matches the messages that ids and sizes identify. The rest are marked as unsure: those whose id is
/// missing, is repeated more or less often than before, is on a message of another size, or is on a message
/// that should be gone.
pub(super) fn by_uid(items: &mut [Item], record: &Record) {
    let mut of_uid: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    let mut unsure = Vec::new();
    let mut matched = Vec::new();
    // Some entries are from a time when the server had no ids, or none for that message.
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

/// Matches the messages and the entries of one unique-id.
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
        // There are as many messages as entries, or fewer. Which of several equal entries is which does not
        // matter if the store has all of them whole, or only previews of all.
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
    // Of these entries only the id is known; they come from another program's record.
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
