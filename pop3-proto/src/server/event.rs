//! `Event`: what a server reports to its embedder, and what the embedder has to answer.

use core::fmt;

use crate::base64::Base64;
use crate::session::{Credentials, Phrase, Reason, Ticket, kind};
use crate::text::Escaped;
use crate::types::{Command, MsgNo};

/// What happened, or what the server needs.
#[non_exhaustive]
pub enum Event<'i> {
    /// Flush the output, then read more bytes into the window.
    NeedInput,
    /// Flush the output and do **not** read: the server has more to say first.
    NeedOutput,
    /// A ticket was kept with [`Ticket::defer`] and is not answered yet. Flush the output.
    Waiting,
    /// The client sent USER and PASS, or APOP.
    Login {
        /// The password or the APOP digest that the client sent.
        credentials: Credentials<'i>,
        /// Accept the login with an index, or refuse it.
        reply: Ticket<kind::Login>,
    },
    /// The client sent AUTH with one of the configured mechanisms.
    Auth {
        /// The mechanism, in the letter case the client used.
        mechanism: &'i [u8],
        /// The initial response, if the client sent one.
        initial: Option<Base64<'i>>,
        /// Send a challenge, accept the login with an index, or refuse it.
        reply: Ticket<kind::Sasl>,
    },
    /// The client answered a challenge.
    SaslResponse {
        /// The client's response.
        data: Base64<'i>,
        /// Send another challenge, accept the login with an index, or refuse it.
        reply: Ticket<kind::Sasl>,
    },
    /// The client sent STLS.
    Stls {
        /// Accept it only if a TLS handshake can follow.
        reply: Ticket<kind::Tls>,
    },
    /// The client sent RETR of a message that exists and is not marked as deleted.
    Retr {
        /// The message.
        number: MsgNo,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
    },
    /// The client sent TOP of a message that exists. The [`Body`](crate::session::Body) counts the lines for
    /// you.
    Top {
        /// The message.
        number: MsgNo,
        /// How many lines of its body the client wants.
        lines: u64,
        /// Begin the body, or refuse.
        reply: Ticket<kind::Body>,
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
    /// The client sent a verb that the crate does not know. This comes only if
    /// [`Config::unknown_commands`](super::Config::unknown_commands) is on; otherwise the session answers `-ERR`.
    Other {
        /// The whole line, without its CRLF.
        line: &'i [u8],
        /// Answer in one line or in several.
        reply: Ticket<kind::Other>,
    },
    /// The client sent QUIT, and no message is to be removed.
    Quit {
        /// Either answer closes the session.
        reply: Ticket<kind::Quit>,
    },
    /// The client sent QUIT. Remove the marked messages, [`Server::removals`](super::Server::removals),
    /// *before* you answer.
    Update {
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
    /// `handover` returns `Some`.
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
