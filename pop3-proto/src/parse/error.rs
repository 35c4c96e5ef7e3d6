//! `CommandError` and `ReplyError`: which rule a line breaks, in words that can be sent in a reply.

use core::fmt;

/// Why a line is not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommandError {
    /// The line is empty.
    Empty,
    /// The line does not start with a keyword of three or four visible characters (RFC 2449 section 3).
    Keyword,
    /// The line has a control character, or an 8-bit byte where only ASCII is allowed.
    Octet,
    /// An argument that the command needs is missing.
    Missing,
    /// There is more than the command takes; with [`strict_command`](super::strict_command) also if there is
    /// more than one space.
    Extra,
    /// An argument is not a decimal number; with [`strict_command`](super::strict_command) also if a message
    /// number has leading zeros.
    Number,
    /// The message number is 0, or does not fit into 32 bits: no such message can exist.
    NoSuchMessage,
    /// The digest is not 32 lower-case hexadecimal digits.
    Digest,
    /// The argument is not a mechanism name.
    Mechanism,
    /// The initial response is not base64.
    Base64,
    /// The argument is not a language range.
    Language,
    /// The line is longer than its limit. The parser never returns this; a session does.
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

/// Why a line is not a reply of the expected kind, or not a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyError {
    /// The line starts neither with `+OK` nor with `-ERR`, nor with anything that a lenient reader accepts
    /// instead.
    Status,
    /// The expected numbers, id or tag are missing or cannot be read.
    Fields,
    /// The line is not `+`, a space and base64.
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
