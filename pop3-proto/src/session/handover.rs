//! `Handover`: what passes from the session in plaintext to the session inside TLS. Nothing that the client
//! sent does.

use crate::time::Time;

/// What is left of a session in plaintext after STLS.
#[derive(Clone, Debug)]
#[must_use = "the session goes on inside TLS with `Session::secured` or `Server::secured`"]
pub struct Handover<C> {
    pub(super) config: C,
    pub(super) apop: Option<[u64; 2]>,
    /// The time for the login goes on.
    pub(super) login_due: Time,
    /// Numbers go on from here, so that tickets of the session in plaintext stay invalid inside TLS.
    pub(super) serial: u32,
}

impl<C> Handover<C> {
    /// Replaces the configuration, for instance by one whose mechanisms suit the TLS connection.
    pub fn with_config<D>(self, config: D) -> Handover<D> {
        Handover { config, apop: self.apop, login_due: self.login_due, serial: self.serial }
    }
}
