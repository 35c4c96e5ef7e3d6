//! The main loop of the session: it handles everything that needs no embedder, up to the next thing that
//! does.

use core::borrow::Borrow;

use super::apop_timestamp::ApopTimestampBuf;
use super::config::Config;
use super::next::{Alone, Next};
use super::other_protocol;
use super::phrase::Phrase;
use super::reason::Reason;
use super::state::Session;
use super::table::Phase;
use super::turn::{Ending, Turn};
use crate::base64::Base64;
use crate::buf::{Input, Output};
use crate::encode;
use crate::limits::MIN_OUTPUT;
use crate::line::{Fast, Front, Line};
use crate::parse::CommandError;
use crate::time::Time;

impl<C: Borrow<Config>> Session<C> {
    /// Answers every line that needs no embedder. The first line that needs one stays in the window.
    #[inline]
    pub(crate) fn advance<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Next<'i> {
        loop {
            match self.turn() {
                Turn::Closed(reason) => return Next::Closed(reason),
                Turn::Later(_) => {
                    self.handle_timeout(now);
                    if !self.is_closed() {
                        return Next::Waiting;
                    }
                }
                Turn::Begun => self.close(Reason::Unfinished),
                _ if out.room() < MIN_OUTPUT => return Next::Output,
                Turn::Offered(tag) => self.refuse(tag, None, self.phrase(Phrase::NotAvailable), out),
                Turn::Greeting => self.greet(now, out),
                Turn::Ending(end) => {
                    self.pass_to(Turn::Command);
                    let written = out.put(end.bytes());
                    self.wrote(written);
                }
                Turn::Capa(at) => match self.capability_line(at, out) {
                    Ok(true) => self.pass_to(Turn::Capa(at.saturating_add(1))),
                    Ok(false) => self.pass_to(Turn::Ending(Ending::Dot)),
                    Err(full) => {
                        self.wrote(Err(full));
                    }
                },
                Turn::Mechanisms(at) => match self.mechanism_line(at, out) {
                    Ok(true) => self.pass_to(Turn::Mechanisms(at.saturating_add(1))),
                    Ok(false) => self.pass_to(Turn::Ending(Ending::Dot)),
                    Err(full) => {
                        self.wrote(Err(full));
                    }
                },
                Turn::Command => {
                    if let Some(next) = self.command(now, input, out) {
                        return next;
                    }
                }
                Turn::Exchange => {
                    if let Some(next) = self.exchange(now, input, out) {
                        return next;
                    }
                }
            }
        }
    }

    fn greet(&mut self, now: Time, out: &mut impl Output) {
        self.pass_to(Turn::Command);
        self.start(now.after(self.config().login_time));
        let stamp = self.timestamp();
        let timestamp = stamp.as_ref().and_then(ApopTimestampBuf::timestamp);
        let written = encode::greeting(self.config().greeting.as_str(), timestamp, out);
        self.wrote(written);
    }

    /// Returns `None` if the line was dealt with.
    #[inline]
    fn command<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        if input.bytes().is_empty() {
            return Some(self.wait(now));
        }
        // An AUTH line may carry a long initial response.
        let limits = self.config().limits;
        let limit = limits.command_line();
        let limit = match input.bytes() {
            [b'A' | b'a', b'U' | b'u', b'T' | b't', b'H' | b'h', b' ', ..] => {
                limit.max(limits.exchange_line())
            }
            _ => limit,
        };
        self.lines().set_limit(limit);
        match self.lines().fast(input) {
            Fast::Line { line, len } => {
                self.lines().note_activity(now);
                self.dispatch(line, len, input, out)
            }
            Fast::Partial if !input.bytes().starts_with(&other_protocol::TLS) => Some(self.wait(now)),
            _ => self.command_slow(now, input, out),
        }
    }

    #[inline(never)]
    fn command_slow<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        let (line, len) = match self.line(now, input)? {
            Ok(found) => found,
            Err(next) => return Some(next),
        };
        let refusal = match line {
            Line::Complete(line) => return self.dispatch(line, len, input, out),
            Line::TooLong => Phrase::Malformed(CommandError::TooLong),
            Line::Partial => Phrase::OtherProtocol,
            Line::BareLf => {
                self.malformed(input.bytes().get(..len).unwrap_or_default(), Some(CommandError::Octet))
            }
        };
        let refusal = Some(refusal);
        self.alone(Alone { refusal, len, exchange: false }, None, input, out)
    }

    /// There is no whole line yet. The first bytes of a line do not restart the waiting time.
    #[inline]
    fn wait<'i>(&mut self, now: Time) -> Next<'i> {
        // Commands do not prolong the time for the login.
        if !self.lines().begin_wait(now) || self.login_due() <= now {
            self.handle_timeout(now);
        }
        match self.turn() {
            Turn::Closed(reason) => Next::Closed(reason),
            _ => Next::Input,
        }
    }

    /// Whether the window begins with a line of another protocol, which may have no end.
    fn begins_otherwise(&mut self, front: &[u8], is_other: fn(&[u8]) -> bool) -> bool {
        self.turn() == Turn::Command
            && self.phase() != Phase::Transaction
            && !self.lines().skips()
            && is_other(front)
    }

    /// The line at the front of the window. `Err` holds what to report while no whole line is there; `None`
    /// means: look again.
    fn line<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
    ) -> Option<Result<(Line<'i>, usize), Next<'i>>> {
        match self.lines().front(input) {
            // Refused as a line of unknown content is, whose bytes say why.
            Front::Partial if self.begins_otherwise(input.bytes(), other_protocol::is_front) => {
                Some(Ok((Line::Partial, input.bytes().len())))
            }
            Front::Over(_) if self.begins_otherwise(input.bytes(), other_protocol::is_long_front) => {
                Some(Ok((Line::Partial, input.bytes().len())))
            }
            Front::Over(_) => {
                self.lines().skip(input);
                None
            }
            Front::Partial => Some(Err(self.wait(now))),
            Front::Line { line, len, .. } => {
                self.lines().note_activity(now);
                Some(Ok((line, len)))
            }
        }
    }

    fn exchange<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        let limit = self.config().limits.exchange_line();
        self.lines().set_limit(limit);
        let (line, len) = match self.line(now, input)? {
            Ok(found) => found,
            Err(next) => return Some(next),
        };
        let why = match line {
            Line::Complete(b"*") => Phrase::Cancelled,
            Line::Complete(text) => match Base64::new(text) {
                Some(data) => return Some(Next::Exchange { data, len }),
                // Nothing that answers a challenge looks like that.
                None => self.malformed(text, Some(CommandError::Base64)),
            },
            Line::TooLong => Phrase::Malformed(CommandError::TooLong),
            Line::BareLf | Line::Partial => Phrase::Malformed(CommandError::Octet),
        };
        let exchange = why != Phrase::OtherProtocol;
        self.alone(Alone { refusal: Some(why), len, exchange }, None, input, out)
    }
}
