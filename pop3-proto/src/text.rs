//! Text from the peer is octets; showing it never fails and never hands a control character to a terminal.

use core::fmt;

use crate::word::{splat, zeros};

/// The human-readable part of a reply, exactly as it came.
///
/// Only the status indicator and a response code carry meaning (RFC 1939 section 9); show the rest to people, do not act
/// on it. `Display` writes what is not UTF-8 as U+FFFD and control characters as escapes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Text<'i>(&'i [u8]);

impl<'i> Text<'i> {
    /// Wraps the octets; nothing is copied.
    #[must_use]
    pub const fn new(octets: &'i [u8]) -> Self {
        Self(octets)
    }

    /// The octets as they came, without status, response code, the space behind them, and line end.
    #[must_use]
    pub const fn as_bytes(&self) -> &'i [u8] {
        self.0
    }

    /// The longest front that is UTF-8.
    pub(crate) fn valid_front(self) -> &'i str {
        self.0.utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    f.write_char(c)?;
                }
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text(\"{}\")", self.0.escape_ascii())
    }
}

/// Whether there is a control character of ASCII among the octets.
#[inline]
pub(crate) fn has_control(octets: &[u8]) -> bool {
    let mut rest = octets;
    let mut found = 0;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_ne_bytes(*word);
        // The high bit of an octet is set, exactly if any is, where one is below 0x20 or is DEL.
        found |= (word.wrapping_sub(splat(0x20)) & !word & splat(0x80)) | zeros(word ^ splat(0x7F));
        rest = behind;
    }
    let tail = rest.iter().fold(false, |found, octet| found | matches!(octet, 0..=0x1F | 0x7F));
    found != 0 || tail
}

#[cfg(test)]
mod tests {
    use super::has_control;

    #[test]
    fn a_control_character_is_found_wherever_it_stands() {
        for octet in 0..=u8::MAX {
            for len in 1..20 {
                for at in 0..len {
                    for beside in [b' ', b'~', b'\x80', b'\xFF'] {
                        let mut octets = [beside; 20];
                        octets[at] = octet;
                        assert_eq!(
                            has_control(&octets[..len]),
                            octet.is_ascii_control(),
                            "{octet:#x} at {at} of {len}"
                        );
                    }
                }
            }
        }
    }
}
