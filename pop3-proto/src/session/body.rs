//! A message on its way out: of any size, in constant memory.

use super::dialogue::Dialogue;
use super::reason::Reason;
use super::ticket::Number;
use super::turn::{Ending, Turn};
use crate::buf::Output;
use crate::dot::{Stuffer, TopLimit};
use crate::encode;

/// The body of a RETR, a TOP or another multi-line reply, begun and not ended.
///
/// Give it the stored message piece by piece, with [`fill`](Self::fill) or [`next`](Self::next), then [`end`](Self::end) it.
/// If it is not ended, because reading the message failed, say, the next call of the session closes the connection without
/// the final dot, and the client knows that the message is cut.
#[derive(Debug)]
#[must_use = "a body that is not ended closes the connection"]
pub struct Body {
    stuffer: Stuffer,
    /// For TOP: the limit, and how many octets at the front of what comes next it has counted already.
    top: Option<(TopLimit, usize)>,
    /// Looks for the empty line behind the header, if one has to be there.
    header: Option<TopLimit>,
    number: Number,
    state: State,
}

/// What [`Body::fill`] left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Fill {
    /// Nothing: all of the message that was given is queued.
    Done,
    /// Octets: flush the output, then call again with them.
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All that was given is out.
    Whole,
    /// The last piece did not fit and its rest was not given again yet.
    Owing,
    /// The output refused octets although it had said that there is room.
    Broken,
    /// The ticket came too late: nothing of this may reach the client.
    Void,
}

/// Room in which not every octet has to be weighed.
const MUCH: usize = 128;

impl Body {
    /// `live` says whether the `+OK` is out.
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

    /// Copies what fits from the front of `message` into `out`, and moves that front.
    ///
    /// While octets are left: flush `out`, then call again with the rest. Ending a body with octets left closes the connection:
    /// a message never looks whole that is not.
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

    /// Whether every octet goes out, and nothing has to be known of them but where lines end.
    const fn is_plain(&self) -> bool {
        self.top.is_none() && self.header.is_none() && self.can_go_on()
    }

    /// Copies what fits for certain: for one octet of the message at most two go out.
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

    /// The next octets to send, as a slice of the message itself or of a constant, and moves the front of `message`. `None`
    /// when `message` is used up. Flush the output before you send the first one.
    pub fn next<'m>(&mut self, message: &mut &'m [u8]) -> Option<&'m [u8]> {
        self.next_within(message, usize::MAX)
    }

    /// Whether a TOP has all its lines: the rest of the message need not be read. Never for RETR.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        matches!(&self.top, Some((limit, 0)) if limit.is_enough())
    }

    /// The message is complete. The closing dot goes out with the session's next call.
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
