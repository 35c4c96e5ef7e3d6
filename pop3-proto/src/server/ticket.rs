//! One command, one ticket, one answer.

use core::fmt;
use core::marker::PhantomData;

use super::body::Body;
use super::event::Reason;
use super::kind::{self, Kind, Tag};
use super::listing::Listing;
use super::phrase::Phrase;
use super::session::Server;
use crate::buf::{Full, Output};
use crate::dot::Stuffer;
use crate::encode;
use crate::types::{Code, Scan, Stat, Status, Uid};

/// The right to answer one command, once.
///
/// Its methods are the legal answers; [`err`](Self::err) is legal for every kind. Four bytes, `Send`, and without drop glue:
/// it may cross `.await` and threads. Not using it refuses the command at the session's next call. An answer that comes too
/// late, because the session has gone on or is closed, does nothing.
///
/// Answering twice does not compile, nor does an answer that the command cannot have:
///
/// ```compile_fail,E0382
/// # use pop3_proto::server::{Server, Ticket, kind};
/// fn twice(reply: Ticket<kind::Done>, session: &mut Server<'_>, out: &mut Vec<u8>) {
///     reply.ok(session, out, "done");
///     reply.ok(session, out, "done again");
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use pop3_proto::server::{Server, Ticket, kind};
/// fn wrong(reply: Ticket<kind::Stat>, session: &mut Server<'_>, out: &mut Vec<u8>) {
///     reply.challenge(session, out, b"");
/// }
/// ```
#[must_use = "a command whose ticket is not used is refused"]
pub struct Ticket<K> {
    serial: u32,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Ticket<K> {
    pub(super) const fn new(serial: u32) -> Self {
        Self { serial, kind: PhantomData }
    }

    /// Answers `-ERR`, with a response code if there is one, and a text.
    ///
    /// For a login: [`Code::Auth`] if the credentials are the problem, [`Code::InUse`] if the maildrop is taken, and release a
    /// lock *before* this call (RFC 1939 section 4).
    pub fn err(
        self,
        session: &mut Server<'_>,
        out: &mut impl Output,
        code: impl Into<Option<Code>>,
        text: &str,
    ) {
        if session.redeem(self.serial, K::TAG) {
            session.refuse(K::TAG, code.into(), text, out);
        }
    }

    /// Keeps the ticket valid across calls of [`poll`](Server::poll) and [`receive`](Server::receive), which say
    /// [`Waiting`](super::Event::Waiting) until it is answered.
    pub fn defer(self, session: &mut Server<'_>) -> Self {
        session.keep(self.serial, K::TAG);
        self
    }

    fn say_ok(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) -> bool {
        self.write(session, out, |session, out| session.status_line(Status::Ok, None, text, out))
    }

    fn begin_body(
        self,
        session: &mut Server<'_>,
        out: &mut impl Output,
        text: &str,
        stuffer: Stuffer,
        lines: Option<u64>,
    ) -> Body {
        let ensure_header_end = K::TAG == Tag::Body && session.config().ensure_header_end;
        let serial = self.serial;
        let live = self.say_ok(session, out, text);
        if live {
            session.begin();
        }
        Body::new(serial, stuffer, lines, ensure_header_end, live)
    }

    /// Writes the answer if the ticket is still good; `false` if nothing was written.
    fn write<'c, O: Output>(
        self,
        session: &mut Server<'c>,
        out: &mut O,
        line: impl FnOnce(&Server<'c>, &mut O) -> Result<(), Full>,
    ) -> bool {
        if !session.redeem(self.serial, K::TAG) {
            return false;
        }
        let written = line(session, out);
        session.wrote(written)
    }
}

impl Ticket<kind::Login> {
    /// Answers `+OK`: the maildrop is locked and open, TRANSACTION begins (RFC 1939 section 4).
    pub fn accept(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) {
        if self.say_ok(session, out, text) {
            session.logged_in();
        }
    }
}

impl Ticket<kind::Sasl> {
    /// Sends a challenge; no octets are the empty challenge, which asks a client-first mechanism to begin.
    ///
    /// # Errors
    ///
    /// [`Full`] if its base64 text does not fit the room of the output: the exchange has been refused then.
    pub fn challenge(self, session: &mut Server<'_>, out: &mut impl Output, data: &[u8]) -> Result<(), Full> {
        if !session.redeem(self.serial, Tag::Sasl) {
            return Ok(());
        }
        if encode::challenge_len(data) > out.room() {
            session.refuse(Tag::Sasl, Some(Code::SysPerm), session.phrase(Phrase::ChallengeTooLong), out);
            return Err(Full);
        }
        let written = encode::challenge(data, out);
        if session.wrote(written) {
            session.exchange_goes_on();
        }
        Ok(())
    }

