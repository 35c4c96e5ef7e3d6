//! Reads a message: the bytes between its status line and its final dot.

use super::event::{Event, Part};
use super::noted::Noted;
use super::queue::Questions;
use super::reader::{Reader, Reading};
use crate::buf::Input;
use crate::dot::Chunk;
use crate::types::Deviation;

impl<Q: Questions> Reader<Q> {
    #[inline(never)]
    pub(super) fn body<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        // The rest of an over-long status line is not part of the message.
        if !self.scanner.past_skip(input) {
            return Event::NeedInput;
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
            Chunk::End => self.finish_reply(Part::End),
        }
    }
}
