//! What both ends take for a well-formed attribute (RFC 5802 section 7).

/// UTF-8 without NUL, as all values have to be.
pub(crate) fn text(message: &[u8]) -> Option<&[u8]> {
    (!message.contains(&0) && core::str::from_utf8(message).is_ok()).then_some(message)
}

/// Printable ASCII without a comma, at least one character.
pub(crate) fn is_nonce(nonce: &[u8]) -> bool {
    !nonce.is_empty() && nonce.iter().all(|b| matches!(b, 0x21..=0x7E) && *b != b',')
}

/// An optional extension, which is skipped: a letter without a meaning yet, `=`, and a value. `m` would be mandatory to know.
pub(crate) fn is_extension(attribute: &[u8]) -> bool {
    matches!(attribute, [letter, b'=', _, ..] if letter.is_ascii_alphabetic() && !b"aceimnprsv".contains(letter))
}
