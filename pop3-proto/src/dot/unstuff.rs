//! `Unstuffer`: removes the stuffing from a body and finds its end, which is only CRLF.CRLF (RFC 1939 section
//! 3).

use super::search::{far_lf_dot, near_lf_dot};
use super::state::State;
use crate::buf::Input;
use crate::word::WORD;

/// What [`Unstuffer::next`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk<'i> {
    /// Bytes of the message, with the stuffing removed; never empty. Call again: there may be more in the
    /// window.
    Data(&'i [u8]),
    /// The window is used up, and the body continues.
    Partial,
    /// The body is complete. The rest of the window belongs to the next reply.
    End,
}

/// Removes the stuffed dots from a body and finds its end.
///
/// It returns slices of the window itself and keeps one byte of state, so the input may be cut anywhere.
/// Sequences that resemble the end (`LF . CRLF`, `CRLF . LF`, `CRLF . CR CR LF`) are bytes of the message. A
/// dot at the start of a line is removed, whatever follows it.
#[derive(Clone, Debug)]
pub struct Unstuffer(State);

impl Unstuffer {
    /// Starts at the beginning of a body, directly after the status line.
    #[must_use]
    pub const fn new() -> Self {
        Self(State::LineStart)
    }

    /// Returns the next piece of the body. After [`Chunk::End`] it always returns `End` and consumes nothing.
    #[inline]
    pub fn next<'i>(&mut self, mut input: impl Input<'i>) -> Chunk<'i> {
        self.next_noting(&mut input, &mut false)
    }

    /// Whether [`next`](Self::next) would need more bytes than these.
    pub(crate) fn wants_more(&self, bytes: &[u8]) -> bool {
        self.0.wants_more(bytes)
    }

    /// Like [`next`](Self::next), but sets `unstuffed` at a leading dot that a server which stuffs would not
    /// send.
    #[inline]
    pub(crate) fn next_noting<'i>(&mut self, input: &mut impl Input<'i>, unstuffed: &mut bool) -> Chunk<'i> {
        loop {
            if self.0 == State::End {
                return Chunk::End;
            }
            let bytes = input.bytes();
            let Some(&first) = bytes.first() else { return Chunk::Partial };
            self.0 = match (self.0, first) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, b'\r') => State::DotCr,
                (State::DotCr, b'\n') => State::End,
                (State::DotCr, _) => {
                    // The dot was not part of the end: it is removed, and the CR is data.
                    *unstuffed = true;
                    self.0 = State::Cr;
                    return Chunk::Data(b"\r");
                }
                (state, _) => {
                    *unstuffed |= state == State::Dot && first != b'.';
                    // A caller that reads byte by byte needs no search.
                    if bytes.len() > 1
                        && let Some(before) = self.before_dot(bytes)
                    {
                        self.0 = State::Dot;
                        input.consume(before.len().wrapping_add(1));
                        return Chunk::Data(before);
                    }
                    self.0 = self.after(bytes);
                    input.consume(bytes.len());
                    return Chunk::Data(bytes);
                }
            };
            input.consume(1);
        }
    }

    /// Message bytes up to the next dot at the start of a line.
    #[inline]
    fn before_dot<'i>(&self, bytes: &'i [u8]) -> Option<&'i [u8]> {
        let near = bytes.first_chunk().map(near_lf_dot);
        match near.flatten().and_then(|lf| bytes.get(..lf.wrapping_add(1))) {
            Some(line @ [.., b'\r', b'\n']) => Some(line),
            _ => self.before_far_dot(bytes, if near == Some(None) { WORD } else { 0 }),
        }
    }

    /// Like [`before_dot`](Self::before_dot), when some bytes were already searched. Not inlined, so that
    /// lines of a few bytes are handled quickly.
    #[inline(never)]
    fn before_far_dot<'i>(&self, bytes: &'i [u8], mut searched: usize) -> Option<&'i [u8]> {
        while let Some(at) = bytes.get(searched..).and_then(far_lf_dot) {
            let lf = searched.wrapping_add(at);
            let dot = lf.wrapping_add(1);
            let cr = match lf.checked_sub(1) {
                None => self.0 == State::Cr,
                Some(before) => bytes.get(before) == Some(&b'\r'),
            };
            if cr {
                return bytes.get(..dot);
            }
            searched = dot;
        }
        None
    }

    /// The state after these bytes.
    #[inline]
    fn after(&self, bytes: &[u8]) -> State {
        match bytes {
            [.., b'\r', b'\n'] => State::LineStart,
            [b'\n'] if self.0 == State::Cr => State::LineStart,
            [.., b'\r'] => State::Cr,
            _ => State::Inside,
        }
    }
}

impl Default for Unstuffer {
    fn default() -> Self {
        Self::new()
    }
}
