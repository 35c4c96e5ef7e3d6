//! Servers say why they refuse by response code, by text, or not at all; here it becomes one of five.

use core::fmt;

use super::event::Refusal;
use crate::types::Code;

/// Whose trouble it is, and what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// Name, password or token are wrong, or not enough: ask the user.
    Credentials,
    /// The maildrop is open in another session. The password is right, or was not looked at: keep it, come back in a minute.
    Busy,
    /// It will probably pass: come back later, after LOGIN-DELAY or a few minutes, and do not bother the user before it lasts.
    Later,
    /// Somebody has to step in, at the server or in the account; a password does not help.
    Permanent,
    /// Server and policy do not agree on how to log in, or the connection cannot be trusted.
    Policy,
    /// The program that logs in passed something that cannot be used; neither the server nor the user can help. No refusal of a
    /// server means this.
    Caller,
}

impl RefusalKind {
    /// What a refusal means: by its response code, or by the words in which old servers say the same. `None` if it does not say.
    ///
    /// The words are a guess; the code, where there is one, is not (RFC 2449 section 8, RFC 3206).
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
        WORDS.iter().find(|(_, words)| words.iter().any(|word| contains(text, word))).map(|(kind, _)| *kind)
    }
}

/// The first that fits counts: "account locked" is no lock on the maildrop, and who has a wrong password is asked to try again.
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
        &["password", "invalid", "incorrect", "credentials", "login failed", "authentication failed"],
    ),
    (RefusalKind::Busy, &["lock", "in use", "busy", "another session", "already open"]),
    (RefusalKind::Later, &["try again", "later", "wait", "too many", "too fast", "exceed", "timeout"]),
];

/// Whether the word, or one that begins with it, stands in the text, in any case.
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
