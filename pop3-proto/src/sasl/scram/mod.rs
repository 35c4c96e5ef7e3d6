//! SCRAM: what is stored, and what is computed from it (RFC 5802, RFC 7677).

mod compute;
mod grammar;
mod hash;
mod keys;

pub(crate) use compute::{ClientKeys, proof_is_right, server_signature};
pub(crate) use grammar::{is_extension, is_nonce, text};
pub use hash::Hash;
pub use keys::{BadKeys, Keys};
