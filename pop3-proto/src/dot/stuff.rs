//! `Stuffer`: makes the body of a reply, with CRLF line ends, an extra dot on each line that starts with a
//! dot, and a final line end.

use super::search::lf_dot;
use crate::word::{WIDE, find_lf};

/// Writes a stored message as the body of a multi-line reply.
///
/// It returns runs of the message's own bytes and, between them, the few additional bytes that the wire
/// needs; nothing is copied. Bare LF becomes CRLF; bare CR, NUL and 8-bit bytes are not changed. The message
/// may come in pieces of any size.
#[derive(Clone, Debug)]
pub struct Stuffer {
    state: State,
    stored: Stored,
}

/// The form in which the message is stored, and what has to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Plain,
    /// CRLF line ends and no other LF.
    Crlf,
    /// As stored, but each NUL becomes the byte 0x80.
    ReplacingNul,
    Stuffed,
}

/// How many bytes to search for a NUL at a time.
const NEAR: usize = 256;

/// What was sent last, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A line end, or nothing yet.
    LineStart,
    Inside,
    Cr,
    /// The dot that is now at the front was sent once.
    Stuffed,
    /// A LF without CR, in a message that should have none.
    BareLf,
}

impl Stuffer {
    /// For a message as it is stored, with LF or CRLF line ends.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::LineStart, stored: Stored::Plain }
    }

    /// For a message that is known to have CRLF line ends and no other LF, for instance one that came by
    /// SMTP. It is searched only for dots, which is faster. A LF without CR is sent as it is. A dot after it
    /// is stuffed nevertheless, because some clients take such a LF for a line end.
    #[must_use]
    pub const fn crlf() -> Self {
        Self { state: State::LineStart, stored: Stored::Crlf }
    }

    /// For a message that is stored in its wire form: CRLF line ends, dots stuffed, without the closing dot
    /// line. It is returned unchanged; only the end is added.
    #[must_use]
    pub const fn pre_stuffed() -> Self {
        Self { state: State::LineStart, stored: Stored::Stuffed }
    }

    /// Like [`new`](Self::new), with the byte 0x80 instead of NUL, for clients that stop at a NUL. The size
    /// stays the same.
    #[must_use]
    pub const fn replacing_nul() -> Self {
        Self { state: State::LineStart, stored: Stored::ReplacingNul }
    }

    /// Returns the next bytes to send, and removes the bytes that they stand for from the front of `message`;
    /// a dot that has to be sent twice is removed when it is returned for the second time. `None` when
    /// `message` is used up: continue with the next piece, or with [`finish`](Self::finish).
    #[inline]
    pub fn next<'m>(&mut self, message: &mut &'m [u8]) -> Option<&'m [u8]> {
        let (first, after) = message.split_first()?;
        match (*first, self.state) {
            (b'.', State::LineStart | State::BareLf) if self.stored != Stored::Stuffed => {
                self.state = State::Stuffed;
                Some(b".")
            }
            (b'\n', State::LineStart | State::Inside | State::Stuffed) if self.makes_crlf() => {
                self.state = State::LineStart;
                *message = after;
                Some(b"\r\n")
            }
            _ => Some(self.run(message)),
        }
    }

    #[inline]
    const fn makes_crlf(&self) -> bool {
        matches!(self.stored, Stored::Plain | Stored::ReplacingNul)
    }

    /// Bytes that are sent as they are, or the byte that replaces a NUL. Not inlined, so that pieces of two
    /// or three bytes are handled quickly.
    #[inline(never)]
    fn run<'m>(&mut self, message: &mut &'m [u8]) -> &'m [u8] {
        let bytes = *message;
        let len = match (bytes.first(), self.stored) {
            (_, Stored::Stuffed) => bytes.len(),
            (_, Stored::Crlf) => lf_dot(bytes).map_or(bytes.len(), |lf| lf.wrapping_add(1)),
            (Some(b'\n'), _) => 1,
            (_, Stored::Plain) => clean_run(bytes),
            (Some(0), Stored::ReplacingNul) => {
                self.state = State::Inside;
                *message = bytes.get(1..).unwrap_or_default();
                return b"\x80";
            }
            (_, Stored::ReplacingNul) => {
                // Search only as far as the run can go. Otherwise the same bytes would be searched again
                // after every early end of a run.
                let near = bytes.get(..NEAR).unwrap_or(bytes);
                let before_nul = memchr::memchr(0, near).and_then(|nul| near.get(..nul));
                clean_run(before_nul.unwrap_or(near))
            }
        };
        let (run, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        self.state = match run {
            [.., b'\r', b'\n'] => State::LineStart,
            [b'\n'] if self.state == State::Cr => State::LineStart,
            [.., b'\n'] => State::BareLf,
            [.., b'\r'] => State::Cr,
            _ => State::Inside,
        };
        *message = rest;
        match (self.state, rest) {
            (State::LineStart | State::BareLf, [b'.', ..]) if self.stored != Stored::Stuffed => {
                // It is sent at the end of this run, and once more at the start of the next.
                self.state = State::Stuffed;
                bytes.get(..len.wrapping_add(1)).unwrap_or(run)
            }
            _ => run,
        }
    }

    /// What ends the body: a line end if the last line has none, then the dot line.
    #[must_use]
    pub const fn finish(&self) -> &'static [u8] {
        match self.state {
            State::LineStart => b".\r\n",
            _ => b"\r\n.\r\n",
        }
    }
}

impl Default for Stuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// The length of the run that can be sent as it is: up to a bare LF, or up to and including a line end before
/// a dot. The first byte is not LF.
#[inline]
fn clean_run(bytes: &[u8]) -> usize {
    let mut at = 0_usize;
    while let Some(found) = bytes.get(at..).and_then(find_lf) {
        let lf = at.wrapping_add(found);
        if bytes.get(lf.wrapping_sub(1)) != Some(&b'\r') {
            return lf;
        }
        at = lf.wrapping_add(1);
        if bytes.get(at) == Some(&b'.') {
            return at;
        }
        // If one line end is in order, the next ones most likely are, too.
        if WIDE {
            at = clean_blocks(bytes, at);
        }
    }
    bytes.len()
}

/// Skips blocks from `at` on that have no bare LF, and no LF before a dot. There is no branch inside a block,
/// so that the compiler makes vector code of it.
#[inline]
fn clean_blocks(bytes: &[u8], mut at: usize) -> usize {
    const BLOCK: usize = 64;
    while let (Some(before), Some(here), Some(after)) = (
        block::<BLOCK>(bytes, at.wrapping_sub(1)),
        block::<BLOCK>(bytes, at),
        block::<BLOCK>(bytes, at.wrapping_add(1)),
    ) {
        let work = before.iter().zip(here).zip(after).fold(0_u8, |work, ((p, b), a)| {
            work | (u8::from(*b == b'\n') & (u8::from(*p != b'\r') | u8::from(*a == b'.')))
        });
        if work != 0 {
            break;
        }
        at = at.wrapping_add(BLOCK);
    }
    at
}

#[inline]
fn block<const N: usize>(bytes: &[u8], from: usize) -> Option<&[u8; N]> {
    bytes.get(from..)?.first_chunk()
}
