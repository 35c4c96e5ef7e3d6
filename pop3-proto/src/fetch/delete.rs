//! What the rules delete, and what the record forgets.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::entry::{Fate, Id};
use super::planner::Fetch;
use crate::types::MsgNo;

const DAY: u64 = 24 * 60 * 60;

impl Fetch {
    /// The messages to delete, in order. None of them is one that the store has not whole, but for those that are `assumed` to be
    /// fetched.
    pub(super) fn deletions(&self, assumed: &[usize]) -> Vec<usize> {
        let rules = &self.rules;
        let past = |since: u64, days: Option<u32>| {
            days.is_some_and(|days| self.now.saturating_sub(since) >= u64::from(days).saturating_mul(DAY))
        };
        let assumed: BTreeSet<usize> = assumed.iter().copied().collect();
        let (mut kept, mut kept_octets, mut full) = (0_u64, 0_u64, false);
        let mut doomed = Vec::new();
        // The newest first: they are those that stay.
        for (i, item) in self.listing.items.iter().enumerate().rev() {
            let entry = item.key.as_ref().and_then(|key| self.record.get(key));
            let assumed = (assumed.contains(&i) && rules.lines(item.octets).is_none()).then_some(self.now);
            let stored = entry.and_then(|entry| entry.stored).or(assumed);
            let first_seen = entry.map_or(self.now, |entry| entry.first_seen);
            let due = stored.is_some_and(|stored| {
                past(stored, rules.delete_after_days)
                    || past(first_seen, rules.delete_older_days)
                    || entry.is_some_and(|entry| entry.fate != Fate::Stays)
            });
            if due {
                doomed.push(i);
                continue;
            }
            // What goes anyway takes nobody's place.
            let octets = kept_octets.saturating_add(item.octets.unwrap_or(0));
            full |= rules.keep_octets.is_some_and(|most| octets > most);
            let over = full || rules.keep_count.is_some_and(|most| kept >= u64::from(most));
            if over && stored.is_some() {
                doomed.push(i);
            } else {
                kept = kept.saturating_add(1);
                kept_octets = octets;
            }
        }
        doomed.reverse();
        doomed
    }

    /// Those of them that came in this session, or whose header was looked at. The others wait for the next session: an id that came
    /// back on another message must not delete what was never fetched.
    pub(super) fn checked_deletions(&self) -> Vec<usize> {
        let mut doomed = self.deletions(&[]);
        doomed.retain(|i| {
            let Some(item) = self.listing.items.get(*i) else { return false };
            let entry = item.key.as_ref().and_then(|key| self.record.get(key));
            item.digest.is_some() || entry.is_some_and(|entry| entry.digest.is_none())
        });
        doomed
    }

    /// Settles what the listing says. Messages that are not in it and were to be deleted are deleted; others may be outside of what the
    /// server lists, and are forgotten in time. Of those that are in it the record learns what it did not know.
    pub(super) fn settle(&mut self) {
        let items = &self.listing.items;
        let mut renamed = Vec::new();
        let mut listed = BTreeSet::new();
        for item in items {
            let Some(key) = item.key.as_deref() else { continue };
            listed.insert(key.clone());
            if let Some(entry) = self.record.get_mut(key) {
                entry.listed = self.now;
                entry.octets = item.octets.or(entry.octets);
                entry.digest = item.digest.or(entry.digest);
                if item.uid.is_some() && matches!(key.0, Id::Digest(_)) {
                    renamed.push(item.number);
                }
            }
        }
        // A message that was not looked at may be any of those that seem to be missing.
        if !items.iter().any(|item| item.unsure) {
            let has_uids = !items.is_empty() && items.iter().all(|item| item.uid.is_some());
            let oldest = self.now.saturating_sub(u64::from(self.rules.forget_days).saturating_mul(DAY));
            self.record.retain(|key, entry| {
                let nameless = has_uids && matches!(key.0, Id::Digest(_));
                listed.contains(key) || (entry.fate == Fate::Stays && entry.listed >= oldest && !nameless)
            });
        }
        renamed.into_iter().for_each(|number| self.rename(number));
    }

    /// The server has a unique-id for it now.
    fn rename(&mut self, number: MsgNo) {
        let Some(item) = self.listing.find(number).and_then(|i| self.listing.items.get_mut(i)) else {
            return;
        };
        let (Some(id), Some(key)) = (item.id(), item.key.as_deref_mut()) else { return };
        let nth = self.record.free(&id);
        if let Some(mut entry) = self.record.remove(key) {
            (entry.id, entry.nth) = (id, nth);
            *key = entry.key();
            self.record.insert(entry);
        }
    }
}
