//! The legal answers to each kind of command. Answers that continue after their first line are in `begin.rs`.

use core::borrow::Borrow;

use super::config::Config;
use super::dialogue::Dialogue;
use super::kind::{self, Kind, Tag};
use super::phrase::Phrase;
use super::reason::Reason;
use super::state::Session;
use super::ticket::Ticket;
use super::turn::Turn;
use crate::buf::{Full, Output};
use crate::encode;
use crate::types::{Code, Scan, Stat, Status, Uid};

impl<K: Kind> Ticket<K> {
    /// Answers `-ERR`, with an optional response code and a text.
    ///
    /// For a login, use [`Code::Auth`] if the credentials are the problem and [`Code::InUse`] if the maildrop
    /// is locked. If you hold a lock, release it *before* this call (RFC 1939 section 4).
    pub fn err(
        self,
        session: &mut impl Dialogue,
        out: &mut impl Output,
        code: impl Into<Option<Code>>,
        text: &str,
    ) {
        if K::TAG == Tag::Quit && self.is_good(session.inside()) {
            session.leave();
        }
        let session = session.inside();
        if session.redeem(self.number(), K::TAG) {
            session.refuse(K::TAG, code.into(), text, out);
        }
    }

    /// Keeps the ticket valid across calls of [`poll`](crate::server::Server::poll) and
    /// [`receive`](crate::server::Server::receive). Until it is answered, `receive` returns
    /// [`Waiting`](super::Event::Waiting).
    pub fn defer(self, session: &mut impl Dialogue) -> Self {
        let session = session.inside();
        session.keep(self.number(), K::TAG);
        self
    }

    pub(super) fn say_ok<C: Borrow<Config>>(
        self,
        session: &mut Session<C>,
        out: &mut impl Output,
        text: &str,
    ) -> bool {
        self.write(session, out, |session, out| session.status_line(Status::Ok, None, text, out))
    }

    /// Writes the answer if the ticket is still valid. `false` if nothing was written.
    fn write<C: Borrow<Config>, O: Output>(
        self,
        session: &mut Session<C>,
        out: &mut O,
        line: impl FnOnce(&Session<C>, &mut O) -> Result<(), Full>,
    ) -> bool {
        if !session.redeem(self.number(), K::TAG) {
            return false;
        }
        let written = line(session, out);
        session.wrote(written)
    }
}

macro_rules! accepts {
    ($($kind:ident,)+) => {$(
        impl Ticket<kind::$kind> {
            /// Answers `+OK` to the login. TRANSACTION begins.
            pub fn accept<C: Borrow<Config>>(self, session: &mut Session<C>, out: &mut impl Output, text: &str) {
                self.admit(session, out, text);
            }
        }
    )+};
}

accepts! {
    SessionLogin,
    SessionSasl,
}

impl<K: Kind> Ticket<K> {
    /// Answers `+OK` and begins TRANSACTION.
    pub(crate) fn admit<C: Borrow<Config>>(
        self,
        session: &mut Session<C>,
        out: &mut impl Output,
        text: &str,
    ) {
        if self.say_ok(session, out, text) {
            session.logged_in();
        }
    }

    /// Whether the ticket is still valid.
    pub(crate) fn is_good<C: Borrow<Config>>(&self, session: &Session<C>) -> bool {
        session.is_out(self.number(), K::TAG)
    }
}

impl<K: kind::Exchanges + Kind> Ticket<K> {
    /// Sends a challenge. Empty `data` is the empty challenge, which asks a client-first mechanism to begin.
    ///
    /// # Errors
    ///
    /// [`Full`] if the base64 text of the challenge does not fit into the output. The exchange has then been
    /// refused.
    pub fn challenge(
        self,
        session: &mut impl Dialogue,
        out: &mut impl Output,
        data: &[u8],
    ) -> Result<(), Full> {
        let session = session.inside();
        if !session.redeem(self.number(), Tag::Sasl) {
            return Ok(());
        }
        if encode::challenge_len(data) > out.room() {
            session.refuse(Tag::Sasl, Some(Code::SysPerm), session.phrase(Phrase::ChallengeTooLong), out);
            return Err(Full);
        }
        let written = encode::challenge(data, out);
        if session.wrote(written) {
            session.pass_to(Turn::Exchange);
        }
        Ok(())
    }
}

impl Ticket<kind::Tls> {
    /// Answers `+OK`. The session then closes with [`Reason::StartTls`] and offers its
    /// [`handover`](crate::server::Server::handover). Flush the answer before the handshake.
    pub fn accept(self, session: &mut impl Dialogue, out: &mut impl Output) {
        let session = session.inside();
        let text = session.phrase(Phrase::BeginTls);
        if self.say_ok(session, out, text) {
            session.close(Reason::StartTls);
        }
    }
}

impl Ticket<kind::Stat> {
    /// Answers with the count and total size of the messages that are not marked as deleted.
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, stat: Stat) {
        let session = session.inside();
        self.write(session, out, |_, out| encode::stat_reply(stat, out));
    }
}

impl Ticket<kind::Scan> {
    /// Answers with the size of the message in octets, as on the wire (see
    /// [`wire_size`](crate::dot::wire_size)).
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, octets: u64) {
        let session = session.inside();
        self.write(session, out, |session, out| {
            encode::scan_reply(Scan { number: session.number(), octets }, out)
        });
    }
}

impl Ticket<kind::Uid> {
    /// Answers with the unique-id of the message.
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, uid: Uid<'_>) {
        let session = session.inside();
        self.write(session, out, |session, out| encode::uid_reply(session.number(), uid, out));
    }
}

impl Ticket<kind::Done> {
    /// Answers `+OK`: the command has been carried out.
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) {
        let session = session.inside();
        self.say_ok(session, out, text);
    }
}

impl Ticket<kind::Utf8> {
    /// Answers `+OK`. Messages and texts may be UTF-8 from now on.
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) {
        let session = session.inside();
        if self.say_ok(session, out, text) {
            session.speak_utf8();
        }
    }
}

impl Ticket<kind::Lang> {
    /// Answers `+OK tag text`. From now on texts may be UTF-8. The session's own texts stay in their language
    /// until you call [`set_phrases`](super::Session::set_phrases), and your texts have to be in the language
    /// `tag`, too (RFC 6856 section 3.2).
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, tag: &str, text: &str) {
        let session = session.inside();
        if self.write(session, out, |_, out| encode::lang_reply(tag, text, out)) {
            session.speak_utf8();
        }
    }
}

impl Ticket<kind::Other> {
    /// Answers `+OK` in one line.
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) {
        let session = session.inside();
        if session.ticket_number() == self.number() {
            session.forgive();
        }
        self.say_ok(session, out, text);
    }
}

impl Ticket<kind::Quit> {
    /// Answers `+OK`: every marked message has been removed. The session is then closed.
    pub fn ok(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) {
        if self.is_good(session.inside()) {
            session.leave();
        }
        let session = session.inside();
        if self.say_ok(session, out, text) {
            session.close(Reason::Quit);
        }
    }
}
