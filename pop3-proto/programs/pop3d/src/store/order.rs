//! The order of the messages of a Maildir: that of their delivery, which their names tell.
//!
//! A name begins with the seconds since 1970 and a dot. What is between that dot and the next has, in most
//! names, `M` and the microseconds. Neither is padded with zeros, so they are compared as numbers.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// A name without flags, with the time of delivery. Names without a time come last.
#[derive(PartialEq, Eq)]
pub(super) struct Delivery {
    seconds: u64,
    micros: u64,
    id: OsString,
}

impl Delivery {
    pub(super) fn of(id: OsString) -> Self {
        let name = id.as_bytes();
        let mut parts = name.split(|b| *b == b'.');
        let seconds = parts.next().filter(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
        let unique = parts.next().unwrap_or_default();
        let micros = unique.iter().position(|b| *b == b'M').and_then(|at| unique.get(at + 1..));
        let seconds = seconds.map_or(u64::MAX, |part| number(part).min(u64::MAX - 1));
        Self { seconds, micros: micros.map_or(0, number), id }
    }
}

impl Ord for Delivery {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.micros)
            .cmp(&(other.seconds, other.micros))
            .then_with(|| by_numbers(self.id.as_bytes(), other.id.as_bytes()))
            .then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Delivery {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The name without flags, which stays the same as long as the message exists.
pub(super) fn id(name: &OsStr) -> &OsStr {
    let octets = name.as_bytes();
    let info = octets.windows(3).position(|part| matches!(part, b":2," | b":1,"));
    OsStr::from_bytes(octets.get(..info.unwrap_or(octets.len())).unwrap_or(octets))
}

/// The digits at the start. A number that is too large is as large as possible.
fn number(octets: &[u8]) -> u64 {
    let digits = octets.iter().take_while(|b| b.is_ascii_digit());
    digits.fold(0, |number: u64, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

/// Compares bytes, but digits as numbers of any length, so that `Q9` comes before `Q10`.
fn by_numbers(mut one: &[u8], mut other: &[u8]) -> Ordering {
    loop {
        let (digits, rest) = split(one);
        let (other_digits, other_rest) = split(other);
        let order = digits.len().cmp(&other_digits.len()).then_with(|| digits.cmp(other_digits));
        let order = order.then_with(|| rest.first().cmp(&other_rest.first()));
        match (order, rest.split_first(), other_rest.split_first()) {
            (Ordering::Equal, Some((_, rest)), Some((_, other_rest))) => (one, other) = (rest, other_rest),
            _ => return order,
        }
    }
}

/// The digits at the start, without zeros in front, and what follows.
fn split(octets: &[u8]) -> (&[u8], &[u8]) {
    let end = octets.iter().position(|b| !b.is_ascii_digit()).unwrap_or(octets.len());
    let (digits, rest) = octets.split_at_checked(end).unwrap_or((octets, &[]));
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    (digits.get(zeros..).unwrap_or_default(), rest)
}
