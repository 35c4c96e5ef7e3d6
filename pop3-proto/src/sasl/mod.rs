//! SASL mechanisms for both ends, independent of the sessions: bytes in, bytes out (RFC 4422, RFC 5034).
//!
//! [`server::Exchange`] and [`client::Exchange`] run PLAIN, LOGIN, EXTERNAL, ANONYMOUS, OAUTHBEARER and
//! XOAUTH2; with the feature `cram-md5` also CRAM-MD5; with `scram` also SCRAM-SHA-1, SCRAM-SHA-256 and their
//! -PLUS forms. Each runs step by step. The server's exchange takes what the client sends and asks a
//! question, such as whether a password is right. It may ask a second one: whether the user may act as
//! another user. It takes each answer whenever it comes. The client's exchange takes a challenge and returns
//! the response, and knows at the end whether `+OK` may be taken for a login. APOP is not a SASL mechanism
//! but needs the same care; for it see [`ApopDigest::of`](crate::ApopDigest) and `Server::apop_matches`.
//!
//! A client's exchange needs [`client::Credentials`] and a [`Channel`]:
//!
//! ```
//! use pop3_proto::Secret;
//! use pop3_proto::sasl::Channel;
//! use pop3_proto::sasl::client::{Credentials, Engine, Exchange};
//!
//! let credentials = Credentials::password("tim", Secret::new(b"tanstaaftanstaaf"));
//! let mut exchange = Exchange::new(credentials, Channel::new("mail.example.com"), [0; 1024]);
//! exchange.start("PLAIN", false).expect("name and password are enough");
//! assert_eq!(exchange.initial(), Some(&b"\0tim\0tanstaaftanstaaf"[..]));
//! ```
//!
//! Names and passwords are prepared with SASLprep (RFC 4013) if the feature `saslprep` is on. Without it,
//! those with bytes outside ASCII cannot be prepared, as RFC 5802 section 2.2 permits. If a name or password
//! cannot be prepared, a server refuses it, and a client refuses to send it in SCRAM, and in APOP if it has
//! bytes outside ASCII. In PLAIN, LOGIN, CRAM-MD5 and XOAUTH2 a client prepares names and passwords too, but
//! sends those that cannot be prepared unchanged, because the server may know them in that form. Names in
//! OAUTHBEARER and EXTERNAL are never prepared by a client. Prepare what you store in the same way, with
//! [`prepare()`].

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
