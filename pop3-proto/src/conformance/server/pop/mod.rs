//! A connection to the server under test: [`Pop`], and [`Own`], the messages that may be removed over it.

mod ear;
mod guard;
mod own;
mod secrets;
mod talk;
mod wire;

pub(crate) use own::Own;
pub(crate) use talk::Pop;
