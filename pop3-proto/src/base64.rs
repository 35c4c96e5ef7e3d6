//! `Base64`: base64 text of an AUTH exchange, checked once when it is read (RFC 4648 section 4, RFC 5034
//! section 4).

use core::fmt;

use base64ct::{Base64 as Padded, Base64Unpadded as Unpadded, Encoding};

use crate::buf::{Full, Output};
use crate::secret::Secret;

/// Checked base64 text: padded, in the standard alphabet, with nothing skipped and nothing after it.
///
/// It comes from a client's AUTH line or a server's challenge and usually contains a secret, so `Debug` shows
/// only its length.
#[derive(Clone, Copy)]
pub struct Base64<'i>(&'i [u8]);

impl<'i> Base64<'i> {
    /// No bytes at all: an initial response that is written as `=`, or an empty line of an exchange.
    pub const EMPTY: Self = Self(b"");

    /// Checks valid text in a time that depends only on its length. `None` for what RFC 5034 section 4
    /// requires to be refused: a character outside the alphabet, `=` anywhere but at the end, or a length
    /// that is not a multiple of four. Pad bits that are not zero are refused too, which RFC 4648 section 3.5
    /// permits.
    #[must_use]
    pub fn new(text: &'i [u8]) -> Option<Self> {
        let mut sink = [0; GROUP / 4 * 3];
        let good = groups(text).all(|group| group.decode(&mut sink).is_some());
        good.then_some(Self(text))
    }

    /// The text as it came.
    #[must_use]
    pub const fn as_bytes(&self) -> &'i [u8] {
        self.0
    }

    /// How many bytes [`decode`](Self::decode) returns.
    #[must_use]
    pub fn decoded_len(&self) -> usize {
        let pad = self.0.iter().rev().take_while(|&&b| b == b'=').count();
        (self.0.len() / 4).wrapping_mul(3).saturating_sub(pad)
    }

    /// Decodes into the front of `into` and returns that part. `None` if `into` is shorter than
    /// [`decoded_len`](Self::decoded_len).
    pub fn decode<'d>(&self, into: &'d mut [u8]) -> Option<&'d [u8]> {
        let into = into.get_mut(..self.decoded_len())?;
        for (group, octets) in groups(self.0).zip(into.chunks_mut(GROUP / 4 * 3)) {
            group.decode(octets)?;
        }
        Some(into)
    }
}

#[cfg(feature = "scram")]
impl Base64<'_> {
    /// The bytes that [`decode`](Self::decode) returns, one by one.
    pub(crate) fn octets(&self) -> impl Iterator<Item = u8> + '_ {
        groups(self.0).flat_map(|group| {
            let mut octets = [0; GROUP / 4 * 3];
            let len = group.decode(&mut octets).unwrap_or_default();
            octets.into_iter().take(len)
        })
    }
}

/// Compares in constant time, because it may be a password.
impl PartialEq for Base64<'_> {
    fn eq(&self, other: &Self) -> bool {
        Secret::new(self.0).matches(Secret::new(other.0))
    }
}

impl Eq for Base64<'_> {}

impl fmt::Debug for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} octets)", self.decoded_len())
    }
}

/// The length of the base64 text of `octets` bytes.
pub(crate) const fn encoded_len(octets: usize) -> usize {
    octets.div_ceil(3).saturating_mul(4)
}

/// Writes the base64 text of `data`. The caller has made sure that there is room.
pub(crate) fn put(data: &[u8], out: &mut impl Output) -> Result<(), Full> {
    let mut text = [0; GROUP];
    for octets in data.chunks(GROUP / 4 * 3) {
        match Padded::encode(octets, &mut text) {
            Ok(text) => out.put(text.as_bytes())?,
            Err(_) => return Err(Full), // cannot happen: 48 bytes make 64
        }
    }
    Ok(())
}

/// How many characters are decoded at a time.
const GROUP: usize = 64;

/// Some characters, and whether they are the last ones. Only the last ones may be padded.
struct Group<'i>(&'i [u8], bool);

fn groups(text: &[u8]) -> impl Iterator<Item = Group<'_>> {
    let last = text.len().div_ceil(GROUP);
    (1..).zip(text.chunks(GROUP)).map(move |(i, group)| Group(group, i == last))
}

impl Group<'_> {
    /// Decodes the group, and returns how many bytes it gave. Not inlined because it is large: the alphabet
    /// is searched in constant time.
    #[inline(never)]
    fn decode(&self, into: &mut [u8]) -> Option<usize> {
        if !self.0.len().is_multiple_of(4) {
            return None;
        }
        // One decoder is enough for both forms. With the padding removed, any other `=` is outside the
        // alphabet.
        let text = match self.0 {
            [front @ .., b'=', b'='] | [front @ .., b'='] if self.1 => front,
            text => text,
        };
        Unpadded::decode(text, into).ok().map(<[u8]>::len)
    }
}
