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
    /// What [`Server::set_read_only`](crate::server::Server::set_read_only) said, which holds inside TLS, too.
    pub(crate) read_only: bool,
}

impl<C> Handover<C> {
    /// Replaces the configuration, for instance by one whose mechanisms suit the TLS connection.
    pub fn with_config<D>(self, config: D) -> Handover<D> {
        let Self { apop, login_due, serial, read_only, .. } = self;
        Handover { config, apop, login_due, serial, read_only }
    }
}
