//! `Tally`: checks a listing as a whole without keeping it, with a count, the largest number and a checksum.

use crate::types::{Deviation, Deviations, MsgNo};

/// What is known of the listing that is being read, and of the STAT before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    /// The number of messages, from STAT.
    pub(super) stat: Option<u64>,
    items: u32,
    largest: u32,
    /// The sum of the hashed message numbers, minus the hashes of 1 to `items`: 0 if both are the same
    /// numbers.
    difference: u64,
    unreadable: bool,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self { stat: None, items: 0, largest: 0, difference: 0, unreadable: false }
    }

    pub(super) fn begin(&mut self) {
        *self = Self { stat: self.stat, ..Self::new() };
    }

    #[inline]
    pub(super) fn item(&mut self, number: MsgNo, deleted: bool, seen: &mut Deviations) {
        let number = number.get();
        self.items = self.items.saturating_add(1);
        self.largest = self.largest.max(number);
        self.difference = self.difference.wrapping_add(scatter(number)).wrapping_sub(scatter(self.items));
        if !deleted && self.stat.is_some_and(|count| u64::from(number) > count) {
            seen.insert(Deviation::BeyondStat);
        }
    }

    pub(super) fn unreadable(&mut self) {
        self.unreadable = true;
    }

    /// Numbers may come in any order, but without deletions they are 1 to n (RFC 1939 section 4).
    pub(super) fn end(&self, deleted: bool, seen: &mut Deviations) {
        if self.items > self.largest {
            seen.insert(Deviation::DuplicateNumber);
        } else if deleted || self.unreadable {
            // Nobody can tell whether a number is missing.
            return;
        } else if self.items < self.largest {
            seen.insert(Deviation::Gap);
        } else if self.difference != 0 {
            seen.insert(Deviation::Gap);
            seen.insert(Deviation::DuplicateNumber);
        }
        if self.stat.is_some_and(|count| u64::from(self.items) < count) {
            seen.insert(Deviation::BelowStat);
        }
    }
}

/// Hashes a number, so that different numbers do not add up to the same sum (the finalizer of SplitMix64).
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
const fn scatter(number: u32) -> u64 {
    let x = (number as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
