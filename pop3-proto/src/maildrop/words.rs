//! Short reply texts with numbers in them, without heap or formatting machinery.

use crate::decimal::Decimal;

/// A text of at most 64 octets; the first part that does not fit is the end of it.
pub(super) struct Words {
    octets: [u8; 64],
    len: usize,
    full: bool,
}

impl Words {
    pub(super) const fn new() -> Self {
        Self { octets: [0; 64], len: 0, full: false }
    }

    /// Appends a text, if it and all before it fit.
    #[inline]
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.push(text.as_bytes());
        self
    }

    #[inline]
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.push(Decimal::new(number).as_bytes());
        self
    }

    pub(super) fn as_str(&self) -> &str {
        self.octets.get(..self.len).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default()
    }

    fn push(&mut self, text: &[u8]) {
        let place = self.octets.get_mut(self.len..).and_then(|rest| rest.get_mut(..text.len()));
        match place.filter(|_| !self.full) {
            Some(place) => {
                place.copy_from_slice(text);
                self.len = self.len.wrapping_add(text.len());
            }
            None => self.full = true,
        }
    }
}
