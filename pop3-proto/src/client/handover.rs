//! `Handover`: what passes from the session in plaintext to the session inside TLS: the caller's settings,
//! and nothing that the server sent.

use super::settings::Settings;
use crate::limits::Limits;

/// What is left of a session in plaintext after `+OK` to STLS. The session inside TLS is made from it.
///
/// First do the TLS handshake on the connection, and check the certificate (RFC 8314 section 5.3). If the
/// handshake fails, close the connection; never continue in plaintext.
#[derive(Clone, Debug)]
#[must_use = "the session goes on inside TLS with `secured`"]
pub struct Handover<const Q: usize = 16> {
    pub(super) settings: Settings,
    pub(super) limits: Limits,
}
