//! Which step of the dialogue is going on, so that a message can name the one that failed.

use std::collections::VecDeque;

use pop3_proto::client::{Event, Part};
use pop3_proto::{Command, parse};
use zeroize::Zeroizing;

/// The commands without an answer, and what comes before the first one.
pub(crate) struct Steps {
    open: VecDeque<String>,
    /// The start of a line whose end has not been sent yet.
    rest: Vec<u8>,
    last: String,
    has_quit: bool,
}

const GREETING: &str = "the greeting";

impl Steps {
    pub(crate) fn new() -> Self {
        let open = VecDeque::from([GREETING.to_owned()]);
        Self { open, rest: Vec::new(), last: String::new(), has_quit: false }
    }

    /// The step that waits for an answer.
    pub(crate) fn current(&self) -> &str {
        self.open.front().map_or("the connection", String::as_str)
    }

    pub(crate) fn is_greeting(&self) -> bool {
        self.current() == GREETING
    }

    /// Whether the greeting has come, and nothing has been sent.
    pub(crate) fn is_new(&self) -> bool {
        self.open.is_empty() && self.last == GREETING
    }

    pub(crate) fn is_quit(&self) -> bool {
        self.current() == "QUIT"
    }

    /// The step that was answered last.
    pub(crate) fn last(&self) -> &str {
        &self.last
    }

    pub(crate) const fn has_quit(&self) -> bool {
        self.has_quit
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    pub(crate) fn sent(&mut self, octets: &[u8]) {
        for part in octets.split_inclusive(|octet| *octet == b'\n') {
            let mut line = Zeroizing::new(std::mem::take(&mut self.rest));
            line.extend_from_slice(part);
            match line.strip_suffix(b"\r\n") {
                // Lines that answer challenges are no steps of their own.
                Some(_) if self.current().starts_with("AUTH ") => {}
                Some(line) => {
                    self.open.push_back(name(line));
                    self.has_quit |= line.eq_ignore_ascii_case(b"QUIT");
                }
                None => self.rest = line.to_vec(),
            }
        }
    }

    /// Takes note of an event, and says whether it ends a step.
    pub(crate) fn heard(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Reply { last: true, .. } | Event::Greeting(_) | Event::Refused(_) => {
                self.last = self.open.pop_front().unwrap_or_default();
                true
            }
            Event::Reply { part: Part::Challenge(_) | Part::BadChallenge(_), .. } => true,
            _ => false,
        }
    }
}

/// A command for people: without anything that may be secret.
fn name(line: &[u8]) -> String {
    match parse::command(line) {
        Ok(Command::Retr(number)) => format!("RETR {number}"),
        Ok(Command::Top { number, .. }) => format!("TOP {number}"),
        Ok(Command::Dele(number)) => format!("DELE {number}"),
        Ok(Command::Auth { mechanism, .. }) => format!("AUTH {}", mechanism.escape_ascii()),
        Ok(Command::Other { .. }) | Err(_) => "the dialogue".to_owned(),
        Ok(command) => command.verb().as_str().to_owned(),
    }
}
