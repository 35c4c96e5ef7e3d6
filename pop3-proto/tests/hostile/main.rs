//! Servers that mean harm: each attack ends in a typed error or a named outcome, in bounded memory, with no
//! secret in clear.

#![cfg(all(
    feature = "apop",
    feature = "cram-md5",
    feature = "fetch",
    feature = "saslprep",
    feature = "scram"
))]

mod bodies;
mod challenges;
mod counts;
mod endless;
mod floods;
mod growth;
mod programs;
mod secrets;
#[path = "../common/signer.rs"]
mod signer;
mod stls;
mod walk_down;
mod wire;
