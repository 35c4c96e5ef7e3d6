//! Octets as two hexadecimal digits, in either case.

/// The octet that two digits stand for.
pub(crate) fn octet(high: u8, low: u8) -> Option<u8> {
    Some(nibble(high)? << 4 | nibble(low)?)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
