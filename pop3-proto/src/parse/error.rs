//! Parse errors are small and say which rule was broken, in words fit for a reply.

use core::fmt;

/// Why a line is not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommandError {
    /// Nothing on the line.
    Empty,
    /// No keyword of three or four visible characters (RFC 2449 section 3).
    Keyword,
    /// A control character, or an 8-bit byte where only ASCII may stand.
    Octet,
    /// An argument that the command needs is missing.
    Missing,
    /// More than the command takes, or more than one space.
    Extra,
    /// Not a decimal number, or a message number with leading zeros.
    Number,
    /// Message number 0, or one above 32 bits: no such message can exist.
    NoSuchMessage,
    /// The digest is not 32 lower-case hexadecimal digits.
    Digest,
    /// Not a mechanism name.
    Mechanism,
    /// The initial response is not base64.
    Base64,
    /// Not a language range.
    Language,
    /// A line above its limit. The parser never says so; a session does.
    TooLong,
}

impl CommandError {
    /// The error in words, for the text of a `-ERR`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty command",
            Self::Keyword => "unknown command",
            Self::Octet => "character not allowed in a command",
            Self::Missing => "argument missing",
            Self::Extra => "too many arguments or spaces",
            Self::Number => "not a number",
            Self::NoSuchMessage => "no such message",
            Self::Digest => "not a digest of 32 lower-case hexadecimal digits",
            Self::Mechanism => "not a mechanism name",
            Self::Base64 => "not base64",
            Self::Language => "not a language range",
            Self::TooLong => "line too long",
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for CommandError {}

/// Why a line is not the reply, or the part of one, that it was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyError {
    /// Neither `+OK` nor `-ERR`, nor anything that a lenient reader takes for them.
    Status,
    /// The numbers, the id or the tag that belong there are missing or cannot be read.
    Fields,
    /// Not `+`, a space and base64.
    Challenge,
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status => "neither +OK nor -ERR",
            Self::Fields => "numbers or id missing or unreadable",
            Self::Challenge => "not a base64 challenge",
        })
    }
}

impl core::error::Error for ReplyError {}
