//! [`Ran`]: what a client did in one run.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::conformance::dialogue::escaped;
use crate::conformance::steps::{Door, End};
use crate::conformance::task::Exit;
use crate::time::Time;

/// A line that the client said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Without its line end.
    pub(crate) text: Vec<u8>,
    /// Whether it answers a challenge.
    pub(crate) is_response: bool,
    pub(crate) secured: bool,
    /// Whether it came after the login.
    pub(crate) inside: bool,
}

impl Line {
    /// The first word, in capitals; empty for a response.
    pub(crate) fn verb(&self) -> String {
        if self.is_response { String::new() } else { verb(&self.text) }
    }

    /// The number that its first argument is.
    fn number(&self) -> Option<u32> {
        core::str::from_utf8(self.text.split(|octet| *octet == b' ').nth(1)?).ok()?.parse().ok()
    }

    /// Whether it begins a login.
    pub(crate) fn shows_credentials(&self) -> bool {
        let verb = self.verb();
        matches!(verb.as_str(), "USER" | "PASS" | "APOP") || verb == "AUTH" && self.text.len() > 5
    }
}

/// The first word of a line, in capitals.
pub(super) fn verb(line: &[u8]) -> String {
    let word = line.split(|octet| *octet == b' ').next().unwrap_or_default();
    String::from_utf8_lossy(word).to_ascii_uppercase()
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) door: Door,
    /// When it began.
    pub(crate) came: Time,
    pub(crate) lines: Vec<Line>,
    /// Octets that came where none may: before the greeting, or between STLS and its answer.
    pub(crate) early: Vec<u8>,
    /// What came in clear where a handshake was due, raw.
    pub(crate) raw: Vec<u8>,
    /// Why the handshake failed.
    pub(crate) no_tls: Option<String>,
    pub(crate) tls: Option<String>,
    /// The client showed a certificate.
    pub(crate) certificate: bool,
    /// How the client closed.
    pub(crate) left: Option<End>,
    /// The numbers that it marked and that were taken.
    pub(crate) marked: Vec<u32>,
    /// QUIT came and was answered.
    pub(crate) quit: bool,
    /// How many commands came before the answer to the one before, although PIPELINING is not announced.
    pub(crate) at_once: u32,
    /// The same, whatever is announced.
    pub(crate) pipelined: u32,
    /// The client closed before all was said to it.
    pub(crate) unsaid: bool,
}

impl Session {
    pub(super) const fn new(door: Door, came: Time) -> Self {
        Self {
            door,
            came,
            lines: Vec::new(),
            early: Vec::new(),
            raw: Vec::new(),
            no_tls: None,
            tls: None,
            certificate: false,
            left: None,
            marked: Vec::new(),
            quit: false,
            at_once: 0,
            pipelined: 0,
            unsaid: false,
        }
    }
}

/// What a client did in one run.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) sessions: Vec<Session>,
    pub(crate) exit: Exit,
    /// It was silent for its whole limit, and was ended.
    pub(crate) hung: bool,
    pub(crate) took: Duration,
    /// What was in its store when it was looked at.
    pub(crate) look: Option<Vec<Vec<u8>>>,
}

impl Ran {
    /// In words, for the dialogue.
    pub(super) const fn how_it_ended(&self) -> &'static str {
        match self.exit.success {
            _ if self.hung => "the client said nothing for too long, and was ended",
            Some(true) => "the client has ended, and tells success",
            Some(false) => "the client has ended, and tells failure",
            None => "the client has ended",
        }
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.sessions.iter().flat_map(|session| &session.lines)
    }

    /// Whether it said this verb, or this command.
    pub(crate) fn said(&self, command: &str) -> bool {
        self.count(command) > 0
    }

    /// How often it said this verb, or this command.
    pub(crate) fn count(&self, command: &str) -> usize {
        let whole = command.contains(' ');
        let is_it = |line: &&Line| match whole {
            true => !line.is_response && line.text.eq_ignore_ascii_case(command.as_bytes()),
            false => line.verb() == command,
        };
        self.lines().filter(is_it).count()
    }

    /// Whether it began a login.
    pub(crate) fn tried_login(&self) -> bool {
        self.lines().any(Line::shows_credentials)
    }

    /// Whether credentials came in clear.
    pub(crate) fn tried_in_clear(&self) -> bool {
        self.lines().any(|line| !line.secured && line.shows_credentials())
    }

    /// Whether it took itself for logged in: it sent a command that only then has a place.
    pub(crate) fn went_in(&self) -> bool {
        // Some say RSET before each QUIT.
        let verbs = ["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "LAST"];
        self.lines().any(|line| verbs.contains(&line.verb().as_str()))
    }

    /// Whether the server let it in.
    pub(crate) fn is_in(&self) -> bool {
        self.lines().any(|line| line.inside)
    }

    /// Whether it told success; `None` if it says nothing about that.
    pub(crate) const fn success(&self) -> Option<bool> {
        self.exit.success
    }

    /// The numbers of the messages that were asked for whole: by RETR, or by TOP with more lines than any has.
    pub(crate) fn fetched(&self) -> Vec<u32> {
        let whole = |line: &&Line| {
            let lines = line.text.rsplit(|octet| *octet == b' ').next();
            line.verb() == "RETR" || line.verb() == "TOP" && lines.is_some_and(|lines| lines.len() > 4)
        };
        self.lines().filter(whole).filter_map(Line::number).collect()
    }

    /// Whether it fetched so many messages, and nothing tells of trouble.
    pub(crate) fn is_well(&self, messages: u32) -> bool {
        let fetched = self.fetched();
        let trouble = self.hung || self.exit.crashed || self.exit.success == Some(false);
        !trouble && (1..=messages).all(|number| fetched.contains(&number))
    }

    /// What became of it, in words.
    pub(crate) fn words(&self) -> String {
        let end = match (self.hung, self.exit.crashed, self.exit.success) {
            (true, ..) => "the client hangs",
            (_, true, _) => "the client crashes",
            (.., Some(true)) => "the client tells success",
            (.., Some(false)) => "the client tells failure",
            _ => "the client has ended",
        };
        let last = self.lines().last().map(|line| escaped(&line.text)).unwrap_or_default();
        format!("{end}; its last line is '{last}'")
    }

    /// The numbers that this verb named.
    pub(crate) fn numbers(&self, verb: &str) -> Vec<u32> {
        self.lines().filter(|line| line.verb() == verb).filter_map(Line::number).collect()
    }

    /// The numbers whose marks were made good by QUIT.
    pub(crate) fn deleted(&self) -> Vec<u32> {
        let quit = self.sessions.iter().filter(|session| session.quit);
        quit.flat_map(|session| session.marked.iter().copied()).collect()
    }

    /// What the client said after AUTH and the mechanism, or in its first response.
    pub(crate) fn auth(&self, mechanism: &str) -> Option<&Line> {
        self.lines().find(|line| {
            let mut words = line.text.split(|octet| *octet == b' ').skip(1);
            line.verb() == "AUTH"
                && words.next().is_some_and(|word| word.eq_ignore_ascii_case(mechanism.as_bytes()))
        })
    }

    /// The responses of exchanges, in order.
    pub(crate) fn responses(&self) -> Vec<&Line> {
        self.lines().filter(|line| line.is_response).collect()
    }
}
