//! Which messages the rules delete, and which entries the record forgets.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::entry::{Fate, Id, Key};
use super::listing::Item;
use super::matching::is_imported;
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
            let certain = entry.filter(|entry| !entry.flags.doubtful || rules.delete_doubtful);
            let stored = certain.and_then(|entry| entry.stored).or(assumed);
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

    /// Whether a message of which the listing and its header are known may be deleted without coming once
    /// more. If a unique-id was used again for another message, a message that was never fetched must not be
    /// deleted.
    pub(super) fn is_sure(&self, item: &Item) -> bool {
        let Some(entry) = item.key.as_ref().and_then(|key| self.record.get(key)) else { return false };
        // Of what another program has fetched, only the unique-id is known, or a form of it.
        let imported = is_imported(entry);
        let same_id = item.alone && item.uid.as_ref().is_some_and(|uid| imported || Id::of(uid) == entry.id);
        let same_size = entry.octets == item.octets && item.octets.is_some();
        let whole = entry.text.is_some() && entry.digest.is_some() && item.digest == entry.digest;
        same_id
            && entry.fate == Fate::Stays
            && !entry.flags.missed
            && !entry.flags.returned
            && !entry.flags.odd
            && !entry.flags.shared
            && !entry.flags.unproved
            && (imported || (same_size && whole))
    }

    /// Those of the deletions that are safe: the message came whole and was stored, in this session, or surely in
    /// an earlier one. The highest number comes first: some servers number the messages after a deleted one anew.
    pub(super) fn safe_deletions(&self) -> Vec<usize> {
        let mut doomed = self.deletions(&[]);
        doomed.retain(|i| {
            let item = self.listing.items.get(*i);
            item.is_some_and(|item| {
                let entry = item.key.as_ref().and_then(|key| self.record.get(key));
                let odd = entry.is_some_and(|entry| entry.flags.odd) && !self.rules.delete_doubtful;
                ((item.is_kept() || item.verified) && !odd) || (item.sure && !self.rules.all)
            })
        });
        doomed.reverse();
        doomed
    }

    /// Updates the record from the listing. Messages that are not listed may be outside what the server
    /// lists, or somebody else has deleted them, or they were to be deleted here; they are forgotten after
    /// some time. Entries of listed messages get the values that they lacked.
    pub(super) fn settle(&mut self) {
        self.weigh();
        let items = &self.listing.items;
        let mut renamed = Vec::new();
        let mut listed = BTreeSet::new();
        for item in items {
            let Some(key) = item.key.as_deref() else { continue };
            listed.insert(key.clone());
            let Some(entry) = self.record.get_mut(key) else { continue };
            entry.listed = self.now;
            // By now it may be another message, or more of it. A header and an id do not show that.
            let changed = item.octets.zip(entry.octets).is_some_and(|(now, then)| now != then);
            entry.flags.returned |= changed && !item.verified && !item.is_kept();
            entry.octets = item.octets.or(entry.octets);
            entry.flags.shared |= item.uid.is_some() && !item.alone;
            if item.verified {
                (entry.flags.unproved, entry.flags.missed, entry.flags.returned) = (false, false, false);
                entry.digest = item.digest;
                entry.text = item.text;
            } else {
                if entry.flags.missed && item.digest.is_some() && item.digest == entry.digest {
                    (entry.flags.missed, entry.flags.returned) = (false, true);
                }
                entry.digest = entry.digest.or(item.digest);
            }
            if item.uid.is_some() && matches!(key.0, Id::Digest(_)) {
                renamed.push(item.number);
            }
        }
        self.summary.doubtful = listed
            .iter()
            .filter(|key| self.record.get(key).is_some_and(|entry| entry.is_doubtful() && entry.is_stored()))
            .count() as u64;
        // A listing that is not complete makes nothing forgotten, and neither does one with messages that may
        // be any of those that seem to be missing.
        self.complete = self.summary.missing == 0
            && self.summary.unreadable == 0
            && !items.iter().any(|item| item.unsure);
        let complete = self.complete;
        let oldest = self.now.saturating_sub(u64::from(self.rules.forget_days).saturating_mul(DAY));
        self.record.retain(|key, entry| {
            let here = listed.contains(key);
            entry.flags.missed |= !here;
            here || !complete || entry.listed >= oldest
        });
        self.forget_the_oldest(&listed);
        renamed.into_iter().for_each(|number| self.rename(number));
    }

    pub(super) fn forget_the_oldest(&mut self, listed: &BTreeSet<Key>) {
        let unlisted = self.record.iter().filter(|entry| !listed.contains(&entry.key()));
        let mut times: Vec<u64> = unlisted.map(|entry| entry.listed).collect();
        let Some(more) = times.len().checked_sub(self.rules.max_unlisted as usize).filter(|more| *more > 0)
        else {
            return;
        };
        times.sort_unstable();
        let oldest = times.get(more).copied().unwrap_or(u64::MAX);
        self.record.retain(|key, entry| listed.contains(key) || entry.listed >= oldest);
        // Of those that were listed at the same time, the last are dropped.
        let mut room = self.rules.max_unlisted;
        self.record.retain(|key, _| {
            let here = listed.contains(key);
            let fits = here || room > 0;
            room = room.saturating_sub(u32::from(!here));
            fits
        });
    }

    /// Gives an entry its unique-id, once the server has one for the message.
    fn rename(&mut self, number: MsgNo) {
        let Some(item) = self.listing.find(number).and_then(|i| self.listing.items.get_mut(i)) else {
            return;
        };
        let verified = item.verified || item.is_kept();
        let (Some(id), Some(key)) = (item.id(), item.key.as_deref_mut()) else { return };
        let nth = self.record.free(&id);
        if let Some(mut entry) = self.record.remove(key) {
            // The header has said which message it is, and no more.
            entry.flags.returned |= !verified;
            (entry.id, entry.nth) = (id, nth);
            *key = entry.key();
            self.record.insert(entry);
        }
    }
}
