//! Listings are checked as a whole without being kept: a count and the largest number say enough.

use crate::types::{Deviation, Deviations, MsgNo};

/// Of the listing that is coming in, and of STAT before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    /// From STAT.
    pub(super) stat: Option<u64>,
    items: u32,
    largest: u32,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self { stat: None, items: 0, largest: 0 }
    }

    pub(super) fn begin(&mut self) {
        self.items = 0;
        self.largest = 0;
    }

    pub(super) fn item(&mut self, number: MsgNo, deleted: bool, seen: &mut Deviations) {
        self.items = self.items.saturating_add(1);
        self.largest = self.largest.max(number.get());
        if !deleted && self.stat.is_some_and(|count| u64::from(number.get()) > count) {
            seen.insert(Deviation::BeyondStat);
        }
    }

    /// Numbers may come in any order, but without deletions they are 1 to n (RFC 1939 section 4).
    pub(super) fn end(&self, deleted: bool, seen: &mut Deviations) {
        if self.items > self.largest {
            seen.insert(Deviation::DuplicateNumber);
        } else if self.items < self.largest && !deleted {
            seen.insert(Deviation::Gap);
        }
    }
}
