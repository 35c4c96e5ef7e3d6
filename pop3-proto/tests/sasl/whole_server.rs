//! A whole server: a session, one loop for the mechanisms of the crate and for others, and a host with users.

use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::parse::CommandError;
use pop3_proto::sasl::server::{Cause, Engine, Exchange};
use pop3_proto::sasl::{Channel, Why};
use pop3_proto::server::session::{Event, Session};
use pop3_proto::server::{Config, MechanismList, Phrase, Ticket, kind};
use pop3_proto::{Base64, Code, Mechanism, Security, Time};

use crate::drive::{Host, Seen};

/// All mechanisms that the crate has.
pub(crate) const MECHANISMS: [Mechanism; 11] = [
    Mechanism::SCRAM_SHA_256_PLUS,
    Mechanism::SCRAM_SHA_1_PLUS,
    Mechanism::SCRAM_SHA_256,
    Mechanism::SCRAM_SHA_1,
    Mechanism::EXTERNAL,
    Mechanism::OAUTHBEARER,
    Mechanism::XOAUTH2,
    Mechanism::CRAM_MD5,
    Mechanism::PLAIN,
    Mechanism::LOGIN,
    Mechanism::ANONYMOUS,
];

/// Short texts, so that the tests do not depend on those of the crate.
fn words(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::Cancelled => "SASL authentication failed",
        Phrase::Malformed(CommandError::TooLong) => "too long",
        Phrase::Malformed(_) => "malformed",
        Phrase::NoMechanism => "no mechanism",
        Phrase::NoPlaintextLogin => "in clear",
        Phrase::NoInitialResponse => "initial response",
        Phrase::AlreadyLoggedIn => "logged in",
        Phrase::LoginFirst => "log in first",
        Phrase::ChallengeTooLong => "challenge",
        Phrase::CapabilityList => "list",
        Phrase::SendPass => "PASS",
        _ => "",
    }
}

pub(crate) fn config(mechanisms: &[Mechanism]) -> Config {
    let mut config = Config::new();
    config.mechanisms = MechanismList::of(mechanisms);
    assert_eq!(config.mechanisms.as_slice(), mechanisms);
    config.phrases = words;
    config.greeting = "".into();
    config
}

/// A mechanism that the crate does not have: its name, and what makes its engine.
pub(crate) type Plugin = (&'static str, fn() -> Box<dyn Engine>);

pub(crate) struct WholeServer<'c> {
    pub(crate) server: Session<&'c Config>,
    pub(crate) channel: Channel<'c>,
    pub(crate) host: Host<'c>,
    pub(crate) exchange: Exchange<Vec<u8>>,
    pub(crate) plugins: &'c [Plugin],
    /// The plugin that the last AUTH named.
    running: Option<Box<dyn Engine>>,
    /// The texts of `+OK` and of `-ERR [AUTH]` at the end.
    pub(crate) welcome: String,
    pub(crate) refusal: String,
    /// The bytes of a line that is not complete yet.
    unread: Vec<u8>,
    /// The first question of each step.
    pub(crate) asked: Vec<Seen>,
    /// How each successful AUTH ended.
    pub(crate) let_in: Vec<Seen>,
    /// Why other AUTHs failed, and why some could not even begin.
    pub(crate) causes: Vec<Cause>,
    pub(crate) not_begun: Vec<Why>,
}

impl<'c> WholeServer<'c> {
    /// A session that has greeted.
    pub(crate) fn new(config: &'c Config, security: Security, channel: Channel<'c>, host: Host<'c>) -> Self {
        let mut whole = Self {
            server: Session::new(config, security),
            channel,
            host,
            exchange: Exchange::new(vec![0; SASL_MEMORY]),
            plugins: &[],
            running: None,
            welcome: "welcome".into(),
            refusal: "refused".into(),
            unread: Vec::new(),
            asked: Vec::new(),
            let_in: Vec::new(),
            causes: Vec::new(),
            not_begun: Vec::new(),
        };
        assert_eq!(whole.hear(b""), "+OK\r\n");
        whole
    }

    /// What the server says to a line, whose CRLF is added.
    pub(crate) fn say(&mut self, line: impl AsRef<[u8]>) -> String {
        self.hear(&[line.as_ref(), b"\r\n"].concat())
    }

    /// What the server says to bytes.
    pub(crate) fn hear(&mut self, octets: &[u8]) -> String {
        let mut out = Vec::new();
        self.unread.extend_from_slice(octets);
        let octets = std::mem::take(&mut self.unread);
        let mut window = &octets[..];
        loop {
            match self.server.receive(Time::ZERO, &mut window, &mut out) {
                Event::Auth { mechanism, initial, reply } => {
                    let plugin =
                        self.plugins.iter().find(|one| one.0.as_bytes().eq_ignore_ascii_case(mechanism));
                    self.running = plugin.map(|one| one.1());
                    let begun = match self.running {
                        Some(_) => Ok(()),
                        None => self.exchange.start(mechanism, &self.channel),
                    };
                    match begun {
                        Ok(()) => self.step(initial, reply, &mut out),
                        Err(why) => {
                            self.not_begun.push(why);
                            reply.err(&mut self.server, &mut out, Code::Auth, &self.refusal);
                        }
                    }
                }
                Event::SaslResponse { data, reply } => self.step(Some(data), reply, &mut out),
                Event::NeedInput | Event::Closed(_) => break,
                Event::NeedOutput => panic!("16 KiB are full"),
                _ => {}
            }
        }
        self.unread = window.to_vec();
        String::from_utf8(out).unwrap()
    }

    fn step(&mut self, response: Option<Base64<'_>>, reply: Ticket<kind::SessionSasl>, out: &mut Vec<u8>) {
        let engine: &mut dyn Engine = match &mut self.running {
            Some(plugin) => &mut **plugin,
            None => &mut self.exchange,
        };
        let seen: Seen = engine.step(response).into();
        if self.host.answer(&seen).is_some() {
            self.asked.push(seen.clone());
        }
        match self.host.resolve(engine, seen) {
            Seen::Challenge(data) => reply.challenge(&mut self.server, out, &data).unwrap(),
            Seen::Failed(cause) => {
                self.causes.push(cause);
                reply.err(&mut self.server, out, Code::Auth, &self.refusal);
            }
            end => {
                reply.accept(&mut self.server, out, &self.welcome);
                self.let_in.push(end);
            }
        }
    }

    /// Runs a dialogue of `C:` and `S:` lines. The texts of the embedder are those of the dialogue.
    pub(crate) fn play(&mut self, dialogue: &str) {
        for line in dialogue.lines() {
            if let Some(text) = line.strip_prefix("S: +OK") {
                self.welcome = text.trim_start().into();
            } else if let Some(text) = line.strip_prefix("S: -ERR [AUTH] ") {
                self.refusal = text.into();
            }
        }
        let mut heard = String::new();
        for line in dialogue.lines() {
            if let Some(said) = line.strip_prefix("C: ") {
                assert_eq!(heard, "", "in front of {said:?}");
                heard = self.say(said);
            } else {
                let expected = format!("{}\r\n", line.strip_prefix("S: ").unwrap());
                let rest = heard.strip_prefix(&expected);
                heard = rest.unwrap_or_else(|| panic!("expected {expected:?}, heard {heard:?}")).into();
            }
        }
        assert_eq!(heard, "");
    }
}
