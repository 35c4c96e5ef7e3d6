//! [`Facts`]: what the survey found out about a server.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// How a session is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Not at all.
    Clear,
    /// By STLS.
    Stls,
    /// By TLS from the start.
    Tls,
}

impl Channel {
    /// Whether it is TLS.
    #[must_use]
    pub const fn is_secured(self) -> bool {
        !matches!(self, Self::Clear)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "in clear",
            Self::Stls => "STLS",
            Self::Tls => "TLS",
        })
    }
}

/// How to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// USER and PASS.
    User,
    /// APOP.
    Apop,
    /// AUTH with this mechanism.
    Sasl(String),
}

impl Method {
    /// Whether it sends the password or token itself.
    pub(super) fn shows_secret(&self) -> bool {
        match self {
            Self::User => true,
            Self::Apop => false,
            Self::Sasl(name) => matches!(name.as_str(), "PLAIN" | "LOGIN" | "OAUTHBEARER" | "XOAUTH2"),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("USER"),
            Self::Apop => f.write_str("APOP"),
            Self::Sasl(name) => f.write_str(name),
        }
    }
}

/// A way into the maildrop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// How the session is secured.
    pub channel: Channel,
    /// How the account logs in.
    pub method: Method,
}

/// The lines of a CAPA reply, without line ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(pub Vec<Vec<u8>>);

impl Capabilities {
    /// The tags in capitals, in order.
    pub fn tags(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|line| {
            let tag = line.split(|octet| *octet == b' ').next().unwrap_or_default();
            String::from_utf8_lossy(tag).to_ascii_uppercase()
        })
    }

    /// Whether the tag stands in the list; case does not count.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.tags().any(|other| other.eq_ignore_ascii_case(tag))
    }

    /// The parameters of the first line with this tag.
    #[must_use]
    pub fn parameters(&self, tag: &str) -> Option<Vec<String>> {
        self.0.iter().zip(self.tags()).find(|(_, other)| other.eq_ignore_ascii_case(tag)).map(|(line, _)| {
            let words = line.split(|octet| *octet == b' ').skip(1).filter(|word| !word.is_empty());
            words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
        })
    }

    /// The mechanisms of the SASL lines, in capitals.
    #[must_use]
    pub fn mechanisms(&self) -> Vec<String> {
        let lines = self.0.iter().zip(self.tags()).filter(|(_, tag)| tag == "SASL");
        let words = lines.flat_map(|(line, _)| line.split(|octet| *octet == b' ').skip(1));
        words.filter(|w| !w.is_empty()).map(|w| String::from_utf8_lossy(w).to_ascii_uppercase()).collect()
    }
}

/// What the survey found out about a server. It heads each report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The greeting, without line end.
    pub greeting: Vec<u8>,
    /// The timestamp in it, with its brackets.
    pub timestamp: Option<Vec<u8>>,
    /// The CAPA list before the login, on a channel in clear; `None` if CAPA is refused or there is no such
    /// channel.
    pub clear: Option<Capabilities>,
    /// The CAPA list before the login, inside TLS.
    pub secured: Option<Capabilities>,
    /// The CAPA list after the login, on a channel in clear.
    pub clear_after: Option<Capabilities>,
    /// The CAPA list after the login, inside TLS.
    pub secured_after: Option<Capabilities>,
    /// Whether STLS led to a handshake.
    pub stls: bool,
    /// Whether the port that starts with TLS gave a TLS handshake and a greeting.
    pub tls: bool,
    /// The ways in that worked, at most one for each channel, the preferred one first.
    pub ways: Vec<Way>,
    /// Number and size of each message, as LIST says.
    pub messages: Vec<(u32, u64)>,
    /// Whether `TOP 1 0` was answered by `+OK`; `None` if there is no message.
    pub top: Option<bool>,
    /// Whether UIDL was answered by `+OK`.
    pub uidl: bool,
    /// Number and unique-id of each message, as UIDL says before anything was fetched.
    pub uids: Vec<(u32, Vec<u8>)>,
    /// Whether a message that is marked stays when the connection ends without QUIT. `None` if that was
    /// not tried, because there was no permission or no message to try it with, or if the try gave no result, for
    /// instance because the server refused DELE.
    pub keeps_at_a_drop: Option<bool>,
    /// Known messages that were found by their marker or by their size, with their numbers. Whether they are
    /// intact is not checked here. The survey looks at the first 200 messages only.
    pub corpus: Vec<(&'static str, u32)>,
    /// The numbers of messages after whose TOP or RETR the session was out of step.
    pub out_of_step: Vec<u32>,
    /// The longest time that the server took for a greeting or for the STAT of the survey.
    pub reply_time: Duration,
}

impl Facts {
    /// All lists that there are, those before the login first.
    pub fn lists(&self) -> impl Iterator<Item = &Capabilities> {
        [&self.clear, &self.secured, &self.clear_after, &self.secured_after].into_iter().flatten()
    }

    /// The list before the login or after it, on a channel of that kind.
    #[must_use]
    pub const fn list(&self, secured: bool, after: bool) -> Option<&Capabilities> {
        match (secured, after) {
            (false, false) => self.clear.as_ref(),
            (true, false) => self.secured.as_ref(),
            (false, true) => self.clear_after.as_ref(),
            (true, true) => self.secured_after.as_ref(),
        }
    }

    /// Whether some list has the tag.
    #[must_use]
    pub fn announces(&self, tag: &str) -> bool {
        self.lists().any(|list| list.has(tag))
    }

    /// Whether a list before the login offers the mechanism. Give its name in capitals.
    #[must_use]
    pub fn offers(&self, mechanism: &str) -> bool {
        self.secured.iter().chain(&self.clear).any(|l| l.mechanisms().iter().any(|m| m == mechanism))
    }

    /// The preferred way in.
    #[must_use]
    pub fn way(&self) -> Option<&Way> {
        self.ways.first()
    }

    /// The number of a message of the corpus that was found.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        self.corpus.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
    }

    /// One more than the highest number.
    #[must_use]
    pub fn absent(&self) -> u32 {
        self.messages.iter().map(|(number, _)| *number).max().unwrap_or(0).saturating_add(1)
    }

    /// The numbers of up to `most` messages, the largest message first.
    #[must_use]
    pub fn largest_first(&self, most: usize) -> Vec<u32> {
        let mut messages = self.messages.clone();
        messages.sort_by_key(|(_, octets)| core::cmp::Reverse(*octets));
        messages.into_iter().take(most).map(|(number, _)| number).collect()
    }

    /// The numbers of up to `most` messages, in order.
    #[must_use]
    pub fn first(&self, most: usize) -> Vec<u32> {
        self.messages.iter().take(most).map(|(number, _)| *number).collect()
    }
}

impl Facts {
    /// Up to `most` messages whose text leaves the session in step and that have fewer than `octets` octets, in
    /// order.
    #[must_use]
    pub fn in_step(&self, most: usize, octets: u64) -> Vec<u32> {
        let good = |(number, size): &&(u32, u64)| *size < octets && !self.out_of_step.contains(number);
        self.messages.iter().filter(good).map(|(number, _)| *number).take(most).collect()
    }

    /// Whether QUIT may remove what was fetched: EXPIRE 0 (RFC 2449 section 6.7).
    #[must_use]
    pub fn expires_at_once(&self) -> bool {
        let days = |list: &Capabilities| list.parameters("EXPIRE").and_then(|days| days.into_iter().next());
        self.lists().any(|list| days(list).as_deref() == Some("0"))
    }
}
