//! `Event`: what a session reports to its embedder. Events borrow the window, never the session, and need no
//! drop.

use core::fmt;

use super::credentials::Credentials;
use super::kind;
use super::phrase::Phrase;
use super::reason::Reason;
use super::ticket::Ticket;
use crate::base64::Base64;
use crate::text::Escaped;
use crate::types::{Command, MsgNo};

/// What happened, or what the session needs; [`Session::receive`](super::Session::receive) returns it.
///
/// Handle `NeedInput`, `NeedOutput`, `Waiting` and `Closed` explicitly; for all other events the arm
/// `_ => {}` is safe, because the next call answers an unused ticket with `-ERR`. So code written today
/// refuses the commands of later versions.
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more bytes into the window.
    NeedInput,
    /// Flush the output and do **not** read: the session has more to say first. An arm that reads must not
    /// handle this event.
    NeedOutput,
    /// A ticket was kept with [`Ticket::defer`] and is not answered yet. Flush the output. Call again when
    /// the answer is given, or when [`poll_timeout`](crate::server::Server::poll_timeout) says so.
    Waiting,
    /// The client sent USER and PASS, or APOP. The name is in [`Session::user`](super::Session::user).
    Login {
        /// The password or the APOP digest that the client sent.
        credentials: Credentials<'i>,
        /// Accept it, or refuse it.
        reply: Ticket<kind::SessionLogin>,
    },
    /// The client sent AUTH with one of the configured mechanisms (RFC 5034 section 4).
    Auth {
        /// The mechanism, in the letter case the client used; see
        /// [`Config::mechanism`](super::Config::mechanism).
        mechanism: &'i [u8],
        /// The initial response. `None` means that there was none; `Some` with no bytes is an empty one.
        initial: Option<Base64<'i>>,
        /// Send a challenge, accept the login, or refuse it.
        reply: Ticket<kind::SessionSasl>,
    },
    /// The client answered a challenge.
    SaslResponse {
        /// The client's response.
        data: Base64<'i>,
        /// Send another challenge, accept the login, or refuse it.
        reply: Ticket<kind::SessionSasl>,
    },
    /// The client sent STLS. Accept it only if a TLS handshake can follow.
    Stls {
        /// Accept, or refuse.
        reply: Ticket<kind::Tls>,
    },
    /// The client sent STAT.
    Stat {
        /// Answer with the count and total size, or refuse.
        reply: Ticket<kind::Stat>,
    },
    /// The client sent LIST with a message number.
    List {
        /// The message.
        number: MsgNo,
        /// Answer with the size, or refuse.
        reply: Ticket<kind::Scan>,
    },
    /// The client sent LIST alone.
    ListAll {
        /// Begin the listing, or refuse.
        reply: Ticket<kind::ScanListing>,
    },
    /// The client sent UIDL with a message number.
    Uidl {
        /// The message.
        number: MsgNo,
        /// Answer with the unique-id, or refuse.
        reply: Ticket<kind::Uid>,
    },
    /// The client sent UIDL alone.
    UidlAll {
        /// Begin the listing, or refuse.
        reply: Ticket<kind::UidListing>,
    },
    /// The client sent RETR.
    Retr {
        /// The message.
        number: MsgNo,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
    },
    /// The client sent TOP. The [`Body`](super::Body) counts the lines for you.
    Top {
        /// The message.
        number: MsgNo,
        /// How many lines of its body the client wants.
        lines: u64,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
    },
    /// The client sent DELE.
    Dele {
        /// The message.
        number: MsgNo,
        /// Answer `ok` once it is marked, or refuse.
        reply: Ticket<kind::Done>,
    },
    /// The client sent RSET.
    Rset {
        /// Answer `ok` once no message is marked, or refuse.
        reply: Ticket<kind::Done>,
    },
    /// The client sent UTF8.
    Utf8 {
        /// Accept, or refuse.
        reply: Ticket<kind::Utf8>,
    },
    /// The client sent LANG with a language range.
    Lang {
        /// The languages that the client can read.
        range: &'i [u8],
        /// Accept with a language, or refuse.
        reply: Ticket<kind::Lang>,
    },
    /// The client sent LANG alone, to list the languages.
    LangAll {
        /// Begin the list, or refuse.
        reply: Ticket<kind::LangListing>,
    },
    /// The client sent a verb that the crate does not know. Reported only if
    /// [`Config::unknown_commands`](super::Config::unknown_commands) asks for it.
    Other {
        /// The whole line, without its CRLF.
        line: &'i [u8],
        /// Answer in one line or in several.
        reply: Ticket<kind::Other>,
    },
    /// The client sent QUIT. The session closes after the answer, whatever it is.
    Quit {
        /// Whether the session enters UPDATE: remove the marked messages *before* you answer (RFC 1939
        /// section 6).
        update: bool,
        /// Answer `ok` if all of them are removed, `err` if not.
        reply: Ticket<kind::Quit>,
    },
    /// The session has answered a line by itself. This event is for logs, statistics and honeypots. It comes
    /// only if [`Config::report_answers`](crate::server::Config::report_answers) asks for it, and it needs no
    /// answer.
    Answered {
        /// The command. `None` if the line was not a command, or was part of an AUTH exchange. Its `Display`
        /// shows no secret.
        command: Option<Command<'i>>,
        /// Why it was answered `-ERR`; `None` if it was answered `+OK`.
        refusal: Option<Phrase>,
    },
    /// The session is over. Flush the output, then close the connection, or start the TLS handshake if
    /// [`handover`](crate::server::Server::handover) returns `Some`.
    Closed(Reason),
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, number, reply): (_, Option<&MsgNo>, &dyn fmt::Debug) = match self {
            Self::NeedInput => return f.write_str("NeedInput"),
            Self::NeedOutput => return f.write_str("NeedOutput"),
            Self::Waiting => return f.write_str("Waiting"),
            Self::Closed(reason) => return f.debug_tuple("Closed").field(reason).finish(),
            Self::Answered { command, refusal } => {
                return f
                    .debug_struct("Answered")
                    .field("command", command)
                    .field("refusal", refusal)
                    .finish();
            }
            Self::Login { credentials, reply } => {
                return f
                    .debug_struct("Login")
                    .field("credentials", credentials)
                    .field("reply", reply)
                    .finish();
            }
            Self::Auth { mechanism, initial, reply } => {
                let mut auth = f.debug_struct("Auth");
                auth.field("mechanism", &Escaped(mechanism)).field("initial", initial);
                return auth.field("reply", reply).finish();
            }
            Self::SaslResponse { data, reply } => {
                return f.debug_struct("SaslResponse").field("data", data).field("reply", reply).finish();
            }
            Self::Lang { range, reply } => {
                return f.debug_struct("Lang").field("range", &Escaped(range)).field("reply", reply).finish();
            }
            Self::Other { line, reply } => {
                return f.debug_struct("Other").field("line", &Escaped(line)).field("reply", reply).finish();
            }
            Self::Top { number, lines, reply } => {
                let mut top = f.debug_struct("Top");
                return top.field("number", number).field("lines", lines).field("reply", reply).finish();
            }
            Self::Quit { update, reply } => {
                return f.debug_struct("Quit").field("update", update).field("reply", reply).finish();
            }
            Self::Retr { number, reply } => ("Retr", Some(number), reply),
            Self::List { number, reply } => ("List", Some(number), reply),
            Self::Uidl { number, reply } => ("Uidl", Some(number), reply),
            Self::Dele { number, reply } => ("Dele", Some(number), reply),
            Self::Stls { reply } => ("Stls", None, reply),
            Self::Stat { reply } => ("Stat", None, reply),
            Self::ListAll { reply } => ("ListAll", None, reply),
            Self::UidlAll { reply } => ("UidlAll", None, reply),
            Self::Rset { reply } => ("Rset", None, reply),
            Self::Utf8 { reply } => ("Utf8", None, reply),
            Self::LangAll { reply } => ("LangAll", None, reply),
        };
        let mut event = f.debug_struct(name);
        if let Some(number) = number {
            event.field("number", number);
        }
        event.field("reply", reply).finish()
    }
}
