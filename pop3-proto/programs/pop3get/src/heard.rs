//! What the server said last, as evidence for messages to the user.

use pop3_programs_common::service;
use pop3_programs_common::words::{HELD, Masks, shown};
use pop3_proto::client::{Client, Event, Part, ProtocolError, Refusal};
use pop3_proto::{Deviation, Security};

use crate::step::Steps;

#[derive(Default)]
pub(crate) struct Heard {
    /// The front of the line that was read last.
    line: Vec<u8>,
    /// The last refusal, with its response code.
    refusal: Vec<u8>,
    /// The last line that answered no command. Many servers say goodbye in this way.
    unasked: Vec<u8>,
}

impl Heard {
    /// The window before the next event is read from it.
    pub(crate) fn line(&mut self, window: &[u8]) {
        let front = window.get(..HELD).unwrap_or(window);
        let end = memchr::memchr(b'\n', front).unwrap_or(front.len());
        self.line.clear();
        self.line.extend_from_slice(front.get(..end).unwrap_or_default());
    }

    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Refused(refusal) | Event::Reply { part: Part::Err(refusal), .. } => {
                self.refusal = words_of(refusal);
            }
            Event::Unsolicited(text) => self.unasked = text.as_bytes().to_vec(),
            _ => {}
        }
    }

    pub(crate) fn refusal(&self, masks: &Masks) -> String {
        shown(&self.refusal, masks)
    }

    pub(crate) fn goodbye(&self, masks: &Masks) -> String {
        shown(&self.unasked, masks)
    }

    /// Why the session cannot go on.
    pub(crate) fn broken(&self, error: ProtocolError, steps: &Steps, masks: &Masks) -> String {
        let words = || shown(self.line.trim_ascii_end(), masks);
        match error {
            ProtocolError::Status if steps.is_greeting() => self.no_greeting(masks),
            ProtocolError::Status => format!("{error}: {}", words()),
            ProtocolError::Deviation(Deviation::BareLfBody) => {
                format!("{error} (message text could forge its own end; --bare-lf reads it all the same)")
            }
            _ => error.to_string(),
        }
    }

    fn no_greeting(&self, masks: &Masks) -> String {
        let words = shown(self.line.trim_ascii_end(), masks);
        match service::guess(&self.line) {
            Some(_) if service::is_tls(&self.line) => {
                "the server starts with TLS on this port: use --tls".into()
            }
            Some(service) => format!("this is {service}, and not a POP3 server: {words}"),
            None => format!("this is not a POP3 server: {words}"),
        }
    }

    /// Why the connection has ended.
    pub(crate) fn ended<const Q: usize>(&self, client: &Client<Q>, steps: &Steps, masks: &Masks) -> String {
        if steps.is_greeting() && !self.line.is_empty() {
            return self.no_greeting(masks);
        }
        let hint = if steps.is_greeting() { self.silent(client.security()) } else { "" };
        let why = match client.end_of_input() {
            Ok(()) => "closed by the server".to_owned(),
            Err(error) => error.to_string(),
        };
        match self.unasked.as_slice() {
            [] => why + hint,
            words => format!("{why}; the server said: {}", shown(words, masks)),
        }
    }

    /// What helps if the server says nothing at all.
    pub(crate) const fn silent(&self, security: Security) -> &'static str {
        match security {
            Security::Plain => " (if TLS starts at once on this port, use --tls)",
            Security::Tls => "",
        }
    }
}

/// The words of a refusal as they came.
pub(crate) fn words_of(refusal: &Refusal<'_>) -> Vec<u8> {
    let mut words = Vec::new();
    if let Some(code) = refusal.code {
        words.extend_from_slice(&[b"[", code.as_bytes(), b"] "].concat());
    }
    words.extend_from_slice(refusal.text.as_bytes());
    words
}
