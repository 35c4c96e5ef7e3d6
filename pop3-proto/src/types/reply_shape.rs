//! `ReplyShape`: which replies have a body, which their first line does not say.

use super::Command;

/// How a `+OK` to a command goes on (RFC 1939 section 3). A `-ERR` is always one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplyShape {
    /// In its one line.
    Line,
    /// With lines up to the one that is a dot alone; [`BodyEnd`](crate::dot::BodyEnd) finds it.
    Multiline,
    /// It does not: challenges, lines that begin with `+ `, and their responses come before it (RFC 5034 section 4).
    Exchange,
    /// Nobody knows but the two ends: the verb is none of this crate's.
    Unknown,
}

impl Command<'_> {
    /// How its `+OK` goes on: for proxies and recorders, which have to find the end of a reply.
    ///
    /// ```
    /// use pop3_proto::{Command, MsgNo, ReplyShape};
    /// assert_eq!(Command::List(None).reply_shape(), ReplyShape::Multiline);
    /// assert_eq!(Command::List(Some(MsgNo::FIRST)).reply_shape(), ReplyShape::Line);
    /// ```
    #[must_use]
    pub const fn reply_shape(&self) -> ReplyShape {
        match self {
            Self::Capa
            | Self::AuthList
            | Self::Lang(None)
            | Self::List(None)
            | Self::Uidl(None)
            | Self::Retr(_)
            | Self::Top { .. } => ReplyShape::Multiline,
            Self::Auth { .. } => ReplyShape::Exchange,
            Self::Other { .. } => ReplyShape::Unknown,
            _ => ReplyShape::Line,
        }
    }
}
