//! Commands, by hand.

use memchr::memchr;

/// What is known of a command: its verb in capitals, and its numbers or the length of its text.
pub type Parsed = (u32, u64, u64);

/// Finds a command line with memchr, tells commands apart by their first four bytes, and reads numbers digit
/// by digit. This is the code to compare with.
#[inline]
pub fn next(stream: &mut &[u8]) -> Option<Parsed> {
    let lf = memchr(b'\n', stream)?;
    let line = stream[..lf].strip_suffix(b"\r")?;
    *stream = &stream[lf + 1..];
    line_given(line)
}

/// As [`next`], for a line that is found already.
#[inline]
#[must_use]
pub fn line_given(line: &[u8]) -> Option<Parsed> {
    let word = capitals(*line.first_chunk()?);
    let after = &line[4..];
    match &word.to_be_bytes() {
        b"RETR" | b"DELE" => Some((word, number(after.strip_prefix(b" ")?)?, 0)),
        b"LIST" | b"UIDL" if !after.is_empty() => Some((word, number(after.strip_prefix(b" ")?)?, 0)),
        b"TOP " => {
            let space = after.iter().position(|b| *b == b' ')?;
            Some((word, number(&after[..space])?, number(&after[space + 1..])?))
        }
        b"USER" | b"PASS" | b"AUTH" => {
            let text = after.strip_prefix(b" ")?;
            (!text.is_empty()).then_some((word, text.len() as u64, 0))
        }
        b"STAT" | b"LIST" | b"UIDL" | b"NOOP" | b"RSET" | b"QUIT" | b"CAPA" | b"STLS" => {
            after.is_empty().then_some((word, 0, 0))
        }
        _ => None,
    }
}

/// Reads the verb first and does not search for the line end: the argument ends where its grammar says. It
/// shows how much faster the crate could be.
#[inline]
pub fn next_verb_first(stream: &mut &[u8]) -> Option<Parsed> {
    let word = capitals(*stream.first_chunk()?);
    let after = &stream[4..];
    let (parsed, rest) = match &word.to_be_bytes() {
        b"RETR" | b"DELE" => one_number(word, after)?,
        b"LIST" | b"UIDL" if after.first() == Some(&b' ') => one_number(word, after)?,
        b"TOP " => {
            let (first, rest) = digits(after)?;
            let (second, rest) = digits(rest.strip_prefix(b" ")?)?;
            ((word, first, second), rest)
        }
        b"USER" | b"PASS" | b"AUTH" => {
            let text = after.strip_prefix(b" ")?;
            let cr = memchr(b'\r', text).filter(|cr| *cr > 0)?;
            ((word, cr as u64, 0), &text[cr..])
        }
        b"STAT" | b"LIST" | b"UIDL" | b"NOOP" | b"RSET" | b"QUIT" | b"CAPA" | b"STLS" => {
            ((word, 0, 0), after)
        }
        _ => return None,
    };
    *stream = rest.strip_prefix(b"\r\n")?;
    Some(parsed)
}

fn one_number(word: u32, after: &[u8]) -> Option<(Parsed, &[u8])> {
    let (value, rest) = digits(after.strip_prefix(b" ")?)?;
    Some(((word, value, 0), rest))
}

fn digits(input: &[u8]) -> Option<(u64, &[u8])> {
    let (mut value, mut rest) = (0_u64, input);
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        rest = tail;
    }
    (rest.len() < input.len()).then_some((value, rest))
}

/// Only letters have bit 6 set and may lose bit 5.
fn capitals(word: [u8; 4]) -> u32 {
    let word = u32::from_be_bytes(word);
    word & !((word & 0x4040_4040) >> 1)
}

/// Reads a number and nothing else, digit by digit.
#[inline]
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for digit in text {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    (!text.is_empty()).then_some(value)
}

/// Appends a verb and a number.
#[inline]
pub fn put(verb: &[u8], argument: Option<u64>, out: &mut Vec<u8>) {
    out.extend_from_slice(verb);
    if let Some(number) = argument {
        out.push(b' ');
        put_number(number, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends a number in decimal.
#[inline]
pub fn put_number(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
