//! Floor 3, SASL mechanisms: bytes in, bytes out, outside the sessions (RFC 4422, RFC 5034).
//!
//! [`server::Exchange`] and [`client::Exchange`] run PLAIN, LOGIN, EXTERNAL, ANONYMOUS, OAUTHBEARER and XOAUTH2, with the feature
//! `cram-md5` CRAM-MD5, with `scram` SCRAM-SHA-1, SCRAM-SHA-256 and their -PLUS forms. Each is a step machine. The server's takes what
//! the client says, asks one question of whoever knows the users, and takes the answer whenever it comes; the client's takes a
//! challenge and gives the response, and knows at the end whether the server has proved itself. APOP, which is no SASL mechanism
//! but needs the same care, is [`ApopDigest::of`](crate::ApopDigest) and `Server::apop_matches`.
//!
//! Names and passwords are prepared with SASLprep (RFC 4013) where the feature `saslprep` is on; where it is not, those with
//! bytes outside of ASCII are refused, as RFC 5802 section 2.2 permits. Prepare what you store in the same way, with [`prepare()`].

#[cfg(feature = "apop")]
pub(crate) mod apop;
mod channel;
pub mod client;
mod gs2;
mod memory;
mod nonce;
mod prepare;
#[cfg(feature = "scram")]
pub mod scram;
pub mod server;
mod why;

pub use channel::{Binding, Channel};
pub use nonce::Nonce;
pub use prepare::{Prepared, prepare};
pub use why::Why;
