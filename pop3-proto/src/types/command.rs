//! A command is one verb and its arguments, borrowed from the line they came on.

use core::fmt;

use super::{ApopDigest, MsgNo};
use crate::base64::Base64;
use crate::secret::Secret;

/// One command, in either direction.
///
/// The parser makes it from a line; the encoder writes it, and refuses an argument that the wire cannot carry (CR, LF,
/// NUL and other control characters, or too long a line), so a typed command cannot become two.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Command<'a> {
    /// `USER name`: the mailbox to open (RFC 1939 section 7). The name is the rest of the line.
    User(&'a [u8]),
    /// `PASS password`: the rest of the line, spaces included, untouched (RFC 1939 section 7).
    Pass(Secret<'a>),
    /// `APOP name digest`: login without showing the password (RFC 1939 section 7).
    Apop {
        /// The mailbox to open.
        name: &'a [u8],
        /// MD5 over timestamp and shared secret.
        digest: ApopDigest,
    },
    /// `AUTH mechanism [initial-response]` (RFC 5034 section 4).
    Auth {
        /// The mechanism's name, in the case it came in.
        mechanism: &'a [u8],
        /// `=` on the wire is [`Base64::EMPTY`]; no argument is `None`. The two differ.
        initial: Option<Base64<'a>>,
    },
    /// `AUTH` alone, or with a space behind it: what Outlook sends to ask for the list of mechanisms. No RFC has it.
    AuthList,
    /// `STLS`: go over to TLS (RFC 2595 section 4).
    Stls,
    /// `CAPA`: list the capabilities (RFC 2449 section 5).
    Capa,
    /// `UTF8`: names, passwords and messages in UTF-8 from here on (RFC 6856 section 2).
    Utf8,
    /// `LANG [range]`: choose the language of reply texts, or list them (RFC 6856 section 3).
    Lang(Option<&'a [u8]>),
    /// `STAT`: how many messages and octets (RFC 1939 section 5).
    Stat,
    /// `LIST [msg]`: sizes (RFC 1939 section 5).
    List(Option<MsgNo>),
    /// `RETR msg`: the whole message (RFC 1939 section 5).
    Retr(MsgNo),
    /// `DELE msg`: mark it as deleted (RFC 1939 section 5).
    Dele(MsgNo),
    /// `NOOP` (RFC 1939 section 5).
    Noop,
    /// `RSET`: clear all deletion marks (RFC 1939 section 5).
    Rset,
    /// `TOP msg n`: the header and `n` lines of the body (RFC 1939 section 7).
    Top {
        /// The message.
        number: MsgNo,
        /// Body lines; a count beyond `u64` reads as `u64::MAX`, which means the same.
        lines: u64,
    },
    /// `UIDL [msg]`: unique-ids (RFC 1939 section 7).
    Uidl(Option<MsgNo>),
    /// `QUIT` (RFC 1939 sections 4 and 6).
    Quit,
    /// Any other verb of three or four characters, with the rest of its line.
    Other {
        /// The verb, in the case it came in.
        verb: &'a [u8],
        /// What stands behind the space; `None` if there is no space.
        args: Option<&'a [u8]>,
    },
}

impl Command<'_> {
    /// The verb alone.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::User(_) => Verb::User,
            Self::Pass(_) => Verb::Pass,
            Self::Apop { .. } => Verb::Apop,
            Self::Auth { .. } | Self::AuthList => Verb::Auth,
            Self::Stls => Verb::Stls,
            Self::Capa => Verb::Capa,
            Self::Utf8 => Verb::Utf8,
            Self::Lang(_) => Verb::Lang,
            Self::Stat => Verb::Stat,
            Self::List(_) => Verb::List,
            Self::Retr(_) => Verb::Retr,
            Self::Dele(_) => Verb::Dele,
            Self::Noop => Verb::Noop,
            Self::Rset => Verb::Rset,
            Self::Top { .. } => Verb::Top,
            Self::Uidl(_) => Verb::Uidl,
            Self::Quit => Verb::Quit,
            Self::Other { .. } => Verb::Other,
        }
    }
}

/// The keyword of a command, without its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the keyword itself, described at Command")]
#[non_exhaustive]
pub enum Verb {
    User,
    Pass,
    Apop,
    Auth,
    Stls,
    Capa,
    Utf8,
    Lang,
    Stat,
    List,
    Retr,
    Dele,
    Noop,
    Rset,
    Top,
    Uidl,
    Quit,
    Other,
}

impl Verb {
    /// Every verb that the crate knows, in the order of the enum.
    pub const ALL: [Self; 17] = [
        Self::User,
        Self::Pass,
        Self::Apop,
        Self::Auth,
        Self::Stls,
        Self::Capa,
        Self::Utf8,
        Self::Lang,
        Self::Stat,
        Self::List,
        Self::Retr,
        Self::Dele,
        Self::Noop,
        Self::Rset,
        Self::Top,
        Self::Uidl,
        Self::Quit,
    ];

    /// The keyword in capitals; empty for [`Other`](Self::Other).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Pass => "PASS",
            Self::Apop => "APOP",
            Self::Auth => "AUTH",
            Self::Stls => "STLS",
            Self::Capa => "CAPA",
            Self::Utf8 => "UTF8",
            Self::Lang => "LANG",
            Self::Stat => "STAT",
            Self::List => "LIST",
            Self::Retr => "RETR",
            Self::Dele => "DELE",
            Self::Noop => "NOOP",
            Self::Rset => "RSET",
            Self::Top => "TOP",
            Self::Uidl => "UIDL",
            Self::Quit => "QUIT",
            Self::Other => "",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
