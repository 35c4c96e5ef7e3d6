//! `Credentials`: what a client shows to log in.

use crate::secret::Secret;
use crate::types::ApopDigest;

/// What a client shows to log in.
#[derive(Clone, Copy, Debug)]
pub enum Credentials<'i> {
    /// From PASS.
    Password(Secret<'i>),
    /// From APOP: compare with MD5 over [`Server::timestamp`](crate::server::Server::timestamp) and the shared secret.
    Apop(ApopDigest),
}
