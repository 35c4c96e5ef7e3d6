//! What the programs share, so that a fault that is mended in one of them is mended in all.
//!
//! * [`plain`] opens a plain file and never waits for a pipe or a device.
//! * [`text`] reads texts from other hands: settings, records, password files.
//! * [`home`] replaces `~` in paths.
//! * [`secret`] reads passwords and tokens.
//! * [`shared`] checks what others may have put into a folder like `/tmp`.
//! * [`service`] names what answers in the place of a POP3 server.
//! * [`trust`] decides which certificates of a server are trusted.
//! * [`words`] makes the words of a peer fit to be shown: masked, escaped and bounded.
//! * [`console`] writes to standard output and standard error, and survives when these are closed.
//! * [`delay`] acknowledges what came without a delay.
//! * [`dot_lock`] is the lock of mbox files.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod console;
pub mod delay;
pub mod dot_lock;
pub mod home;
mod lock_holder;
mod masks;
pub mod plain;
pub mod secret;
pub mod service;
pub mod shared;
pub mod text;
pub mod trust;
mod views;
pub mod words;
