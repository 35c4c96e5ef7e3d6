//! `Reader`: frames what a server says and pairs it with the questions. It fails nothing; the client judges.
//!
//! It knows nothing of the connection and one thing of the profile, so whoever only watches a connection can hold one too.

use super::capabilities::Capabilities;
use super::event::{Event, Id, Part};
use super::noted::Noted;
use super::queue::{Asked, Questions};
use super::tally::Tally;
use crate::buf::Input;
use crate::dot::{LfUnstuffer, Unstuffer};
use crate::limits::Limits;
use crate::line::{Fast, Front, Line, LineScanner};
use crate::types::Deviation;

/// What is being read, and what is known from before. `Q` holds the questions.
#[derive(Clone, Debug)]
pub(super) struct Reader<Q> {
    pub(super) limits: Limits,
    /// A status line with a bare LF begins a body of such lines.
    pub(super) lf_bodies: bool,
    pub(super) scanner: LineScanner,
    pub(super) queue: Q,
    pub(super) reading: Reading,
    pub(super) capabilities: Capabilities,
    /// Those of the answer to CAPA that is coming in.
    pub(super) incoming: Capabilities,
    pub(super) tally: Tally,
    /// A DELE was sent: numbers may have gaps.
    pub(super) deleted: bool,
    /// UTF8 was accepted.
    pub(super) utf8: bool,
}

/// What is expected next.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Greeting,
    /// The status line of the first command in the queue; anything else if the queue is empty.
    Status,
    /// A challenge was handed out; the caller's answer is due.
    Challenged,
    Listing,
    Body(Unstuffer),
    LfBody(LfUnstuffer),
    /// Closed; whether by STLS.
    Closed {
        tls: bool,
    },
}

impl<Q: Questions> Reader<Q> {
    pub(super) const fn new(queue: Q, limits: Limits, lf_bodies: bool, reading: Reading) -> Self {
        Self {
            limits,
            lf_bodies,
            // A bare LF ends a line here so that the profile can judge it.
            scanner: LineScanner::new(limits.reply_line()).accept_bare_lf(true),
            queue,
            reading,
            capabilities: Capabilities::NOTHING,
            incoming: Capabilities::NOTHING,
            tally: Tally::new(),
            deleted: false,
            utf8: false,
        }
    }
    /// Whether there is nothing to read.
    #[inline]
    pub(super) fn waits<'i>(&mut self, input: &mut impl Input<'i>) -> bool {
        match &self.reading {
            Reading::Closed { .. } => false,
            _ if input.bytes().is_empty() => true,
            _ if !self.scanner.past_skip(input) => true,
            Reading::Body(unstuffer) => unstuffer.wants_more(input.bytes()),
            Reading::LfBody(unstuffer) => unstuffer.wants_more(input.bytes()),
            _ => {
                self.set_limit();
                self.scanner.front(input) == Front::Partial
            }
        }
    }

    /// What comes next, and in `noted` what the RFCs do not allow about it.
    #[inline(always)]
    pub(super) fn read<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        match &self.reading {
            Reading::Closed { .. } => Event::Closed,
            _ if input.bytes().is_empty() => Event::NeedInput,
            Reading::Body(_) | Reading::LfBody(_) => self.body(input, noted),
            Reading::Listing => self.listing(input, noted),
            Reading::Greeting | Reading::Status | Reading::Challenged => self.reply(input, noted),
        }
    }

    /// For a status line and a challenge; the lines of a listing keep the limit of its status line.
    #[inline]
    pub(super) fn set_limit(&mut self) {
        let limits = &self.limits;
        let exchange = matches!(self.queue.front(), Some((_, Asked::Auth)));
        self.scanner.set_limit(if exchange {
            limits.exchange_line().max(limits.reply_line())
        } else {
            limits.reply_line()
        });
    }

    /// The next line. Of an over-long one the front, and its rest is skipped. `None` if it is not there yet, or the session failed.
    #[inline(always)]
    pub(super) fn line<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Option<Found<'i>> {
        match self.scanner.fast(input.bytes()) {
            Fast::Line { line, len } => {
                self.scanner.consume_line(input, len);
                Some(Found { text: line, bare_lf: false, truncated: false })
            }
            Fast::Partial => None,
            Fast::Other => self.line_slow(input, noted),
        }
    }

    #[inline(never)]
    fn line_slow<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Option<Found<'i>> {
        let (found, odd) = match self.scanner.front(input) {
            Front::Line { line: Line::Complete(text), len, bare_lf } => {
                self.scanner.consume_line(input, len);
                (Found { text, bare_lf, truncated: false }, bare_lf.then_some(Deviation::BareLf))
            }
            Front::Over(text) => {
                self.scanner.skip_rest(input, false);
                (Found { text, bare_lf: false, truncated: true }, Some(Deviation::LongLine))
            }
            // A scanner that accepts bare LF and skips in silence reports no other line.
            Front::Partial | Front::Line { .. } => return None,
        };
        if let Some(odd) = odd {
            noted.insert(odd);
        }
        Some(found)
    }

    /// The id of the command whose reply is coming in.
    pub(super) fn id(&self) -> Id {
        self.queue.front().map_or(Id(0), |(id, _)| id)
    }

    /// The last part of a reply: its command leaves the queue.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn finish_reply<'i>(&mut self, part: Part<'i>) -> Event<'i> {
        let id = self.id();
        self.queue.pop();
        self.reading = Reading::Status;
        Event::Reply { id, part, last: true }
    }
}

/// A line where one was due.
pub(super) struct Found<'i> {
    pub(super) text: &'i [u8],
    /// It ended in LF alone.
    pub(super) bare_lf: bool,
    /// It is the front of an over-long one.
    pub(super) truncated: bool,
}
