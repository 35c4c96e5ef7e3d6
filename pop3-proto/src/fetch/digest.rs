//! What a message is known by where its unique-id is not enough: a digest of its header.

use sha2::{Digest as _, Sha256};

/// The front of a SHA-256 over the header lines.
pub(super) type HeaderDigest = [u8; 16];

/// Fields that servers add and change while a message lies in the maildrop.
const VOLATILE: [&[u8]; 7] =
    [b"Status:", b"X-Status:", b"X-UID:", b"X-UIDL:", b"X-Keywords:", b"X-IMAP:", b"X-IMAPbase:"];

/// Longest name in `VOLATILE`.
const LONGEST: usize = 11;

/// Takes a message in slices of any length. Line ends do not count, CR or not, nor do volatile fields.
#[derive(Clone, Debug)]
pub(super) struct Digester {
    hash: Sha256,
    /// The front of the line, held back until it is long enough to tell what field it is.
    front: [u8; LONGEST],
    len: usize,
    line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// Its front is held back. Whether the line before it was skipped: this may be its continuation.
    Front {
        skipped: bool,
    },
    Counted,
    Skipped,
    /// The header is over.
    Over,
}

impl Digester {
    pub(super) fn new() -> Self {
        Self { hash: Sha256::new(), front: [0; LONGEST], len: 0, line: Line::Front { skipped: false } }
    }

    pub(super) fn update(&mut self, mut octets: &[u8]) {
        while let Some((first, rest)) = octets.split_first() {
            match (self.line, first) {
                (Line::Over, _) => return,
                (_, b'\r') => octets = rest,
                (_, b'\n') => {
                    self.end_line();
                    octets = rest;
                }
                (Line::Front { skipped }, _) => {
                    self.hold(*first, skipped);
                    octets = rest;
                }
                (Line::Counted | Line::Skipped, _) => {
                    let end = octets.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(octets.len());
                    let (run, rest) = octets.split_at_checked(end).unwrap_or((octets, &[]));
                    if self.line == Line::Counted {
                        self.hash.update(run);
                    }
                    octets = rest;
                }
            }
        }
    }

    fn hold(&mut self, octet: u8, skipped: bool) {
        if let Some(place) = self.front.get_mut(self.len) {
            *place = octet;
            self.len = self.len.saturating_add(1);
        }
        let front = self.front.get(..self.len).unwrap_or_default();
        let continues = matches!(front.first(), Some(b' ' | b'\t'));
        let volatile = VOLATILE.iter().any(|name| name.eq_ignore_ascii_case(front));
        if volatile || (continues && skipped) {
            self.line = Line::Skipped;
            self.len = 0;
        } else if continues || octet == b':' || self.len == LONGEST {
            self.count();
        }
    }

    fn count(&mut self) {
        self.hash.update(self.front.get(..self.len).unwrap_or_default());
        self.line = Line::Counted;
        self.len = 0;
    }

    fn end_line(&mut self) {
        self.line = match self.line {
            Line::Front { .. } if self.len == 0 => Line::Over,
            Line::Skipped => Line::Front { skipped: true },
            line => {
                if matches!(line, Line::Front { .. }) {
                    self.count();
                }
                self.hash.update(b"\n");
                Line::Front { skipped: false }
            }
        };
    }

    pub(super) fn finish(mut self) -> HeaderDigest {
        if !matches!(self.line, Line::Over | Line::Skipped | Line::Front { .. }) || self.len > 0 {
            self.end_line();
        }
        let mut digest = [0; 16];
        digest.iter_mut().zip(self.hash.finalize()).for_each(|(to, from)| *to = from);
        digest
    }
}
