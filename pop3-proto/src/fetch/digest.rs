//! Digests of a message: of its header, which finds it where the unique-id is not enough, and of its text,
//! which proves that it is the same.

use sha2::{Digest as _, Sha256};

/// The first 16 bytes of a SHA-256 over the header lines.
pub(super) type HeaderDigest = [u8; 16];

/// The first 16 bytes of a SHA-256 over the fields that name the message and what follows the header. If no
/// field names it, all other lines of the header count instead.
///
/// Scanners and proxies put lines into a header that differ at each reading, but they leave these fields alone.
pub(super) type TextDigest = [u8; 16];

/// Header fields that name a message; the first two tell it from others with the same text.
const NAMING: [&[u8]; 6] = [b"Message-ID:", b"Date:", b"From:", b"To:", b"Cc:", b"Subject:"];

/// Header fields that servers add and change while a message is in the maildrop.
const VOLATILE: [&[u8]; 7] =
    [b"Status:", b"X-Status:", b"X-UID:", b"X-UIDL:", b"X-Keywords:", b"X-IMAP:", b"X-IMAPbase:"];

/// Length of the longest name in `NAMING` and `VOLATILE`.
const LONGEST: usize = 11;

/// Computes both digests from slices of any length. In the header, line ends do not count, with or without CR,
/// and neither do volatile fields.
#[derive(Clone, Debug)]
pub(super) struct Digester {
    header: Sha256,
    names: Sha256,
    body: Sha256,
    named: bool,
    dated: bool,
    /// The octets and lines of volatile fields, of which LIST may know nothing.
    volatile: (u64, u64),
    /// The front of the line, held back until it is long enough to identify the field.
    front: [u8; LONGEST],
    len: usize,
    line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// The front of the line is held back. It may continue this field.
    Front(Field),
    Rest(Field),
    /// The header is over.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Naming,
    Volatile,
    Other,
}

impl Field {
    fn of(name: &[u8]) -> Self {
        let is_in = |names: &[&[u8]]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        match () {
            () if is_in(&NAMING) => Self::Naming,
            () if is_in(&VOLATILE) => Self::Volatile,
            () => Self::Other,
        }
    }
}

impl Digester {
    pub(super) fn new() -> Self {
        Self {
            header: Sha256::new(),
            names: Sha256::new(),
            body: Sha256::new(),
            named: false,
            dated: false,
            volatile: (0, 0),
            front: [0; LONGEST],
            len: 0,
            line: Line::Front(Field::Other),
        }
    }

    pub(super) fn update(&mut self, mut octets: &[u8]) {
        while let Some((first, rest)) = octets.split_first() {
            match (self.line, first) {
                (Line::Over, _) => return self.body.update(octets),
                (line, b'\r') => {
                    if line == Line::Rest(Field::Volatile) {
                        self.skip(1);
                    }
                    octets = rest;
                }
                (_, b'\n') => {
                    self.end_line();
                    octets = rest;
                }
                (Line::Front(before), _) => {
                    self.hold(*first, before);
                    octets = rest;
                }
                (Line::Rest(field), _) => {
                    let end = octets.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(octets.len());
                    let (run, rest) = octets.split_at_checked(end).unwrap_or((octets, &[]));
                    self.count(field, run);
                    octets = rest;
                }
            }
        }
    }

    fn hold(&mut self, octet: u8, before: Field) {
        if let Some(place) = self.front.get_mut(self.len) {
            *place = octet;
            self.len = self.len.saturating_add(1);
        }
        let field = match self.front.first() {
            Some(b' ' | b'\t') => before,
            _ if octet == b':' || self.len == LONGEST => {
                Field::of(self.front.get(..self.len).unwrap_or_default())
            }
            _ => return,
        };
        self.begin(field);
    }

    /// The field of this line is known by now.
    fn begin(&mut self, field: Field) {
        self.line = Line::Rest(field);
        if field == Field::Naming && self.len > 0 {
            self.named = true;
            let front = self.front.get(..self.len).unwrap_or_default();
            self.dated |= NAMING.iter().take(2).any(|name| name.eq_ignore_ascii_case(front));
        }
        if field == Field::Volatile {
            self.volatile.1 = self.volatile.1.saturating_add(1);
        }
        let (front, len) = (self.front, core::mem::take(&mut self.len));
        self.count(field, front.get(..len).unwrap_or_default());
    }

    fn count(&mut self, field: Field, octets: &[u8]) {
        match field {
            Field::Volatile => return self.skip(octets.len()),
            Field::Naming => self.names.update(octets),
            Field::Other => {}
        }
        self.header.update(octets);
    }

    /// Counts octets of a volatile field.
    fn skip(&mut self, octets: usize) {
        self.volatile.0 = self.volatile.0.saturating_add(octets as u64);
    }

    fn end_line(&mut self) {
        if let Line::Front(_) = self.line {
            if self.len == 0 {
                self.line = Line::Over;
                return;
            }
            self.begin(Field::Other);
        }
        if let Line::Rest(field) = self.line {
            self.count(field, b"\n");
            self.line = Line::Front(field);
        }
    }

    /// Whether the header has a Message-ID or a Date.
    pub(super) const fn is_dated(&self) -> bool {
        self.dated
    }

    /// How many octets and lines the volatile fields had.
    pub(super) const fn volatile(&self) -> (u64, u64) {
        self.volatile
    }

    pub(super) fn finish(mut self) -> (HeaderDigest, TextDigest) {
        let is_open = match self.line {
            Line::Front(_) => self.len > 0,
            Line::Rest(field) => field != Field::Volatile,
            Line::Over => false,
        };
        if is_open {
            self.end_line();
        }
        let header = self.header.finalize();
        let names = if self.named { self.names.finalize() } else { header };
        let text = Sha256::new().chain_update(names).chain_update(self.body.finalize());
        (front_of(&header), front_of(&text.finalize()))
    }

    /// The digest of a header without any line.
    pub(super) fn of_nothing() -> HeaderDigest {
        Self::new().finish().0
    }
}

fn front_of(hash: &[u8]) -> [u8; 16] {
    hash.first_chunk().copied().unwrap_or_default()
}
