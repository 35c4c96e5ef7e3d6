//! What a session tells its embedder. Events borrow the window, never the session, and need no drop.

use core::fmt;

use super::credentials::Credentials;
use super::kind;
use super::phrase::Phrase;
use super::reason::Reason;
use super::ticket::Ticket;
use crate::base64::Base64;
use crate::text::Escaped;
use crate::types::{Command, MsgNo};

/// What happened, or what the session needs, from [`Server::receive`](crate::server::Server::receive).
///
/// Once `NeedInput`, `NeedOutput`, `Waiting` and `Closed` have arms, `_ => {}` is a safe one: a ticket that is not used is
/// answered `-ERR` by the next call. So code written today refuses the commands of tomorrow.
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more into the window.
    NeedInput,
    /// Flush the output and do **not** read: the session has more to say first. Never share an arm with
    /// [`NeedInput`](Self::NeedInput).
    NeedOutput,
    /// Somebody holds the ticket, by [`Ticket::defer`]. Flush the output; come back when the answer is given, or when
    /// [`poll_timeout`](crate::server::Server::poll_timeout) says so.
    Waiting,
    /// USER and PASS, or APOP. The name is [`Server::user`](crate::server::Server::user).
    Login {
        /// What the client shows.
        credentials: Credentials<'i>,
        /// Accept it, or refuse it.
        reply: Ticket<kind::SessionLogin>,
    },
    /// AUTH with one of the configured mechanisms (RFC 5034 section 4).
    Auth {
        /// The mechanism, in the letters the client chose; see [`Config::mechanism`](super::Config::mechanism).
        mechanism: &'i [u8],
        /// The initial response. `None`, and `Some` of no octets, differ.
        initial: Option<Base64<'i>>,
        /// Challenge, accept or refuse.
        reply: Ticket<kind::SessionSasl>,
    },
    /// The answer to a challenge.
    SaslResponse {
        /// What the client says.
        data: Base64<'i>,
        /// Challenge, accept or refuse.
        reply: Ticket<kind::SessionSasl>,
    },
    /// STLS. Accept it only if a handshake can follow.
    Stls {
        /// Answer.
        reply: Ticket<kind::Tls>,
    },
    /// STAT.
    Stat {
        /// Answer.
        reply: Ticket<kind::Stat>,
    },
    /// LIST with a message number.
    List {
        /// The message.
        number: MsgNo,
        /// Answer.
        reply: Ticket<kind::Scan>,
    },
    /// LIST alone.
    ListAll {
        /// Answer.
        reply: Ticket<kind::ScanListing>,
    },
    /// UIDL with a message number.
    Uidl {
        /// The message.
        number: MsgNo,
        /// Answer.
        reply: Ticket<kind::Uid>,
    },
    /// UIDL alone.
    UidlAll {
        /// Answer.
        reply: Ticket<kind::UidListing>,
    },
    /// RETR.
    Retr {
        /// The message.
        number: MsgNo,
        /// Answer.
        reply: Ticket<kind::Body>,
    },
    /// TOP. The [`Body`](super::Body) counts the lines.
    Top {
        /// The message.
        number: MsgNo,
        /// Lines of its body.
        lines: u64,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
    },
    /// DELE.
    Dele {
        /// The message.
        number: MsgNo,
        /// Answer.
        reply: Ticket<kind::Done>,
    },
    /// RSET.
    Rset {
        /// Answer.
        reply: Ticket<kind::Done>,
    },
    /// UTF8.
    Utf8 {
        /// Answer.
        reply: Ticket<kind::Utf8>,
    },
    /// LANG with a range.
    Lang {
        /// What the client can read.
        range: &'i [u8],
        /// Answer.
        reply: Ticket<kind::Lang>,
    },
    /// LANG alone.
    LangAll {
        /// Answer.
        reply: Ticket<kind::LangListing>,
    },
    /// A verb that the crate does not know, if [`Config::unknown_commands`](super::Config::unknown_commands) asks for them.
    Other {
        /// The whole line, without its CRLF.
        line: &'i [u8],
        /// Answer in one line or in many.
        reply: Ticket<kind::Other>,
    },
    /// QUIT. Whatever the answer, the session closes behind it.
    Quit {
        /// Whether UPDATE is entered: remove the marked messages *before* answering (RFC 1939 section 6).
        update: bool,
        /// `ok` when all of them are gone, `err` when not.
        reply: Ticket<kind::Quit>,
    },
    /// The session has answered a line by itself: for logs, statistics and honeypots. It comes only if
    /// [`Config::report_answers`](crate::server::Config::report_answers) asks for it, and needs no answer.
    Answered {
        /// The command; `None` if the line was none, or part of an AUTH exchange. Its `Display` shows no secret.
        command: Option<Command<'i>>,
        /// Why it was answered `-ERR`; `None` if it was answered `+OK`.
        refusal: Option<Phrase>,
    },
    /// It is over: flush the output, then hang up, or shake hands if [`handover`](crate::server::Server::handover) is `Some`.
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
