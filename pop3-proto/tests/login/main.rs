//! The login planner and the client's side of SASL inside a session, by exact bytes both ways.

#![cfg(all(
    feature = "apop",
    feature = "cram-md5",
    feature = "scram",
    feature = "saslprep",
    feature = "testing"
))]

mod apop;
mod arbitrary;
mod bearer;
mod capa;
mod challenges;
#[path = "../common/mod.rs"]
mod common;
mod credentials;
mod hangups;
mod learned;
mod length;
mod methods;
mod names;
mod outcome;
mod output;
mod own;
mod paths;
mod proof;
mod refusals;
mod scram;
mod scram_limits;
mod script;
mod secrets;
#[path = "../common/signer.rs"]
mod signer;
mod silence;
mod tls;
mod tls_optional;
mod two_steps;
mod unannounced;
mod unusable;
mod utf8;
