//! Floor 5: the server's transaction, with every answer that follows from a list of messages and their deletion marks.
//!
//! Open a [`Maildrop`] at login, call its [`receive`](Maildrop::receive) in place of the session's, and what is left to do is
//! to log in, to read messages for RETR and TOP, and to remove the marked ones at QUIT.

mod answer;
mod drop;
mod index;
mod marks;

pub use drop::{Maildrop, TooFewMarks};
pub use index::Index;
