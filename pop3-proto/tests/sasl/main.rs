//! The server's side of each SASL mechanism and of APOP, from the RFCs' vectors and rules, alone and inside
//! a session.

#![cfg(all(feature = "scram", feature = "cram-md5", feature = "apop", feature = "saslprep"))]

mod anonymous;
mod apop;
mod arbitrary;
mod base64;
mod bearer;
mod bearer_refused;
mod client;
mod cram_md5;
mod dialogues;
mod drive;
mod external;
mod grammar;
mod login;
mod memory;
mod plain;
mod plugin;
mod prepare;
mod scram;
mod scram_client;
mod scram_final;
mod scram_first;
mod scram_nobody;
mod session;
mod session_refused;
#[path = "../common/signer.rs"]
mod signer;
mod whole_server;
