//! Programs that embedders write, each in one file: the guide and the examples hold the shorter ones.

#![cfg(all(feature = "fetch", feature = "sasl", feature = "testing"))]

#[path = "../../examples/memserver/accounts.rs"]
mod accounts;
mod fetch_new;
#[cfg(feature = "arbitrary")]
mod fuzz_harness;
mod own_words;
#[path = "../../examples/memserver/server.rs"]
mod server;
