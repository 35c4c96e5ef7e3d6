//! Computes proof and signature of SCRAM (RFC 5802 section 3).

use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use super::hash::{Hash, Tag};
use super::keys::Keys;

/// The parts of `client-first-bare , server-first , client-final-without-proof`.
pub(crate) type AuthMessage<'m> = [&'m [u8]; 5];

/// Whether the proof was made by somebody who knows the password. The time does not depend on the result.
pub(crate) fn proof_is_right(keys: &Keys, auth_message: AuthMessage<'_>, proof: &[u8]) -> bool {
    let hash = keys.hash();
    let mut client_key = hash.hmac(keys.stored_key(), auth_message);
    client_key.iter_mut().zip(proof).for_each(|(octet, proof)| *octet ^= proof);
    let stored = hash.of(client_key.get(..hash.octets()).unwrap_or_default());
    let same = stored.get(..hash.octets()).unwrap_or_default().ct_eq(keys.stored_key());
    bool::from(same) & (proof.len() == hash.octets())
}

/// The signature that proves the server to the client.
pub(crate) fn server_signature(keys: &Keys, auth_message: AuthMessage<'_>) -> Signature {
    Signature(keys.hash().hmac(keys.server_key(), auth_message), keys.hash().octets())
}

pub(crate) struct Signature(Tag, usize);

impl Signature {
    pub(crate) fn octets(&self) -> &[u8] {
        self.0.get(..self.1).unwrap_or_default()
    }
}

/// What the client computes from its password, once the server has sent salt and iteration count.
pub(crate) struct ClientKeys {
    keys: Keys,
    client_key: Tag,
}

impl ClientKeys {
    pub(crate) fn derive(hash: Hash, password: &str, salt: &[u8], iterations: u32) -> Option<Self> {
        let mut salted = hash.salted(password.as_bytes(), salt, iterations);
        let keys = Keys::from_secret(hash, &salted, salt, iterations);
        let client_key = hash.hmac(salted.get(..hash.octets())?, [b"Client Key".as_slice()]);
        salted.zeroize();
        Some(Self { keys: keys?, client_key })
    }

    /// The proof that the client knows the password.
    pub(crate) fn proof(&self, auth_message: AuthMessage<'_>) -> Signature {
        let hash = self.keys.hash();
        let mut proof = hash.hmac(self.keys.stored_key(), auth_message);
        proof.iter_mut().zip(&self.client_key).for_each(|(octet, key)| *octet ^= key);
        Signature(proof, hash.octets())
    }

    /// The signature that the server has to send to prove itself.
    pub(crate) fn server_signature(&self, auth_message: AuthMessage<'_>) -> Signature {
        server_signature(&self.keys, auth_message)
    }
}

impl Drop for ClientKeys {
    fn drop(&mut self) {
        self.client_key.zeroize();
    }
}
