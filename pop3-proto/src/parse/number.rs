//! Reads decimal numbers eight digits at a time, because leaving a digit-by-digit loop costs more than all
//! its digits.

use nom::{Err, IResult};

use crate::types::MsgNo;
use crate::word::WIDE;

/// One or more digits. A value that does not fit into 64 bits is read as `u64::MAX`.
#[inline]
pub(crate) fn number(input: &[u8]) -> IResult<&[u8], u64, ()> {
    let (value, end) = number_at(input, 0).ok_or(Err::Error(()))?;
    Ok((input.get(end..).unwrap_or_default(), value))
}

/// A message number: above zero, at most 32 bits.
#[inline]
pub(crate) fn msg_no(input: &[u8]) -> IResult<&[u8], MsgNo, ()> {
    let (number, end) = msg_no_at(input, 0).ok_or(Err::Error(()))?;
    Ok((input.get(end..).unwrap_or_default(), number))
}

/// Like [`msg_no`], but starts at a position in a line, and also returns where the number ends.
#[inline(always)]
pub(crate) fn msg_no_at(line: &[u8], at: usize) -> Option<(MsgNo, usize)> {
    let (value, end) = number_at(line, at)?;
    Some((MsgNo::new(u32::try_from(value).ok()?)?, end))
}

/// Like [`number`], but starts at a position in a line, and also returns where the number ends. The bytes
/// before that position make short numbers fast.
#[inline(always)]
pub(crate) fn number_at(line: &[u8], at: usize) -> Option<(u64, usize)> {
    if WIDE
        && let Some(word) = eight(line, at)
        && let (value, len @ 1..=7) = first_eight(word)
    {
        return Some((value, at.wrapping_add(len)));
    }
    by_digits(line, at)
}

/// The number from `at` to the end of a line of four bytes or more. The function only has to check that these
/// are digits.
#[inline(always)]
pub(crate) fn last_number(line: &[u8], at: usize) -> Option<u64> {
    if !WIDE {
        return last_by_digits(line, at);
    }
    let word = match line.last_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => all_of(line)?.wrapping_shl(8_u32.wrapping_sub(line.len() as u32).wrapping_mul(8)),
    };
    let len @ 1..=8 = line.len().wrapping_sub(at) else { return last_by_digits(line, at) };
    let others = 64_u32.wrapping_sub((len as u32).wrapping_mul(8));
    let digits = (word ^ ZEROS).wrapping_shr(others).wrapping_shl(others);
    if not_digits(digits) == 0 { Some(eight_digits(digits)) } else { None }
}

#[cold]
#[inline(never)]
fn last_by_digits(line: &[u8], at: usize) -> Option<u64> {
    let (value, end) = by_digits(line, at)?;
    (end == line.len()).then_some(value)
}

/// Up to eight bytes of a line from `at` on, the first in the lowest byte, with zeros after the last. `None`
/// for a line shorter than four bytes.
#[inline(always)]
fn eight(line: &[u8], at: usize) -> Option<u64> {
    if let Some(word) = line.get(at..)?.first_chunk() {
        return Some(u64::from_le_bytes(*word));
    }
    let (word, from) = match line.last_chunk() {
        Some(word) => (u64::from_le_bytes(*word), line.len().wrapping_sub(8)),
        None => (all_of(line)?, 0),
    };
    Some(word.unbounded_shr((at.wrapping_sub(from) as u32).wrapping_mul(8)))
}

/// A line of four to eight bytes, with the first in the lowest byte.
#[inline]
fn all_of(line: &[u8]) -> Option<u64> {
    let (first, last) = (u32::from_le_bytes(*line.first_chunk()?), u32::from_le_bytes(*line.last_chunk()?));
    let before_last = (line.len() as u32).wrapping_sub(4).wrapping_mul(8);
    Some(u64::from(first) | u64::from(last).wrapping_shl(before_last))
}

