//! `Hash`: the two hashes of SCRAM as one type.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The hash of a SCRAM mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hash {
    /// SCRAM-SHA-1 (RFC 5802).
    Sha1,
    /// SCRAM-SHA-256 (RFC 7677).
    Sha256,
}

/// The longest result, in bytes.
pub(super) const LONGEST: usize = 32;

/// A result. With SHA-1 only the front is used, and the rest is zero.
pub(super) type Tag = [u8; LONGEST];

impl Hash {
    /// How many bytes the hash gives.
    #[must_use]
    pub const fn octets(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The name of the mechanism without channel binding.
    #[must_use]
    pub const fn mechanism(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
        }
    }

    /// The hash of the mechanism with that name, and whether the name is its -PLUS form.
    pub(crate) fn of_mechanism(name: &[u8]) -> Option<(Self, bool)> {
        [Self::Sha1, Self::Sha256].into_iter().find_map(|hash| {
            let (front, rest) = name.split_at_checked(hash.mechanism().len())?;
            let known = front.eq_ignore_ascii_case(hash.mechanism().as_bytes());
            match rest {
                b"" if known => Some((hash, false)),
                _ if known && rest.eq_ignore_ascii_case(b"-PLUS") => Some((hash, true)),
                _ => None,
            }
        })
    }

    pub(super) fn of(self, octets: &[u8]) -> Tag {
        match self {
            Self::Sha1 => tag(&Sha1::digest(octets)),
            Self::Sha256 => tag(&Sha256::digest(octets)),
        }
    }

    /// HMAC over the concatenated parts.
    pub(super) fn hmac<'p>(self, key: &[u8], parts: impl IntoIterator<Item = &'p [u8]>) -> Tag {
        macro_rules! hmac {
            ($hash:ty) => {
                match Hmac::<$hash>::new_from_slice(key) {
                    Ok(mut mac) => {
                        parts.into_iter().for_each(|part| mac.update(part));
                        tag(&mac.finalize().into_bytes())
                    }
                    Err(_) => [0; LONGEST], // cannot happen: a key may have any length
                }
            };
        }
        match self {
            Self::Sha1 => hmac!(Sha1),
            Self::Sha256 => hmac!(Sha256),
        }
    }

    /// `Hi`, which is PBKDF2 (RFC 5802 section 2.2).
    pub(super) fn salted(self, password: &[u8], salt: &[u8], iterations: u32) -> Tag {
        let mut salted = [0; LONGEST];
        let out = salted.get_mut(..self.octets()).unwrap_or_default();
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, out),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, out),
        }
        salted
    }
}

fn tag(octets: &[u8]) -> Tag {
    let mut tag = [0; LONGEST];
    tag.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    tag
}
