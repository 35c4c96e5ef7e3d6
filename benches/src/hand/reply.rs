//! Replies, by hand.

use memchr::memchr;

use super::command::{number, put_number};

/// The next line, found by memchr.
#[inline]
pub fn line<'s>(stream: &mut &'s [u8]) -> Option<&'s [u8]> {
    let lf = memchr(b'\n', stream)?;
    let line = stream[..lf].strip_suffix(b"\r")?;
    *stream = &stream[lf + 1..];
    Some(line)
}

/// Reads a line of LIST, with its numbers digit by digit. This is the code to compare with.
#[inline]
#[must_use]
pub fn scan(line: &[u8]) -> Option<(u64, u64)> {
    let space = line.iter().position(|b| *b == b' ')?;
    Some((number(&line[..space])?, number(&line[space + 1..])?))
}

/// Reads a line of UIDL: a number, a space, 1 to 70 characters from `!` to `~`.
#[inline]
#[must_use]
pub fn uid(line: &[u8]) -> Option<(u64, &[u8])> {
    let space = line.iter().position(|b| *b == b' ')?;
    let id = &line[space + 1..];
    let fits = matches!(id.len(), 1..=70) && id.iter().all(|b| matches!(b, 0x21..=0x7E));
    Some((number(&line[..space])?, id)).filter(|_| fits)
}

/// Reads a status line: good or bad, response code, text.
#[inline]
#[must_use]
pub fn status(line: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let (good, after) = match line {
        [b'+', b'O', b'K', after @ ..] => (true, after),
        [b'-', b'E', b'R', b'R', after @ ..] => (false, after),
        _ => return None,
    };
    let text = match after {
        [] => after,
        [b' ', text @ ..] => text,
        _ => return None,
    };
    if let [b'[', inner @ ..] = text
        && let Some(end) = memchr(b']', inner)
    {
        let after = &inner[end + 1..];
        return Some((good, &inner[..end], after.strip_prefix(b" ").unwrap_or(after)));
    }
    Some((good, &[], text))
}

/// Reads a capability: which of the known ones, and the length of its parameters.
#[inline]
#[must_use]
pub fn capability(line: &[u8]) -> (u8, usize) {
    const KNOWN: [&[u8]; 14] = [
        b"TOP",
        b"USER",
        b"SASL",
        b"RESP-CODES",
        b"LOGIN-DELAY",
        b"PIPELINING",
        b"EXPIRE",
        b"UIDL",
        b"IMPLEMENTATION",
        b"STLS",
        b"AUTH-RESP-CODE",
        b"UTF8",
        b"LANG",
        b"",
    ];
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let (tag, after) = line.split_at(end);
    let which = KNOWN.iter().position(|known| known.eq_ignore_ascii_case(tag)).unwrap_or(KNOWN.len());
    (which as u8, after.len().saturating_sub(1))
}

/// Appends a line of LIST.
#[inline]
pub fn put_scan(message: u64, octets: u64, out: &mut Vec<u8>) {
    put_number(message, out);
    out.push(b' ');
    put_number(octets, out);
    out.extend_from_slice(b"\r\n");
}
