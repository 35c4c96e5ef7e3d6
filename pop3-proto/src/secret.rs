//! `Secret`: bytes that can be carried and compared, but never printed.

use core::fmt;

/// Bytes that no formatter shows, such as a password that has not been checked yet.
///
/// `Debug` prints `Secret(..)` in every build, and there is no `Display`. Call [`expose`](Self::expose) at
/// the one place that needs the bytes.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a [u8]);

impl<'a> Secret<'a> {
    /// Wraps the bytes; nothing is copied.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The bytes themselves. Spaces belong to a password, so none were removed (RFC 1939 section 7, PASS).
    ///
    /// Compare them with [`matches`](Self::matches), or better, hash them.
    #[must_use]
    pub const fn expose(&self) -> &'a [u8] {
        self.0
    }

    /// Whether the two are equal. The time depends only on their lengths.
    ///
    /// ```
    /// use pop3_proto::Secret;
    /// assert!(Secret::new(b"tanstaaf").matches(Secret::new(b"tanstaaf")));
    /// ```
    #[must_use]
    pub fn matches(&self, other: Secret<'_>) -> bool {
        let difference = self.0.iter().zip(other.0).fold(0, |all, (a, b)| all | (a ^ b));
        // Keeps the optimizer from leaving the loop at the first difference.
        (core::hint::black_box(difference) == 0) & (self.0.len() == other.0.len())
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
