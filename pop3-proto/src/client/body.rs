//! Reads a message: the bytes between its status line and its final dot.

use super::event::{Event, Part};
use super::noted::Noted;
use super::queue::Questions;
use super::reader::{Reader, Reading};
use crate::buf::Input;
use crate::dot::{Chunk, Unstuffer};
use crate::types::Deviation;

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    BareLf,
    Other,
}

impl<Q: Questions> Reader<Q> {
    /// Looks at the first line of a body whose status line ended in bare LF. A server that ends this line in
    /// bare LF, too, ends the whole body so. Nothing would ever be taken for its end, so this is told at once.
    #[inline(never)]
    pub(super) fn first_line<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        match self.line_end(input.bytes()) {
            None => return Event::NeedInput,
            Some(LineEnd::BareLf) => noted.insert(Deviation::BareLfBody),
            Some(LineEnd::Other) => {}
        }
        self.reading = Reading::Body(Unstuffer::new());
        self.body(input, noted)
    }

    /// How the first line of these bytes ends; `None` if more of them are needed. A line that is longer than
    /// a status line may be tells nothing.
    pub(super) fn line_end(&self, bytes: &[u8]) -> Option<LineEnd> {
        let longest = self.limits.reply_line();
        let front = bytes.get(..longest).unwrap_or(bytes);
        match front.iter().position(|b| *b == b'\n') {
            Some(lf) if lf.checked_sub(1).and_then(|cr| front.get(cr)) == Some(&b'\r') => {
                Some(LineEnd::Other)
            }
            Some(_) => Some(LineEnd::BareLf),
            None => (front.len() >= longest).then_some(LineEnd::Other),
        }
    }

    #[inline(never)]
    pub(super) fn body<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        // The rest of an over-long status line is not part of the message.
        if !self.scanner.past_skip(input) {
            return self.nothing(noted);
        }
        let mut unstuffed = false;
        let chunk = match &mut self.reading {
            Reading::Body(unstuffer) => unstuffer.next_noting(input, &mut unstuffed),
            Reading::LfBody(unstuffer) => unstuffer.next(input),
            _ => Chunk::Partial,
        };
        if unstuffed {
            noted.insert(Deviation::UnstuffedDot);
        }
        match chunk {
            Chunk::Partial => Event::NeedInput,
            Chunk::Data(octets) => Event::Reply { id: self.id(), part: Part::Data(octets), last: false },
            Chunk::End => self.finish_reply(Part::End, input),
        }
    }
}
