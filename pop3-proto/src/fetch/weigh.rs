//! Compares the size of what came with the size that LIST announced. A message that is cut or replaced by
//! another one nearly always has a different size, even if every reply looks right.
//!
//! Many servers count differently, so a difference is only doubtful if it does not fit one way of counting
//! that explains every message of the session.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::planner::Fetch;
use super::weight::Weight;

impl Fetch {
    /// Says of each message that came in this session whether its size is doubtful.
    pub(super) fn weigh(&mut self) {
        let came = || self.listing.items.iter().filter(|item| item.weight.is_some());
        // The same text for several messages is no message of any of them.
        let texts: BTreeSet<_> = came().map(|item| item.text).collect();
        // Servers that answer each RETR by the same page of trouble may announce one size for all, too.
        let sizes: BTreeSet<_> = came().map(|item| item.octets).collect();
        let sizes_differ = sizes.len() > 1;
        let differ = texts.len() == came().count();
        let weights = self.listing.items.iter().filter_map(|item| item.weight);
        // A message without an announced size says nothing about how the server counts.
        let weights: Vec<Weight> = weights.filter(|weight| weight.more.is_some()).collect();
        // A proxy that adds the same lines to each message makes all of them longer by as much. Nothing makes
        // all of them shorter but a server that cuts them. One message alone proves no way of counting, and two
        // may be longer by as much because the server repeats a line.
        let first = weights.first().and_then(|weight| weight.more).filter(|more| *more >= 0);
        let explained = match weights.as_slice() {
            [one] => one.is_clear(),
            several => {
                several.iter().all(|weight| weight.in_octets())
                    || several.iter().all(|weight| weight.in_lf())
                    || (differ
                        && sizes_differ
                        && several.len() > 2
                        && first.is_some()
                        && several.iter().all(|weight| weight.more == first))
            }
        };
        for item in &self.listing.items {
            let (Some(weight), Some(key)) = (item.weight, item.key.as_deref()) else { continue };
            // What the store refused says nothing about what it has.
            if item.came == Some(true) && !item.stored {
                continue;
            }
            if let Some(entry) = self.record.get_mut(key).filter(|entry| entry.is_stored()) {
                let is_explained = weight.is_exact() || (explained && weight.more.is_some());
                // Who writes another header each time makes the message longer.
                let is_explained = is_explained || (item.rewritten && !weight.is_short());
                // It came once more, beside others, and nothing explains it.
                let for_good = weight.is_short() || (item.verified && weights.len() > 1);
                entry.flags.doubtful = !is_explained && for_good;
                entry.flags.odd = !is_explained && !for_good;
            }
        }
    }
}
