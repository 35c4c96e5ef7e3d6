//! `Command`: a verb and its arguments, borrowed from the line on which they came.

use core::fmt;

use super::{ApopDigest, MsgNo, Verb};
use crate::base64::Base64;
use crate::secret::Secret;
use crate::text::Escaped;

/// One command, received or to be sent.
///
/// The parser makes it from a line. The encoder writes it, and refuses an argument that cannot be sent (CR,
/// LF, NUL and other control characters, or too long a line), so that one command can never become two.
///
/// `Display` writes the line for logs, without its CRLF and with `***` for every secret. `==` compares
/// secrets in constant time.
///
/// ```
/// use pop3_proto::{Command, Secret};
/// let command = Command::Pass(Secret::new(b"tanstaaf"));
/// assert_eq!(command.to_string(), "PASS ***");
/// assert_eq!(format!("{:?}", Command::User(b"ann")), r#"User("ann")"#);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Command<'a> {
    /// `USER name`: the mailbox to open (RFC 1939 section 7). The name is the rest of the line.
    User(&'a [u8]),
    /// `PASS password`: the password is the rest of the line, including spaces, unchanged (RFC 1939 section
    /// 7).
    Pass(Secret<'a>),
    /// `APOP name digest`: a login that does not show the password (RFC 1939 section 7).
    Apop {
        /// The mailbox to open.
        name: &'a [u8],
        /// MD5 over the timestamp and the shared secret.
        digest: ApopDigest,
    },
    /// `AUTH mechanism [initial-response]` (RFC 5034 section 4).
    Auth {
        /// The mechanism's name, in the letter case in which it came.
        mechanism: &'a [u8],
        /// The initial response. `=` on the wire is [`Base64::EMPTY`], and no argument is `None`; the two
        /// mean different things.
        initial: Option<Base64<'a>>,
    },
    /// `AUTH` alone, or with only a space after it. Outlook sends it to ask for the list of mechanisms; no
    /// RFC defines it.
    AuthList,
    /// `STLS`: switch to TLS (RFC 2595 section 4).
    Stls,
    /// `CAPA`: list the capabilities (RFC 2449 section 5).
    Capa,
    /// `UTF8`: from now on messages and reply texts may be UTF-8 (RFC 6856 section 2).
    Utf8,
    /// `LANG [range]`: choose the language of reply texts, or list the languages (RFC 6856 section 3).
    Lang(Option<&'a [u8]>),
    /// `STAT`: how many messages there are, and their total size in octets (RFC 1939 section 5).
    Stat,
    /// `LIST [msg]`: the size of one message or of all (RFC 1939 section 5).
    List(Option<MsgNo>),
    /// `RETR msg`: the whole message (RFC 1939 section 5).
    Retr(MsgNo),
    /// `DELE msg`: mark the message as deleted (RFC 1939 section 5).
    Dele(MsgNo),
    /// `NOOP`: no operation (RFC 1939 section 5).
    Noop,
    /// `RSET`: clear all deletion marks (RFC 1939 section 5).
    Rset,
    /// `TOP msg n`: the header and `n` lines of the body (RFC 1939 section 7).
    Top {
        /// The message.
        number: MsgNo,
        /// How many lines of the body. A number that does not fit into `u64` is read as `u64::MAX`, which has
        /// the same effect.
        lines: u64,
    },
    /// `UIDL [msg]`: the unique-id of one message or of all (RFC 1939 section 7).
    Uidl(Option<MsgNo>),
    /// `QUIT`: end the session (RFC 1939 sections 4 and 6).
    Quit,
    /// Any other verb of three or four characters, with the rest of its line.
    Other {
        /// The verb, in the letter case in which it came.
        verb: &'a [u8],
        /// The text after the space; `None` if there is no space.
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

impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => f.debug_tuple("User").field(&Escaped(name)).finish(),
            Self::Pass(password) => f.debug_tuple("Pass").field(password).finish(),
            Self::Apop { name, digest } => {
                f.debug_struct("Apop").field("name", &Escaped(name)).field("digest", digest).finish()
            }
            Self::Auth { mechanism, initial } => f
                .debug_struct("Auth")
                .field("mechanism", &Escaped(mechanism))
                .field("initial", initial)
                .finish(),
            Self::Lang(range) => f.debug_tuple("Lang").field(&range.map(Escaped)).finish(),
            Self::List(number) => f.debug_tuple("List").field(number).finish(),
            Self::Uidl(number) => f.debug_tuple("Uidl").field(number).finish(),
            Self::Retr(number) => f.debug_tuple("Retr").field(number).finish(),
            Self::Dele(number) => f.debug_tuple("Dele").field(number).finish(),
            Self::Top { number, lines } => {
                f.debug_struct("Top").field("number", number).field("lines", lines).finish()
            }
            Self::Other { verb, args } => f
                .debug_struct("Other")
                .field("verb", &Escaped(verb))
                .field("args", &args.map(Escaped))
                .finish(),
            Self::AuthList => f.write_str("AuthList"),
            Self::Stls => f.write_str("Stls"),
            Self::Capa => f.write_str("Capa"),
            Self::Utf8 => f.write_str("Utf8"),
            Self::Stat => f.write_str("Stat"),
            Self::Noop => f.write_str("Noop"),
            Self::Rset => f.write_str("Rset"),
            Self::Quit => f.write_str("Quit"),
        }
    }
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = self.verb();
        match self {
            Self::User(name) => write!(f, "{verb} {}", name.escape_ascii()),
            Self::Pass(_) => write!(f, "{verb} ***"),
            Self::Apop { name, .. } => write!(f, "{verb} {} ***", name.escape_ascii()),
            Self::Auth { mechanism, initial } => {
                write!(f, "{verb} {}", mechanism.escape_ascii())?;
                match initial {
                    None => Ok(()),
                    Some(data) if data.as_bytes().is_empty() => f.write_str(" ="),
                    Some(_) => f.write_str(" ***"),
                }
            }
            Self::Lang(Some(range)) => write!(f, "{verb} {}", range.escape_ascii()),
            Self::List(Some(number)) | Self::Uidl(Some(number)) => write!(f, "{verb} {number}"),
            Self::Retr(number) | Self::Dele(number) => write!(f, "{verb} {number}"),
            Self::Top { number, lines } => write!(f, "{verb} {number} {lines}"),
            Self::Other { verb, args } => {
                write!(f, "{}", verb.escape_ascii())?;
                args.map_or(Ok(()), |args| write!(f, " {}", args.escape_ascii()))
            }
            _ => f.write_str(verb.as_str()),
        }
    }
}

impl PartialEq for Command<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User(a), Self::User(b)) => a == b,
            (Self::Pass(a), Self::Pass(b)) => a.matches(*b),
            (Self::Apop { name: a, digest: c }, Self::Apop { name: b, digest: d }) => a == b && c.matches(d),
            (Self::Auth { mechanism: a, initial: c }, Self::Auth { mechanism: b, initial: d }) => {
                a == b && c == d
            }
            (Self::Lang(a), Self::Lang(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Uidl(a), Self::Uidl(b)) => a == b,
            (Self::Retr(a), Self::Retr(b)) | (Self::Dele(a), Self::Dele(b)) => a == b,
            (Self::Top { number: a, lines: c }, Self::Top { number: b, lines: d }) => (a, c) == (b, d),
            (Self::Other { verb: a, args: c }, Self::Other { verb: b, args: d }) => (a, c) == (b, d),
            (Self::AuthList, Self::Auth { .. }) | (Self::Auth { .. }, Self::AuthList) => false,
            // The remaining commands have no arguments.
            (a, b) => a.verb() == b.verb(),
        }
    }
}

impl Eq for Command<'_> {}
