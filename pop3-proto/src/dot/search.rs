//! Searches for LF followed by a dot, which both directions need.

use crate::word::{WIDE, WORD, splat, zeros};

/// Setting up a vector search costs more than searching a line, and its state is too large for a session. So
/// one is shared.
#[cfg(feature = "std")]
static LF_DOT: std::sync::LazyLock<memchr::memmem::Finder<'static>> =
    std::sync::LazyLock::new(|| memchr::memmem::Finder::new(b"\n."));

/// The position of the first LF that is followed by a dot.
#[inline]
pub(super) fn lf_dot(hay: &[u8]) -> Option<usize> {
    let Some(near) = hay.first_chunk().filter(|_| WIDE) else { return by_words(hay) };
    near_lf_dot(near).or_else(|| Some(WORD.wrapping_add(far_lf_dot(hay.get(WORD..)?)?)))
}

/// Like [`lf_dot`], if the LF is in the first word. Calling a vector search would cost more than searching a
/// very short line.
#[inline(always)]
pub(super) fn near_lf_dot(hay: &[u8; WORD + 1]) -> Option<usize> {
    by_words(hay)
}

/// Like [`lf_dot`], if it is not in the first word.
#[inline]
pub(super) fn far_lf_dot(hay: &[u8]) -> Option<usize> {
    #[cfg(feature = "std")]
    if hay.len() > WORD {
        return LF_DOT.find(hay);
    }
    by_words(hay)
}

#[inline(always)]
fn by_words(hay: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    let mut rest = hay;
    while WIDE
        && let (Some(first), Some(second)) =
            (rest.first_chunk::<WORD>(), rest.get(1..).and_then(|r| r.first_chunk::<WORD>()))
    {
        // A byte is zero where a LF is followed by a dot.
        let pair = (u64::from_le_bytes(*first) ^ splat(b'\n')) | (u64::from_le_bytes(*second) ^ splat(b'.'));
        let marks = zeros(pair);
        if marks != 0 {
            return Some(at.wrapping_add((marks.trailing_zeros() / 8) as usize));
        }
        at = at.wrapping_add(WORD);
        rest = rest.get(WORD..).unwrap_or_default();
    }
    rest.windows(2).position(|pair| pair == b"\n.").map(|tail| at.wrapping_add(tail))
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::{by_words, lf_dot};

    /// Finds the pair at every position, in every length around the word boundaries, next to similar bytes.
    #[test]
    fn finds_the_first_pair_wherever_it_lies() {
        for len in 0..500 {
            let mut hay = vec![b'\n'; len];
            hay.iter_mut().skip(1).step_by(3).for_each(|b| *b = b'.' ^ 1);
            assert_eq!(lf_dot(&hay), None);
            for at in 0..len.saturating_sub(1) {
                let mut hay = hay.clone();
                hay[at] = b'\n';
                hay[at + 1] = b'.';
                assert_eq!(lf_dot(&hay), Some(at), "{len} octets");
                assert_eq!(by_words(&hay), Some(at), "{len} octets, by words");
            }
        }
    }
}
