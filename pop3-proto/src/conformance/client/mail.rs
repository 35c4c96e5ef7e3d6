//! [`Mail`]: a message that the played server has, and how a client stored it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::conformance::subject::{Form, LineEnds};

/// A message of the played server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    /// As it goes over the wire before it is stuffed.
    pub(crate) octets: Vec<u8>,
    /// Its unique-id.
    pub(crate) id: String,
    /// The size that is told in its place.
    pub(crate) told: Option<u64>,
    /// Its lines go out as they are, without stuffing.
    pub(crate) raw: bool,
}

impl Mail {
    pub(crate) fn new(id: &str, octets: impl Into<Vec<u8>>) -> Self {
        Self { octets: octets.into(), id: id.into(), told: None, raw: false }
    }

    /// A usual letter; `n` makes it unlike others.
    pub(crate) fn letter(n: u32) -> Self {
        Self::with_body(n, format!("This is letter {n}.\r\n{}", "It says little.\r\n".repeat(n as usize)))
    }

    /// A letter with this body.
    pub(crate) fn with_body(n: u32, body: impl AsRef<[u8]>) -> Self {
        let header = format!(
            "From: Ann <ann@example.invalid>\r\nTo: tester@example.invalid\r\nSubject: letter {n}\r\n\
             Date: Thu, 01 Jan 2026 00:00:{:02} +0000\r\nMessage-ID: <letter-{n}@example.invalid>\r\n\r\n",
            n % 60,
        );
        Self::new(&format!("id-{n}"), [header.as_bytes(), body.as_ref()].concat())
    }

    pub(crate) fn size(&self) -> u64 {
        self.told.unwrap_or(self.octets.len() as u64)
    }
}

/// How a stored message is like the one that was sent, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// The same in the form that the client declares.
    Same,
    /// It has one more line end at its end, or one less.
    LastLine,
    /// Only CR and LF differ.
    LineEnds,
    /// The dots that were put in front of its lines are still there.
    Stuffed,
    /// Octets beyond ASCII, or NUL, were dropped or changed too.
    Octets,
    /// Line ends were added or removed inside lines.
    Folded,
    /// Another message, or a part of it.
    Other,
}

/// What a client has stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    messages: Vec<Vec<u8>>,
}

impl Stored {
    pub(crate) fn new(raw: &[Vec<u8>], form: &Form) -> Self {
        Self { messages: raw.iter().map(|message| undressed(message, form)).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// How often it is there, whole.
    pub(crate) fn count(&self, mail: &Mail, form: &Form) -> usize {
        self.like(mail, form).filter(|likeness| *likeness <= Likeness::LineEnds).count()
    }

    /// The nearest likeness that any message has.
    pub(crate) fn nearest(&self, mail: &Mail, form: &Form) -> Likeness {
        self.like(mail, form).min().unwrap_or(Likeness::Other)
    }

    /// In which way the message is not there, in words: from which octet on another one is stored.
    pub(crate) fn difference(&self, mail: &Mail, form: &Form) -> String {
        let due = due(&mail.octets, form);
        let alike = |stored: &&Vec<u8>| stored.iter().zip(&due).take_while(|(one, two)| one == two).count();
        match self.messages.iter().max_by_key(alike) {
            Some(stored) if alike(&stored) > 0 => {
                format!(
                    "not as sent: from octet {} on, {} of {} octets",
                    alike(&stored).saturating_add(1),
                    stored.len(),
                    due.len()
                )
            }
            _ => "not stored".into(),
        }
    }

    /// How each message of about its length is like it.
    fn like(&self, mail: &Mail, form: &Form) -> impl Iterator<Item = Likeness> {
        let due = due(&mail.octets, form);
        let near = move |message: &&Vec<u8>| {
            message.len().abs_diff(mail.octets.len()) <= (mail.octets.len() / 4).saturating_add(64)
        };
        self.messages.iter().filter(near).map(move |message| likeness(message, &due))
    }

    /// Whether some message has these octets in it.
    pub(crate) fn holds(&self, octets: &[u8]) -> bool {
        self.messages.iter().any(|message| memchr::memmem::find(message, octets).is_some())
    }
}

/// The message in the line ends of the store.
fn due(wire: &[u8], form: &Form) -> Vec<u8> {
    if form.line_ends == LineEnds::Kept { wire.to_vec() } else { without_cr_before_lf(wire) }
}

fn without_cr_before_lf(octets: &[u8]) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::with_capacity(octets.len());
    for octet in octets {
        if *octet == b'\n' && text.last() == Some(&b'\r') {
            text.pop();
        }
        text.push(*octet);
    }
    text
}

/// Without what the client put into the header.
fn undressed(message: &[u8], form: &Form) -> Vec<u8> {
    let is_added = |line: &[u8]| {
        form.adds.iter().any(|name| {
            let front = line.get(..name.len()).unwrap_or_default();
            front.eq_ignore_ascii_case(name.as_bytes()) && line.get(name.len()) == Some(&b':')
        })
    };
    let (mut kept, mut in_added, mut in_header) = (Vec::with_capacity(message.len()), false, true);
    for (at, line) in message.split_inclusive(|octet| *octet == b'\n').enumerate() {
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        let envelope = form.quotes_from && at == 0 && line.starts_with(b"From ");
        in_header &= !line.trim_ascii().is_empty();
        in_added = in_header && (is_added(line) || envelope || folded && in_added);
        if !in_added {
            kept.extend_from_slice(line);
        }
    }
    kept
}

fn stuffed(octets: &[u8]) -> Vec<u8> {
    let lines = octets.split_inclusive(|octet| *octet == b'\n');
    lines.flat_map(|line| [if line.starts_with(b".") { &b"."[..] } else { b"" }, line].concat()).collect()
}

fn likeness(stored: &[u8], due: &[u8]) -> Likeness {
    let only =
        |keep: fn(&u8) -> bool, octets: &[u8]| -> Vec<u8> { octets.iter().copied().filter(keep).collect() };
    let no_cr = |octet: &u8| *octet != b'\r';
    let no_final = |octets: &[u8]| -> Vec<u8> {
        let text = only(|octet| *octet != b'\r', octets);
        let end = text.iter().rposition(|octet| *octet != b'\n').map_or(0, |at| at.saturating_add(1));
        text.get(..end).unwrap_or_default().to_vec()
    };
    let last_lines = |octets: &[u8]| {
        let end = octets.get(octets.trim_ascii_end().len()..).unwrap_or_default();
        end.iter().all(|octet| matches!(octet, b'\r' | b'\n'))
    };
    let ascii = |octet: &u8| !matches!(octet, b'\r' | b'\n' | 0 | 128..);
    match () {
        () if stored == due => Likeness::Same,
        () if stored.trim_ascii_end() == due.trim_ascii_end() && last_lines(stored) && last_lines(due) => {
            Likeness::LastLine
        }
        () if only(no_cr, stored) == only(no_cr, due) || no_final(stored) == no_final(due) => {
            Likeness::LineEnds
        }
        () if due.contains(&b'.') && no_final(stored) == no_final(&stuffed(due)) => Likeness::Stuffed,
        () if due.iter().any(|octet| matches!(octet, 0 | 128..))
            && only(ascii, stored) == only(ascii, due) =>
        {
            Likeness::Octets
        }
        () if only(|octet| !matches!(octet, b'\r' | b'\n'), stored)
            == only(|octet| !matches!(octet, b'\r' | b'\n'), due) =>
        {
            Likeness::Folded
        }
        () => Likeness::Other,
    }
}
