//! SCRAM: what is stored, and what is computed from it (RFC 5802, RFC 7677).

mod compute;
mod hash;
mod keys;

pub(crate) use compute::{proof_is_right, server_signature};
pub use hash::Hash;
pub use keys::{BadKeys, Keys};
