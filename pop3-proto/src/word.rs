//! Works on eight bytes at a time, in one 64-bit word.

use memchr::memchr;

/// The number of bytes in a word.
pub(crate) const WORD: usize = size_of::<u64>();

/// Whether a word fits into one register. On smaller machines, loops by the byte are shorter and no slower.
///
/// The tests also run with the cfg `pop3_proto_narrow`, which tries the loops by the byte on 64-bit machines.
pub(crate) const WIDE: bool = cfg!(all(target_pointer_width = "64", not(pop3_proto_narrow)));

/// A word in which every byte is `octet`.
#[inline(always)]
pub(crate) const fn splat(octet: u8) -> u64 {
    u64::from_ne_bytes([octet; WORD])
}

/// Marks the high bit of the lowest byte that is zero, and perhaps of some bytes above it. 0 if no byte is
/// zero.
#[inline(always)]
pub(crate) const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(splat(1)) & !word & splat(0x80)
}

/// Whether there is an ASCII control character among the bytes.
#[inline]
pub(crate) fn has_control(octets: &[u8]) -> bool {
    has_other(octets, 0)
}

/// Whether there is any byte outside `' '..='~'`.
#[inline]
pub(crate) fn has_unprintable(octets: &[u8]) -> bool {
    has_other(octets, 0x80)
}

/// Whether any byte is an ASCII control character, or has a bit in common with `bits`.
#[inline(always)]
fn has_other(octets: &[u8], bits: u8) -> bool {
    let Some(last) = octets.last_chunk().filter(|_| WIDE) else {
        return octets.iter().any(|octet| octet.is_ascii_control() || octet & bits != 0);
    };
    let (words, _) = octets.as_chunks();
    // The last word may overlap the one before it.
    words.iter().fold(others(last, bits), |found, word| found | others(word, bits)) != 0
}

/// Not 0 if there is such a byte in this word.
#[inline(always)]
fn others(octets: &[u8; WORD], bits: u8) -> u64 {
    let word = u64::from_ne_bytes(*octets);
    // The high bit of the lowest byte that is too low is right. So is that of any other byte if there is none
    // too low.
    let low = word.wrapping_sub(splat(b' ')) & !word & splat(0x80);
    low | zeros(word ^ splat(0x7F)) | word & splat(bits)
}

/// The position of the first LF. Most lines are short, and for those checking four words costs less than
/// calling a vector search.
#[inline(always)]
pub(crate) fn find_lf(bytes: &[u8]) -> Option<usize> {
    if !WIDE {
        return memchr(b'\n', bytes);
    }
    let Some((head, after)) = bytes.split_first_chunk::<NEAR>() else { return find_lf_near(bytes) };
    if let Some(at) = lf_of_two(u128::from_le_bytes(*head)) {
        return Some(at);
    }
    match after.split_first_chunk::<NEAR>() {
        None => {
            // These words overlap the ones before them.
            let found = lf_of_two(u128::from_le_bytes(*bytes.last_chunk::<NEAR>()?));
            found.map(|at| at.wrapping_add(after.len()))
        }
        Some((head, after)) => {
            let found = lf_of_two(u128::from_le_bytes(*head));
            let found = found.or_else(|| memchr(b'\n', after).map(|at| at.wrapping_add(NEAR)));
            found.map(|at| at.wrapping_add(NEAR))
        }
    }
}

/// The length of two words.
const NEAR: usize = 16;

/// Like [`find_lf`], for fewer than 16 bytes.
#[inline(always)]
fn find_lf_near(bytes: &[u8]) -> Option<usize> {
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return bytes.iter().position(|octet| *octet == b'\n');
    };
    // The words may overlap.
    let (first, last) =
        (zeros(u64::from_le_bytes(*first) ^ splat(b'\n')), zeros(u64::from_le_bytes(*last) ^ splat(b'\n')));
    let (marks, before) = if first == 0 { (last, bytes.len().wrapping_sub(8)) } else { (first, 0) };
    (marks != 0).then_some(before.wrapping_add((marks.trailing_zeros() / 8) as usize))
}

#[inline(always)]
fn lf_of_two(words: u128) -> Option<usize> {
    let (first, second) = (zeros(words as u64 ^ splat(b'\n')), zeros((words >> 64) as u64 ^ splat(b'\n')));
    let (marks, before) = if first == 0 { (second, 8) } else { (first, 0) };
    (marks != 0).then_some(((marks.trailing_zeros() / 8) as usize).wrapping_add(before))
}

#[cfg(test)]
mod tests {
    use super::{find_lf, has_control, has_unprintable};

    #[test]
    fn an_octet_is_judged_alike_wherever_it_stands() {
        for octet in 0..=u8::MAX {
            for len in 1..20 {
                for at in 0..len {
                    for beside in [b' ', b'~', b'\x80', b'\xFF'] {
                        let mut octets = [beside; 20];
                        octets[at] = octet;
                        let octets = &octets[..len];
                        let found = [has_control(octets), has_unprintable(octets)];
                        let one_by_one = [
                            octets.iter().any(u8::is_ascii_control),
                            octets.iter().any(|octet| !matches!(octet, b' '..=b'~')),
                        ];
                        assert_eq!(found, one_by_one, "{octet:#x} at {at} of {len}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_lf_is_found_wherever_it_stands() {
        for len in 0..60 {
            for first in 0..=len {
                for second in first..=len {
                    for beside in [b'\x0B', b'\x8A', b'\x00'] {
                        let mut line = [beside; 61];
                        line[first] = b'\n';
                        line[second] = b'\n';
                        assert_eq!(find_lf(&line[..len]), (first < len).then_some(first), "{first} of {len}");
                    }
                }
            }
        }
    }
}
