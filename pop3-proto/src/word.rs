//! Works on eight bytes at a time, in one 64-bit word.

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

#[cfg(test)]
mod tests {
    use super::{has_control, has_unprintable};

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
}
