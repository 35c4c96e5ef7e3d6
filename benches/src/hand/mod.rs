//! Code to compare with: what somebody would write by hand who needs one thing only and does not handle
//! errors, and the simplest code that works.

pub mod body;
pub mod command;
pub mod reply;
pub mod session;
