//! What a server said: [`Reply`], [`Listing`], [`Body`].

use alloc::vec::Vec;
use core::time::Duration;

use crate::base64::Base64;
use crate::conformance::form;

/// A line that answers something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The octets of the line, with its line end.
    pub(crate) raw: Vec<u8>,
    /// Where it stands in the dialogue.
    pub(crate) at: usize,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Reply {
    /// Whether it begins with `+OK`; letter case does not count, since the referee judges it.
    #[must_use]
    pub(crate) fn is_ok(&self) -> bool {
        self.begins_with(b"+OK")
    }

    /// Whether it begins with `-ERR`.
    #[must_use]
    pub(crate) fn is_err(&self) -> bool {
        self.begins_with(b"-ERR")
    }

    fn begins_with(&self, indicator: &[u8]) -> bool {
        let front = self.raw.get(..indicator.len()).unwrap_or_default();
        let next = self.raw.get(indicator.len());
        front.eq_ignore_ascii_case(indicator) && !next.is_some_and(u8::is_ascii_alphanumeric)
    }

    /// The text after the indicator, without line end.
    #[must_use]
    pub(crate) fn text(&self) -> &[u8] {
        form::text(&self.raw)
    }

    /// The response code that begins the text, in capitals.
    #[must_use]
    pub(crate) fn code(&self) -> Option<Vec<u8>> {
        form::code(self.text()).map(<[u8]>::to_ascii_uppercase)
    }

    /// Whether it is a challenge of an exchange (RFC 5034 section 4).
    #[must_use]
    pub(crate) fn is_challenge(&self) -> bool {
        self.raw.starts_with(b"+ ") || self.raw.starts_with(b"+\r") || self.raw.starts_with(b"+\n")
    }

    /// What a challenge holds; `None` if it is no base64.
    #[must_use]
    pub(crate) fn challenge(&self) -> Option<Vec<u8>> {
        let line = self.raw.trim_ascii_end();
        let encoded = line.strip_prefix(b"+").map(<[u8]>::trim_ascii)?;
        let mut decoded = alloc::vec![0; encoded.len()];
        Base64::new(encoded)?.decode(&mut decoded).map(<[u8]>::to_vec)
    }
}

/// A multi-line reply of short lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The first line.
    pub(crate) status: Reply,
    /// The lines up to the one with the dot, unstuffed and without line ends; none after `-ERR`.
    pub(crate) lines: Vec<Vec<u8>>,
    /// The same as they came, with line ends, without the one with the dot.
    pub(crate) raw: Vec<u8>,
}

impl Listing {
    pub(super) fn new(status: Reply, raw: Vec<u8>) -> Self {
        let lines = raw.split_inclusive(|octet| *octet == b'\n').map(|line| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            line.strip_prefix(b".").unwrap_or(line).to_vec()
        });
        Self { status, lines: lines.collect(), raw }
    }

    /// Whether it begins with `+OK`.
    #[must_use]
    pub(crate) fn is_ok(&self) -> bool {
        self.status.is_ok()
    }

    /// The lines as two numbers, in the strict form; lines of another form are left out.
    #[must_use]
    pub(crate) fn scans(&self) -> Vec<(u64, u64)> {
        self.lines.iter().filter_map(|line| form::two_numbers(line)).collect()
    }
}

/// A multi-line reply that holds a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// The first line.
    pub(crate) status: Reply,
    /// The octets that followed up to the line with the dot, as they came: stuffed. Empty after `-ERR`.
    pub(crate) raw: Vec<u8>,
}

impl Body {
    /// Whether it begins with `+OK`.
    #[must_use]
    pub(crate) fn is_ok(&self) -> bool {
        self.status.is_ok()
    }

    /// The message: each dot that begins a line taken off.
    #[must_use]
    pub(crate) fn unstuffed(&self) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.raw.len());
        for line in lines(&self.raw) {
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        }
        message
    }

    /// The front up to the first empty line and with it, as it came; all of it if there is none.
    #[must_use]
    pub(crate) fn header_and_blank(&self) -> &[u8] {
        let mut end: usize = 0;
        for line in lines(&self.raw) {
            end = end.saturating_add(line.len());
            if line == b"\r\n" {
                break;
            }
        }
        self.raw.get(..end).unwrap_or(&self.raw)
    }

    /// The same and this many lines more.
    #[must_use]
    pub(crate) fn top(&self, count: usize) -> &[u8] {
        let header = self.header_and_blank().len();
        let rest = self.raw.get(header..).unwrap_or_default();
        let body: usize = lines(rest).take(count).map(<[u8]>::len).sum();
        self.raw.get(..header.saturating_add(body)).unwrap_or(&self.raw)
    }
}

/// The lines with their line ends: those that end in CR LF.
fn lines(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        if octets.is_empty() {
            return None;
        }
        let end = memchr::memmem::find(octets, b"\r\n").map_or(octets.len(), |at| at.saturating_add(2));
        let (line, rest) = octets.split_at_checked(end)?;
        octets = rest;
        Some(line)
    })
}
