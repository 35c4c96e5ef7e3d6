//! The dialogue as people read it: each line of it on one line of the screen, secrets masked, messages
//! shortened.

use std::fmt::Display;

use pop3_proto::client::{Event, Part};
use pop3_proto::{Capability, Command};

/// Lines of a message that are shown.
const SHOWN: usize = 4;
/// Characters of a line that are shown.
const WIDTH: usize = 96;

pub(crate) struct Screen {
    colour: bool,
    /// Of the message that is coming in.
    lines: usize,
    octets: usize,
}

impl Screen {
    pub(crate) const fn new(colour: bool) -> Self {
        Self { colour, lines: 0, octets: 0 }
    }

    pub(crate) fn note(&self, text: &str) {
        self.line("1", "--", text);
    }

    pub(crate) fn command(&self, command: &Command<'_>) {
        let verb = command.verb().as_str();
        let text = match command {
            Command::User(name) => format!("{verb} {}", name.escape_ascii()),
            Command::Pass(_) => format!("{verb} ********"),
            Command::Retr(number) => format!("{verb} {number}"),
            _ => verb.to_owned(),
        };
        self.line("32", "C:", text);
    }

    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Greeting(greeting) => self.server(format!("+OK {}", greeting.line.text)),
            Event::Refused(refusal) => self.server(format!("-ERR {}", refusal.text)),
            Event::Reply { part, .. } => self.part(part),
            _ => {}
        }
    }

    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Ok(text) => self.server(format!("+OK {text}")),
            Part::Begin(text) => {
                self.server(format!("+OK {text}"));
                (self.lines, self.octets) = (0, 0);
            }
            Part::Err(refusal) => self.server(format!("-ERR {}", refusal.text)),
            Part::Stat(stat) => self.server(format!("+OK {} {}", stat.count, stat.octets)),
            Part::ScanItem(scan) => self.server(format!("{} {}", scan.number, scan.octets)),
            Part::UidItem(line) => {
                let number = line.number.map_or(0, |number| number.get());
                self.server(format!("{number} {}", line.uid.escape_ascii()));
            }
            Part::Capability(capability) => self.server(capability_line(capability)),
            Part::Data(octets) => self.message(octets),
            Part::End => {
                if self.octets > 0 && self.lines >= SHOWN {
                    self.line("2", "  ", format!("... {} octets", self.octets));
                }
                self.server(".");
            }
            other => self.server(format!("{other:?}")),
        }
    }

    fn message(&mut self, octets: &[u8]) {
        self.octets += octets.len();
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            if self.lines < SHOWN {
                let text: String =
                    String::from_utf8_lossy(line.trim_ascii_end()).chars().take(WIDTH).collect();
                self.line("36", "  ", text);
            }
            self.lines += 1;
        }
    }

    fn server(&self, text: impl Display) {
        self.line("34", "S:", text);
    }

    fn line(&self, colour: &str, side: &str, text: impl Display) {
        if self.colour {
            println!("\x1b[{colour}m{side} {text}\x1b[0m");
        } else {
            println!("{side} {text}");
        }
    }
}

/// As it stands on the wire.
fn capability_line(capability: &Capability<'_>) -> String {
    let mut line = Vec::new();
    match pop3_proto::encode::capability(capability, &mut line) {
        Ok(()) => String::from_utf8_lossy(line.trim_ascii_end()).into_owned(),
        Err(full) => full.to_string(),
    }
}
