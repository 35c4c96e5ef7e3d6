//! `Ticket`: the right to give one answer to one command. The answers are in `answers.rs`.

use core::fmt;
use core::marker::PhantomData;

use super::kind::Kind;

/// The right to answer one command, once.
///
/// Its methods are the legal answers; [`err`](Self::err) is legal for every kind. A ticket is eight bytes,
/// `Send`, and has no drop glue, so it may be held across `.await` and moved between threads. If it is not
/// used, the next call of the session refuses the command. An answer does nothing if it comes too late,
/// because the session has gone on or is closed, or if it is given to another session.
///
/// Answering twice does not compile, and neither does an answer that the command cannot have:
///
/// ```compile_fail,E0382
/// # use pop3_proto::server::{Config, Ticket, kind, session::Session};
/// fn twice(reply: Ticket<kind::Done>, session: &mut Session<&Config>, out: &mut Vec<u8>) {
///     reply.ok(session, out, "done");
///     reply.ok(session, out, "done again");
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use pop3_proto::server::{Config, Ticket, kind, session::Session};
/// fn wrong(reply: Ticket<kind::Stat>, session: &mut Session<&Config>, out: &mut Vec<u8>) {
///     reply.challenge(session, out, b"");
/// }
/// ```
#[must_use = "a command whose ticket is not used is refused"]
pub struct Ticket<K> {
    number: Number,
    kind: PhantomData<fn() -> K>,
}

/// Identifies a session and one of its tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(super) session: u32,
    pub(super) serial: u32,
}

impl<K: Kind> Ticket<K> {
    pub(super) const fn new(number: Number) -> Self {
        Self { number, kind: PhantomData }
    }

    #[inline]
    pub(super) const fn number(&self) -> Number {
        self.number
    }
}

impl<K> fmt::Debug for Ticket<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({})", self.number.serial)
    }
}
