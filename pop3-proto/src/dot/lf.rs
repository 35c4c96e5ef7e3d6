//! The body of a server that ends its lines in bare LF. Because LF alone ends a line here, message text can
//! forge the end of the body. A session uses this only if its profile says so, and only after a status line
//! that itself ended in bare LF.

use super::state::State;
use super::unstuff::Chunk;
use crate::buf::Input;

/// Like [`Unstuffer`](super::Unstuffer), but LF is the line end, and a CR before it belongs to the line.
#[derive(Clone, Debug)]
pub(crate) struct LfUnstuffer(State);

impl LfUnstuffer {
    pub(crate) const fn new() -> Self {
        Self(State::LineStart)
    }

    /// Whether [`next`](Self::next) would need more bytes than these.
    pub(crate) fn wants_more(&self, bytes: &[u8]) -> bool {
        self.0.wants_more(bytes)
    }

    pub(crate) fn next<'i>(&mut self, input: &mut impl Input<'i>) -> Chunk<'i> {
        loop {
            if self.0 == State::End {
                return Chunk::End;
            }
            let bytes = input.bytes();
            let Some(&first) = bytes.first() else { return Chunk::Partial };
            self.0 = match (self.0, first) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, b'\r') => State::DotCr,
                (State::Dot | State::DotCr, b'\n') => State::End,
                (State::DotCr, _) => {
                    self.0 = State::Inside;
                    return Chunk::Data(b"\r");
                }
                _ => {
                    let end = memchr::memchr(b'\n', bytes).map(|lf| lf.wrapping_add(1));
                    self.0 = if end.is_some() { State::LineStart } else { State::Inside };
                    let len = end.unwrap_or(bytes.len());
                    input.consume(len);
                    return Chunk::Data(bytes.get(..len).unwrap_or_default());
                }
            };
            input.consume(1);
        }
    }
}
