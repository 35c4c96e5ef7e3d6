//! `Credentials`: the password or digest that a client sends to log in.

use crate::secret::Secret;
use crate::types::ApopDigest;

/// The password or digest that a client sends to log in.
#[derive(Clone, Copy, Debug)]
pub enum Credentials<'i> {
    /// The client sent PASS with this password.
    Password(Secret<'i>),
    /// The client sent APOP with this digest. Compare it with the MD5 digest of
    /// [`Server::timestamp`](crate::server::Server::timestamp) and the shared secret.
    Apop(ApopDigest),
}
