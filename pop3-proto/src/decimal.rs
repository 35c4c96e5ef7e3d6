//! Writes numbers in decimal, without the formatting code of `core::fmt`.

/// The digits of a number, without leading zeros.
pub(crate) type Decimal = ReverseBuf<20>;

/// Text of at most `N` bytes, written from its end, because the last digit of a number is known first. Bytes,
/// digits and whole texts that do not fit are left out.
pub(crate) struct ReverseBuf<const N: usize> {
    octets: [u8; N],
    start: usize,
}

impl Decimal {
    #[inline]
    pub(crate) fn new(value: u64) -> Self {
        let mut digits = Self::empty();
        digits.number(value);
        digits
    }
}

impl<const N: usize> ReverseBuf<N> {
    #[inline]
    pub(crate) const fn empty() -> Self {
        Self { octets: [b'0'; N], start: N }
    }

    /// Puts a number in front.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn number(&mut self, mut value: u64) {
        loop {
            self.octet(b'0'.wrapping_add((value % 10) as u8));
            value /= 10;
            if value == 0 {
                return;
            }
        }
    }

    /// Puts bytes in front.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn text(&mut self, text: &[u8]) {
        let start = self.start.wrapping_sub(text.len());
        if let Some(place) = self.octets.get_mut(start..self.start) {
            place.copy_from_slice(text);
            self.start = start;
        }
    }

    /// Puts a byte in front.
    #[inline]
    pub(crate) fn octet(&mut self, octet: u8) {
        let start = self.start.wrapping_sub(1);
        if let Some(place) = self.octets.get_mut(start) {
            *place = octet;
            self.start = start;
        }
    }

    /// Returns an empty text if the bytes are not UTF-8.
    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::{Decimal, ReverseBuf};

    #[test]
    fn every_number_is_written_in_full() {
        let edges =
            (0..20).map(|power| 10_u64.pow(power)).flat_map(|ten| [ten - 1, ten, ten + 1, 7 * (ten / 10)]);
        for value in edges.chain(0..1000).chain([u64::MAX]) {
            assert_eq!(Decimal::new(value).as_bytes(), value.to_string().as_bytes());
        }
    }

    #[test]
    fn what_does_not_fit_is_lost_at_the_front() {
        let mut line = ReverseBuf::<4>::empty();
        line.number(12);
        line.octet(b' ');
        line.number(345);
        assert_eq!(line.as_bytes(), b"5 12");
    }
}
