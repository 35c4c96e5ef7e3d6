//! The words of a peer, fit to be shown to a person or written into a log: without secrets, without
//! characters that steer a terminal or hide, and of bounded length.

pub use crate::masks::{Masks, REACH};

/// The most octets that are shown: as many as a reply has (RFC 2449 section 4).
pub const LONGEST: usize = 512;
/// Stands at the end of words that were longer.
pub const CUT: &str = " [...]";
/// The most octets of which something is shown. Masked, they may be short.
const LOOKED_AT: usize = 16 * LONGEST;
/// To show words later, it is enough to keep this many octets. They are more than are shown, so that a secret that
/// is cut off at their end is not shown in part.
pub const HELD: usize = LOOKED_AT + REACH;

/// The words of a peer. Secrets become `***`; characters of the categories Cc, Cf, Zl and Zp (controls, marks
/// of direction, invisible ones) and others that cannot be printed are escaped as in Rust; octets that are
/// not UTF-8 become `\xXX`. What is longer than [`LONGEST`] octets ends with [`CUT`].
///
/// ```
/// use pop3_programs_common::words::{Masks, shown};
/// let mut masks = Masks::new();
/// masks.add(b"open sesame");
/// let words = "what is \"Open Sesame\"?\u{202E}\x1B[1m".as_bytes();
/// assert_eq!(shown(words, &masks), "what is \"***\"?\\u{202e}\\u{1b}[1m");
/// ```
#[must_use]
pub fn shown(words: &[u8], masks: &Masks) -> String {
    let held = words.get(..HELD).unwrap_or(words);
    let mut text = escaped(&masks.masked_within(held, 0..LOOKED_AT.min(held.len())));
    let mut is_cut = words.len() > LOOKED_AT;
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        is_cut = true;
    }
    text + if is_cut { CUT } else { "" }
}

/// The words without anything that steers a terminal or hides, at their full length. Secrets stay.
#[must_use]
pub fn escaped(words: &[u8]) -> String {
    let mut text = String::with_capacity(words.len());
    for chunk in words.utf8_chunks() {
        // `escape_debug` escapes quotation marks and backslashes, too, which do no harm here.
        for part in chunk.valid().split_inclusive(['"', '\'', '\\']) {
            let harmless = part.chars().next_back().filter(|last| matches!(last, '"' | '\'' | '\\'));
            let end = part.len() - harmless.map_or(0, char::len_utf8);
            text.extend(part.get(..end).unwrap_or_default().escape_debug());
            text.extend(harmless);
        }
        text.extend(chunk.invalid().iter().flat_map(|octet| octet.escape_ascii()).map(char::from));
    }
    text
}
