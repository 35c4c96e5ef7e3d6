//! A text as it is, and as it reads once an encoding is undone.

use std::ops::Range;

/// Octets, and where in the source each of them stands.
pub(crate) struct View<'t> {
    pub(crate) octets: std::borrow::Cow<'t, [u8]>,
    /// The first octet of each in the source, and the end of the source; `None` if both are the same.
    starts: Option<Vec<usize>>,
}

impl View<'_> {
    /// Where the octet stands in the source.
    pub(crate) fn source(&self, at: usize) -> Option<Range<usize>> {
        match &self.starts {
            None => Some(at..at + 1),
            Some(starts) => Some(*starts.get(at)?..*starts.get(at + 1)?),
        }
    }
}

/// The text itself; and with `%XX` undone, with `=XX` undone, with backslashes undone, where it has any.
pub(crate) fn views(text: &[u8]) -> impl Iterator<Item = View<'_>> {
    let plain = View { octets: text.into(), starts: None };
    let encoded = [b'%', b'=', b'\\'].into_iter().filter(|mark| text.contains(mark));
    std::iter::once(plain).chain(encoded.map(|mark| undone(text, mark)))
}

fn undone(text: &[u8], mark: u8) -> View<'static> {
    let (mut octets, mut starts) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
    let mut at = 0;
    while let Some((first, rest)) = text.get(at..).and_then(<[u8]>::split_first) {
        starts.push(at);
        let (octet, length) = if *first == mark { escaped(mark, rest) } else { (*first, 1) };
        octets.push(octet);
        at += length;
    }
    starts.push(text.len());
    View { octets: octets.into(), starts: Some(starts) }
}

/// The octet that an escape stands for, and its length with the mark.
fn escaped(mark: u8, rest: &[u8]) -> (u8, usize) {
    let pair = |high: &u8, low: &u8| {
        let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        Some(value(high)? << 4 | value(low)?)
    };
    let plain = (mark, 1);
    match (mark, rest) {
        (b'\\', [b'x', high, low, ..]) => pair(high, low).map_or(plain, |octet| (octet, 4)),
        (b'\\', [b'u', b'0', b'0', high, low, ..]) => pair(high, low).map_or(plain, |octet| (octet, 6)),
        (b'\\', [octet, ..]) if octet.is_ascii_punctuation() => (*octet, 2),
        (b'\\', _) => plain,
        (_, [high, low, ..]) => pair(high, low).map_or(plain, |octet| (octet, 3)),
        _ => plain,
    }
}
