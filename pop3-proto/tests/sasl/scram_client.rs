//! A SCRAM client of its own, written from RFC 5802, and the vectors.

use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use pop3_proto::sasl::Binding;
use pop3_proto::sasl::scram::{Hash, Keys};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::drive::{hex, text};

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

/// Somebody who knows a password, and can sign any message with it.
pub(crate) struct Signer {
    hash: Hash,
    pub(crate) salted: Vec<u8>,
}

/// What the client says last, and what it expects to hear then.
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

    /// For a salted password that is known already.
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
        Signed {
            client_final: format!("{without_proof},p={}", text(&proof)),
            server_final: format!("v={}", text(hmac(self.hash, &self.server_key(), auth_message.as_bytes()))),
            proof,
        }
    }
}

/// One whole exchange.
pub(crate) struct Vector {
    pub(crate) mechanism: &'static str,
    pub(crate) hash: Hash,
    pub(crate) name: &'static str,
    pub(crate) acting_as: Option<&'static str>,
    pub(crate) bindings: &'static [Binding<'static>],
    pub(crate) client_first: &'static str,
    pub(crate) server_first: &'static str,
    pub(crate) client_final: &'static str,
    pub(crate) server_final: &'static str,
}

impl Vector {
    /// The server's part of the nonce.
    pub(crate) fn nonce(&self) -> &'static str {
        match self.hash {
            Hash::Sha1 => SERVER,
            _ => "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        }
    }

    pub(crate) fn keys(&self) -> &'static Keys {
        keys(self.hash)
    }
}

/// The server's part of the nonce in RFC 5802.
pub(crate) const SERVER: &str = "3rfcNHYJY1ZVvWVs7j";

pub(crate) const SALT_1: &str = "4125c247e43ab1e93c6dff76";
pub(crate) const SALT_256: &str = "5b6d99689d12358eeca04b141236fa81";

static KEYS_1: LazyLock<Keys> =
    LazyLock::new(|| Keys::derive(Hash::Sha1, "pencil", &hex(SALT_1), 4096).unwrap());
static KEYS_256: LazyLock<Keys> =
    LazyLock::new(|| Keys::derive(Hash::Sha256, "pencil", &hex(SALT_256), 4096).unwrap());
static SIGNER_1: LazyLock<Signer> = LazyLock::new(|| Signer::new(Hash::Sha1, "pencil", &hex(SALT_1), 4096));
static SIGNER_256: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(Hash::Sha256, "pencil", &hex(SALT_256), 4096));

/// The keys of the vectors.
pub(crate) fn keys(hash: Hash) -> &'static Keys {
    if hash == Hash::Sha1 { &KEYS_1 } else { &KEYS_256 }
}

/// The client of the vectors.
pub(crate) fn signer(hash: Hash) -> &'static Signer {
    if hash == Hash::Sha1 { &SIGNER_1 } else { &SIGNER_256 }
}

pub(crate) const EXPORTER: Binding<'_> = Binding {
    kind: "tls-exporter",
    data: &[
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
        28, 29, 30, 31,
    ],
};
pub(crate) const UNIQUE: Binding<'_> =
    Binding { kind: "tls-unique", data: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] };

/// RFC 5802 section 5, RFC 7677 section 3, then flag y, both -PLUS forms, and another identity with an
/// escaped name.
pub(crate) const VECTORS: [Vector; 6] = [
    Vector {
        mechanism: "SCRAM-SHA-1",
        hash: Hash::Sha1,
        name: "user",
        acting_as: None,
        bindings: &[],
        client_first: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        server_first: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        client_final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        server_final: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    },
    Vector {
        mechanism: "SCRAM-SHA-256",
        client_first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        client_final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                       p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        server_final: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ..SHA_256
    },
    Vector {
        mechanism: "SCRAM-SHA-256",
        client_first: "y,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        client_final: "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                       p=FoqiHTtQEDE8lz1CdaEe3tK4mS+iMDTl77SPyDS53DY=",
        server_final: "v=dI4KpiQJwBr1+V+K6U1dA6l6I4I9DUNXWND4pcpRU3U=",
        ..SHA_256
    },
    Vector {
        mechanism: "SCRAM-SHA-256-PLUS",
        bindings: &[EXPORTER],
        client_first: "p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        client_final: "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,\
                       r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                       p=QC6CS20quADQRb3mT99YUH+n3VJxUvzuK0K0E1Vrs2M=",
        server_final: "v=2GiAgapEppLVlUXbxUDksL3VgYHzuqiK5tR4mhJGgvs=",
        ..SHA_256
    },
    Vector {
        mechanism: "SCRAM-SHA-1-PLUS",
        hash: Hash::Sha1,
        bindings: &[UNIQUE],
        client_first: "p=tls-unique,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        server_first: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        client_final: "c=cD10bHMtdW5pcXVlLCwAAQIDBAUGBwgJCgs=,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,\
                       p=ResgVA2w6fEFiwzXkrPSGTt/RSg=",
        server_final: "v=HKBeWjn99U5AvtgAjz6m1d81mhk=",
        ..SHA_256
    },
    Vector {
        mechanism: "SCRAM-SHA-256",
        name: "a,b=c",
        acting_as: Some("adm"),
        client_first: "n,a=adm,n=a=2Cb=3Dc,r=rOprNGfwEbeRWgbNEkqO",
        client_final: "c=bixhPWFkbSw=,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                       p=FTG7vPOmingp6E7NkZQLZZu1J/cgL4w8SBtTcqBRMmo=",
        server_final: "v=fx4RYXjJZQOhElKNVwmzcYfrgeFC1mFnIn30TG+9b4w=",
        ..SHA_256
    },
];

/// What the vectors with SHA-256 share.
const SHA_256: Vector = Vector {
    mechanism: "",
    hash: Hash::Sha256,
    name: "user",
    acting_as: None,
    bindings: &[],
    client_first: "",
    server_first: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    client_final: "",
    server_final: "",
};
