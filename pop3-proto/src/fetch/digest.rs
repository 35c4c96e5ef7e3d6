//! A digest of a message's header, which identifies it where the unique-id is not enough.

use sha2::{Digest as _, Sha256};

/// The first 16 bytes of a SHA-256 over the header lines.
pub(super) type HeaderDigest = [u8; 16];

/// Header fields that servers add and change while a message is in the maildrop.
const VOLATILE: [&[u8]; 7] =
    [b"Status:", b"X-Status:", b"X-UID:", b"X-UIDL:", b"X-Keywords:", b"X-IMAP:", b"X-IMAPbase:"];

/// Length of the longest name in `VOLATILE`.
const LONGEST: usize = 11;

/// Computes the digest from slices of any length. Line ends do not count, with or without CR, and neither do
/// volatile fields.
#[derive(Clone, Debug)]
pub(super) struct Digester {
    hash: Sha256,
    /// The front of the line, held back until it is long enough to identify the field.
    front: [u8; LONGEST],
    len: usize,
    line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// The front of the line is held back. `skipped` says whether the line before it was skipped, because
    /// this line may be its continuation.
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
