//! Listings are checked as a whole without being kept: a count and the largest number say enough.

use crate::types::{Deviation, Deviations, MsgNo};

/// Of the listing that is coming in, and of STAT before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    /// From STAT.
    pub(super) stat: Option<u64>,
    items: u32,
    largest: u32,
    /// Of all numbers; 1 to n have one sum only.
    sum: u64,
    unreadable: bool,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self { stat: None, items: 0, largest: 0, sum: 0, unreadable: false }
    }

    pub(super) fn begin(&mut self) {
        *self = Self { stat: self.stat, ..Self::new() };
    }

    pub(super) fn item(&mut self, number: MsgNo, deleted: bool, seen: &mut Deviations) {
        let number = number.get();
        self.items = self.items.saturating_add(1);
        self.largest = self.largest.max(number);
        self.sum = self.sum.wrapping_add(u64::from(number));
        if !deleted && self.stat.is_some_and(|count| u64::from(number) > count) {
            seen.insert(Deviation::BeyondStat);
        }
    }

    pub(super) fn unreadable(&mut self) {
        self.unreadable = true;
    }

    /// Numbers may come in any order, but without deletions they are 1 to n (RFC 1939 section 4).
    pub(super) fn end(&self, deleted: bool, seen: &mut Deviations) {
        let n = u64::from(self.largest);
        let all = n.wrapping_mul(n.wrapping_add(1)) / 2;
        if self.items > self.largest {
            seen.insert(Deviation::DuplicateNumber);
        } else if deleted || self.unreadable {
            // Whether a number is missing cannot be told.
        } else if self.items < self.largest {
            seen.insert(Deviation::Gap);
        } else if self.sum != all {
            seen.insert(Deviation::Gap);
            seen.insert(Deviation::DuplicateNumber);
        }
    }
}
