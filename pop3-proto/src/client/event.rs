//! `Event` and `Part`: what a client session reports to its embedder. They borrow the window, never the
//! session.

use core::fmt;

use crate::base64::Base64;
use crate::text::{Escaped, Text};
use crate::types::{Capability, Code, Greeting, LangLine, ResponseCode, Scan, Stat, UidLine};

/// What happened, or what the session needs; [`Client::receive`](super::Client::receive) returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more bytes into the window. If the connection has ended, call
    /// [`end_of_input`](super::Client::end_of_input).
    NeedInput,
    /// The server is ready. From now on commands may be sent.
    Greeting(Greeting<'i>),
    /// The greeting was `-ERR`. [`Closed`](Self::Closed) follows.
    Refused(Refusal<'i>),
    /// A reply, or a part of one.
    Reply {
        /// The command, by the number that [`send`](super::Client::send) returned.
        id: Id,
        /// The contents.
        part: Part<'i>,
        /// Whether this part completes the reply.
        last: bool,
    },
    /// A line that answers no command; see [`Deviation::Unsolicited`](crate::Deviation::Unsolicited). Many
    /// servers say goodbye in this way.
    ///
    /// The session can recognize such a line only while no command waits for an answer. If you send a command
    /// before it is read, it is taken for the answer to that command. This cannot be excluded, because the
    /// line may be on its way when you send. To make it unlikely for an important command, read what has
    /// come, receive until [`NeedInput`](Self::NeedInput), then send the command and flush at once.
    Unsolicited(Text<'i>),
    /// The session is over: QUIT was answered, or the server refused service. After `+OK` to STLS, take the
    /// [`handover`](super::Client::handover).
    Closed,
}

/// What [`Client::poll`](super::Client::poll) says that the session needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Need {
    /// [`receive`](super::Client::receive) has an event or an error. Called with the same window, it does not
    /// return `NeedInput`.
    Event,
    /// Flush the output, then read more.
    Input,
}

/// Identifies the command that a reply answers: its position in the order of sending, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub(super) u32);

impl Id {
    /// The position as a number; it wraps after 2^32 commands.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The contents of a reply, or of a part of one.
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
    /// AUTH continues: answer with [`respond`](super::Client::respond) or [`cancel`](super::Client::cancel).
    Challenge(Base64<'i>),
    /// `+OK`, and a body follows, up to [`End`](Self::End). The text of this line has no influence on where
    /// the body ends.
    Begin(Text<'i>),
    /// A line of LIST.
    ScanItem(Scan),
    /// A line of UIDL.
    UidItem(UidLine<'i>),
    /// A line of CAPA.
    Capability(Capability<'i>),
    /// A line of LANG.
    LangItem(LangLine<'i>),
    /// A line of a listing that could not be parsed. The listing goes on with the next line.
    UnreadableItem(&'i [u8]),
    /// `+OK` to STAT, `LIST n` or `UIDL n` with this text, which cannot be parsed or is about another message.
    /// It is the only part of the reply.
    UnreadableReply(&'i [u8]),
    /// A challenge that is not base64: answer with [`cancel`](super::Client::cancel).
    BadChallenge(&'i [u8]),
    /// Bytes of a message, of the list that answers AUTH alone, or of the body of
    /// [`send_multiline`](super::Client::send_multiline); dot-stuffing is removed; never empty.
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

/// The contents of a `-ERR` reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal<'i> {
    /// The response code as it came. If the server has not announced RESP-CODES, it may be ordinary text in
    /// brackets (RFC 2449 section 6.4).
    pub code: Option<ResponseCode<'i>>,
    /// The text after the code, for people to read.
    pub text: Text<'i>,
}

impl Refusal<'_> {
    /// The response code, if it is a registered one.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        self.code.and_then(|code| code.known())
    }
}
