//! Which messages the rules delete, and which entries the record forgets.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::entry::{Fate, Id};
use super::planner::Fetch;
use crate::types::MsgNo;

const DAY: u64 = 24 * 60 * 60;

impl Fetch {
    /// The messages to delete, in order. Only messages that the store has completely are among them, and
    /// those in `assumed`, which count as fetched.
    pub(super) fn deletions(&self, assumed: &[usize]) -> Vec<usize> {
        let rules = &self.rules;
        let past = |since: u64, days: Option<u32>| {
            days.is_some_and(|days| self.now.saturating_sub(since) >= u64::from(days).saturating_mul(DAY))
        };
        let assumed: BTreeSet<usize> = assumed.iter().copied().collect();
        let (mut kept, mut kept_octets, mut full) = (0_u64, 0_u64, false);
        let mut doomed = Vec::new();
        // The newest come first, because the newest are kept.
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
            // A message that is deleted anyway does not count towards the limits.
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

    /// Those of the deletions that came in this session or whose header was checked. The others wait for the
    /// next session: if a unique-id was used again for another message, a message that was never fetched must
    /// not be deleted.
    pub(super) fn checked_deletions(&self) -> Vec<usize> {
        let mut doomed = self.deletions(&[]);
        doomed.retain(|i| {
            let Some(item) = self.listing.items.get(*i) else { return false };
            let entry = item.key.as_ref().and_then(|key| self.record.get(key));
            item.digest.is_some() || entry.is_some_and(|entry| entry.digest.is_none())
        });
        doomed
    }

    /// Updates the record from the listing. A message that was to be deleted and is no longer listed is
    /// deleted. Other messages that are not listed may be outside what the server lists, and are forgotten
    /// after some time. Entries of listed messages get the values that they lacked.
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
        // A message whose header was not checked may be any of those that seem to be missing.
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

    /// Gives an entry its unique-id, once the server has one for the message.
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
