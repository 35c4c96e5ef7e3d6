//! Language ranges: checks their form and finds the language that fits (RFC 4647).

/// Whether `range` is `*`, or subtags of one to eight characters: letters in the first, letters and digits in
/// the others (RFC 4647 section 2.1).
pub(crate) fn is_language_range(range: &[u8]) -> bool {
    let fits = |(i, subtag): (usize, &[u8])| {
        (1..=8).contains(&subtag.len())
            && subtag.iter().all(|b| if i == 0 { b.is_ascii_alphabetic() } else { b.is_ascii_alphanumeric() })
    };
    range == b"*" || range.split(|b| *b == b'-').enumerate().all(fits)
}

/// Finds the tag for a language range by lookup (RFC 4647 section 3.4): the one of `tags` that equals the range
/// in any letter case. If none does, the last subtag of the range is cut off and the search is repeated. `None`
/// if nothing is left. For `*` it returns `None` as well; the server then uses its preferred language (RFC 6856
/// section 3.2).
///
/// ```
/// use pop3_proto::lookup_language;
/// let tags = ["en", "de", "pt-BR"];
/// assert_eq!(lookup_language(b"de-AT", tags), Some("de"));
/// assert_eq!(lookup_language(b"PT-br", tags), Some("pt-BR"));
/// assert_eq!(lookup_language(b"sv", tags), None);
/// ```
pub fn lookup_language<'t>(
    range: &[u8],
    tags: impl IntoIterator<Item = &'t str, IntoIter: Clone>,
) -> Option<&'t str> {
    let tags = tags.into_iter();
    let mut range = range;
    loop {
        if let Some(tag) = tags.clone().find(|tag| tag.as_bytes().eq_ignore_ascii_case(range)) {
            return Some(tag);
        }
        range = range.get(..range.iter().rposition(|b| *b == b'-')?)?;
        // A single letter or digit is cut off together with the subtag after it.
        if let [front @ .., b'-', _] = range {
            range = front;
        }
    }
}
