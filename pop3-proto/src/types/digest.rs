//! `ApopDigest`: 16 bytes, written as 32 lower-case hexadecimal digits (RFC 1939 section 7, APOP).

use core::fmt;

use crate::hex;
use crate::secret::Secret;

/// The digest of an APOP command: MD5 over the greeting's timestamp, angle brackets included, and the shared
/// secret.
///
/// `Debug` does not show it, because anybody who sees timestamp and digest can guess the secret offline.
#[derive(Clone, Copy)]
pub struct ApopDigest([u8; 16]);

impl ApopDigest {
    /// Wraps the 16 bytes that MD5 gives.
    #[must_use]
    pub const fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// Reads 32 hexadecimal digits. `None` for capital letters, other characters and other lengths.
    #[must_use]
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let pairs: &[u8; 32] = hex.try_into().ok()?;
        let mut octets = [0; 16];
        for (octet, pair) in octets.iter_mut().zip(pairs.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            if high.is_ascii_uppercase() || low.is_ascii_uppercase() {
                return None;
            }
            *octet = hex::byte(*high, *low)?;
        }
        Some(Self(octets))
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// The 32 digits as written on the wire.
    #[must_use]
    pub fn to_hex(&self) -> [u8; 32] {
        let mut hex = [0; 32];
        for (octet, pair) in self.0.iter().zip(hex.chunks_exact_mut(2)) {
            if let [high, low] = pair {
                *high = digit(octet >> 4);
                *low = digit(octet & 15);
            }
        }
        hex
    }

    /// Whether both are equal. The time does not depend on where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        Secret::new(&self.0).matches(Secret::new(&other.0))
    }
}

impl fmt::Debug for ApopDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApopDigest(..)")
    }
}

const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { nibble.wrapping_add(b'0') } else { nibble.wrapping_sub(10).wrapping_add(b'a') }
}
