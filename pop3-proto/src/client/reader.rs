//! `Reader`: splits what a server sends into replies, and matches them with the commands. It reports faults
//! but does not act on them; the client does.
//!
//! It knows nothing of the connection and one thing of the profile (`lf_bodies`), so that code that only
//! observes a connection can use it too.

use super::capabilities::Capabilities;
use super::event::{Event, Id, Part};
use super::noted::{Fault, Noted};
use super::queue::{Asked, Questions};
use super::tally::Tally;
use crate::buf::Input;
use crate::dot::{LfUnstuffer, Unstuffer};
use crate::limits::Limits;
use crate::line::{Fast, Front, Line, LineScanner};
use crate::types::Deviation;

/// What is being read, and what is known from earlier replies. `Q` holds the unanswered commands.
#[derive(Clone, Debug)]
pub(super) struct Reader<Q> {
    pub(super) limits: Limits,
    /// Whether a status line that ends in a bare LF begins a body whose lines end in bare LF.
    pub(super) lf_bodies: bool,
    pub(super) scanner: LineScanner,
    pub(super) queue: Q,
    pub(super) reading: Reading,
    pub(super) capabilities: Capabilities,
    /// The capabilities from the answer to CAPA that is being read.
    pub(super) incoming: Capabilities,
    pub(super) tally: Tally,
    /// How many bytes followed the last reply, or the last line that answers no command.
    pub(super) unread: usize,
    /// Whether a DELE was sent, after which numbers may have gaps.
    pub(super) deleted: bool,
    /// Whether UTF8 was accepted.
    pub(super) utf8: bool,
}

/// What is expected next.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Greeting,
    /// The status line of the first command in the queue. If the queue is empty, any line is unsolicited.
    Status,
    /// A challenge was reported; the caller has to answer it.
    Challenged,
    Listing,
    /// A body whose status line ended in bare LF, and whose first line is not complete yet.
    FirstLine,
    Body(Unstuffer),
    LfBody(LfUnstuffer),
    /// The session is closed; `tls` says whether by STLS.
    Closed {
        tls: bool,
    },
}

impl<Q: Questions> Reader<Q> {
    pub(super) const fn new(queue: Q, limits: Limits, lf_bodies: bool, reading: Reading) -> Self {
        Self {
            limits,
            lf_bodies,
            // The scanner accepts a bare LF as a line end, and the profile decides afterwards.
            scanner: LineScanner::new(limits.reply_line()).accept_bare_lf(true),
            queue,
            reading,
            capabilities: Capabilities::NOTHING,
            incoming: Capabilities::NOTHING,
            tally: Tally::new(),
            unread: 0,
            deleted: false,
            utf8: false,
        }
    }
    /// Whether there is nothing to read.
    #[inline]
    pub(super) fn waits<'i>(&mut self, input: &mut impl Input<'i>) -> bool {
        match &self.reading {
            Reading::Closed { .. } => false,
            _ if !self.scanner.past_skip(input) => !self.scanner.is_endless(),
            _ if input.bytes().is_empty() => true,
            Reading::Body(unstuffer) => unstuffer.wants_more(input.bytes()),
            Reading::LfBody(unstuffer) => unstuffer.wants_more(input.bytes()),
            Reading::FirstLine => self.line_end(input.bytes()).is_none(),
            _ => {
                self.set_limit();
                self.scanner.front(input) == Front::Partial
            }
        }
    }

    /// Reads the next event, and puts what the RFCs do not allow about it into `noted`.
    #[inline(always)]
    pub(super) fn read<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        match &self.reading {
            Reading::Closed { .. } => Event::Closed,
            _ if input.bytes().is_empty() => self.nothing(noted),
            Reading::Body(_) | Reading::LfBody(_) => self.body(input, noted),
            Reading::Listing => self.listing(input, noted),
            Reading::FirstLine => self.first_line(input, noted),
            Reading::Greeting | Reading::Status | Reading::Challenged => self.reply(input, noted),
        }
    }

    /// What there is to report while the window contains nothing to read.
    #[inline]
    pub(super) fn nothing<'i>(&self, noted: &mut Noted) -> Event<'i> {
        if self.scanner.is_endless() {
            noted.fault = Some(Fault::EndlessLine);
        }
        Event::NeedInput
    }

    /// Sets the limit for a status line or a challenge. The lines of a listing keep the limit of its status
    /// line.
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

    /// The next line. Of an over-long line only the front is returned, and its rest is skipped. `None` if the
    /// line is not complete yet.
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
                self.scanner.drop_rest(input, self.limits.max_skip());
                (Found { text, bare_lf: false, truncated: true }, Some(Deviation::LongLine))
            }
            // A scanner that accepts bare LF and skips silently reports no other kind of line.
            Front::Partial | Front::Line { .. } => {
                self.nothing(noted);
                return None;
            }
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

    /// Reports the last part of a reply and removes its command from the queue.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn finish_reply<'i>(&mut self, part: Part<'i>, input: &impl Input<'i>) -> Event<'i> {
        self.unread = input.bytes().len();
        let id = self.id();
        self.queue.pop();
        self.reading = Reading::Status;
        Event::Reply { id, part, last: true }
    }
}

/// A line that was read where one was due.
pub(super) struct Found<'i> {
    pub(super) text: &'i [u8],
    /// Whether it ended in LF alone.
    pub(super) bare_lf: bool,
    /// Whether it is the front of an over-long line.
    pub(super) truncated: bool,
}
