//! What goes out as a body has CRLF line ends, a dot more on each line that starts with one, and a line end at its end.

use super::search::lf_dot;
use crate::line::find_lf;
use crate::word::WIDE;

/// Writes a stored message as the body of a multi-line reply.
///
/// It hands out runs of the message's own bytes and, between them, the few bytes that the wire needs more; nothing is
/// copied. Bare LF becomes CRLF; bare CR, NUL and 8-bit bytes pass. The message may come in any pieces.
#[derive(Clone, Debug)]
pub struct Stuffer {
    state: State,
    stored: Stored,
}

/// What the message is, and has to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Plain,
    /// With CRLF line ends and no other LF.
    Crlf,
    /// With byte 0x80 for NUL.
    ReplacingNul,
    Stuffed,
}

/// How far NUL is looked for at a time.
const NEAR: usize = 256;

/// What went out last, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A line end, or nothing yet.
    LineStart,
    Inside,
    Cr,
    /// The dot that is now in front, for the first time.
    Stuffed,
    /// A LF without CR, in a message that was to have none.
    BareLf,
}

impl Stuffer {
    /// For a message as it is stored, with LF or CRLF line ends.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::LineStart, stored: Stored::Plain }
    }

    /// For a message that is known to have CRLF line ends and no other LF, as it comes by SMTP: searched for dots only, which is
    /// faster. A LF without CR goes out as it is; a dot after it is stuffed all the same, because there are clients that take
    /// such a LF for a line end.
    #[must_use]
    pub const fn crlf() -> Self {
        Self { state: State::LineStart, stored: Stored::Crlf }
    }

    /// For a message that is stored as it goes over the wire: CRLF line ends, dots stuffed, without the closing dot line.
    /// It is handed out untouched; only the end is taken care of.
    #[must_use]
    pub const fn pre_stuffed() -> Self {
        Self { state: State::LineStart, stored: Stored::Stuffed }
    }

    /// As [`new`](Self::new), with octet 0x80 in place of NUL, for clients that stop at a NUL. Sizes stay.
    #[must_use]
    pub const fn replacing_nul() -> Self {
        Self { state: State::LineStart, stored: Stored::ReplacingNul }
    }

    /// The next bytes to send; `message` loses what they stand for, and keeps a dot that goes out twice. `None` when `message` is used up: go on with the next
    /// piece, or with [`finish`](Self::finish).
    #[inline]
    pub fn next<'m>(&mut self, message: &mut &'m [u8]) -> Option<&'m [u8]> {
        let (first, behind) = message.split_first()?;
        match (*first, self.state) {
            (b'.', State::LineStart | State::BareLf) if self.stored != Stored::Stuffed => {
                self.state = State::Stuffed;
                Some(b".")
            }
            (b'\n', State::LineStart | State::Inside | State::Stuffed) if self.makes_crlf() => {
                self.state = State::LineStart;
                *message = behind;
                Some(b"\r\n")
            }
            _ => Some(self.run(message)),
        }
    }

    #[inline]
    const fn makes_crlf(&self) -> bool {
        matches!(self.stored, Stored::Plain | Stored::ReplacingNul)
    }

    /// Bytes that go out as they are, or one in the place of a NUL. Out of line, so that what comes in twos and threes is quick.
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
                // No more than is looked at once: what ends a run early must not be searched for again and again.
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
                // It goes out at the end of this run, and once more at the start of the next.
                self.state = State::Stuffed;
                bytes.get(..len.wrapping_add(1)).unwrap_or(run)
            }
            _ => run,
        }
    }

    /// What ends the body: a line end if the last line has none, and the dot line.
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

/// Length of the run that can go out as it is: up to a bare LF, or with a line end in front of a dot. The first byte is
/// no LF.
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
        // Where one line end is in order the next ones are most likely, too.
        if WIDE {
            at = clean_blocks(bytes, at);
        }
    }
    bytes.len()
}

/// Skips blocks from `at` on that have no bare LF, and no LF in front of a dot. Without a branch inside a block the compiler makes
/// vector code of it.
#[inline]
fn clean_blocks(bytes: &[u8], mut at: usize) -> usize {
    const BLOCK: usize = 64;
    while let (Some(before), Some(here), Some(behind)) = (
        block::<BLOCK>(bytes, at.wrapping_sub(1)),
        block::<BLOCK>(bytes, at),
        block::<BLOCK>(bytes, at.wrapping_add(1)),
    ) {
        let work = before.iter().zip(here).zip(behind).fold(0_u8, |work, ((p, b), a)| {
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
