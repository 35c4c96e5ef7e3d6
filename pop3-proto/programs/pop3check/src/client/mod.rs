//! `pop3check client`: judges a client by playing the server.

mod certificates;
mod driver;
mod ground;
mod interrupt;
mod preset;
mod run;
mod served;
mod store;

pub(crate) use run::client;
