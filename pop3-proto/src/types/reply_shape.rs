//! `ReplyShape`: which replies have a body. The first line of a reply does not tell.

use super::Command;

/// How a `+OK` to a command continues (RFC 1939 section 3). A `-ERR` is always one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplyShape {
    /// The reply is this one line.
    Line,
    /// More lines follow, up to a line that is a single dot; [`BodyEnd`](crate::dot::BodyEnd) finds it.
    Multiline,
    /// The reply is this one line, but before it come challenges, which are lines that begin with `+ `, and
    /// their responses (RFC 5034 section 4).
    Exchange,
    /// The crate does not know the verb, so only client and server know the shape.
    Unknown,
}

impl Command<'_> {
    /// How the `+OK` to this command continues: for proxies and recorders, which have to find the end of a
    /// reply.
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
