//! Writes replies. Each is one line of at most 512 octets, whatever text it is given.

use super::put;
use crate::base64;
use crate::buf::{Full, Output};
use crate::decimal::{Decimal, ReverseBuf};
use crate::limits::REPLY_LINE;
use crate::text::Text;
use crate::types::{ApopTimestamp, Code, MsgNo, Scan, Stat, Status, Uid};
use crate::word::{WIDE, has_control, has_unprintable};

/// The line that ends a multi-line reply (RFC 1939 section 3).
pub const END: &[u8] = b".\r\n";

/// Appends a status line (RFC 1939 section 3, RFC 2449 section 8).
///
/// The text is changed where it cannot be sent: it is cut to the 512 octets of a line, control characters and
/// 8-bit characters become `?`, and a `[` at its start that would read as a response code becomes `(`.
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
#[inline]
pub fn status_line(
    status: Status,
    code: Option<Code>,
    text: &str,
    out: &mut impl Output,
) -> Result<(), Full> {
    line(status, code, text, false, out)
}

/// Like [`status_line`], but UTF-8 stays in the text: for use after LANG or UTF8 (RFC 6856 sections 2 and 3).
///
/// # Errors
///
/// Those of [`status_line`].
pub fn status_line_utf8(
    status: Status,
    code: Option<Code>,
    text: &str,
    out: &mut impl Output,
) -> Result<(), Full> {
    line(status, code, text, true, out)
}

/// Appends a greeting: `+OK`, the text, and the timestamp if the server offers APOP (RFC 1939 sections 4 and
/// 7).
///
/// The text is changed as by [`status_line`]. In addition, `<` becomes `(`, because only the timestamp may
/// start with it.
///
/// # Errors
///
/// [`Full`] if `out` has less than 512 bytes of room; nothing was appended.
pub fn greeting(text: &str, timestamp: Option<ApopTimestamp<'_>>, out: &mut impl Output) -> Result<(), Full> {
    let timestamp = timestamp.map_or("", |timestamp| timestamp.as_str());
    let room = REPLY_LINE.wrapping_sub(b"+OK  \r\n".len()).saturating_sub(timestamp.len());
    let text = cut(text, room);
    if out.room() < REPLY_LINE {
        return Err(Full);
    }
    out.put(b"+OK")?;
    for (i, c) in text.chars().enumerate() {
        if i == 0 {
            out.put(b" ")?;
        }
        let c = match c {
            '<' => b'(',
            '[' if i == 0 => b'(',
            ' '..='~' => c as u8,
            _ => b'?',
        };
        out.put(&[c])?;
    }
    if !timestamp.is_empty() {
        out.put(b" ")?;
        out.put(timestamp.as_bytes())?;
    }
    out.put(b"\r\n")
}

/// Appends the answer to STAT: `+OK n m` and nothing after it (RFC 1939 section 5).
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
pub fn stat_reply(stat: Stat, out: &mut impl Output) -> Result<(), Full> {
    let mut line = ReverseBuf::<{ b"+OK  \r\n".len() + 20 + 20 }>::empty();
    line.text(b"\r\n");
    line.number(stat.octets);
    line.octet(b' ');
    line.number(stat.count);
    line.text(b"+OK ");
    put(out, &[line.as_bytes()])
}

/// Appends the answer to `LIST n`: `+OK n size` (RFC 1939 section 5).
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
pub fn scan_reply(scan: Scan, out: &mut impl Output) -> Result<(), Full> {
    put(out, &[b"+OK ", scan_line(scan).as_bytes()])
}

/// Appends one line of a LIST listing: `n size` (RFC 1939 section 5).
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
#[inline]
pub fn scan_item(scan: Scan, out: &mut impl Output) -> Result<(), Full> {
    put(out, &[scan_line(scan).as_bytes()])
}

/// Writes `n size` and CRLF into one buffer.
#[inline]
fn scan_line(scan: Scan) -> ReverseBuf<33> {
    let mut line = ReverseBuf::empty();
    line.text(b"\r\n");
    line.number(scan.octets);
    line.octet(b' ');
    line.number(u64::from(scan.number.get()));
    line
}

/// Appends the answer to `UIDL n`: `+OK n id` (RFC 1939 section 7).
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
pub fn uid_reply(number: MsgNo, uid: Uid<'_>, out: &mut impl Output) -> Result<(), Full> {
    put(out, &[b"+OK ", digits(number).as_bytes(), b" ", uid.as_bytes(), b"\r\n"])
}

/// Appends one line of a UIDL listing: `n id` (RFC 1939 section 7).
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
#[inline]
pub fn uid_item(number: MsgNo, uid: Uid<'_>, out: &mut impl Output) -> Result<(), Full> {
    let mut head = ReverseBuf::<11>::empty();
    head.octet(b' ');
    head.number(u64::from(number.get()));
    put(out, &[head.as_bytes(), uid.as_bytes(), b"\r\n"])
}

