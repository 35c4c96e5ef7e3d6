//! Eight octets at a time in one word.

/// Octets of a word.
pub(crate) const WORD: usize = size_of::<u64>();

/// A word of equal octets.
#[inline(always)]
pub(crate) const fn splat(octet: u8) -> u64 {
    u64::from_ne_bytes([octet; WORD])
}

/// The high bit of the lowest octet that is zero, and perhaps of some above it; 0 if none is.
#[inline(always)]
pub(crate) const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(splat(1)) & !word & splat(0x80)
}
