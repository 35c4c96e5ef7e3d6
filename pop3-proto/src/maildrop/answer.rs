//! The answers of TRANSACTION that need only the index and the marks (RFC 1939 sections 5 and 7).

use super::drop::{Maildrop, Open};
use super::index::Index;
use crate::buf::{Full, Input, Output};
use crate::decimal::ReverseBuf;
use crate::server::{self, Event, Next, Phrase, Server, kind};
use crate::time::Time;
use crate::types::{Code, Command, MsgNo, Stat};

/// A listing that waits for room.
#[derive(Debug)]
pub(super) struct Listing {
    what: What,
    /// The next message to be looked at; `None` behind the last.
    next: Option<MsgNo>,
}

#[derive(Debug)]
enum What {
    Scan(server::Listing<kind::ScanListing>),
    Uid(server::Listing<kind::UidListing>),
}

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Maildrop<I, M> {
    /// As the session's, with all that the maildrop can answer answered.
    pub(super) fn advance<'i>(
        &mut self,
        session: &mut Server<'_>,
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
                match listing.what {
                    What::Scan(lines) => lines.end(session),
                    What::Uid(lines) => lines.end(session),
                }
            }
            let next = session.advance(now, input, out);
            let (Next::Command { command, .. }, Some(open)) = (&next, &mut self.open) else { return next };
            let mine = match command {
                Command::Stat | Command::List(_) | Command::Uidl(_) | Command::Dele(_) | Command::Rset => {
                    true
                }
                Command::Retr(n) | Command::Top { number: n, .. } => open.unreadable(*n, session).is_some(),
                _ => false,
            };
            if !mine {
                return next;
            }
            let event = session.emit(&next, input, out);
            self.listing = open.answer(event, self.read_only, session, out);
        }
    }
}

impl Listing {
    const fn new(what: What) -> Self {
        Self { what, next: Some(MsgNo::FIRST) }
    }

    fn write<I, M>(&mut self, open: &Open<I, M>, out: &mut impl Output) -> Result<(), Full>
    where
        I: Index,
        M: AsRef<[u8]> + AsMut<[u8]>,
    {
        // Nothing is left to list: do not look at the marks one by one.
        while let Some(n) = self.next.filter(|n| open.count > 0 && open.exists(*n)) {
            if !open.marks.get(n) {
                match &mut self.what {
                    What::Scan(lines) => lines.item(out, n, open.index.octets(n))?,
                    What::Uid(lines) => lines.item(out, n, open.index.uid(n))?,
                }
            }
            self.next = n.get().checked_add(1).and_then(MsgNo::new);
        }
        Ok(())
    }
}

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Open<I, M> {
    /// Why a message cannot be had.
    fn missing(&self, n: MsgNo) -> Option<Phrase> {
        if !self.exists(n) {
            Some(Phrase::NoSuchMessage)
        } else if self.marks.get(n) {
            Some(Phrase::MessageDeleted)
        } else {
            None
        }
    }

    /// Why a message cannot be read.
    fn unreadable(&self, n: MsgNo, session: &Server<'_>) -> Option<(Option<Code>, Phrase)> {
        match self.missing(n) {
            Some(why) => Some((None, why)),
            None if !session.is_utf8() && self.index.needs_utf8(n) => {
                Some((Some(Code::Utf8), Phrase::NeedsUtf8))
            }
            None => None,
        }
    }

    /// Answers; the result is a listing that has begun.
    fn answer(
        &mut self,
        event: Event<'_>,
        read_only: bool,
        session: &mut Server<'_>,
        out: &mut impl Output,
    ) -> Option<Listing> {
        match event {
            Event::Stat(reply) => {
                reply.ok(session, out, Stat { count: u64::from(self.count), octets: self.octets });
            }
            Event::List(n, reply) => match self.missing(n) {
                None => reply.ok(session, out, self.index.octets(n)),
                Some(why) => reply.err(session, out, None, session.phrase(why)),
            },
            Event::Uidl(n, reply) => match self.missing(n) {
                None => reply.ok(session, out, self.index.uid(n)),
                Some(why) => reply.err(session, out, None, session.phrase(why)),
            },
            Event::ListAll(reply) => {
                return Some(Listing::new(What::Scan(reply.begin(
                    session,
                    out,
                    self.figures(session).as_str(),
                ))));
            }
            Event::UidlAll(reply) => {
                return Some(Listing::new(What::Uid(reply.begin(
                    session,
                    out,
                    self.figures(session).as_str(),
                ))));
            }
            Event::Dele(_, reply) if read_only => {
                reply.err(session, out, Code::SysPerm, session.phrase(Phrase::ReadOnly));
            }
            Event::Dele(n, reply) => match self.missing(n) {
                None => {
                    self.mark(n);
                    let mut text = Words::empty();
                    text.text(word(session, Phrase::Deleted));
                    text.octet(b' ');
                    text.number(u64::from(n.get()));
                    text.octet(b' ');
                    text.text(word(session, Phrase::Message));
                    reply.ok(session, out, text.as_str());
                }
                Some(why) => reply.err(session, out, None, session.phrase(why)),
            },
            Event::Rset(reply) => {
                self.reset();
                reply.ok(session, out, self.figures(session).as_str());
            }
            Event::Retr(n, reply) | Event::Top { number: n, reply, .. } => {
                if let Some((code, why)) = self.unreadable(n, session) {
                    reply.err(session, out, code, session.phrase(why));
                }
            }
            // The session refuses what is left unanswered.
            _ => {}
        }
        None
    }

    fn figures(&self, session: &Server<'_>) -> Words {
        let mut words = Words::empty();
        words.octet(b')');
        words.text(word(session, Phrase::Octets));
        words.octet(b' ');
        words.number(self.octets);
        words.text(b" (");
        words.text(word(session, Phrase::Messages));
        words.octet(b' ');
        words.number(u64::from(self.count));
        words
    }
}

/// Two numbers and two words, from the last to the first.
type Words = ReverseBuf<{ 10 + 20 + 2 * WORD + b"  ( )".len() }>;

/// Octets of the longest word that there is room for.
const WORD: usize = 40;

fn word(session: &Server<'_>, phrase: Phrase) -> &'static [u8] {
    let word = session.phrase(phrase);
    if word.len() > WORD { b"" } else { word.as_bytes() }
}
