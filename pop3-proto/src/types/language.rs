//! A language range is matched elsewhere; here it only has to look like one (RFC 4647 section 2.1).

/// Whether `range` is `*`, or subtags of one to eight characters: letters first, then letters and digits.
pub(crate) fn is_language_range(range: &[u8]) -> bool {
    let fits = |(i, subtag): (usize, &[u8])| {
        (1..=8).contains(&subtag.len())
            && subtag.iter().all(|b| if i == 0 { b.is_ascii_alphabetic() } else { b.is_ascii_alphanumeric() })
    };
    range == b"*" || range.split(|b| *b == b'-').enumerate().all(fits)
}
