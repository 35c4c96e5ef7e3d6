//! The vectors of SCRAM: as they are published, and with a nonce that a server of this crate can have.

use std::sync::LazyLock;

use pop3_proto::sasl::Binding;
use pop3_proto::sasl::scram::{Hash, Keys};

use crate::drive::{hex, text};
use crate::signer::Signer;

/// One whole exchange.
#[derive(Clone, Copy)]
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
    /// The same exchange with another part of the nonce from the server: what follows from it is computed by
    /// the client of these tests, which computes the published messages as well.
    fn with_nonce(self, server: &str) -> Self {
        let (_, client) = self.client_first.rsplit_once(",r=").unwrap();
        let (_, salt_and_count) = self.server_first.split_once(',').unwrap();
        let (binding, _) = self.client_final.split_once(',').unwrap();
        let server_first = format!("r={client}{server},{salt_and_count}");
        let without_proof = format!("{binding},r={client}{server}");
        let signed = signer(self.hash).sign(self.client_first, &server_first, &without_proof);
        Self {
            server_first: server_first.leak(),
            client_final: signed.client_final.leak(),
            server_final: signed.server_final.leak(),
            ..self
        }
    }

    /// The lines of the exchange, which ends with a login; `in_one_step` sends the first message in the AUTH
    /// line.
    pub(crate) fn dialogue(&self, in_one_step: bool) -> String {
        let separator = if in_one_step { " " } else { "\nS: + \nC: " };
        let messages = [self.client_first, self.server_first, self.client_final, self.server_final];
        let [client_first, server_first, client_final, server_final] = messages.map(text);
        format!(
            "C: AUTH {}{separator}{client_first}
S: + {server_first}
C: {client_final}
S: + {server_final}
C:\x20
S: +OK Maildrop locked and ready
",
            self.mechanism
        )
    }

    pub(crate) fn keys(&self) -> &'static Keys {
        keys(self.hash)
    }
}

/// The server's part of the nonce: that of RFC 5802, and as much more as makes 18 bytes.
pub(crate) const SERVER: &str = "3rfcNHYJY1ZVvWVs7j+5802/";

/// Another part of the nonce.
pub(crate) const LATER: &str = "anotherNonceOfTheServer+";

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

/// The exchanges as a server of this crate has them, whose part of the nonce is [`SERVER`].
pub(crate) static VECTORS: LazyLock<[Vector; 6]> =
    LazyLock::new(|| PUBLISHED.map(|vector| vector.with_nonce(SERVER)));

/// RFC 5802 section 5, RFC 7677 section 3, then flag y, both -PLUS forms, and another identity with an
/// escaped name. The server's part of the nonce has 18 or 30 characters in them, and not all of these are
/// base64.
pub(crate) const PUBLISHED: [Vector; 6] = [
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
