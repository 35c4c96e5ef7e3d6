//! Decimal numbers, eight digits at a time: the exit of a digit loop costs more than all its digits.

use nom::{Err, IResult};

use crate::types::MsgNo;

/// One or more digits; a value beyond 64 bits reads as `u64::MAX`.
#[inline]
pub(crate) fn number(input: &[u8]) -> IResult<&[u8], u64, ()> {
    let (mut value, mut rest) = match input.first_chunk() {
        Some(word) => {
            let (value, len) = first_eight(u64::from_le_bytes(*word));
            if len == 0 {
                return Err(Err::Error(()));
            }
            let rest = input.get(len..).unwrap_or_default();
            if len < 8 {
                return Ok((rest, value));
            }
            (value, rest)
        }
        None => (0, input),
    };
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        value = value.saturating_mul(10).saturating_add(u64::from(digit.wrapping_sub(b'0')));
        rest = tail;
    }
    if rest.len() == input.len() {
        return Err(Err::Error(()));
    }
    Ok((rest, value))
}

/// A message number: above zero, at most 32 bits.
#[inline]
pub(crate) fn msg_no(input: &[u8]) -> IResult<&[u8], MsgNo, ()> {
    let (rest, value) = number(input)?;
    match u32::try_from(value).ok().and_then(MsgNo::new) {
        Some(number) => Ok((rest, number)),
        None => Err(Err::Error(())),
    }
}

/// Value and count of the digits at the front of eight octets, first octet lowest.
#[inline]
const fn first_eight(word: u64) -> (u64, usize) {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let digits = word ^ ZEROS;
    // The high bit of an octet is set where it is not 0..=9; no carry crosses octets.
    let others = ((digits & !HIGH).wrapping_add(0x7676_7676_7676_7676) | digits) & HIGH;
    let len = (others.trailing_zeros() / 8) as usize;
    if len == 0 {
        return (0, 0);
    }
    // Zeros in front of the number stand in for the octets behind it.
    let digits = digits.wrapping_shl(64_u32.wrapping_sub((len as u32).wrapping_mul(8)));
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    (low.wrapping_add(high) >> 32, len)
}

#[cfg(test)]
mod tests {
    use super::number;

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
}