/// Appends the answer to `LANG range`: `+OK tag text`, with UTF-8 left in the text (RFC 6856 section 3).
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
pub fn lang_reply(tag: &str, text: &str, out: &mut impl Output) -> Result<(), Full> {
    let tag = language_tag(tag);
    let head = [b"+OK ", tag.as_bytes(), b" "];
    let room = REPLY_LINE.saturating_sub(tag.len()).saturating_sub(7);
    sanitized(&head, cut(text, room), true, out)
}

/// Appends one line of a language listing: `tag description` (RFC 6856 section 3.2). Control characters
/// become `?`. The tag is written up to its first character that is not a letter, a digit or `-`, and cut to
/// 64 characters.
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
pub fn lang_item(tag: &str, description: &str, out: &mut impl Output) -> Result<(), Full> {
    let tag = language_tag(tag);
    if description.is_empty() {
        return put(out, &[tag.as_bytes(), b"\r\n"]);
    }
    let room = REPLY_LINE.saturating_sub(tag.len()).saturating_sub(3);
    sanitized(&[tag.as_bytes(), b" "], cut(description, room), true, out)
}

/// Appends a challenge: `+ ` and the base64 text of `data` (RFC 5034 section 4).
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
pub fn challenge(data: &[u8], out: &mut impl Output) -> Result<(), Full> {
    if challenge_len(data) > out.room() {
        return Err(Full);
    }
    out.put(b"+ ")?;
    base64::put(data, out)?;
    out.put(b"\r\n")
}

#[inline]
fn line(
    status: Status,
    code: Option<Code>,
    text: &str,
    utf8: bool,
    out: &mut impl Output,
) -> Result<(), Full> {
    let ok = status == Status::Ok;
    if WIDE
        && code.is_none()
        && let bytes @ [first, ..] = text.as_bytes()
        && *first != b'['
        && bytes.len() <= REPLY_LINE.wrapping_sub(b"-ERR \r\n".len())
        && !has_unprintable(bytes)
    {
        // Most replies take this path. Where code size matters, the path below has to do.
        return put(out, &[if ok { b"+OK " } else { b"-ERR " }, bytes, b"\r\n"]);
    }
    let code = code.map_or("", Code::as_str);
    let (open, close, taken): (&[u8], &[u8], usize) = match (ok, code.is_empty(), text.is_empty()) {
        (true, true, true) => return out.put(b"+OK\r\n"),
        (false, true, true) => return out.put(b"-ERR\r\n"),
        (true, true, false) => (b"+OK ", b"", 7),
        (false, true, false) => (b"-ERR ", b"", 7),
        (true, false, true) => (b"+OK [", b"]", 10),
        (false, false, true) => (b"-ERR [", b"]", 10),
        (true, false, false) => (b"+OK [", b"] ", 10),
        (false, false, false) => (b"-ERR [", b"] ", 10),
    };
    let text = cut(text, REPLY_LINE.wrapping_sub(taken).saturating_sub(code.len()));
    // A text that looks like a response code must not be read as one.
    let (close, text) = match text.strip_prefix('[').filter(|_| code.is_empty()) {
        Some(after) => (&b"("[..], after),
        None => (close, text),
    };
    sanitized(&[open, code.as_bytes(), close], text, utf8, out)
}

/// The length of a challenge line in bytes.
pub(crate) const fn challenge_len(data: &[u8]) -> usize {
    base64::encoded_len(data.len()).saturating_add(b"+ \r\n".len())
}

/// Appends `head`, `text` and CRLF. Characters that are not allowed in a text are replaced.
#[inline]
fn sanitized<const N: usize>(
    head: &[&[u8]; N],
    text: &str,
    utf8: bool,
    out: &mut impl Output,
) -> Result<(), Full> {
    let fits = |c: u8| matches!(c, 0x20..=0x7E) || (utf8 && c >= 0x80);
    let len =
        head.iter().fold(2_usize, |len, part| len.saturating_add(part.len())).saturating_add(text.len());
    if len > out.room() {
        return Err(Full);
    }
    head.iter().filter(|part| !part.is_empty()).try_for_each(|part| out.put(part))?;
    let odd = if utf8 { has_control(text.as_bytes()) } else { has_unprintable(text.as_bytes()) };
    if !odd {
        out.put(text.as_bytes())?;
    } else {
        for c in text.chars() {
            let mut buf = [0; 4];
            let whole = c.encode_utf8(&mut buf).as_bytes();
            out.put(if whole.iter().all(|b| fits(*b)) { whole } else { b"?" })?;
        }
    }
    out.put(b"\r\n")
}

/// The front of `text` that takes at most `room` bytes and does not split a character.
#[inline]
fn cut(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    Text::new(text.as_bytes().get(..room).unwrap_or_default()).valid_front()
}

/// The front of `tag` that can be a language tag.
fn language_tag(tag: &str) -> &str {
    let end = tag.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'-')).unwrap_or(tag.len());
    tag.get(..end.min(64)).unwrap_or_default()
}

fn digits(number: MsgNo) -> Decimal {
    Decimal::new(u64::from(number.get()))
}
