//! What a session tells its embedder. Events borrow the window, never the session, and need no drop.

use core::fmt;

use super::kind;
use super::ticket::Ticket;
use crate::base64::Base64;
use crate::secret::Secret;
use crate::types::{ApopDigest, MsgNo};

/// What happened, or what the session needs, from [`Server::receive`](super::Server::receive).
///
/// Once `NeedInput`, `NeedOutput`, `Waiting` and `Closed` have arms, `_ => {}` is a safe one: a ticket that is not used is
/// answered `-ERR` by the next call. So code written today refuses the commands of tomorrow.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more into the window.
    NeedInput,
    /// Flush the output and do **not** read: the session has more to say first. Never share an arm with
    /// [`NeedInput`](Self::NeedInput).
    NeedOutput,
    /// Somebody holds the ticket, by [`Ticket::defer`]. Flush the output; come back when the answer is given, or when
    /// [`poll_timeout`](super::Server::poll_timeout) says so.
    Waiting,
    /// USER and PASS, or APOP. The name is [`Server::user`](super::Server::user).
    Login {
        /// What the client shows.
        credentials: Credentials<'i>,
        /// Accept it, or refuse it.
        reply: Ticket<kind::Login>,
    },
    /// AUTH with one of the configured mechanisms (RFC 5034 section 4).
    Auth {
        /// The mechanism, in the letters the client chose; see [`Config::mechanism`](super::Config::mechanism).
        mechanism: &'i [u8],
        /// The initial response. `None`, and `Some` of no octets, differ.
        initial: Option<Base64<'i>>,
        /// Challenge, accept or refuse.
        reply: Ticket<kind::Sasl>,
    },
    /// The answer to a challenge.
    SaslResponse {
        /// What the client says.
        data: Base64<'i>,
        /// Challenge, accept or refuse.
        reply: Ticket<kind::Sasl>,
    },
    /// STLS. Accept it only if a handshake can follow.
    Stls(Ticket<kind::Tls>),
    /// STAT.
    Stat(Ticket<kind::Stat>),
    /// LIST with a message number.
    List(MsgNo, Ticket<kind::Scan>),
    /// LIST alone.
    ListAll(Ticket<kind::ScanListing>),
    /// UIDL with a message number.
    Uidl(MsgNo, Ticket<kind::Uid>),
    /// UIDL alone.
    UidlAll(Ticket<kind::UidListing>),
    /// RETR.
    Retr(MsgNo, Ticket<kind::Body>),
    /// TOP. The [`Body`](super::Body) counts the lines.
    Top {
        /// The message.
        number: MsgNo,
        /// Lines of its body.
        lines: u64,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
    },
    /// DELE.
    Dele(MsgNo, Ticket<kind::Done>),
    /// RSET.
    Rset(Ticket<kind::Done>),
    /// UTF8.
    Utf8(Ticket<kind::Utf8>),
    /// LANG with a range.
    Lang(&'i [u8], Ticket<kind::Lang>),
    /// LANG alone.
    LangAll(Ticket<kind::LangListing>),
    /// A verb that the crate does not know, if [`Config::unknown_commands`](super::Config::unknown_commands) asks for them.
    Other {
        /// The whole line, without its CRLF.
        line: &'i [u8],
        /// Answer in one line or in many.
        reply: Ticket<kind::Other>,
    },
    /// QUIT. Whatever the answer, the session closes behind it.
    Quit {
        /// Whether UPDATE is entered: remove the marked messages *before* answering (RFC 1939 section 6).
        update: bool,
        /// `ok` when all of them are gone, `err` when not.
        reply: Ticket<kind::Quit>,
    },
    /// It is over: flush the output, then hang up, or shake hands if [`handover`](super::Server::handover) is `Some`.
    Closed(Reason),
}

/// What [`Server::poll`](super::Server::poll) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Need {
    /// [`receive`](super::Server::receive) has an event; with the same window it returns neither `NeedInput` nor `NeedOutput`.
    Event,
    /// Flush the output, then read more.
    Input,
    /// Flush the output and do not read.
    Output,
}

/// What a client shows to log in.
#[derive(Clone, Copy, Debug)]
pub enum Credentials<'i> {
    /// From PASS.
    Password(Secret<'i>),
    /// From APOP: compare with MD5 over [`Server::timestamp`](super::Server::timestamp) and the shared secret.
    Apop(ApopDigest),
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// QUIT was answered.
    Quit,
    /// STLS was accepted: shake hands now.
    StartTls,
    /// No command came in time. Nothing was said and nothing may be removed (RFC 1939 section 3).
    Autologout,
    /// Too many bad commands in a row.
    TooManyErrors,
    /// Too many failed logins.
    TooManyLogins,
    /// Octets in clear behind STLS: injected, or a client that breaks RFC 2595 section 4.
    PlaintextAfterStls,
    /// A body or a listing was begun and not ended. It stays without its last line, so the client sees that it is cut.
    Unfinished,
    /// The output refused octets although it had said that there is room.
    OutputFailed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quit => "QUIT",
            Self::StartTls => "going over to TLS",
            Self::Autologout => "no command for too long",
            Self::TooManyErrors => "too many bad commands in a row",
            Self::TooManyLogins => "too many failed logins",
            Self::PlaintextAfterStls => "octets in clear behind STLS",
            Self::Unfinished => "an answer was begun and not ended",
            Self::OutputFailed => "the output refused octets",
        })
    }
}
