//! What never changes of a message in an mbox: its `From ` line, its text, and its header without the fields
//! in which other programs keep their notes.

use sha2::{Digest as _, Sha256};

/// Fields that other programs add, change and remove while the message is in the mbox.
const VOLATILE: [&[u8]; 12] = [
    b"Status",
    b"X-Status",
    b"X-Keywords",
    b"X-UID",
    b"X-UIDL",
    b"X-IMAP",
    b"X-IMAPbase",
    b"Content-Length",
    b"Lines",
    b"X-Mozilla-Status",
    b"X-Mozilla-Status2",
    b"X-Mozilla-Keys",
];

/// The first message of an mbox may be no mail, but hold the notes of IMAP programs. It has this subject.
const INTERNAL: &[u8] = b"DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";

/// Takes in a message line by line.
pub(super) struct Identity {
    hash: Sha256,
    line: Line,
    has_internal_subject: bool,
    has_imap_field: bool,
}

#[derive(PartialEq, Eq)]
enum Line {
    /// A line of the header, which counts or not, like the lines that continue it.
    Counts,
    Skipped,
    /// The header is over.
    Text,
}

impl Identity {
    pub(super) fn new(from_line: &[u8]) -> Self {
        let hash = Sha256::new_with_prefix(from_line);
        Self { hash, line: Line::Counts, has_internal_subject: false, has_imap_field: false }
    }

    /// Adds a line, or a piece of it.
    pub(super) fn add(&mut self, piece: &[u8], is_line_start: bool) {
        if is_line_start && self.line != Line::Text {
            self.begin(piece);
        }
        if self.line != Line::Skipped {
            self.hash.update(piece);
        }
    }

    fn begin(&mut self, line: &[u8]) {
        if is_empty_line(line) {
            self.line = Line::Text;
        } else if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
            let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
            let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
            let is_volatile = VOLATILE.iter().any(|known| is(known));
            self.line = if is_volatile { Line::Skipped } else { Line::Counts };
            self.has_imap_field |= is(b"X-IMAP") || is(b"X-IMAPbase");
            self.has_internal_subject |=
                is(b"Subject") && value.get(1..).is_some_and(|value| value.trim_ascii() == INTERNAL);
        }
    }

    /// Whether it is no mail, if it is the first message.
    pub(super) const fn is_internal(&self) -> bool {
        self.has_internal_subject && self.has_imap_field
    }

    pub(super) fn digest(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

pub(super) fn is_empty_line(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}
