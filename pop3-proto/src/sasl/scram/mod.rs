//! SCRAM: the [`Keys`] that a server stores, and what is computed from them (RFC 5802, RFC 7677).
//!
//! ```
//! use pop3_proto::sasl::scram::{Hash, Keys};
//!
//! // When the user sets a password: derive the keys once, and store their text instead of the password.
//! let salt = [7; 16]; // random bytes in a real program
//! let keys = Keys::derive(Hash::Sha256, "tanstaaf", &salt, 4096).expect("the password can be prepared");
//! let stored = keys.to_string();
//! assert!(stored.starts_with("SCRAM-SHA-256$4096:"));
//!
//! // At a login: read them again, for `Answer::Keys`.
//! let keys: Keys = stored.parse().expect("this is their text form");
//! assert_eq!(keys.hash(), Hash::Sha256);
//! ```

mod compute;
mod grammar;
mod hash;
mod keys;

pub(crate) use compute::{ClientKeys, proof_is_right, server_signature};
pub(crate) use grammar::{is_extension, is_nonce, text};
pub use hash::Hash;
pub use keys::{BadKeys, Keys};