/// Reads any number, digit by digit.
#[cold]
#[inline(never)]
fn by_digits(line: &[u8], at: usize) -> Option<(u64, usize)> {
    let digits = line.get(at..)?;
    let (mut value, mut rest) = (0_u64, digits);
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        value = value.saturating_mul(10).saturating_add(u64::from(digit.wrapping_sub(b'0')));
        rest = tail;
    }
    let len = digits.len().wrapping_sub(rest.len());
    (len > 0).then_some((value, at.wrapping_add(len)))
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Value and count of the digits at the front of eight bytes, the first byte lowest.
#[inline]
const fn first_eight(word: u64) -> (u64, usize) {
    let digits = word ^ ZEROS;
    let len = not_digits(digits).trailing_zeros() / 8;
    if len == 0 {
        return (0, 0);
    }
    // Shift the digits up, so that zeros stand before them and not after them.
    let before = 64_u32.wrapping_sub(len.wrapping_mul(8));
    (eight_digits(digits.wrapping_shl(before)), len as usize)
}

/// Marks the high bit of the first byte that is not 0 to 9, and of some bytes above it. A carry can pass only
/// to bytes above that first one.
#[inline]
const fn not_digits(octets: u64) -> u64 {
    (octets.wrapping_add(0x7676_7676_7676_7676) | octets) & 0x8080_8080_8080_8080
}

/// The number that eight bytes from 0 to 9 stand for, the first byte lowest.
#[inline]
const fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    low.wrapping_add(high) >> 32
}

#[cfg(test)]
mod tests {
    use super::{WIDE, last_number, number, number_at};

    #[test]
    fn digits_end_where_they_end() {
        for (input, want) in [
            (&b"7"[..], Ok((&b""[..], 7))),
            (b"12 34", Ok((b" 34", 12))),
            (b"1234567 ", Ok((b" ", 1_234_567))),
            (b"12345678", Ok((b"", 12_345_678))),
            (b"123456789\r", Ok((b"\r", 123_456_789))),
            (b"00000000000000000000000000000000000001", Ok((b"", 1))),
            (b"18446744073709551615", Ok((b"", u64::MAX))),
            (b"18446744073709551616", Ok((b"", u64::MAX))),
            (b"99999999999999999999999999", Ok((b"", u64::MAX))),
            (b"1:234567", Ok((b":234567", 1))),
            (b"1/234567", Ok((b"/234567", 1))),
            (b"1\xB1234567", Ok((b"\xB1234567", 1))),
            (b"", Err(())),
            (b"-1", Err(())),
            (b" 1234567", Err(())),
            (b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", Err(())),
        ] {
            assert_eq!(number(input).map_err(|_| ()), want, "{}", input.escape_ascii());
        }
    }

    /// At every position in lines of every length, the result is the same as digit by digit.
    #[test]
    fn a_number_is_read_wherever_it_stands() {
        let text = b"9 18 X273\x00 3645 0 45546 123456 7654321 87654321 987654321 18446744073709551616 ";
        for from in 0..text.len() {
            for line in (from..=text.len()).map(|to| &text[from..to]) {
                for at in 0..=line.len() {
                    let digits = line[at..].iter().take_while(|b| b.is_ascii_digit()).count();
                    let value =
                        str::from_utf8(&line[at..at + digits]).unwrap().parse::<u128>().unwrap_or_default();
                    let want = u64::try_from(value).unwrap_or(u64::MAX);
                    let want = (digits > 0).then_some((want, at + digits));
                    assert_eq!(number_at(line, at), want, "{} at {at}", line.escape_ascii());
                    // The loop by the word leaves lines unread that are too short for a verb and a number.
                    let is_read = at + digits == line.len() && (line.len() >= 4 || !WIDE);
                    let last = want.filter(|_| is_read);
                    assert_eq!(
                        last_number(line, at),
                        last.map(|(value, _)| value),
                        "{} at {at}",
                        line.escape_ascii()
                    );
                }
            }
        }
    }
}
