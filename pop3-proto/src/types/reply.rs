//! The contents of reply lines: status lines, the greeting, and the lines of listings.

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

/// A status line: indicator, optional response code, text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusLine<'i> {
    /// `+OK` or `-ERR`.
    pub status: Status,
    /// The response code at the very start of the text (RFC 2449 section 8). Brackets further on are ordinary
    /// text.
    pub code: Option<ResponseCode<'i>>,
    /// The text after the code, for people to read.
    pub text: Text<'i>,
}

impl StatusLine<'_> {
    /// The registered response code, if the line starts with one.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        self.code.and_then(|code| code.known())
    }
}

/// The line with which a server opens the session (RFC 1939 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting<'i> {
    /// The line itself. `-ERR` means that the server refuses service.
    pub line: StatusLine<'i>,
    /// Present if the server offers APOP and its timestamp is well-formed.
    pub timestamp: Option<ApopTimestamp<'i>>,
}

/// The answer to STAT (RFC 1939 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// How many messages are not marked as deleted.
    pub count: u64,
    /// Their total size in octets.
    pub octets: u64,
}

/// A scan listing: one message and its size (RFC 1939 section 5, LIST).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The message.
    pub number: MsgNo,
    /// Its size in octets, as announced. Some servers announce a wrong size, so it never decides where a
    /// message ends.
    pub octets: u64,
}

/// A unique-id listing: one message and its id (RFC 1939 section 7, UIDL).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UidLine<'i> {
    /// The message; `None` if a server answered `UIDL n` with the id alone.
    pub number: Option<MsgNo>,
    /// The id as it came, even if it breaks the rule of [`Uid`](super::Uid). It may be empty.
    pub uid: &'i [u8],
}

/// One line of a language listing (RFC 6856 section 3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LangLine<'i> {
    /// The language tag (RFC 5646), for use with LANG.
    pub tag: &'i [u8],
    /// The name of the language, in that language.
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
