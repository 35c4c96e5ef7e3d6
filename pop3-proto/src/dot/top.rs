//! `TopLimit`: TOP sends the header, the empty line, and a number of lines of the body (RFC 1939 section 7).

use crate::word::find_lf;

/// Says how much of a message a TOP asks for, and when that is reached.
///
/// It counts lines of the stored message, ended by LF or CRLF. The empty line after the header is not
/// counted.
#[derive(Clone, Debug)]
pub struct TopLimit {
    lines: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the header, at the start of a line.
    HeaderLine,
    /// In the header, after a CR at the start of a line.
    HeaderCr,
    Header,
    Body,
    Enough,
}

impl TopLimit {
    /// Starts the answer to `TOP msg lines`.
    #[must_use]
    pub const fn new(lines: u64) -> Self {
        Self { lines, state: State::HeaderLine }
    }

    /// The front of this piece of the message that belongs to the answer.
    #[inline]
    pub fn front<'m>(&mut self, piece: &'m [u8]) -> &'m [u8] {
        let mut rest = piece;
        while !rest.is_empty() && self.state != State::Enough {
            self.step(&mut rest);
        }
        piece.get(..piece.len().saturating_sub(rest.len())).unwrap_or_default()
    }

    /// Whether nothing more belongs to the answer, so that the message need not be read further.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        matches!(self.state, State::Enough)
    }

    fn step(&mut self, rest: &mut &[u8]) {
        let (first, after) = match *rest {
            [first, after @ ..] => (*first, after),
            [] => return,
        };
        match (self.state, first) {
            (State::HeaderLine | State::HeaderCr, b'\n') => {
                *rest = after;
                self.state = if self.lines == 0 { State::Enough } else { State::Body };
            }
            (State::HeaderLine, b'\r') => {
                *rest = after;
                self.state = State::HeaderCr;
            }
            _ => {
                let Some(lf) = find_lf(rest) else {
                    *rest = &[];
                    if self.state != State::Body {
                        self.state = State::Header;
                    }
                    return;
                };
                *rest = rest.get(lf.wrapping_add(1)..).unwrap_or_default();
                if self.state == State::Body {
                    self.lines = self.lines.saturating_sub(1);
                    if self.lines == 0 {
                        self.state = State::Enough;
                    }
                } else {
                    self.state = State::HeaderLine;
                }
            }
        }
    }
}
