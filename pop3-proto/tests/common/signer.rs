//! A SCRAM client of its own, written from RFC 5802, and the nonces of the tests. It stands alone, so that
//! the tests of the login have it too.

#![allow(dead_code, reason = "each test binary uses its part")]

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use pop3_proto::sasl::Nonce;
use pop3_proto::sasl::scram::Hash;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The nonce that has this text: 24 characters of base64.
pub(crate) fn nonce(text: &str) -> Nonce {
    let octets = Base64::decode_vec(text).expect("base64");
    Nonce::new(octets.try_into().expect("18 bytes"))
}

pub(crate) fn digest(hash: Hash, octets: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => Sha1::digest(octets).to_vec(),
        Hash::Sha256 => Sha256::digest(octets).to_vec(),
        other => panic!("unknown hash {other:?}"),
    }
}

pub(crate) fn hmac(hash: Hash, key: &[u8], text: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => {
            Hmac::<Sha1>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
        }
        Hash::Sha256 => {
            Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
        }
        other => panic!("unknown hash {other:?}"),
    }
}

/// A client that knows a password, and can sign any message with it.
pub(crate) struct Signer {
    hash: Hash,
    pub(crate) salted: Vec<u8>,
}

/// The last message of the client, and what it expects to hear then.
pub(crate) struct Signed {
    pub(crate) client_final: String,
    pub(crate) server_final: String,
    pub(crate) proof: Vec<u8>,
}

impl Signer {
    pub(crate) fn new(hash: Hash, password: &str, salt: &[u8], iterations: u32) -> Self {
        let mut salted = vec![0; hash.octets()];
        match hash {
            Hash::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), salt, iterations, &mut salted),
            _ => pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, iterations, &mut salted),
        }
        Self { hash, salted }
    }

    /// A signer for a salted password that is known already.
    pub(crate) fn salted(hash: Hash, salted: Vec<u8>) -> Self {
        Self { hash, salted }
    }

    pub(crate) fn client_key(&self) -> Vec<u8> {
        hmac(self.hash, &self.salted, b"Client Key")
    }

    pub(crate) fn stored_key(&self) -> Vec<u8> {
        digest(self.hash, &self.client_key())
    }

    pub(crate) fn server_key(&self) -> Vec<u8> {
        hmac(self.hash, &self.salted, b"Server Key")
    }

    /// Signs the three messages; `client_first` with its gs2 header, `without_proof` without the comma at
    /// the end.
    pub(crate) fn sign(&self, client_first: &str, server_first: &str, without_proof: &str) -> Signed {
        let bare = client_first.splitn(3, ',').nth(2).unwrap();
        let auth_message = format!("{bare},{server_first},{without_proof}");
        let signature = hmac(self.hash, &self.stored_key(), auth_message.as_bytes());
        let proof: Vec<u8> = self.client_key().iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        let verifier = hmac(self.hash, &self.server_key(), auth_message.as_bytes());
        Signed {
            client_final: format!("{without_proof},p={}", Base64::encode_string(&proof)),
            server_final: format!("v={}", Base64::encode_string(&verifier)),
            proof,
        }
    }
}
