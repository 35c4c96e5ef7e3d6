//! `Handover`: what goes from the session in plaintext to the one inside TLS: the caller's settings, nothing that the server said.

use super::settings::Settings;
use crate::limits::Limits;

/// What is left of a session in plaintext after `+OK` to STLS: the way to the session inside TLS.
///
/// Shake hands on the connection first, and check the certificate (RFC 8314 section 3). If the handshake fails, close the
/// connection; never go on in plaintext.
#[derive(Clone, Debug)]
#[must_use = "the session goes on inside TLS with `secured`"]
pub struct Handover<const Q: usize = 16> {
    pub(super) settings: Settings,
    pub(super) limits: Limits,
}
