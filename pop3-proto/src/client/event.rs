//! What a session tells its embedder. Events borrow the window, never the session.

use crate::base64::Base64;
use crate::text::Text;
use crate::types::{Capability, Code, Greeting, LangLine, ResponseCode, Scan, Stat, UidLine};

/// What happened, or what the session needs, from [`Client::receive`](super::Client::receive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more into the window. At the end of input ask
    /// [`end_of_input`](super::Client::end_of_input).
    NeedInput,
    /// The server's first line. Commands may be sent from here on, unless it is `-ERR`: then [`Closed`](Self::Closed) follows.
    Greeting(Greeting<'i>),
    /// A reply, or a part of one, to the command that [`send`](super::Client::send) gave this id.
    Reply(Id, Part<'i>),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A line that cannot be read as what it should be, without its line end. In a listing the next line follows; behind `+OK`
    /// to STAT, `LIST n` or `UIDL n` it is the whole reply; in AUTH it is a challenge, and `cancel` is the answer.
    Unreadable(&'i [u8]),
    /// Octets of a message, stuffing removed, of any length but 0.
    Data(&'i [u8]),
    /// The body is complete.
    End,
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
