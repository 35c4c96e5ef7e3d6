//! How to build with this crate: documentation only, with programs that are compiled and run as tests.
//!
//! The chapters can be read in any order. Each but `threats` shows one thing that a program around this crate,
//! an *embedder*, needs, with the shortest program that does it right.

#[doc = include_str!("server.md")]
pub mod server {}

#[doc = include_str!("client.md")]
pub mod client {}

#[doc = include_str!("stls.md")]
pub mod stls {}

#[cfg(feature = "sasl")]
#[doc = include_str!("auth.md")]
pub mod auth {}

#[doc = include_str!("deferred_answers.md")]
pub mod deferred_answers {}

#[doc = include_str!("no_std.md")]
pub mod no_std {}

#[cfg(feature = "testing")]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("threats.md")]
pub mod threats {}
