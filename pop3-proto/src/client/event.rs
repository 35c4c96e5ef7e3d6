//! What a session tells its embedder. Events borrow the window, never the session.

use core::fmt;

use crate::base64::Base64;
use crate::text::{Escaped, Text};
use crate::types::{Capability, Code, Greeting, LangLine, ResponseCode, Scan, Stat, UidLine};

/// What happened, or what the session needs, from [`Client::receive`](super::Client::receive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more into the window. At the end of input ask
    /// [`end_of_input`](super::Client::end_of_input).
    NeedInput,
    /// The server is ready. Commands may be sent from here on.
    Greeting(Greeting<'i>),
    /// The server greets with `-ERR`: [`Closed`](Self::Closed) follows.
    Refused(Refusal<'i>),
    /// A reply, or a part of one.
    Reply {
        /// The command, as [`send`](super::Client::send) numbered it.
        id: Id,
        /// What came.
        part: Part<'i>,
        /// Whether the reply is complete with this.
        last: bool,
    },
    /// A line that answers no command; [`Deviation::Unsolicited`](crate::Deviation::Unsolicited). Many servers say good-bye so.
    ///
    /// It is known for one only while nothing is asked: a line that was not read by then becomes the answer to the next command. To
    /// be sure, receive until [`NeedInput`](Self::NeedInput) before a command on which much depends, and flush behind it.
    Unsolicited(Text<'i>),
    /// It is over: QUIT was answered, or the server refused service. After `+OK` to STLS:
    /// [`handover`](super::Client::handover).
    Closed,
}

/// What [`Client::poll`](super::Client::poll) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Need {
    /// [`receive`](super::Client::receive) has an event or an error; with the same window it does not return `NeedInput`.
    Event,
    /// Flush the output, then read more.
    Input,
}

/// Which command a reply answers: its place in the order of sending, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub(super) u32);

impl Id {
    /// The place as a number; wraps after 2^32 commands.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A reply, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part<'i> {
    /// `+OK` in one line: the whole reply.
    Ok(Text<'i>),
    /// `-ERR`: the whole reply.
    Err(Refusal<'i>),
    /// The whole reply to STAT.
    Stat(Stat),
    /// The whole reply to LIST with a number.
    Scan(Scan),
    /// The whole reply to UIDL with a number.
    Uid(UidLine<'i>),
    /// AUTH goes on: answer with [`respond`](super::Client::respond) or [`cancel`](super::Client::cancel).
    Challenge(Base64<'i>),
    /// `+OK`, and a body follows, up to [`End`](Self::End). The text never frames anything.
    Begin(Text<'i>),
    /// A line of LIST.
    ScanItem(Scan),
    /// A line of UIDL.
    UidItem(UidLine<'i>),
    /// A line of CAPA.
    Capability(Capability<'i>),
    /// A line of LANG.
    LangItem(LangLine<'i>),
    /// A line of a listing that cannot be read; the next line follows.
    UnreadableItem(&'i [u8]),
    /// `+OK` to STAT, `LIST n` or `UIDL n`, and the rest cannot be read: the whole reply.
    UnreadableReply(&'i [u8]),
    /// A challenge that is no base64: answer with [`cancel`](super::Client::cancel).
    BadChallenge(&'i [u8]),
    /// Octets of a message, stuffing removed, of any length but 0.
    Data(&'i [u8]),
    /// The body is complete.
    End,
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::End {
            return f.write_str("End");
        }
        let mut tuple = |name, field: &dyn fmt::Debug| f.debug_tuple(name).field(field).finish();
        match self {
            Self::Ok(text) => tuple("Ok", text),
            Self::Err(refusal) => tuple("Err", refusal),
            Self::Stat(stat) => tuple("Stat", stat),
            Self::Scan(scan) => tuple("Scan", scan),
            Self::Uid(line) => tuple("Uid", line),
            Self::Challenge(data) => tuple("Challenge", data),
            Self::Begin(text) => tuple("Begin", text),
            Self::ScanItem(scan) => tuple("ScanItem", scan),
            Self::UidItem(line) => tuple("UidItem", line),
            Self::Capability(capability) => tuple("Capability", capability),
            Self::LangItem(line) => tuple("LangItem", line),
            Self::UnreadableItem(line) => tuple("UnreadableItem", &Escaped(line)),
            Self::UnreadableReply(line) => tuple("UnreadableReply", &Escaped(line)),
            Self::BadChallenge(line) => tuple("BadChallenge", &Escaped(line)),
            Self::Data(bytes) => tuple("Data", &Escaped(bytes)),
            Self::End => Ok(()),
        }
    }
}

/// A `-ERR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal<'i> {
    /// The response code as it came. Without RESP-CODES announced it is a good guess only (RFC 2449 section 6.4).
    pub code: Option<ResponseCode<'i>>,
    /// What follows, for people.
    pub text: Text<'i>,
}

impl Refusal<'_> {
    /// The registered response code.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        self.code.and_then(|code| code.known())
    }
}
