//! The grammar of SCRAM attributes, for both ends (RFC 5802 section 7).

/// The message, if it is UTF-8 without NUL, as all values have to be.
pub(crate) fn text(message: &[u8]) -> Option<&[u8]> {
    (!message.contains(&0) && core::str::from_utf8(message).is_ok()).then_some(message)
}

/// Whether it is printable ASCII without a comma, at least one character.
pub(crate) fn is_nonce(nonce: &[u8]) -> bool {
    !nonce.is_empty() && nonce.iter().all(|b| matches!(b, 0x21..=0x7E) && *b != b',')
}

/// Whether it is an optional extension, which is skipped: an unassigned letter, `=`, and a value. A client or
/// server has to understand `m`, so `m` is not one.
pub(crate) fn is_extension(attribute: &[u8]) -> bool {
    matches!(attribute, [letter, b'=', _, ..] if letter.is_ascii_alphabetic() && !b"aceimnprsv".contains(letter))
}
