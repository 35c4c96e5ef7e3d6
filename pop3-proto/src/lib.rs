//! A sans-IO POP3 protocol core.
#![no_std]
#![forbid(unsafe_code)]
// What keeps the library free of panics and of std where core will do; tests, examples and tools may.
#![cfg_attr(
    not(test),
    warn(
        clippy::alloc_instead_of_core,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::std_instead_of_alloc,
        clippy::std_instead_of_core,
        clippy::unwrap_used
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod base64;
mod buf;
pub mod client;
pub mod dot;
pub mod encode;
pub mod limits;
mod line;
pub mod maildrop;
pub mod parse;
mod secret;
pub mod server;
mod text;
mod time;
mod types;

pub use base64::Base64;
pub use buf::{FixedBuf, Full, Input, Output, Unread};
pub use limits::Limits;
pub use line::{Line, LineScanner};
pub use secret::Secret;
pub use text::Text;
pub use time::Time;
pub use types::*;
