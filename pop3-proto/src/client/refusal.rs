//! `RefusalKind`: why a server refused. Servers say so by response code, by text, or not at all.

use core::fmt;

use super::event::Refusal;
use crate::types::Code;

/// Why the server refused, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// Name, password or token are wrong or not sufficient: ask the user.
    Credentials,
    /// The maildrop is open in another session. The password is right, or was not checked: keep it, and try
    /// again in a minute.
    Busy,
    /// The problem is probably temporary: try again later, after LOGIN-DELAY or a few minutes. Tell the user
    /// only if it persists.
    Later,
    /// Somebody has to act, at the server or in the account; another password does not help.
    Permanent,
    /// The server wants TLS first, or takes no login method that the policy permits, or the connection cannot
    /// be trusted.
    Policy,
    /// The program that logs in passed something that cannot be used; neither the server nor the user can
    /// help. No refusal by a server has this kind.
    Caller,
}

impl RefusalKind {
    /// Finds the kind of a refusal, from its response code or from words that old servers use. `None` if
    /// neither tells.
    ///
    /// The words are only a guess. A response code is reliable if the server has announced RESP-CODES (RFC 2449
    /// section 8, RFC 3206); this function also takes it from servers that have not.
    #[must_use]
    pub fn classify(refusal: &Refusal<'_>) -> Option<Self> {
        match refusal.known_code() {
            Some(Code::Auth) => Some(Self::Credentials),
            Some(Code::InUse) => Some(Self::Busy),
            Some(Code::LoginDelay | Code::SysTemp) => Some(Self::Later),
            Some(Code::SysPerm) => Some(Self::Permanent),
            _ => Self::by_words(refusal.text.as_bytes()),
        }
    }

    fn by_words(text: &[u8]) -> Option<Self> {
        let fits = |(kind, words): &&(Self, &[&str])| {
            let about_the_command = *kind == Self::Credentials && speaks_of_the_command(text);
            !about_the_command && words.iter().any(|word| contains(text, word))
        };
        WORDS.iter().find(fits).map(|(kind, _)| *kind)
    }
}

/// Whether the words are about the command or the mechanism, and not about who logs in or the maildrop.
pub(crate) fn speaks_of_the_command(text: &[u8]) -> bool {
    COMMAND.iter().any(|word| contains(text, word)) || has_word(text, "auth")
}

/// Whether the words are about an account, and not about what can be done at this server.
#[cfg(feature = "sasl")]
pub(crate) fn speaks_of_an_account(text: &[u8]) -> bool {
    ["account", "user", "mailbox", "maildrop", "subscri"].iter().any(|word| contains(text, word))
}

const COMMAND: [&str; 15] = [
    "command",
    "mechanism",
    "authentication type",
    "method",
    "syntax",
    "sasl",
    "argument",
    "parameter",
    "unrecogni",
    "unsupported",
    "not supported",
    "unimplemented",
    "not implemented",
    "line",
    "too long",
];

/// The first entry that fits counts. So "account locked" does not mean a locked maildrop, and a wrong
/// password is not a temporary failure even if the text asks the user to try again.
const WORDS: [(RefusalKind, &[&str]); 6] = [
    (
        RefusalKind::Policy,
        &["plaintext", "cleartext", "clear text", "tls", "ssl", "encrypt", "secure connection"],
    ),
    (RefusalKind::Later, &["temporar", "unavailable", "lockdown", "lock down", "blocked", "overload"]),
    (
        RefusalKind::Permanent,
        &[
            "disabled",
            "suspended",
            "not enabled",
            "account locked",
            "account is locked",
            "not permitted",
            "not allowed",
        ],
    ),
    (
        RefusalKind::Credentials,
        &[
            "password",
            "incorrect",
            "credential",
            "invalid login",
            "invalid user",
            "bad login",
            "login failed",
            "login failure",
            "authentication failed",
            "authentication failure",
        ],
    ),
    (RefusalKind::Busy, &["lock", "in use", "busy", "another session", "already open"]),
    (RefusalKind::Later, &["try again", "later", "wait", "too many", "too fast", "exceed", "timeout"]),
];

/// Whether the text contains just this word, in any letter case. In brackets it is a code out of its place.
fn has_word(text: &[u8], word: &str) -> bool {
    text.split(|b| !b.is_ascii_alphanumeric() && *b != b'[')
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether the text contains the word, or a word that begins with it, in any letter case.
fn contains(text: &[u8], word: &str) -> bool {
    let mut rest = text;
    let mut inside = false;
    while let Some((front, _)) = rest.split_at_checked(word.len()) {
        if !inside && front.eq_ignore_ascii_case(word.as_bytes()) {
            return true;
        }
        inside = rest.first().is_some_and(u8::is_ascii_alphabetic);
        rest = rest.split_first().map_or(&[][..], |(_, rest)| rest);
    }
    false
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credentials => "wrong credentials",
            Self::Busy => "the maildrop is in use",
            Self::Later => "try again later",
            Self::Permanent => "somebody has to step in at the server",
            Self::Policy => "the policy forbids it",
            Self::Caller => "the program passed something that cannot be used",
        })
    }
}
