//! A secret may be carried and compared, never printed.

use core::fmt;

/// Octets that no formatter shows: a password on its way to the check.
///
/// `Debug` prints `Secret(..)` in every build, and there is no `Display`. Take the octets out with
/// [`expose`](Self::expose) at the one place that needs them.
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a [u8]);

impl<'a> Secret<'a> {
    /// Wraps the octets; nothing is copied.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The octets themselves. Spaces belong to a password: nothing was trimmed (RFC 1939 section 7, PASS).
    ///
    /// Compare them with a constant-time comparison, or better, hash them.
    #[must_use]
    pub const fn expose(&self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
