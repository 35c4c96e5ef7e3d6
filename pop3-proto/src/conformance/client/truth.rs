//! What a proper server says to a command.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use base64ct::{Base64 as Padded, Encoding as _};

use super::exchange::{Exchange, Says};
use super::mail::Mail;
use super::mind::{Mind, State};
use crate::sasl::prepare;
use crate::secret::Secret;
use crate::types::{ApopDigest, ApopTimestamp};

/// A reply, and what follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) octets: Vec<u8>,
    pub(super) then: Then,
}

/// What follows from a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Then {
    #[default]
    Nothing,
    /// The client is in.
    In,
    /// The handshake comes.
    Secure,
    /// The connection is closed.
    Closed,
    /// What is marked is removed, and the connection is closed.
    Removed,
}

impl Truth {
    pub(super) fn line(text: &str) -> Self {
        Self { octets: format!("{text}\r\n").into_bytes(), then: Then::Nothing }
    }

    pub(super) fn challenge(challenge: &[u8]) -> Self {
        Self::line(&format!("+ {}", Padded::encode_string(challenge)))
    }

    pub(super) fn login(right: bool) -> Self {
        if right {
            Self { then: Then::In, ..Self::line("+OK welcome") }
        } else {
            Self::line("-ERR [AUTH] wrong name or password")
        }
    }

    /// Takes the text off the status line, unless it tells numbers or an id.
    pub(super) fn bare(&mut self, verb: &str) {
        let one_line = self.octets.iter().filter(|octet| **octet == b'\n').count() == 1;
        let tells = matches!(verb, "STAT" | "LIST" | "UIDL") && one_line;
        let end = memchr::memchr(b'\r', &self.octets);
        if let Some(end) = end.filter(|end| *end > 3 && self.octets.starts_with(b"+OK") && !tells) {
            self.octets.drain(3..end);
        }
    }

    fn lines(status: &str, lines: impl IntoIterator<Item = String>) -> Self {
        let mut octets = format!("{status}\r\n").into_bytes();
        for line in lines {
            octets.extend_from_slice(line.as_bytes());
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b".\r\n");
        Self { octets, then: Then::Nothing }
    }

    fn body(status: &str, body: &[u8], raw: bool) -> Self {
        let mut octets = format!("{status}\r\n").into_bytes();
        for line in body.split_inclusive(|octet| *octet == b'\n') {
            // A line begins after CR LF only.
            let starts = octets.ends_with(b"\r\n");
            if line.starts_with(b".") && starts && !raw {
                octets.push(b'.');
            }
            octets.extend_from_slice(line);
        }
        if !octets.ends_with(b"\r\n") {
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b".\r\n");
        Self { octets, then: Then::Nothing }
    }
}

/// What is right to say to this command.
pub(super) fn of(mind: &mut Mind, verb: &str, line: &[u8]) -> Truth {
    let argument = line.get(verb.len().saturating_add(1)..).unwrap_or_default();
    match (verb, mind.state) {
        ("CAPA", _) => Truth::lines("+OK capabilities follow", mind.list()),
        ("QUIT", State::Transaction) => Truth { then: Then::Removed, ..Truth::line("+OK bye") },
        ("QUIT", _) => Truth { then: Then::Closed, ..Truth::line("+OK bye") },
        (_, State::Transaction) => transaction(mind, verb, argument),
        ("STLS", _) if mind.offers("STLS") && !mind.secured => {
            Truth { then: Then::Secure, ..Truth::line("+OK begin") }
        }
        ("USER", _) => {
            mind.user = Some(argument.to_vec());
            Truth::line("+OK name taken")
        }
        ("PASS", _) => {
            let name = mind.user.take();
            let task = &mind.task;
            let right = name.as_deref() == Some(task.user.as_bytes()) && argument == task.password.as_bytes();
            Truth::login(right)
        }
        ("APOP", _) => Truth::login(apop_is_right(mind, argument)),
        ("AUTH", _) if argument.is_empty() => {
            let list = mind.list();
            let sasl = list.iter().find_map(|line| line.strip_prefix("SASL")).unwrap_or_default();
            Truth::lines("+OK mechanisms follow", sasl.split_whitespace().map(Into::into))
        }
        ("AUTH", _) => {
            let text = String::from_utf8_lossy(argument).into_owned();
            let (mechanism, initial) = text.split_once(' ').map_or((&*text, None), |(m, i)| (m, Some(i)));
            begin(mind, mechanism, initial.map(str::as_bytes))
        }
        ("UTF8", _) if mind.offers("UTF8") => Truth::line("+OK UTF8 it is"),
        ("LANG", _) if mind.offers("LANG") => Truth::line("+OK en it is"),
        _ => Truth::line("-ERR not now"),
    }
}

