//! [`Act`]: what the played server has and offers, and where it does something else than the truth.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::mail::Mail;
use crate::conformance::steps::End;
use crate::conformance::task::Certificate;

/// One thing that the played server does in answer to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Says these octets. `+OK` to a login or to STLS counts as success.
    Say(Vec<u8>),
    /// Says and does what is right.
    Truth,
    /// Says the front of what is right, so many octets of it.
    Front(usize),
    /// Says what is right without so many octets at its end, and those in a segment of their own.
    Split(usize),
    /// Waits, and reads meanwhile.
    Hold(Duration),
    /// Closes.
    Close(End),
    /// Says these octets, from which nothing follows.
    Idle(Vec<u8>),
    /// Looks into the client's store.
    Look,
}

/// Does these steps in place of the truth.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// `GREETING`, `RESPONSE` for a line of an exchange, `HANDSHAKE` in place of the one after STLS, `HELLO` in
    /// place of the one at the start, `*` for each command, a verb, a whole command, or a verb without arguments
    /// after `=`. After `TLS ` it holds inside TLS only.
    pub(super) on: String,
    /// Only this time; the first one is 1.
    pub(super) nth: Option<u32>,
    pub(super) steps: Vec<Step>,
}

/// How SCRAM goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Twist {
    #[default]
    None,
    /// The nonce is the server's alone.
    OwnNonce,
    /// The nonce is the client's alone.
    ClientNonce,
    /// `+OK` comes in answer to the first message.
    EarlyOk,
    /// `+OK` comes in answer to the final message, without a signature.
    NoSignature,
    /// One bit of the signature is turned.
    WrongSignature,
    /// An error is told, and then `+OK`.
    ErrorThenOk,
    /// `m=` comes first.
    Mandatory,
    /// An optional attribute comes last.
    Optional,
    /// `i=` has this in place of 4096.
    Count(&'static str),
    /// The salt has one octet.
    ShortSalt,
    /// The first message is as long as this many octets.
    Long(usize),
}

/// What the played server has and offers, and where it does something else than the truth.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) mails: Vec<Mail>,
    /// What CAPA lists before the login, in clear.
    pub(crate) clear: Vec<String>,
    /// What it lists before the login, inside TLS.
    pub(crate) secured: Vec<String>,
    /// What it lists after the login; else what came before it, without STLS.
    pub(crate) after: Option<Vec<String>>,
    /// The timestamp in the greeting.
    pub(crate) timestamp: Option<String>,
    /// How many octets go into a segment.
    pub(crate) each: usize,
    pub(crate) certificate: Certificate,
    /// Positive replies have no text.
    pub(crate) bare: bool,
    /// The referee does not listen, since the client has reasons of its own to say odd things.
    pub(crate) hushed: bool,
    /// The server takes no token.
    pub(crate) no_token: bool,
    /// When the client is ended, if it has not ended before.
    pub(crate) lasts: Option<Duration>,
    /// How long each reply is held back.
    pub(crate) pause: Duration,
    pub(crate) twist: Twist,
    /// The challenge of CRAM-MD5.
    pub(crate) challenge: Vec<u8>,
    /// What LOGIN asks with.
    pub(crate) prompts: [&'static [u8]; 2],
    /// In which order listings come, as indexes; empty for the usual one.
    pub(crate) order: Vec<usize>,
    pub(super) rules: Vec<Rule>,
}

/// The usual list in clear, without what the probe is about.
pub(crate) const LIST: [&str; 6] = [
    "TOP",
    "UIDL",
    "USER",
    "RESP-CODES",
    "AUTH-RESP-CODE",
    "SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN",
];

impl Default for Act {
    /// A proper server with three messages.
    fn default() -> Self {
        Self {
            mails: (1..=3).map(Mail::letter).collect(),
            clear: owned(&LIST).into_iter().chain(["STLS".to_string()]).collect(),
            // A token goes nowhere else.
            secured: LIST
                .map(|line| {
                    if line.starts_with("SASL") {
                        [line, " OAUTHBEARER XOAUTH2"].concat()
                    } else {
                        line.into()
                    }
                })
                .into(),
            after: None,
            timestamp: None,
            each: usize::MAX,
            certificate: Certificate::Good,
            bare: false,
            hushed: false,
            no_token: false,
            lasts: None,
            pause: Duration::ZERO,
            twist: Twist::None,
            challenge: b"<1896.697170952@pop3check.invalid>".to_vec(),
            prompts: [b"Username:", b"Password:"],
            order: Vec::new(),
            rules: Vec::new(),
        }
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(ToString::to_string).collect()
}

impl Act {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn mails(mut self, mails: impl IntoIterator<Item = Mail>) -> Self {
        self.mails = mails.into_iter().collect();
        self
    }

    /// These lines are listed, in clear, inside TLS, and after the login. STLS stays where it was in clear.
    pub(crate) fn capa(mut self, lines: &[&str]) -> Self {
        self.secured = owned(lines);
        self.clear = owned(lines);
        self.clear.push("STLS".into());
        self
    }

    /// In the place of `SASL` and its mechanisms there is this line, or nothing if it is empty.
    pub(crate) fn sasl(mut self, line: &str) -> Self {
        for list in [&mut self.clear, &mut self.secured] {
            list.retain(|known| !known.starts_with("SASL"));
            if !line.is_empty() {
                list.push(line.into());
            }
        }
        self
    }

    /// Whether nobody can log in but by USER or APOP.
    pub(super) fn lacks_sasl(&self) -> bool {
        let none = |list: &[String]| !list.iter().any(|line| line.to_ascii_uppercase().starts_with("SASL"));
        none(&self.clear) && none(&self.secured)
    }

    /// This is listed as well.
    pub(crate) fn with(mut self, line: &str) -> Self {
        self.clear.push(line.into());
        self.secured.push(line.into());
        self
    }

    /// This is not listed.
    pub(crate) fn without(mut self, tag: &str) -> Self {
        for list in [&mut self.clear, &mut self.secured] {
            list.retain(|known| known.split(' ').next() != Some(tag));
        }
        self
    }

    /// Does these steps whenever that comes; see [`Rule`] for what it can be.
    pub(crate) fn on(mut self, on: &str, steps: impl IntoIterator<Item = Step>) -> Self {
        self.rules.push(Rule { on: on.into(), nth: None, steps: steps.into_iter().collect() });
        self
    }

    /// Does these steps when that comes for this time.
    pub(crate) fn at(mut self, on: &str, nth: u32, steps: impl IntoIterator<Item = Step>) -> Self {
        self.rules.push(Rule { on: on.into(), nth: Some(nth), steps: steps.into_iter().collect() });
        self
    }

    /// The referee does not listen: what the server does makes a client that is right say odd things.
    pub(crate) fn hushed(self) -> Self {
        Self { hushed: true, ..self }
    }

    /// Says these octets in place of the truth.
    pub(crate) fn answer(self, on: &str, octets: impl AsRef<[u8]>) -> Self {
        let octets = octets.as_ref().to_vec();
        self.on(on, vec![Step::Say(octets)])
    }

    /// Does these steps when this message is asked for, by RETR or by TOP with more lines than any has; for this
    /// time, if one is named.
    pub(crate) fn on_body(mut self, number: u32, nth: Option<u32>, steps: &[Step]) -> Self {
        for on in [format!("RETR {number}"), format!("TOP {number} 99999999")] {
            self.rules.push(Rule { on, nth, steps: steps.to_vec() });
        }
        self
    }

    /// Closes where that should be answered.
    pub(crate) fn end_at(self, on: &str, end: End) -> Self {
        self.on(on, [Step::Close(end)])
    }
}
