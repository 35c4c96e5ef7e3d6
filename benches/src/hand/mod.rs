//! References: what somebody would write by hand who needs one thing only and has no use for errors, and the simplest thing that works.

pub mod body;
pub mod command;
pub mod reply;
pub mod session;
