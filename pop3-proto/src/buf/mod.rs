//! The embedder owns the bytes: a window on what is unread, an output to append to, and buffers that can be
//! either.

mod fixed;
#[cfg(feature = "alloc")]
mod grow;
mod input;
#[cfg(feature = "alloc")]
mod outbox;
mod output;

pub use fixed::FixedBuf;
#[cfg(feature = "alloc")]
pub use grow::GrowBuf;
pub use input::{Input, Unread};
#[cfg(feature = "alloc")]
pub use outbox::Outbox;
pub use output::{Full, Output};
