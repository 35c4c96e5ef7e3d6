//! What a reply line says, once it is read.

use core::fmt;

use super::{ApopTimestamp, Code, MsgNo, ResponseCode};
use crate::text::Text;

/// The status indicator (RFC 1939 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// `+OK`
    Ok,
    /// `-ERR`
    Err,
}

/// A status line: indicator, response code if there is one, text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusLine<'i> {
    /// `+OK` or `-ERR`.
    pub status: Status,
    /// The response code at the very start of the text (RFC 2449 section 8); one further back is just text.
    pub code: Option<ResponseCode<'i>>,
    /// What follows, for people.
    pub text: Text<'i>,
}

impl StatusLine<'_> {
    /// The registered response code, if the line opens with one.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        self.code.and_then(|code| code.known())
    }
}

/// The line with which a server opens the session (RFC 1939 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting<'i> {
    /// The line itself; `-ERR` means that the server refuses service.
    pub line: StatusLine<'i>,
    /// Present if the server offers APOP and its timestamp is well-formed.
    pub timestamp: Option<ApopTimestamp<'i>>,
}

/// The answer to STAT (RFC 1939 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Messages that are not marked as deleted.
    pub count: u64,
    /// Their sizes added up, in octets.
    pub octets: u64,
}

/// A scan listing: one message and its size (RFC 1939 section 5, LIST).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The message.
    pub number: MsgNo,
    /// Its size in octets as announced. Real servers get it wrong; it never frames anything.
    pub octets: u64,
}

/// A unique-id listing: one message and its id (RFC 1939 section 7, UIDL).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UidLine<'i> {
    /// The message; `None` where a server answered `UIDL n` with the id alone.
    pub number: Option<MsgNo>,
    /// The id as it came, also when it breaks the rule of [`Uid`](super::Uid). It may be empty.
    pub uid: &'i [u8],
}

/// One line of a language listing (RFC 6856 section 3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LangLine<'i> {
    /// The language tag (RFC 5646), for use with LANG.
    pub tag: &'i [u8],
    /// What people call the language, in that language.
    pub description: Text<'i>,
}

impl fmt::Debug for UidLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number.map_or(0, MsgNo::get);
        write!(f, "UidLine({number}, \"{}\")", self.uid.escape_ascii())
    }
}

impl fmt::Debug for LangLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LangLine(\"{}\", {:?})", self.tag.escape_ascii(), self.description)
    }
}
