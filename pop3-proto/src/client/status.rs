//! Reads a status line, or the challenge that comes instead of one.

use super::capabilities::Capabilities;
use super::event::{Event, Part, Refusal};
use super::exchange::is_challenge;
use super::noted::{Fault, Noted};
use super::queue::{Asked, Questions};
use super::reader::{Found, Reader, Reading};
use crate::buf::Input;
use crate::dot::{LfUnstuffer, Unstuffer};
use crate::limits::REPLY_LINE;
use crate::parse::{self, ReplyError};
use crate::text::Text;
use crate::types::{Deviation, Status, StatusLine};

impl<Q: Questions> Reader<Q> {
    #[inline(never)]
    pub(super) fn reply<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        self.set_limit();
        match self.line(input, noted) {
            Some(found) => self.status(&found, input, noted),
            None => Event::NeedInput,
        }
    }

    #[inline]
    fn status<'i>(&mut self, found: &Found<'i>, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        let line = found.text;
        let event = match (&self.reading, self.queue.front()) {
            (Reading::Greeting, _) => {
                let Ok(greeting) = parse::greeting(line, &mut noted.deviations) else {
                    noted.fault = Some(Fault::Status);
                    return Event::Unsolicited(Text::new(line));
                };
                self.reading = match greeting.line.status {
                    Status::Ok => Reading::Status,
                    Status::Err => Reading::Closed { tls: false },
                };
                match greeting.line.status {
                    Status::Ok => Event::Greeting(greeting),
                    Status::Err => {
                        Event::Refused(Refusal { code: greeting.line.code, text: greeting.line.text })
                    }
                }
            }
            (Reading::Status, Some((id, Asked::Auth))) if is_challenge(line) => {
                return self.challenge(id, found, noted);
            }
            // While a challenge waits for its answer, a server may only end the exchange with `-ERR`.
            (reading, Some((_, asked))) if matches!(reading, Reading::Status) || line.starts_with(b"-") => {
                let Ok(status) = parse::status_line(line, &mut noted.deviations) else {
                    noted.fault = Some(Fault::Status);
                    return Event::Unsolicited(Text::new(line));
                };
                match status.status {
                    Status::Ok => self.ok(asked, status, found, input, noted),
                    Status::Err => self.err(asked, status, input),
                }
            }
            _ => {
                noted.insert(Deviation::Unsolicited);
                self.unread = input.bytes().len();
                Event::Unsolicited(Text::new(line))
            }
        };
        if line.len() > REPLY_LINE.wrapping_sub(2) {
            noted.insert(Deviation::LongLine);
        }
        event
    }

    fn ok<'i>(
        &mut self,
        asked: Asked,
        line: StatusLine<'i>,
        found: &Found<'i>,
        input: &mut impl Input<'i>,
        noted: &mut Noted,
    ) -> Event<'i> {
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
                let event = self.finish_reply(Part::Ok(shown), input);
                self.reading = Reading::Closed { tls: false };
                return event;
            }
            Asked::Stls => {
                if found.truncated || !input.bytes().is_empty() {
                    noted.fault = Some(Fault::PlaintextAfterStls);
                    return Event::Closed;
                }
                let event = self.finish_reply(Part::Ok(shown), input);
                self.reading = Reading::Closed { tls: true };
                return event;
            }
            // A number that is cut off is a different number.
            Asked::Stat | Asked::Scan | Asked::Uid if found.truncated => Err(ReplyError::Fields),
            Asked::Stat => parse::stat_reply(text, &mut noted.deviations).map(|stat| {
                self.tally.stat = Some(stat.count);
                Part::Stat(stat)
            }),
            Asked::Scan | Asked::Uid => self.of_one(asked, text, noted),
            Asked::Capa | Asked::ScanListing | Asked::UidListing | Asked::LangListing => {
                self.reading = Reading::Listing;
                self.tally.begin();
                self.incoming = Capabilities::known();
                return Event::Reply { id: self.id(), part: Part::Begin(shown), last: false };
            }
            Asked::Body | Asked::OtherBody => {
                let lf = found.bare_lf && self.lf_bodies;
                self.reading = if lf {
                    noted.insert(Deviation::BareLfBody);
                    Reading::LfBody(LfUnstuffer::new())
                } else if found.bare_lf {
                    Reading::FirstLine
                } else {
                    Reading::Body(Unstuffer::new())
                };
                return Event::Reply { id: self.id(), part: Part::Begin(shown), last: false };
            }
        };
        let part = part.unwrap_or_else(|_| {
            noted.insert(Deviation::NoNumbers);
            Part::UnreadableReply(text)
        });
        self.finish_reply(part, input)
    }

    /// The answer to LIST or UIDL with a number. What is said of another message is never taken for it.
    #[inline(never)]
    fn of_one<'i>(
        &mut self,
        asked: Asked,
        text: &'i [u8],
        noted: &mut Noted,
    ) -> Result<Part<'i>, ReplyError> {
        let (number, part) = if asked == Asked::Scan {
            let scan = parse::scan_reply(text, &mut noted.deviations)?;
            (Some(scan.number), Part::Scan(scan))
        } else {
            let line = parse::uid_reply(text, &mut noted.deviations)?;
            (line.number, Part::Uid(line))
        };
        if number.is_some() && number != self.queue.number() {
            noted.insert(Deviation::OtherNumber);
            return Ok(Part::UnreadableReply(text));
        }
        Ok(part)
    }

    fn err<'i>(&mut self, asked: Asked, line: StatusLine<'i>, input: &impl Input<'i>) -> Event<'i> {
        let event = self.finish_reply(Part::Err(Refusal { code: line.code, text: line.text }), input);
        match asked {
            Asked::Capa => self.capabilities.refused(),
            Asked::Quit => self.reading = Reading::Closed { tls: false },
            _ => {}
        }
        event
    }
}

/// The text of a `+OK`, including any response code: none is registered for `+OK`, so the code means nothing
/// to a program.
#[inline]
fn whole_text<'i>(line: &StatusLine<'i>, whole: &'i [u8]) -> Text<'i> {
    match line.code.and_then(|_| whole.iter().position(|b| *b == b'[')) {
        Some(at) => Text::new(whole.get(at..).unwrap_or_default()),
        None => line.text,
    }
}
