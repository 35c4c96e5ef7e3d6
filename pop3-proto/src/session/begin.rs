//! The answers that continue after their first line: bodies and listings.

use core::borrow::Borrow;

use super::body::Body;
use super::config::Config;
use super::dialogue::Dialogue;
use super::kind::{self, Kind, Tag};
use super::listing::Listing;
use super::state::Session;
use super::ticket::Ticket;
use super::turn::Turn;
use crate::buf::Output;
use crate::dot::Stuffer;

impl<K: Kind> Ticket<K> {
    fn begin_body<C: Borrow<Config>>(
        self,
        session: &mut Session<C>,
        out: &mut impl Output,
        text: &str,
        stuffer: Stuffer,
        lines: Option<u64>,
    ) -> Body {
        let ensure_header_end = K::TAG == Tag::Body && session.config().ensure_header_end;
        let serial = self.number();
        let live = self.say_ok(session, out, text);
        if live {
            session.pass_to(Turn::Begun);
        }
        Body::new(serial, stuffer, lines, ensure_header_end, live)
    }
}

macro_rules! begins_listing {
    ($($kind:ident: $what:literal,)+) => {$(
        impl Ticket<kind::$kind> {
            #[doc = concat!("Answers `+OK` and begins the listing of ", $what, ".")]
            pub fn begin(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) -> Listing<kind::$kind> {
                let session = session.inside();
                let serial = self.number();
                let live = self.say_ok(session, out, text);
                if live {
                    session.pass_to(Turn::Begun);
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
    /// Answers `+OK` and begins the body. Give the message to [`Body::fill`] in the form in which it is
    /// stored.
    pub fn begin(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) -> Body {
        let session = session.inside();
        let lines = session.top_lines();
        let stuffer = stored(session.config());
        self.begin_body(session, out, text, stuffer, lines)
    }

    /// Like [`begin`](Self::begin), for a message that is known to have CRLF line ends and no other LF; see
    /// [`Stuffer::crlf`](crate::dot::Stuffer::crlf). [`Config::replace_nul`](super::Config::replace_nul) has
    /// no effect on it.
    pub fn begin_crlf(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) -> Body {
        let session = session.inside();
        let lines = session.top_lines();
        self.begin_body(session, out, text, Stuffer::crlf(), lines)
    }

    /// Like [`begin`](Self::begin), for a message that is stored in its wire form: CRLF line ends and stuffed
    /// dots, but without the closing dot line.
    pub fn begin_stuffed(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) -> Body {
        let session = session.inside();
        let lines = session.top_lines();
        self.begin_body(session, out, text, Stuffer::pre_stuffed(), lines)
    }
}

#[cfg(feature = "alloc")]
impl Ticket<kind::Body> {
    /// Answers `+OK`, sends the message (for TOP, the part that was asked for) and ends the body. Give it the
    /// message as it is stored. Use it for messages in memory and an output that grows as needed. For a message
    /// of any size in constant memory, use [`begin`](Self::begin).
    pub fn send_all(
        self,
        session: &mut impl Dialogue,
        out: &mut alloc::vec::Vec<u8>,
        text: &str,
        mut message: &[u8],
    ) {
        let mut body = self.begin(session, out, text);
        while let Some(run) = body.next(&mut message) {
            out.extend_from_slice(run);
        }
        body.end(session);
    }
}

impl Ticket<kind::Other> {
    /// Answers `+OK` and begins a multi-line reply.
    pub fn begin(self, session: &mut impl Dialogue, out: &mut impl Output, text: &str) -> Body {
        let session = session.inside();
        if session.ticket_number() == self.number() {
            session.forgive();
        }
        self.begin_body(session, out, text, Stuffer::new(), None)
    }
}

/// The stuffer for messages in the form in which they are stored.
fn stored(config: &Config) -> Stuffer {
    if config.replace_nul { Stuffer::replacing_nul() } else { Stuffer::new() }
}