    /// Answers `+OK`: the maildrop is locked and open, TRANSACTION begins (RFC 5034 section 4).
    pub fn accept(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) {
        if self.say_ok(session, out, text) {
            session.logged_in();
        }
    }
}

impl Ticket<kind::Tls> {
    /// Answers `+OK`; the session is then closed with [`Reason::StartTls`] and offers its
    /// [`handover`](Server::handover). Flush the answer before the handshake.
    pub fn accept(self, session: &mut Server<'_>, out: &mut impl Output) {
        let text = session.phrase(Phrase::BeginTls);
        if self.say_ok(session, out, text) {
            session.close(Reason::StartTls);
        }
    }
}

impl Ticket<kind::Stat> {
    /// Answers with the figures of the messages that are not marked as deleted.
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, stat: Stat) {
        self.write(session, out, |_, out| encode::stat_reply(stat, out));
    }
}

impl Ticket<kind::Scan> {
    /// Answers with the size of the message, in octets as on the wire (see [`wire_size`](crate::dot::wire_size)).
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, octets: u64) {
        self.write(session, out, |session, out| {
            encode::scan_reply(Scan { number: session.number(), octets }, out)
        });
    }
}

impl Ticket<kind::Uid> {
    /// Answers with the unique-id of the message.
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, uid: Uid<'_>) {
        self.write(session, out, |session, out| encode::uid_reply(session.number(), uid, out));
    }
}

impl Ticket<kind::Done> {
    /// Answers `+OK`: it is done.
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) {
        self.say_ok(session, out, text);
    }
}

impl Ticket<kind::Utf8> {
    /// Answers `+OK`: messages and texts may be UTF-8 from here on.
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) {
        if self.say_ok(session, out, text) {
            session.speak_utf8();
        }
    }
}

impl Ticket<kind::Lang> {
    /// Answers `+OK tag text`: texts are in the language `tag` from here on, in UTF-8.
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, tag: &str, text: &str) {
        if self.write(session, out, |_, out| encode::lang_reply(tag, text, out)) {
            session.speak_utf8();
        }
    }
}

macro_rules! begins_listing {
    ($($kind:ident: $what:literal,)+) => {$(
        impl Ticket<kind::$kind> {
            #[doc = concat!("Answers `+OK` and begins the listing of ", $what, ".")]
            pub fn begin(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) -> Listing<kind::$kind> {
                let serial = self.serial;
                let live = self.say_ok(session, out, text);
                if live {
                    session.begin();
                }
                Listing::new(serial, live)
            }
        }
    )+};
}

begins_listing! {
    ScanListing: "sizes",
    UidListing: "unique-ids",
    LangListing: "languages",
}

impl Ticket<kind::Body> {
    /// Answers `+OK` and begins the body. The message is given to [`Body::fill`] as it is stored.
    pub fn begin(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) -> Body {
        let lines = session.top_lines();
        let stuffer = session.stuffer();
        self.begin_body(session, out, text, stuffer, lines)
    }

    /// As [`begin`](Self::begin), for a message that is known to have CRLF line ends and no other LF; see
    /// [`Stuffer::crlf`](crate::dot::Stuffer::crlf). [`Config::replace_nul`](super::Config::replace_nul) has no effect on it.
    pub fn begin_crlf(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) -> Body {
        let lines = session.top_lines();
        self.begin_body(session, out, text, Stuffer::crlf(), lines)
    }

    /// As [`begin`](Self::begin), for a message that is stored as it goes over the wire: CRLF line ends, dots stuffed.
    pub fn begin_stuffed(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) -> Body {
        let lines = session.top_lines();
        self.begin_body(session, out, text, Stuffer::pre_stuffed(), lines)
    }
}

impl Ticket<kind::Other> {
    /// Answers `+OK` in one line.
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) {
        session.good_command(self.serial);
        self.say_ok(session, out, text);
    }

    /// Answers `+OK` and begins a multi-line reply.
    pub fn begin(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) -> Body {
        session.good_command(self.serial);
        self.begin_body(session, out, text, Stuffer::new(), None)
    }
}

impl Ticket<kind::Quit> {
    /// Answers `+OK`: whatever was marked is gone. The session is then closed.
    pub fn ok(self, session: &mut Server<'_>, out: &mut impl Output, text: &str) {
        if self.say_ok(session, out, text) {
            session.close(Reason::Quit);
        }
    }
}

impl<K> fmt::Debug for Ticket<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({})", self.serial)
    }
}
