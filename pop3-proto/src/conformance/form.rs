//! The strict grammar of what a server says, written from the RFCs. It shares no code with the lenient parser of
//! the crate, so that each can be checked by the other.

/// What is wrong with a status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It does not end in CR LF, or has another CR or LF inside.
    LineEnd,
    /// It begins neither with `+OK` nor with `-ERR`, in capitals.
    Indicator,
    /// Neither a space nor the line end follows its indicator.
    Gap,
    /// It has more than 512 octets with its CR LF.
    Length,
    /// A bracket that begins its text opens no response code (RFC 2449 section 3).
    Code,
}

/// The text of a line. `None` if the line does not end in CR LF, or has another CR or LF inside.
#[must_use]
pub fn line(raw: &[u8]) -> Option<&[u8]> {
    let line = raw.strip_suffix(b"\r\n")?;
    (!line.iter().any(|octet| matches!(octet, b'\r' | b'\n'))).then_some(line)
}

/// What is wrong with a status line (RFC 1939 section 3, RFC 2449 sections 3 and 4). `codes` says whether a
/// bracket has to open a response code.
#[must_use]
pub fn status_line(raw: &[u8], codes: bool) -> Option<Fault> {
    let Some(line) = line(raw) else { return Some(Fault::LineEnd) };
    let Some(rest) = line.strip_prefix(b"+OK").or_else(|| line.strip_prefix(b"-ERR")) else {
        return Some(Fault::Indicator);
    };
    let text = match rest.split_first() {
        None => b"",
        Some((b' ', text)) => text,
        Some(_) => return Some(Fault::Gap),
    };
    if raw.len() > 512 {
        return Some(Fault::Length);
    }
    (codes && text.starts_with(b"[") && code(text).is_none()).then_some(Fault::Code)
}

/// The response code that begins the text, without its brackets: levels of printable octets with `/` between
/// them (RFC 2449 section 3).
#[must_use]
pub fn code(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|octet| *octet == b']')?;
    let code = text.get(..end)?.strip_prefix(b"[")?;
    let level = |level: &[u8]| !level.is_empty() && level.iter().all(u8::is_ascii_graphic);
    code.split(|octet| *octet == b'/').all(level).then_some(code)
}

/// A decimal number without sign and leading zeros. A number that does not fit into a `u64` becomes `u64::MAX`.
#[must_use]
pub fn number(word: &[u8]) -> Option<u64> {
    let zeros = word.len() > 1 && word.starts_with(b"0");
    if word.is_empty() || zeros || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |sum: u64, octet: &u8| sum.saturating_mul(10).saturating_add(u64::from(octet & 15));
    Some(word.iter().fold(0, digit))
}

/// Two numbers with one space between them: a scan listing, or the text of a STAT reply (RFC 1939 section 5).
#[must_use]
pub fn two_numbers(line: &[u8]) -> Option<(u64, u64)> {
    let (first, second) = parted(line)?;
    Some((number(first)?, number(second)?))
}

/// A number, one space and a unique-id of 1 to 70 visible octets (RFC 1939 section 7).
#[must_use]
pub fn unique_id(line: &[u8]) -> Option<(u64, &[u8])> {
    let (first, id) = parted(line)?;
    let good = (1..=70).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic);
    Some((number(first)?, id)).filter(|_| good)
}

/// What stands on both sides of the first space.
#[must_use]
pub fn parted(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|octet| *octet == b' ')?;
    Some((line.get(..at)?, line.get(at.saturating_add(1)..)?))
}

/// What follows the first space of a line, without the line end and the blanks before it. The line need not be a
/// status line.
#[must_use]
pub fn text(raw: &[u8]) -> &[u8] {
    let line = raw.trim_ascii_end();
    parted(line).map_or(b"", |(_, text)| text)
}

/// Whether the octets are canonical base64 with its padding (RFC 4648 sections 3.5 and 4).
#[must_use]
pub fn is_base64(octets: &[u8]) -> bool {
    let pads = octets.iter().rev().take_while(|octet| **octet == b'=').count();
    let digits = octets.get(..octets.len().saturating_sub(pads)).unwrap_or_default();
    let is_digit = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/');
    // The bits of the last digit that belong to no octet are zero.
    let last: &[u8] = match pads {
        0 => return octets.len().is_multiple_of(4) && digits.iter().all(is_digit),
        1 => b"AEIMQUYcgkosw048",
        _ => b"AQgw",
    };
    let ends = digits.last().is_some_and(|digit| last.contains(digit));
    octets.len().is_multiple_of(4) && pads < 3 && digits.iter().all(is_digit) && ends
}

/// Whether the octets are a timestamp: a msg-id in visible ASCII with one `@` (RFC 1939 section 7, APOP).
#[must_use]
pub fn is_timestamp(octets: &[u8]) -> bool {
    let inner = octets.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).unwrap_or_default();
    let visible = inner.iter().all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'<' | b'>'));
    let mut sides = inner.split(|octet| *octet == b'@');
    let (local, domain) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
    visible && !local.is_empty() && !domain.is_empty() && sides.next().is_none()
}
