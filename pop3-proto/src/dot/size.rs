//! The wire size of a message, without stuffing. LIST, STAT and RETR must agree on it (RFC 1939 section 11).

/// Counts the octets that a stored message has on the wire, piece by piece.
///
/// A bare LF counts as two octets, a missing last line end as two more, and stuffing is not counted.
#[derive(Clone, Copy, Debug)]
pub struct WireSize {
    octets: u64,
    last: u8,
}

impl WireSize {
    /// The size of an empty message.
    #[must_use]
    pub const fn new() -> Self {
        Self { octets: 0, last: b'\n' }
    }

    /// Adds a piece of the message.
    #[inline]
    pub fn add(&mut self, piece: &[u8]) {
        // Runs this short let the compiler count in byte vectors.
        const RUN: usize = 128;
        let Some((&first, &last)) = piece.first().zip(piece.last()) else { return };
        let mut bare = u64::from(first == b'\n' && self.last != b'\r');
        let after = piece.get(1..).unwrap_or_default();
        for (run, before) in after.chunks(RUN).zip(piece.chunks(RUN)) {
            let count = run
                .iter()
                .zip(before)
                .fold(0_u8, |n, (b, p)| n.wrapping_add(u8::from(*b == b'\n') & u8::from(*p != b'\r')));
            bare = bare.wrapping_add(u64::from(count));
        }
        self.octets = self.octets.wrapping_add(piece.len() as u64).wrapping_add(bare);
        self.last = last;
    }

    /// The size to announce.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        let missing = if self.last == b'\n' { 0 } else { 2 };
        self.octets.wrapping_add(missing)
    }
}

impl Default for WireSize {
    fn default() -> Self {
        Self::new()
    }
}

/// The [`WireSize`] of a whole message.
#[must_use]
pub fn wire_size(message: &[u8]) -> u64 {
    let mut size = WireSize::new();
    size.add(message);
    size.octets()
}
