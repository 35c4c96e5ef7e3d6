//! What comes in: lines where lines are due, slices of a message where a message is.

use super::capabilities::Capabilities;
use super::error::ProtocolError;
use super::event::{Event, Id, Need, Part, Refusal};
use super::queue::Asked;
use super::session::{Client, Reading};
use crate::buf::Input;
use crate::dot::{Chunk, LfUnstuffer, Unstuffer};
use crate::limits::REPLY_LINE;
use crate::line::{Fast, Front, Line};
use crate::parse::{self, ReplyError};
use crate::text::Text;
use crate::types::{Deviation, Deviations, Status, StatusLine};

impl<const Q: usize> Client<Q> {
    /// Says whether [`receive`](Self::receive) has something. It borrows nothing: made for wrappers whose read loop comes
    /// first, then one `receive`.
    pub fn poll<'i>(&mut self, mut input: impl Input<'i>) -> Need {
        let wait = match &self.reading {
            Reading::Closed { .. } | Reading::Failed(_) => false,
            _ if input.bytes().is_empty() => true,
            _ if !self.scanner.past_skip(&mut input) => true,
            Reading::Body(unstuffer) => unstuffer.wants_more(input.bytes()),
            Reading::LfBody(unstuffer) => unstuffer.wants_more(input.bytes()),
            _ => {
                self.set_limit();
                self.scanner.front(&mut input) == Front::Partial
            }
        };
        if wait { Need::Input } else { Need::Event }
    }

    /// The next event. `input` is the window on what is unread; events borrow it and not the session.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`]: the server broke the protocol beyond what the profile accepts. It is final: close the connection. Every
    /// further call returns it again.
    pub fn receive<'i>(&mut self, mut input: impl Input<'i>) -> Result<Event<'i>, ProtocolError> {
        match &self.reading {
            Reading::Closed { .. } => Ok(Event::Closed),
            Reading::Failed(error) => Err(*error),
            _ if input.bytes().is_empty() => Ok(Event::NeedInput),
            Reading::Body(_) | Reading::LfBody(_) => self.body(&mut input),
            Reading::Listing => self.listing(&mut input),
            Reading::Greeting | Reading::Status | Reading::Challenged => self.reply(&mut input),
        }
    }

    #[inline(never)]
    fn body<'i>(&mut self, input: &mut impl Input<'i>) -> Result<Event<'i>, ProtocolError> {
        // The rest of an over-long status line is not the front of a message.
        if !self.scanner.past_skip(input) {
            return Ok(Event::NeedInput);
        }
        let mut unstuffed = false;
        let chunk = match &mut self.reading {
            Reading::Body(unstuffer) => unstuffer.next_noting(input, &mut unstuffed),
            Reading::LfBody(unstuffer) => unstuffer.next(input),
            _ => Chunk::Partial,
        };
        if unstuffed {
            self.note(Deviations::NONE.with(Deviation::UnstuffedDot))?;
        }
        Ok(match chunk {
            Chunk::Partial => Event::NeedInput,
            Chunk::Data(octets) => Event::Reply(self.id(), Part::Data(octets)),
            Chunk::End => self.finish_reply(Part::End),
        })
    }

    #[inline(never)]
    fn listing<'i>(&mut self, input: &mut impl Input<'i>) -> Result<Event<'i>, ProtocolError> {
        let Some((id, asked)) = self.queue.front() else { return self.pending_or_failed() };
        match self.line(input) {
            Some(found) => self.item(id, asked, &found),
            None => self.pending_or_failed(),
        }
    }

    #[inline(never)]
    fn reply<'i>(&mut self, input: &mut impl Input<'i>) -> Result<Event<'i>, ProtocolError> {
        self.set_limit();
        match self.line(input) {
            Some(found) => self.read(&found, input),
            None => self.pending_or_failed(),
        }
    }

    /// There is no line; perhaps there never will be.
    fn pending_or_failed<'i>(&self) -> Result<Event<'i>, ProtocolError> {
        match &self.reading {
            Reading::Failed(error) => Err(*error),
            _ => Ok(Event::NeedInput),
        }
    }

    /// For a status line and a challenge; the lines of a listing keep the limit of its status line.
    #[inline]
    fn set_limit(&mut self) {
        let limits = &self.settings.limits;
        let exchange = matches!(self.queue.front(), Some((_, Asked::Auth)));
        self.scanner.set_limit(if exchange {
            limits.exchange_line().max(limits.reply_line())
        } else {
            limits.reply_line()
        });
    }

    /// The next line. Of an over-long one the front, and its rest is skipped. `None` if it is not there yet, or the session failed.
    #[inline(always)]
    fn line<'i>(&mut self, input: &mut impl Input<'i>) -> Option<Found<'i>> {
        match self.scanner.fast(input.bytes()) {
            Fast::Line { line, len } => {
                self.scanner.consume_line(input, len);
                Some(Found { text: line, bare_lf: false, truncated: false })
            }
            Fast::Partial => None,
            Fast::Other => self.line_slow(input),
        }
    }

    #[inline(never)]
    fn line_slow<'i>(&mut self, input: &mut impl Input<'i>) -> Option<Found<'i>> {
        let (found, seen) = match self.scanner.front(input) {
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
        self.note(seen.map_or(Deviations::NONE, |one| Deviations::NONE.with(one))).ok()?;
        Some(found)
    }

    /// An error that is final.
    #[cold]
    pub(super) fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.reading = Reading::Failed(error);
        error
    }

    #[inline]
    fn read<'i>(
        &mut self,
        found: &Found<'i>,
        input: &mut impl Input<'i>,
    ) -> Result<Event<'i>, ProtocolError> {
        let mut seen = Deviations::NONE;
        let line = found.text;
        let event = match (&self.reading, self.queue.front()) {
            (Reading::Greeting, _) => {
                let greeting =
                    parse::greeting(line, &mut seen).map_err(|_| self.fail(ProtocolError::Status))?;
                self.reading = match greeting.line.status {
                    Status::Ok => Reading::Status,
                    Status::Err => Reading::Closed { tls: false },
                };
                Event::Greeting(greeting)
            }
            (Reading::Status, Some((id, Asked::Auth))) if is_challenge(line) => {
                self.reading = Reading::Challenged;
                let part = match parse::challenge(line, &mut seen) {
                    Ok(challenge) if !found.truncated => Part::Challenge(challenge),
                    _ => {
                        seen.insert(Deviation::BadChallenge);
                        Part::Unreadable(line)
                    }
                };
                self.note(seen)?;
                // No line limit but that of the mechanisms (RFC 5034 section 4).
                return Ok(Event::Reply(id, part));
            }
            // While a challenge is open a server may give up, and nothing else.
            (reading, Some((_, asked))) if matches!(reading, Reading::Status) || line.starts_with(b"-") => {
                let status =
                    parse::status_line(line, &mut seen).map_err(|_| self.fail(ProtocolError::Status))?;
                match status.status {
                    Status::Ok => self.ok(asked, status, found, input, &mut seen)?,
                    Status::Err => self.err(asked, status),
                }
            }
            _ => {
                seen.insert(Deviation::Unsolicited);
                Event::Unsolicited(Text::new(line))
            }
        };
        if line.len() > REPLY_LINE.wrapping_sub(2) {
            seen.insert(Deviation::LongLine);
        }
        self.note(seen)?;
        Ok(event)
    }

    fn ok<'i>(
        &mut self,
        asked: Asked,
        line: StatusLine<'i>,
        found: &Found<'i>,
        input: &mut impl Input<'i>,
        seen: &mut Deviations,
    ) -> Result<Event<'i>, ProtocolError> {
        let text = line.text.as_bytes();
        let shown = whole_text(&line, found.text);
        let part = match asked {
            Asked::Line
            | Asked::User
            | Asked::Login
            | Asked::Auth
            | Asked::Dele
            | Asked::Lang
            | Asked::Other => Ok(Part::Ok(shown)),
            Asked::Utf8 => {
                self.utf8 = true;
                Ok(Part::Ok(shown))
            }
            Asked::Quit => {
                let event = self.finish_reply(Part::Ok(shown));
                self.reading = Reading::Closed { tls: false };
                return Ok(event);
            }
            Asked::Stls => {
                if found.truncated || !input.bytes().is_empty() {
                    return Err(self.fail(ProtocolError::PlaintextAfterStls));
                }
                let event = self.finish_reply(Part::Ok(shown));
                self.reading = Reading::Closed { tls: true };
                return Ok(event);
            }
            // Half a number is another number.
            Asked::Stat | Asked::Scan | Asked::Uid if found.truncated => Err(ReplyError::Fields),
            Asked::Stat => parse::stat_reply(text, seen).map(|stat| {
                self.tally.stat = Some(stat.count);
                Part::Stat(stat)
            }),
            Asked::Scan => parse::scan_reply(text, seen).map(Part::Scan),
            Asked::Uid => parse::uid_reply(text, seen).map(Part::Uid),
            Asked::Capa | Asked::ScanListing | Asked::UidListing | Asked::LangListing => {
                self.reading = Reading::Listing;
                self.tally.begin();
                self.incoming = Capabilities::known();
                return Ok(Event::Reply(self.id(), Part::Begin(shown)));
            }
            Asked::Body | Asked::OtherBody => {
                let lf = found.bare_lf && self.settings.profile.accepts(Deviation::BareLfBody);
                self.reading = if lf {
                    seen.insert(Deviation::BareLfBody);
                    Reading::LfBody(LfUnstuffer::new())
                } else {
                    Reading::Body(Unstuffer::new())
                };
                return Ok(Event::Reply(self.id(), Part::Begin(shown)));
            }
        };
        Ok(self.finish_reply(part.unwrap_or_else(|_| {
            seen.insert(Deviation::NoNumbers);
            Part::Unreadable(text)
        })))
    }

    fn err<'i>(&mut self, asked: Asked, line: StatusLine<'i>) -> Event<'i> {
        let event = self.finish_reply(Part::Err(Refusal { code: line.code, text: line.text }));
        match asked {
            Asked::Capa => self.capabilities.refused(),
            Asked::Quit => self.reading = Reading::Closed { tls: false },
            _ => {}
        }
        event
    }

    /// A line of a listing.
    #[inline]
    fn item<'i>(&mut self, id: Id, asked: Asked, found: &Found<'i>) -> Result<Event<'i>, ProtocolError> {
        let mut seen = Deviations::NONE;
        let line = match found.text.strip_prefix(b".") {
            Some(b"") => {
                match asked {
                    Asked::Capa => self.capabilities = self.incoming,
                    Asked::ScanListing | Asked::UidListing => self.tally.end(self.deleted, &mut seen),
                    _ => {}
                }
                self.note(seen)?;
                return Ok(self.finish_reply(Part::End));
            }
            Some(stuffed) => stuffed,
            None => found.text,
        };
        let part = match asked {
            // The front of an id is another id, the front of a list another list.
            _ if found.truncated => Err(ReplyError::Fields),
            Asked::Capa => {
                let capability = parse::capability(line, &mut seen);
                self.incoming.add(&capability);
                Ok(Part::Capability(capability))
            }
            Asked::ScanListing => parse::scan_item(line, &mut seen).map(|scan| {
                self.tally.item(scan.number, self.deleted, &mut seen);
                Part::ScanItem(scan)
            }),
            Asked::UidListing => parse::uid_item(line, &mut seen).map(|uid| {
                if let Some(number) = uid.number {
                    self.tally.item(number, self.deleted, &mut seen);
                }
                Part::UidItem(uid)
            }),
            _ => parse::lang_item(line, &mut seen).map(Part::LangItem),
        };
        let part = part.unwrap_or_else(|_| {
            seen.insert(Deviation::BadListing);
            self.tally.unreadable();
            Part::Unreadable(line)
        });
        self.note(seen)?;
        Ok(Event::Reply(id, part))
    }

    /// The id of the command whose reply is coming in.
    fn id(&self) -> Id {
        self.queue.front().map_or(Id(0), |(id, _)| id)
    }

    /// The last part of a reply: its command leaves the queue.
    #[inline]
    fn finish_reply<'i>(&mut self, part: Part<'i>) -> Event<'i> {
        let id = self.id();
        self.queue.pop();
        self.reading = Reading::Status;
        Event::Reply(id, part)
    }
}

/// The text of a `+OK` with a response code left in it: none is registered for `+OK`, so it means nothing more to a program.
#[inline]
fn whole_text<'i>(line: &StatusLine<'i>, whole: &'i [u8]) -> Text<'i> {
    match line.code.and_then(|_| whole.iter().position(|b| *b == b'[')) {
        Some(at) => Text::new(whole.get(at..).unwrap_or_default()),
        None => line.text,
    }
}

/// A line where one was due.
struct Found<'i> {
    text: &'i [u8],
    /// It ended in LF alone.
    bare_lf: bool,
    /// It is the front of an over-long one.
    truncated: bool,
}

/// In an AUTH exchange a line that starts with `+` is a challenge unless it says `+OK`: no guess may log anybody in.
fn is_challenge(line: &[u8]) -> bool {
    let [b'+', behind @ ..] = line else { return false };
    !matches!(behind, [b'O' | b'o', b'K' | b'k'] | [b'O' | b'o', b'K' | b'k', b' ', ..])
}