fn apop_is_right(mind: &Mind, argument: &[u8]) -> bool {
    let digest = || {
        let password = prepare(&mind.task.password)?;
        let stamp = ApopTimestamp::new(mind.act.timestamp.as_deref()?)?;
        let digest = ApopDigest::of(stamp, Secret::new(password.as_bytes()))?.to_hex();
        Some([mind.task.user.as_bytes(), b" ", &digest].concat())
    };
    digest().is_some_and(|due| due == argument)
}

fn transaction(mind: &mut Mind, verb: &str, argument: &[u8]) -> Truth {
    let text = String::from_utf8_lossy(argument).into_owned();
    let mut words = text.split(' ');
    let number = words.next().and_then(|word| word.parse::<u32>().ok());
    let listed = mind.listed();
    let mail = |at: &usize| mind.mail(*at);
    let lines = |status: &str, of: fn(&Mail) -> String| {
        let line = |(n, at): &(u32, usize)| mail(at).map(|mail| format!("{n} {}", of(mail)));
        Truth::lines(status, listed.iter().filter_map(line))
    };
    let one = listed.iter().find(|(n, _)| Some(*n) == number);
    let Some((n, mail)) = one.and_then(|(n, at)| Some((*n, mail(at)?))) else {
        return match verb {
            "STAT" => {
                let sizes = listed.iter().filter_map(|(_, at)| Some(mail(at)?.size()));
                Truth::line(&format!("+OK {} {}", listed.len(), sizes.fold(0, u64::saturating_add)))
            }
            "LIST" if argument.is_empty() => lines("+OK listing follows", |mail| mail.size().to_string()),
            "UIDL" if argument.is_empty() => lines("+OK unique-ids follow", |mail| mail.id.clone()),
            "LIST" | "UIDL" | "RETR" | "TOP" | "DELE" => Truth::line("-ERR no such message"),
            "RSET" => {
                mind.session.marked.clear();
                Truth::line("+OK unmarked")
            }
            "NOOP" => Truth::line("+OK"),
            _ => Truth::line("-ERR not known"),
        };
    };
    match verb {
        "LIST" => Truth::line(&format!("+OK {n} {}", mail.size())),
        "UIDL" => Truth::line(&format!("+OK {n} {}", mail.id)),
        "RETR" => Truth::body(&format!("+OK {} octets", mail.size()), &mail.octets, mail.raw),
        "TOP" => {
            let count = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            Truth::body("+OK top follows", top(&mail.octets, count), mail.raw)
        }
        "DELE" => {
            mind.session.marked.push(n);
            Truth::line("+OK marked")
        }
        _ => Truth::line("-ERR not known"),
    }
}

/// The header, the empty line, and so many lines.
fn top(octets: &[u8], count: usize) -> &[u8] {
    let header = memchr::memmem::find(octets, b"\r\n\r\n").map_or(octets.len(), |at| at.saturating_add(4));
    let ends = memchr::memchr_iter(b'\n', octets).filter(|at| *at >= header).map(|at| at.saturating_add(1));
    let end = core::iter::once(header).chain(ends).nth(count).unwrap_or(octets.len());
    octets.get(..end).unwrap_or(octets)
}

/// Begins an exchange, with the initial response if there is one.
fn begin(mind: &mut Mind, mechanism: &str, initial: Option<&[u8]>) -> Truth {
    let Some(exchange) = Exchange::new(mechanism, mind.exporter.clone()) else {
        return Truth::line("-ERR no such mechanism");
    };
    let first = exchange.first(&mind.act);
    mind.exchange = Some(exchange);
    match initial {
        None => Truth::challenge(&first),
        Some(b"=") => message(mind, b""),
        Some(text) => response_text(mind, text),
    }
}

/// What is right to say to a line of an exchange.
pub(super) fn response(mind: &mut Mind, text: &[u8]) -> Truth {
    if text == b"*" || mind.exchange.is_none() {
        mind.exchange = None;
        return Truth::line("-ERR cancelled");
    }
    response_text(mind, text)
}

fn response_text(mind: &mut Mind, text: &[u8]) -> Truth {
    let decoded = core::str::from_utf8(text).ok().and_then(|text| Padded::decode_vec(text).ok());
    match decoded {
        Some(decoded) => message(mind, &decoded),
        None => {
            mind.exchange = None;
            Truth::line("-ERR no base64")
        }
    }
}

fn message(mind: &mut Mind, message: &[u8]) -> Truth {
    let (act, task) = (mind.act.clone(), mind.task.clone());
    let Some(exchange) = &mut mind.exchange else { return Truth::line("-ERR no exchange") };
    match exchange.hear(message, &act, &task) {
        Says::Challenge(challenge) => Truth::challenge(&challenge),
        Says::Done(right) => {
            mind.exchange = None;
            Truth::login(right)
        }
    }
}
