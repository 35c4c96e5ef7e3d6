//! The answers of TRANSACTION that need only the index and the marks (RFC 1939 sections 5 and 7).

use core::borrow::Borrow;

use super::index::Index;
use super::listing::Listing;
use super::open::Open;
use crate::buf::Output;
use crate::decimal::ReverseBuf;
use crate::session::{Config, Phrase, Session, kind};
use crate::types::{Code, Command, MsgNo, Stat};

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Open<I, M> {
    /// Why message `n` does not exist for the client: there is none, or it is marked as deleted.
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
    fn unreadable<C: Borrow<Config>>(
        &self,
        n: MsgNo,
        session: &Session<C>,
    ) -> Option<(Option<Code>, Phrase)> {
        match self.missing(n) {
            Some(why) => Some((None, why)),
            None if !session.is_utf8() && self.index.needs_utf8(n) => {
                Some((Some(Code::Utf8), Phrase::NeedsUtf8))
            }
            None => None,
        }
    }

    /// Why the maildrop refuses a command, if it does.
    pub(super) fn refusal<C: Borrow<Config>>(
        &self,
        command: &Command<'_>,
        read_only: bool,
        session: &Session<C>,
    ) -> Option<(Option<Code>, Phrase)> {
        match *command {
            Command::Dele(_) if read_only => Some((Some(Code::SysPerm), Phrase::ReadOnly)),
            Command::Dele(n) | Command::List(Some(n)) | Command::Uidl(Some(n)) => {
                self.missing(n).map(|why| (None, why))
            }
            Command::Retr(n) | Command::Top { number: n, .. } => self.unreadable(n, session),
            _ => None,
        }
    }

    /// Answers a command that is not refused. If the answer is a listing, it has begun and is returned.
    pub(super) fn answer<C: Borrow<Config>>(
        &mut self,
        command: &Command<'_>,
        session: &mut Session<C>,
        out: &mut impl Output,
    ) -> Option<Listing> {
        match *command {
            Command::Stat => {
                let stat = Stat { count: u64::from(self.count), octets: self.octets };
                session.hand_out::<kind::Stat>().ok(session, out, stat);
            }
            Command::List(Some(n)) => {
                session.hand_out_for::<kind::Scan>(n, None).ok(session, out, self.index.octets(n));
            }
            Command::Uidl(Some(n)) => {
                session.hand_out_for::<kind::Uid>(n, None).ok(session, out, self.index.uid(n));
            }
            Command::List(None) => {
                let reply = session.hand_out::<kind::ScanListing>();
                return Some(Listing::scan(reply.begin(session, out, self.figures(session).as_str())));
            }
            Command::Uidl(None) => {
                let reply = session.hand_out::<kind::UidListing>();
                return Some(Listing::uid(reply.begin(session, out, self.figures(session).as_str())));
            }
            Command::Dele(n) => {
                self.mark(n);
                let mut text = Figures::empty();
                text.text(word(session, Phrase::Deleted));
                text.octet(b' ');
                text.number(u64::from(n.get()));
                text.octet(b' ');
                text.text(word(session, Phrase::Message));
                session.hand_out::<kind::Done>().ok(session, out, text.as_str());
            }
            Command::Rset => {
                self.reset();
                session.hand_out::<kind::Done>().ok(session, out, self.figures(session).as_str());
            }
            // No other command reaches this place.
            _ => {}
        }
        None
    }

    fn figures<C: Borrow<Config>>(&self, session: &Session<C>) -> Figures {
        let mut words = Figures::empty();
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

/// Room for two numbers and two words; it is filled from the last to the first.
type Figures = ReverseBuf<{ 10 + 20 + 2 * WORD + b"  ( )".len() }>;

/// Length in bytes of the longest word that fits.
const WORD: usize = 40;

fn word<C: Borrow<Config>>(session: &Session<C>, phrase: Phrase) -> &'static [u8] {
    let word = session.phrase(phrase);
    if word.len() > WORD { b"" } else { word.as_bytes() }
}
