//! `Maildrop`: closed before the login, open until QUIT. It runs the session's loop and answers what the
//! index can answer.

use core::borrow::Borrow;

use super::index::Index;
use super::listing::Listing;
use super::open::Open;
use crate::buf::{Input, Output};
use crate::session::{Config, Next, Phrase, Session, kind};
use crate::time::Time;
use crate::types::{Code, Command, MsgNo};

#[derive(Debug)]
pub(super) struct Maildrop<I, M> {
    open: Option<Open<I, M>>,
    /// A listing that waits for room in the output.
    listing: Option<Listing>,
    /// QUIT came: the marked messages are now to be removed.
    update: bool,
    read_only: bool,
}

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Maildrop<I, M> {
    #[inline(always)]
    pub(super) fn advance<'i, C: Borrow<Config>>(
        &mut self,
        session: &mut Session<C>,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Next<'i> {
        loop {
            if let (Some(listing), Some(open)) = (&mut self.listing, &self.open)
                && session.has_begun()
                && listing.write(open, out).is_err()
            {
                return Next::Output;
            }
            if let Some(listing) = self.listing.take() {
                listing.end(session);
            }
            if self.update && session.has_unanswered_quit() {
                // The lock is released before the refusal is written, as with every other answer to QUIT.
                self.close();
            }
            let next = session.advance(now, input, out);
            let Next::Command { command, len } = &next else {
                if let Next::Closed(_) = next {
                    // QUIT was not answered, and so it was refused: the marked messages must not be removed.
                    self.update = false;
                }
                return next;
            };
            if !self.answers(command, session) || session.config().report_answers {
                return next;
            }
            self.answer(command, *len, session, input, out);
        }
    }

    /// Whether the maildrop answers the command: it answers all commands about messages, except RETR and TOP
    /// of a message that the embedder has to read.
    #[inline]
    pub(super) fn answers<C: Borrow<Config>>(&self, command: &Command<'_>, session: &Session<C>) -> bool {
        match command {
            Command::Stat | Command::List(_) | Command::Uidl(_) | Command::Dele(_) | Command::Rset => true,
            Command::Retr(_) | Command::Top { .. } => self.refusal(command, session).is_some(),
            _ => false,
        }
    }

    /// Why a command about messages is refused.
    fn refusal<C: Borrow<Config>>(
        &self,
        command: &Command<'_>,
        session: &Session<C>,
    ) -> Option<(Option<Code>, Phrase)> {
        match &self.open {
            Some(open) => open.refusal(command, self.read_only, session),
            // The embedder has closed the maildrop.
            None => Some((None, Phrase::NotAvailable)),
        }
    }

    /// Answers a command about messages. If the answer is `-ERR`, returns the reason.
    #[inline(never)]
    pub(super) fn answer<'i, C: Borrow<Config>>(
        &mut self,
        command: &Command<'i>,
        len: usize,
        session: &mut Session<C>,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Phrase> {
        let refusal = self.refusal(command, session);
        if session.claim(command, len, input, out).is_err() {
            return None;
        }
        match (refusal, &mut self.open) {
            (Some((code, why)), _) => {
                let text = session.phrase(why);
                session.hand_out::<kind::Done>().err(session, out, code, text);
                return Some(why);
            }
            (None, Some(open)) => self.listing = open.answer(command, session, out),
            (None, None) => {}
        }
        None
    }
}

impl<I, M> Maildrop<I, M> {
    pub(super) const fn closed() -> Self {
        Self { open: None, listing: None, update: false, read_only: false }
    }

    pub(super) const fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }

    pub(super) const fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(super) fn index(&self) -> Option<&I> {
        self.open.as_ref().map(|open| &open.index)
    }

    pub(super) fn count(&self) -> u32 {
        self.open.as_ref().map_or(0, |open| open.count)
    }

    pub(super) fn octets(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.octets)
    }

    /// QUIT came. Returns whether there are messages to remove.
    pub(super) fn quit(&mut self) -> bool {
        self.update = true;
        self.open.as_ref().is_some_and(|open| open.marked > 0)
    }

    pub(super) fn close(&mut self) -> Option<I> {
        self.update = false;
        self.open.take().map(|open| open.index)
    }
}

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Maildrop<I, M> {
    /// `false` if the memory for the marks has less than one bit per message.
    pub(super) fn open(&mut self, index: I, marks: M) -> bool {
        self.open = Open::new(index, marks);
        self.update = false;
        self.open.is_some()
    }

    pub(super) fn is_marked(&self, n: MsgNo) -> bool {
        self.open.as_ref().is_some_and(|open| open.is_marked(n))
    }

    pub(super) fn mark(&mut self, n: MsgNo) -> bool {
        let open = self.open.as_mut().filter(|open| open.exists(n) && !open.is_marked(n));
        open.map(|open| open.mark(n)).is_some()
    }

    /// Marked messages are removed only after QUIT (RFC 1939 section 6).
    pub(super) fn removals(&self) -> impl Iterator<Item = MsgNo> + '_ {
        let open = self.open.as_ref().filter(|_| self.update);
        open.into_iter().flat_map(Open::all_marked)
    }
}
