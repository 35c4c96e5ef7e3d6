//! `Body`: sends a message of any size in constant memory.

use super::dialogue::Dialogue;
use super::reason::Reason;
use super::ticket::Number;
use super::turn::{Ending, Turn};
use crate::buf::Output;
use crate::dot::{Stuffer, TopLimit};
use crate::encode;

/// The body of the answer to RETR or TOP, or of another multi-line reply, that has begun and not ended.
///
/// Give it the stored message piece by piece, with [`fill`](Self::fill) or [`next`](Self::next), then call
/// [`end`](Self::end). If you do not end it, for instance because the message could not be read to its end,
/// the next call of the session closes the connection without the final dot. The client then knows that the
/// message is incomplete.
#[derive(Debug)]
#[must_use = "a body that is not ended closes the connection"]
pub struct Body {
    stuffer: Stuffer,
    /// For TOP: the limit, and how many bytes at the front of the next piece it has already counted.
    top: Option<(TopLimit, usize)>,
    /// Looks for the empty line after the header, if the configuration requires one.
    header: Option<TopLimit>,
    number: Number,
    state: State,
}

/// What [`Body::fill`] left of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Fill {
    /// Nothing: all bytes that were given are in the output.
    Done,
    /// Some bytes: flush the output, then call again with them.
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All bytes that were given are out.
    Whole,
    /// The last piece did not fit, and its rest has not been given again yet.
    Owing,
    /// The output refused bytes although it had reported room for them.
    Broken,
    /// The ticket came too late: nothing of this body may reach the client.
    Void,
}

/// With at least this much room, bytes need not be checked one by one.
const MUCH: usize = 128;

impl Body {
    /// `live` says whether the `+OK` has been written.
    #[inline]
    pub(super) fn new(
        number: Number,
        stuffer: Stuffer,
        lines: Option<u64>,
        ensure_header_end: bool,
        live: bool,
    ) -> Self {
        let top = lines.map(|lines| (TopLimit::new(lines), 0));
        let state = if live { State::Whole } else { State::Void };
        Self { stuffer, top, header: ensure_header_end.then(|| TopLimit::new(0)), number, state }
    }

    /// Copies as many bytes as fit from the front of `message` into `out`, and removes them from `message`.
    ///
    /// While bytes are left, flush `out`, then call again with the rest. Ending a body with bytes left closes
    /// the connection, so that an incomplete message never looks complete.
    pub fn fill(&mut self, message: &mut &[u8], out: &mut impl Output) -> Fill {
        while !message.is_empty() {
            let room = out.room();
            if room < 2 && self.can_go_on() {
                self.state = State::Owing;
                return Fill::Flush;
            }
            if self.is_plain() && room >= MUCH {
                self.fill_plain(message, room, out);
                continue;
            }
            if let Some(run) = self.next_within(message, room)
                && out.put(run).is_err()
            {
                self.state = State::Broken;
            }
        }
        Fill::Done
    }

    /// Whether every byte is sent, and only the line ends matter.
    const fn is_plain(&self) -> bool {
        self.top.is_none() && self.header.is_none() && self.can_go_on()
    }

    /// Copies only as many bytes as certainly fit: each byte of the message becomes at most two.
    fn fill_plain(&mut self, message: &mut &[u8], room: usize, out: &mut impl Output) {
        let (mut part, rest) = message.split_at_checked(room / 2).unwrap_or((message, &[]));
        self.state = State::Whole;
        while let Some(run) = self.stuffer.next(&mut part) {
            if out.put(run).is_err() {
                self.state = State::Broken;
                break;
            }
        }
        *message = rest;
    }

    /// Returns the next bytes to send, as a slice of the message itself or of a constant, and removes the
    /// bytes it has used from the front of `message`. `None` when `message` is used up. Flush the output
    /// before you send the first slice.
    pub fn next<'m>(&mut self, message: &mut &'m [u8]) -> Option<&'m [u8]> {
        self.next_within(message, usize::MAX)
    }

    /// Whether a TOP has all its lines, so that the rest of the message need not be read. Always `false` for
    /// RETR.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        matches!(&self.top, Some((limit, 0)) if limit.is_enough())
    }

    /// Ends the body: the message is complete. The closing dot is sent by the session's next call.
    pub fn end(self, session: &mut impl Dialogue) {
        let session = session.inside();
        match self.state {
            State::Whole => session.end(self.number, Turn::Ending(self.ending())),
            State::Owing => session.end(self.number, Turn::Closed(Reason::Unfinished)),
            State::Broken => session.end(self.number, Turn::Closed(Reason::OutputFailed)),
            State::Void => {}
        }
    }

    fn ending(&self) -> Ending {
        let at_line_start = self.stuffer.finish() == encode::END;
        let header_is_open = self.header.as_ref().is_some_and(|header| !header.is_enough());
        match (at_line_start, header_is_open) {
            (true, false) => Ending::Dot,
            (false, false) | (true, true) => Ending::LineEndAndDot,
            (false, true) => Ending::EmptyLineAndDot,
        }
    }

    const fn can_go_on(&self) -> bool {
        matches!(self.state, State::Whole | State::Owing)
    }

    fn next_within<'m>(&mut self, message: &mut &'m [u8], room: usize) -> Option<&'m [u8]> {
        let whole = *message;
        let go_on = self.can_go_on();
        let granted = match &mut self.top {
            _ if !go_on => 0,
            None => whole.len(),
            Some((limit, granted)) => {
                if *granted == 0 {
                    *granted = limit.front(whole).len();
                }
                *granted
            }
        };
        if go_on {
            self.state = State::Whole;
        }
        if granted == 0 {
            *message = &[];
            return None;
        }
        let mut part = whole.get(..granted.min(room)).unwrap_or(whole);
        let before = part.len();
        let run = self.stuffer.next(&mut part);
        let used = before.wrapping_sub(part.len());
        let (gone, rest) = whole.split_at_checked(used).unwrap_or((whole, &[]));
        *message = rest;
        if let Some(header) = &mut self.header {
            header.front(gone);
        }
        if let Some((_, granted)) = &mut self.top {
            *granted = granted.wrapping_sub(used);
        }
        run
    }
}
