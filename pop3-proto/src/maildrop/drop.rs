//! The open maildrop of one session: closed before login, open until QUIT.

use core::fmt;

use super::answer::Listing;
use super::index::Index;
use super::marks::Marks;
use crate::buf::{Input, Output};
use crate::server::{Event, Need, Server};
use crate::time::Time;
use crate::types::MsgNo;

/// The transaction of one session: messages, deletion marks, and the answers that follow from them.
///
/// Its [`receive`](Self::receive) stands in for the session's. It answers STAT, LIST, UIDL, DELE and RSET, refuses RETR and TOP
/// of a message that is missing or marked, and hands out the rest: logins, AUTH, STLS, RETR and TOP of messages that are there,
/// QUIT, and the end. What a POP3 server gets wrong once is right here: marked messages vanish from STAT, LIST and UIDL;
/// numbers stay; listings ascend, and one of a million messages takes no more room than the output has.
///
/// `I` is the [`Index`], `M` the memory for the marks, one bit a message: `Vec<u8>` with `open`, anything like an
/// array with [`open_with`](Self::open_with).
#[derive(Debug)]
pub struct Maildrop<I, M> {
    pub(super) open: Option<Open<I, M>>,
    pub(super) listing: Option<Listing>,
    /// QUIT came: the marks are orders now.
    update: bool,
    pub(super) read_only: bool,
}

#[derive(Debug)]
pub(super) struct Open<I, M> {
    pub(super) index: I,
    pub(super) marks: Marks<M>,
    /// Octets of all messages.
    total: u64,
    /// Messages that are not marked, and their octets.
    pub(super) count: u32,
    pub(super) octets: u64,
}

/// The memory for deletion marks is shorter than one bit a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFewMarks;

impl<I, M> Maildrop<I, M> {
    /// Before login: everything passes through to the embedder.
    #[must_use]
    pub const fn closed() -> Self {
        Self { open: None, listing: None, update: false, read_only: false }
    }

    /// Refuses every DELE, now and when the maildrop is opened later, until it is closed: for guests, and where deleting is the work
    /// of others.
    pub const fn read_only(&mut self) {
        self.read_only = true;
    }

    /// The index, if the maildrop is open.
    #[must_use]
    pub fn index(&self) -> Option<&I> {
        self.open.as_ref().map(|open| &open.index)
    }

    /// Closes the maildrop and gives the index back, with the lock it may hold. Take [`removals`](Self::removals) first.
    pub fn close(&mut self) -> Option<I> {
        core::mem::replace(self, Self::closed()).open.map(|open| open.index)
    }
}

#[cfg(feature = "alloc")]
impl<I: Index> Maildrop<I, alloc::vec::Vec<u8>> {
    /// Opens the maildrop; call it when the login is right and the lock is held, before accepting the login. Adds up the sizes
    /// once, so that STAT takes constant time.
    pub fn open(&mut self, index: I) {
        let marks = alloc::vec![0; index.len().div_ceil(8) as usize];
        // Cannot fail: the memory was made to measure.
        let _ = self.open_with(index, marks);
    }
}

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Maildrop<I, M> {
    /// As `open`, with memory for the marks from the embedder: at least `index.len()` bits.
    ///
    /// # Errors
    ///
    /// [`TooFewMarks`] if it is less; the maildrop stays closed.
    pub fn open_with(&mut self, index: I, marks: M) -> Result<(), TooFewMarks> {
        *self = Self { read_only: self.read_only, ..Self::closed() };
        let marks = Marks::new(marks, index.len()).ok_or(TooFewMarks)?;
        let count = index.len();
        let total = numbers(count).fold(0, |sum: u64, n| sum.saturating_add(index.octets(n)));
        self.open = Some(Open { index, marks, total, count, octets: total });
        Ok(())
    }

    /// In place of [`Server::poll`].
    pub fn poll<'i>(
        &mut self,
        session: &mut Server<'_>,
        now: Time,
        mut input: impl Input<'i>,
        out: &mut impl Output,
    ) -> Need {
        self.advance(session, now, &mut input, out).need()
    }

    /// In place of [`Server::receive`].
    pub fn receive<'i>(
        &mut self,
        session: &mut Server<'_>,
        now: Time,
        mut input: impl Input<'i>,
        out: &mut impl Output,
    ) -> Event<'i> {
        let next = self.advance(session, now, &mut input, out);
        let event = session.emit(&next, &mut input, out);
        if let Event::Quit { update: true, .. } = event {
            self.update = true;
        }
        event
    }

    /// What QUIT must remove, in ascending order: the marked messages, once the client has said QUIT. Before that, and after
    /// every other end of a session, nothing (RFC 1939 section 6).
    pub fn removals(&self) -> impl Iterator<Item = MsgNo> + '_ {
        let open = self.open.as_ref().filter(|_| self.update);
        open.into_iter().flat_map(|open| numbers(open.index.len()).filter(|n| open.marks.get(*n)))
    }
}

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Open<I, M> {
    pub(super) fn exists(&self, n: MsgNo) -> bool {
        n.get() <= self.index.len()
    }

    /// Clears all marks; sizes are as they were when the maildrop was opened.
    pub(super) fn reset(&mut self) {
        if self.count < self.index.len() {
            self.marks.clear();
            self.count = self.index.len();
            self.octets = self.total;
        }
    }

    pub(super) fn mark(&mut self, n: MsgNo) {
        self.marks.set(n);
        self.count = self.count.saturating_sub(1);
        self.octets = self.octets.saturating_sub(self.index.octets(n));
    }
}

fn numbers(count: u32) -> impl Iterator<Item = MsgNo> {
    (1..=count).filter_map(MsgNo::new)
}

impl fmt::Display for TooFewMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the memory for deletion marks has less than one bit a message")
    }
}

impl core::error::Error for TooFewMarks {}
