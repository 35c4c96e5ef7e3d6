//! A secret may be carried and compared, never printed.

use core::fmt;

/// Bytes that no formatter shows: a password on its way to the check.
///
/// `Debug` prints `Secret(..)` in every build, and there is no `Display`. Take the bytes out with
/// [`expose`](Self::expose) at the one place that needs them.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a [u8]);

impl<'a> Secret<'a> {
    /// Wraps the bytes; nothing is copied.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The bytes themselves. Spaces belong to a password: nothing was trimmed (RFC 1939 section 7, PASS).
    ///
    /// Compare them with [`matches`](Self::matches), or better, hash them.
    #[must_use]
    pub const fn expose(&self) -> &'a [u8] {
        self.0
    }

    /// Whether the two are the same, in a time that depends on their lengths only.
    ///
    /// ```
    /// use pop3_proto::Secret;
    /// assert!(Secret::new(b"tanstaaf").matches(Secret::new(b"tanstaaf")));
    /// ```
    #[must_use]
    pub fn matches(&self, other: Secret<'_>) -> bool {
        let difference = self.0.iter().zip(other.0).fold(0, |all, (a, b)| all | (a ^ b));
        // The optimizer must not learn that one difference decides.
        (core::hint::black_box(difference) == 0) & (self.0.len() == other.0.len())
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
