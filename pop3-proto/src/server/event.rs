//! `Event`: what an embedder has to answer.

use core::fmt;

use crate::base64::Base64;
use crate::session::{Credentials, Phrase, Reason, Ticket, kind};
use crate::text::Escaped;
use crate::types::{Command, MsgNo};

/// What happened, or what the server needs.
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more into the window.
    NeedInput,
    /// Flush the output and do **not** read.
    NeedOutput,
    /// Somebody holds the ticket, by [`Ticket::defer`].
    Waiting,
    /// USER and PASS, or APOP.
    Login {
        /// What the client shows.
        credentials: Credentials<'i>,
        /// Accept it with an index, or refuse it.
        reply: Ticket<kind::Login>,
    },
    /// AUTH with one of the configured mechanisms.
    Auth {
        /// The mechanism.
        mechanism: &'i [u8],
        /// The initial response.
        initial: Option<Base64<'i>>,
        /// Challenge, accept with an index, or refuse.
        reply: Ticket<kind::Sasl>,
    },
    /// The answer to a challenge.
    SaslResponse {
        /// What the client says.
        data: Base64<'i>,
        /// Challenge, accept with an index, or refuse.
        reply: Ticket<kind::Sasl>,
    },
    /// STLS.
    Stls {
        /// Accept it only if a handshake can follow.
        reply: Ticket<kind::Tls>,
    },
    /// RETR of a message that is there.
    Retr {
        /// The message.
        number: MsgNo,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
    },
    /// TOP of a message that is there. The [`Body`](crate::session::Body) counts the lines.
    Top {
        /// The message.
        number: MsgNo,
        /// Lines of its body.
        lines: u64,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
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
    /// A verb that the crate does not know.
    Other {
        /// The whole line, without its CRLF.
        line: &'i [u8],
        /// Answer in one line or in many.
        reply: Ticket<kind::Other>,
    },
    /// QUIT, and nothing is to be removed.
    Quit {
        /// The session closes after either answer.
        reply: Ticket<kind::Quit>,
    },
    /// QUIT, and the marked messages are to be removed *before* the answer: [`Server::removals`](super::Server::removals).
    Update {
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
    /// It is over: flush the output, then hang up, or shake hands if `handover` is `Some`.
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
            Self::Retr { number, reply } => ("Retr", Some(number), reply),
            Self::Stls { reply } => ("Stls", None, reply),
            Self::Utf8 { reply } => ("Utf8", None, reply),
            Self::LangAll { reply } => ("LangAll", None, reply),
            Self::Quit { reply } => ("Quit", None, reply),
            Self::Update { reply } => ("Update", None, reply),
        };
        let mut event = f.debug_struct(name);
        if let Some(number) = number {
            event.field("number", number);
        }
        event.field("reply", reply).finish()
    }
}
