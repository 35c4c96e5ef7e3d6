//! What the rules delete, and what the record forgets.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::entry::Fate;
use super::planner::Fetch;

const DAY: u64 = 24 * 60 * 60;

impl Fetch {
    /// The messages to delete, in order. None of them is one that the store has not whole.
    pub(super) fn deletions(&self) -> Vec<usize> {
        let rules = &self.rules;
        let past = |since: u64, days: Option<u32>| {
            days.is_some_and(|days| self.now.saturating_sub(since) >= u64::from(days).saturating_mul(DAY))
        };
        let assumed: BTreeSet<usize> =
            if rules.dry_run { self.todo.iter().copied().collect() } else { BTreeSet::new() };
        let (mut kept, mut kept_octets) = (0_u64, 0_u64);
        let mut doomed = Vec::new();
        // The newest first: they are those that stay.
        for (i, item) in self.listing.items.iter().enumerate().rev() {
            let entry = item.key.as_ref().and_then(|key| self.record.get(key));
            let assumed = (assumed.contains(&i) && rules.lines(item.octets).is_none()).then_some(self.now);
            let stored = entry.and_then(|entry| entry.stored).or(assumed);
            let first_seen = entry.map_or(self.now, |entry| entry.first_seen);
            let octets = kept_octets.saturating_add(item.octets.unwrap_or(0));
            let over = rules.keep_count.is_some_and(|most| kept >= u64::from(most))
                || rules.keep_octets.is_some_and(|most| octets > most);
            let goes = stored.is_some_and(|stored| {
                over || past(stored, rules.delete_after_days)
                    || past(first_seen, rules.delete_older_days)
                    || entry.is_some_and(|entry| entry.fate != Fate::Stays)
            });
            if goes {
                doomed.push(i);
            } else {
                kept = kept.saturating_add(1);
                kept_octets = octets;
            }
        }
        doomed.reverse();
        doomed
    }

    /// Settles what the listing says about messages that are in the record and not in it. Deletions happened; others
    /// may be outside of what the server lists, and are forgotten in time.
    pub(super) fn settle(&mut self) {
        let items = &self.listing.items;
        if items.iter().any(|item| item.unsure) {
            return;
        }
        let listed: BTreeSet<_> = items.iter().filter_map(|item| item.key.as_deref()).collect();
        let oldest = self.now.saturating_sub(u64::from(self.rules.forget_days).saturating_mul(DAY));
        let now = self.now;
        self.record.retain(|key, entry| {
            if listed.contains(key) {
                entry.listed = now;
                return true;
            }
            entry.fate == Fate::Stays && entry.listed >= oldest
        });
    }
}
