//! What all sessions share: store, users, certificate, and two configurations.

use std::net::SocketAddr;

use pop3_proto::server::Config;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::store::Store;
use crate::users::Users;

pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) users: Users,
    pub(crate) tls: TlsAcceptor,
    /// For clients on this machine, and for all others.
    loopback: Config<'static>,
    remote: Config<'static>,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) fn new(store: Store, users: Users, tls: TlsAcceptor) -> Self {
        let mut remote = Config::new();
        remote.greeting = "pop3d ready";
        remote.implementation = Some(concat!("pop3-proto-", env!("CARGO_PKG_VERSION")));
        remote.stls = true;
        let mut loopback = remote.clone();
        loopback.clear_login = true;
        Self { store, users, tls, loopback, remote, started: Instant::now() }
    }

    pub(crate) fn config(&self, peer: SocketAddr) -> &Config<'static> {
        if peer.ip().to_canonical().is_loopback() { &self.loopback } else { &self.remote }
    }
}
