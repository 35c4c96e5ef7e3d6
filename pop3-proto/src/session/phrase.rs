//! `Phrase`: names for the texts that a session sends by itself, so that an embedder can reword or translate
//! them.

use crate::parse::CommandError;
use crate::types::Verb;

/// The text of a reply that the session, or the maildrop, gives by itself.
///
/// To change the texts, give a function to [`Config::phrases`](super::Config::phrases) or
/// [`Server::set_phrases`](crate::server::Server::set_phrases). RFC 6856 section 3.2 requires every text in
/// the language that LANG chose.
///
/// ```
/// use pop3_proto::server::Phrase;
/// fn german(phrase: Phrase) -> &'static str {
///     match phrase {
///         Phrase::SendPass => "weiter mit PASS",
///         Phrase::LoginFirst => "erst anmelden",
///         other => other.english(),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phrase {
    /// `+OK` to USER; the same for every name.
    SendPass,
    /// `+OK` to CAPA.
    CapabilityList,
    /// `+OK` to AUTH alone.
    MechanismList,
    /// `+OK` to STLS.
    BeginTls,
    /// `-ERR` to a command whose ticket was not used, to one about messages after the maildrop was closed,
    /// and to a login that was accepted with too few deletion marks.
    NotAvailable,
    /// `-ERR` to a command that the configuration does not offer.
    NotOffered(Verb),
    /// `-ERR` to a command that is legal only after the login.
    LoginFirst,
    /// `-ERR` to a command that is legal only before the login.
    AlreadyLoggedIn,
    /// `-ERR` to PASS without USER before it.
    SendUserFirst,
    /// `-ERR` to a login without TLS that would show the password, or whose mechanism needs TLS.
    NoPlaintextLogin,
    /// `-ERR` to STLS inside TLS.
    TlsActive,
    /// `-ERR` to STLS that is followed by more bytes.
    CommandAfterStls,
    /// `-ERR` to AUTH without a mechanism.
    MechanismMissing,
    /// `-ERR` to AUTH with a mechanism that is not offered.
    NoMechanism,
    /// `-ERR` to an initial response for a mechanism where the server speaks first.
    NoInitialResponse,
    /// `-ERR` to `*` in an AUTH exchange, which cancels it.
    Cancelled,
    /// `-ERR` where a challenge does not fit into the output.
    ChallengeTooLong,
    /// `-ERR` to a line that is not a command.
    Malformed(CommandError),
    /// `-ERR` to the first line of another protocol, HTTP or TLS; the session is then closed.
    OtherProtocol,
    /// `-ERR` to the number of a message that does not exist.
    NoSuchMessage,
    /// `-ERR` to the number of a message that is marked as deleted.
    MessageDeleted,
    /// `-ERR` to DELE in a maildrop that is read-only.
    ReadOnly,
    /// `-ERR` to RETR and TOP of a message that can be sent only after UTF8.
    NeedsUtf8,
    /// The word before a message number, `message` in `message 1 deleted`. This word and each of the next
    /// three is left out if it is longer than 40 bytes.
    Message,
    /// The word after a message number, `deleted` in `message 1 deleted`.
    Deleted,
    /// The word after a count, `messages` in `2 messages (320 octets)`.
    Messages,
    /// The word after a size, `octets` in `2 messages (320 octets)`.
    Octets,
}

impl Phrase {
    /// The English text, used unless the embedder supplies another.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::SendPass => "send PASS",
            Self::CapabilityList => "capability list follows",
            Self::MechanismList => "mechanism list follows",
            Self::BeginTls => "begin TLS negotiation",
            Self::NotAvailable => "not available",
            Self::NotOffered(verb) => match verb {
                Verb::User | Verb::Pass => "USER and PASS are not available",
                Verb::Apop => "APOP is not available",
                Verb::Stls => "STLS is not available",
                Verb::Utf8 => "UTF8 is not available",
                Verb::Lang => "LANG is not available",
                Verb::Top => "TOP is not available",
                Verb::Uidl => "UIDL is not available",
                _ => CommandError::Keyword.as_str(),
            },
            Self::LoginFirst => "log in first",
            Self::AlreadyLoggedIn => "already logged in",
            Self::SendUserFirst => "send USER first",
            Self::NoPlaintextLogin => "plaintext login is not allowed without TLS",
            Self::TlsActive => "TLS is already active",
            Self::CommandAfterStls => "no command may follow STLS before the TLS handshake",
            Self::MechanismMissing => "AUTH needs a mechanism",
            Self::NoMechanism => "mechanism not available",
            Self::NoInitialResponse => "no initial response here: the server speaks first",
            Self::Cancelled => "authentication cancelled",
            Self::ChallengeTooLong => "challenge too long",
            Self::Malformed(error) => error.as_str(),
            Self::OtherProtocol => "this is a POP3 server",
            Self::NoSuchMessage => "no such message",
            Self::MessageDeleted => "message is deleted",
            Self::ReadOnly => "maildrop is read-only",
            Self::NeedsUtf8 => "this message needs the UTF8 command first",
            Self::Message => "message",
            Self::Deleted => "deleted",
            Self::Messages => "messages",
            Self::Octets => "octets",
        }
    }
}
