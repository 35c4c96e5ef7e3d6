//! The conformance kit: each probe passes against the crate's own server, and catches a twin that is wrong.

mod flood;
mod forms;
mod honest;
mod judge;
mod legal;
mod names;
mod other_ways;
mod pieces;
mod planted;
mod reference;
mod removal;
mod rote;
mod rote_clients;
mod secrets;
mod select;
mod store;
mod twin;
mod twins;
