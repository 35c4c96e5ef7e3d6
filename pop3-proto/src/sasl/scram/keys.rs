//! `Keys`: what a server stores instead of a password (RFC 5802 section 2.2, RFC 5803).

use core::fmt;
use core::str::FromStr;

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroize as _;

use super::hash::{Hash, LONGEST, Tag};
use crate::sasl::prepare;

/// The longest salt, in bytes.
const SALT: usize = 64;

/// The SCRAM keys of one user for one hash. A thief who has them can impersonate the server. If the thief
/// also observes one login of the user, or receives it in the server's place, the thief can then impersonate
/// the user too (RFC 5802 section 9).
///
/// The text form is that of RFC 5803, which other servers use as well:
///
/// ```
/// use pop3_proto::sasl::scram::{Hash, Keys};
/// // A real program uses random bytes.
/// let salt = b"\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
/// let keys = Keys::derive(Hash::Sha256, "pencil", salt, 4096).unwrap();
/// let text = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
///             WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
/// assert_eq!(keys.to_string(), text);
/// assert_eq!(text.parse::<Keys>().unwrap().to_string(), text);
/// ```
#[derive(Clone)]
pub struct Keys {
    hash: Hash,
    iterations: u32,
    salt: [u8; SALT],
    salt_len: usize,
    stored_key: Tag,
    server_key: Tag,
}

/// The text does not have the form of SCRAM keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadKeys;

impl Keys {
    /// Computes the keys from a password. The salt is 1 to 64 random bytes. Use 16: clients refuse short
    /// ones, and the client of this crate refuses fewer than 8 bytes by default. More iterations take more
    /// time. The RFCs ask for at least 4096 (RFC 5802 section 5.1, RFC 7677 section 4), and clients may
    /// refuse fewer; this function does not check that.
    ///
    /// `None` if the password cannot be prepared (see [`prepare()`]), if the salt is empty or longer than 64
    /// bytes, or if `iterations` is 0.
    #[must_use]
    pub fn derive(hash: Hash, password: &str, salt: &[u8], iterations: u32) -> Option<Self> {
        let password = prepare(password)?;
        if iterations == 0 {
            return None;
        }
        let mut salted = hash.salted(password.as_bytes(), salt, iterations);
        let keys = Self::from_secret(hash, &salted, salt, iterations);
        salted.zeroize();
        keys
    }

    /// The keys of a user who does not exist: always the same for the same name, and nobody knows a password
    /// for them.
    pub(crate) fn fake(hash: Hash, key: &[u8], name: &[u8], iterations: u32, salt_len: usize) -> Self {
        let mut salt = [0; SALT];
        for (block, number) in salt.chunks_mut(hash.octets()).zip(0_u8..) {
            let number = [number];
            // The first block has no number. No name begins with a control character.
            let made =
                hash.hmac(key, [b"salt", number.get(..usize::from(number != [0])).unwrap_or_default(), name]);
            block.iter_mut().zip(made).for_each(|(octet, made)| *octet = made);
        }
        let salt = salt.get(..salt_len).unwrap_or(&salt);
        let secret = hash.hmac(key, [b"keys".as_slice(), name]);
        Self::from_secret(hash, &secret, salt, iterations).unwrap_or_else(|| Self::blank(hash, iterations))
    }

    const fn blank(hash: Hash, iterations: u32) -> Self {
        Self {
            hash,
            iterations,
            salt: [0; SALT],
            salt_len: 16,
            stored_key: [0; LONGEST],
            server_key: [0; LONGEST],
        }
    }

    pub(super) fn from_secret(hash: Hash, salted: &Tag, salt: &[u8], iterations: u32) -> Option<Self> {
        let mut keys = Self::blank(hash, iterations);
        keys.set_salt(salt)?;
        let salted = salted.get(..hash.octets())?;
        let mut client_key = hash.hmac(salted, [b"Client Key".as_slice()]);
        keys.stored_key = hash.of(client_key.get(..hash.octets())?);
        keys.server_key = hash.hmac(salted, [b"Server Key".as_slice()]);
        client_key.zeroize();
        Some(keys)
    }

    fn set_salt(&mut self, salt: &[u8]) -> Option<()> {
        self.salt.get_mut(..salt.len())?.copy_from_slice(salt);
        self.salt_len = salt.len();
        (!salt.is_empty()).then_some(())
    }

    /// The hash that the keys were made with.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// The iteration count that is sent to the client.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The salt that is sent to the client.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        self.salt.get(..self.salt_len).unwrap_or_default()
    }

    pub(super) fn stored_key(&self) -> &[u8] {
        self.stored_key.get(..self.hash.octets()).unwrap_or_default()
    }

    pub(super) fn server_key(&self) -> &[u8] {
        self.server_key.get(..self.hash.octets()).unwrap_or_default()
    }
}

impl FromStr for Keys {
    type Err = BadKeys;

    fn from_str(text: &str) -> Result<Self, BadKeys> {
        let read = || {
            let (name, rest) = text.split_once('$')?;
            let hash = [Hash::Sha1, Hash::Sha256].into_iter().find(|hash| hash.mechanism() == name)?;
            let (info, keys) = rest.split_once('$')?;
            let (iterations, salt) = info.split_once(':')?;
            let (stored_key, server_key) = keys.split_once(':')?;
            let digits = iterations.bytes().all(|b| b.is_ascii_digit()) && !iterations.starts_with('0');
            let iterations = iterations.parse().ok().filter(|_| digits)?;
            let mut read = Self::blank(hash, iterations);
            let mut octets = [0; SALT];
            read.set_salt(Base64::decode(salt, &mut octets).ok()?)?;
            for (text, key) in [(stored_key, &mut read.stored_key), (server_key, &mut read.server_key)] {
                let decoded = Base64::decode(text, key).ok()?.len();
                if decoded != hash.octets() {
                    return None;
                }
            }
            Some(read)
        };
        read().ok_or(BadKeys)
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; SALT.div_ceil(3).wrapping_mul(4)];
        let mut base64 = |f: &mut fmt::Formatter<'_>, octets: &[u8], end: &str| {
            f.write_str(Base64::encode(octets, &mut text).map_err(|_| fmt::Error)?)?;
            f.write_str(end)
        };
        write!(f, "{}${}:", self.hash.mechanism(), self.iterations)?;
        base64(f, self.salt(), "$")?;
        base64(f, self.stored_key(), ":")?;
        base64(f, self.server_key(), "")
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("hash", &self.hash)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stored_key.zeroize();
        self.server_key.zeroize();
    }
}

impl fmt::Display for BadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not SCRAM keys: expected MECHANISM$ITERATIONS:SALT$STOREDKEY:SERVERKEY")
    }
}

impl core::error::Error for BadKeys {}
