//! `Expiring`: a map of bounded size whose entries expire by themselves.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::time::Time;

#[derive(Clone, Debug)]
pub(super) struct Expiring<K, V> {
    capacity: usize,
    entries: BTreeMap<K, (Time, V)>,
    by_end: BTreeSet<(Time, K)>,
}

impl<K: Ord + Clone, V> Expiring<K, V> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self { capacity, entries: BTreeMap::new(), by_end: BTreeSet::new() }
    }

    /// The expiry time and the value of an entry that has not expired.
    pub(super) fn get(&self, key: &K, now: Time) -> Option<(Time, &V)> {
        let (end, value) = self.entries.get(key)?;
        (*end > now).then_some((*end, value))
    }

    /// Inserts or replaces an entry. If there is no room, the entry that expires first is removed.
    pub(super) fn insert(&mut self, key: K, value: V, end: Time, now: Time) {
        self.remove(&key);
        while self.by_end.first().is_some_and(|(end, _)| *end <= now || self.entries.len() >= self.capacity) {
            if let Some((_, ended)) = self.by_end.pop_first() {
                self.entries.remove(&ended);
            }
        }
        if self.capacity > 0 {
            self.by_end.insert((end, key.clone()));
            self.entries.insert(key, (end, value));
        }
    }

    pub(super) fn remove(&mut self, key: &K) {
        if let Some((key, (end, _))) = self.entries.remove_entry(key) {
            self.by_end.remove(&(end, key));
        }
    }

    /// All entries that have not expired, in the order of their keys.
    pub(super) fn iter(&self, now: Time) -> impl Iterator<Item = (&K, Time)> {
        self.entries.iter().filter(move |(_, (end, _))| *end > now).map(|(key, (end, _))| (key, *end))
    }
}
