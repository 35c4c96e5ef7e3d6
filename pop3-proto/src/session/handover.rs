//! `Handover`: what goes from the session in clear to the one inside TLS. Only configuration does.

/// What is left of a session in clear after STLS.
#[derive(Clone, Debug)]
#[must_use = "the session goes on inside TLS with `Session::secured` or `Server::secured`"]
pub struct Handover<C> {
    pub(super) config: C,
    pub(super) apop: Option<[u64; 2]>,
    /// Tickets of the session in clear stay void inside TLS.
    pub(super) serial: u32,
}

impl<C> Handover<C> {
    /// With another configuration: one whose mechanisms fit what the handshake gave.
    pub fn with_config<D>(self, config: D) -> Handover<D> {
        Handover { config, apop: self.apop, serial: self.serial }
    }
}
