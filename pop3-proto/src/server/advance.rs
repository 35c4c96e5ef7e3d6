//! The heart of the session: everything that needs no embedder, up to the next thing that does.

use super::event::{Credentials, Event, Need, Reason};
use super::session::{Server, Turn};
use super::table::{Legality, Phase, legality};
use super::ticket::Ticket;
use super::ticket::kind::Tag;
use crate::base64::Base64;
use crate::buf::{Input, Output};
use crate::encode;
use crate::limits::MIN_OUTPUT;
use crate::line::{Front, Line};
use crate::parse::{self, CommandError};
use crate::time::Time;
use crate::types::{Command, Security, Status, Verb};

/// What comes next. A line that it shows is still in the window.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'i> {
    Command { command: Command<'i>, line: &'i [u8], len: usize },
    Exchange { data: Base64<'i>, len: usize },
    Waiting,
    Input,
    Output,
    Closed(Reason),
}

impl Next<'_> {
    pub(crate) const fn need(&self) -> Need {
        match self {
            Self::Input => Need::Input,
            Self::Output => Need::Output,
            _ => Need::Event,
        }
    }
}

impl<'c> Server<'c> {
    /// Answers all that needs no embedder; leaves the first line that does in the window.
    pub(crate) fn advance<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Next<'i> {
        loop {
            match self.turn {
                Turn::Closed(reason) => return Next::Closed(reason),
                Turn::Later(_) => return Next::Waiting,
                Turn::Begun => self.close(Reason::Unfinished),
                _ if out.room() < MIN_OUTPUT => return Next::Output,
                Turn::Offered(tag) => self.refuse(tag, None, "not available", out),
                Turn::Greeting => self.greet(out),
                Turn::Ending(end) => {
                    self.turn = Turn::Command;
                    let written = out.put(end);
                    self.wrote(written);
                }
                Turn::Capa(at) => match self.capability_line(at, out) {
                    Ok(true) => self.turn = Turn::Capa(at.saturating_add(1)),
                    Ok(false) => self.turn = Turn::Ending(encode::END),
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

    /// Turns what [`advance`](Self::advance) found into an event, and uses up its line.
    pub(crate) fn take<'i>(
        &mut self,
        next: Next<'i>,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Event<'i> {
        match next {
            Next::Input => Event::NeedInput,
            Next::Output => Event::NeedOutput,
            Next::Waiting => Event::Waiting,
            Next::Closed(reason) => Event::Closed(reason),
            Next::Exchange { data, len } => {
                self.scanner.take(input, len);
                Event::SaslResponse { data, reply: Ticket::new(self.offer(Tag::Sasl, None, None)) }
            }
            Next::Command { command, line, len } => {
                self.scanner.take(input, len);
                // An unknown verb is good only if the embedder answers it.
                if command.verb() != Verb::Other {
                    self.errors = 0;
                }
                if command.verb() == Verb::Stls && !input.bytes().is_empty() {
                    self.say(Status::Err, None, "nothing may follow STLS before TLS is up", out);
                    self.close(Reason::PlaintextAfterStls);
                    return Event::Closed(Reason::PlaintextAfterStls);
                }
                self.event(command, line)
            }
        }
    }

    fn greet(&mut self, out: &mut impl Output) {
        self.turn = Turn::Command;
        let written = encode::greeting(self.config.greeting, self.timestamp, out);
        self.wrote(written);
    }

    /// `None` when the line was dealt with.
    fn command<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        // An AUTH line may carry a long initial response.
        let limits = &self.config.limits;
        let auth = input.bytes().first_chunk::<5>().is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "));
        self.scanner.set_limit(if auth { limits.exchange_line() } else { limits.command_line() });
        let (line, len) = match self.line(now, input)? {
            Ok(found) => found,
            Err(next) => return Some(next),
        };
        let command = match line {
            Line::Complete(line) => {
                parse::command(line).and_then(|command| self.readable(command)).map(|c| (c, line))
            }
            Line::TooLong => Err(CommandError::TooLong),
            Line::BareLf | Line::Partial => Err(CommandError::Octet),
        };
        match command {
            Err(error) => self.fault(error.as_str(), input, len, out),
            Ok((command, line)) => match legality(self.phase, command.verb()) {
                Legality::Refuse => self.refuse_state(command.verb(), input, len, out),
                Legality::Auto => self.answer(command, input, len, out),
                Legality::Event => match self.unavailable(&command) {
                    Some(why) => self.fault(why, input, len, out),
                    None => return Some(Next::Command { command, line, len }),
                },
            },
        }
        None
    }

    /// The line at the front of the window; `Err` with what is to be reported while it is not whole, `None` to look again.
    fn line<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
    ) -> Option<Result<(Line<'i>, usize), Next<'i>>> {
        match self.scanner.front(input) {
            Front::Over(_) => {
                self.scanner.skip_rest(input, true);
                None
            }
            Front::Partial => {
                if !self.waiting {
                    self.waiting = true;
                    self.deadline = now.after(self.config.idle());
                }
                self.handle_timeout(now);
                Some(Err(match self.turn {
                    Turn::Closed(reason) => Next::Closed(reason),
                    _ => Next::Input,
                }))
            }
            Front::Line { line, len, .. } => {
                self.waiting = false;
                self.deadline = now.after(self.config.idle());
                Some(Ok((line, len)))
            }
        }
    }

    /// A command that the session answers alone.
    fn answer<'i>(
        &mut self,
        command: Command<'i>,
        input: &mut impl Input<'i>,
        len: usize,
        out: &mut impl Output,
    ) {
        match command {
            Command::User(name) => {
                if let Some(why) = self.no_clear_login() {
                    return self.fault(why, input, len, out);
                }
                if !self.name.set(name) {
                    return self.fault(CommandError::TooLong.as_str(), input, len, out);
                }
                self.phase = Phase::NameGiven;
                // The same for every name: who exists is nobody's business (RFC 1939 section 13).
                self.say(Status::Ok, None, "send PASS", out);
            }
            Command::Capa => {
                self.forget_name();
                if self.say(Status::Ok, None, "capability list follows", out) {
                    self.turn = Turn::Capa(0);
                }
            }
            _ => {
                self.say(Status::Ok, None, "", out);
            }
        }
        self.scanner.take(input, len);
        self.errors = 0;
    }

    fn exchange<'i>(
        &mut self,
        now: Time,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Option<Next<'i>> {
        self.scanner.set_limit(self.config.limits.exchange_line());
        let (line, len) = match self.line(now, input)? {
            Ok(found) => found,
            Err(next) => return Some(next),
        };
        let why = match line {
            Line::Complete(b"*") => "authentication cancelled",
            Line::Complete(text) => match Base64::new(text) {
                Some(data) => return Some(Next::Exchange { data, len }),
                None => CommandError::Base64.as_str(),
            },
            Line::TooLong => CommandError::TooLong.as_str(),
            Line::BareLf | Line::Partial => CommandError::Octet.as_str(),
        };
        self.scanner.take(input, len);
        self.refuse(Tag::Sasl, None, why, out);
        None
    }

    /// Octets that the configuration does not let pass.
    fn readable<'i>(&self, command: Command<'i>) -> Result<Command<'i>, CommandError> {
        let text = match command {
            Command::User(name) | Command::Apop { name, .. } => name,
            Command::Pass(password) => password.expose(),
            _ => return Ok(command),
        };
        let fits = text.is_ascii() || (self.config.utf8_user && core::str::from_utf8(text).is_ok());
        if fits { Ok(command) } else { Err(CommandError::Octet) }
    }

    /// Why a command that is legal here is not to be had.
    fn unavailable(&self, command: &Command<'_>) -> Option<&'static str> {
        let config = self.config;
        let (offered, why) = match command {
            Command::Pass(_) => return self.no_clear_login(),
            Command::Apop { .. } => (self.timestamp.is_some(), "APOP is not available"),
            Command::Auth { mechanism, initial } => return self.no_mechanism(mechanism, initial.is_some()),
            Command::AuthList => (false, "AUTH needs a mechanism"),
            Command::Stls if self.security == Security::Tls => (false, "TLS is already active"),
            Command::Stls => (config.stls, "STLS is not available"),
            Command::Utf8 => (config.utf8, "UTF8 is not available"),
            Command::Lang(_) => (config.lang, "LANG is not available"),
            Command::Top { .. } => (config.top, "TOP is not available"),
            Command::Uidl(_) => (config.uidl, "UIDL is not available"),
            Command::Other { .. } => (config.other, CommandError::Keyword.as_str()),
            _ => return None,
        };
        (!offered).then_some(why)
    }

    fn no_clear_login(&self) -> Option<&'static str> {
        if !self.config.user {
            Some("USER and PASS are not available")
        } else if !self.clear_allowed() {
            Some("no login in clear: use STLS first")
        } else {
            None
        }
    }

    fn no_mechanism(&self, name: &[u8], initial: bool) -> Option<&'static str> {
        let known = self.config.mechanisms.iter().find(|one| one.name.as_bytes().eq_ignore_ascii_case(name));
        match known {
            None => Some("mechanism not available"),
            Some(one) if !self.permits(one) => Some("no login in clear: use STLS first"),
            Some(one) if one.server_first && initial => Some("no initial response: the server speaks first"),
            Some(_) => None,
        }
    }

    fn refuse_state<'i>(
        &mut self,
        verb: Verb,
        input: &mut impl Input<'i>,
        len: usize,
        out: &mut impl Output,
    ) {
        let why = match (verb, self.phase) {
            (Verb::Pass, Phase::Authorization) => "PASS comes right behind USER",
            (_, Phase::Transaction) => "already logged in",
            _ => "log in first",
        };
        self.fault(why, input, len, out);
    }

    /// Answers `-ERR` to a line that is the peer's mistake.
    fn fault<'i>(&mut self, why: &str, input: &mut impl Input<'i>, len: usize, out: &mut impl Output) {
        self.scanner.take(input, len);
        self.forget_name();
        if self.say(Status::Err, None, why, out) {
            self.count_error();
        }
    }

    /// PASS is legal right behind USER only.
    fn forget_name(&mut self) {
        if self.phase == Phase::NameGiven {
            self.phase = Phase::Authorization;
            self.name.clear();
        }
    }

    fn event<'i>(&mut self, command: Command<'i>, line: &'i [u8]) -> Event<'i> {
        match command {
            Command::Pass(password) => {
                let credentials = Credentials::Password(password);
                self.phase = Phase::Authorization;
                return Event::Login { credentials, reply: Ticket::new(self.offer(Tag::Login, None, None)) };
            }
            _ => self.forget_name(),
        }
        match command {
            Command::Apop { name, digest } => {
                let credentials = Credentials::Apop(digest);
                // Fits: an APOP line has less room for the name than a USER line.
                let _ = self.name.set(name);
                Event::Login { credentials, reply: Ticket::new(self.offer(Tag::Login, None, None)) }
            }
            Command::Auth { mechanism, initial } => {
                Event::Auth { mechanism, initial, reply: Ticket::new(self.offer(Tag::Sasl, None, None)) }
            }
            Command::Stls => Event::Stls(Ticket::new(self.offer(Tag::Tls, None, None))),
            Command::Stat => Event::Stat(Ticket::new(self.offer(Tag::Stat, None, None))),
            Command::List(None) => Event::ListAll(Ticket::new(self.offer(Tag::ScanListing, None, None))),
            Command::List(Some(n)) => Event::List(n, Ticket::new(self.offer(Tag::Scan, Some(n), None))),
            Command::Uidl(None) => Event::UidlAll(Ticket::new(self.offer(Tag::UidListing, None, None))),
            Command::Uidl(Some(n)) => Event::Uidl(n, Ticket::new(self.offer(Tag::Uid, Some(n), None))),
            Command::Retr(n) => Event::Retr(n, Ticket::new(self.offer(Tag::Body, Some(n), None))),
            Command::Top { number, lines } => Event::Top {
                number,
                lines,
                reply: Ticket::new(self.offer(Tag::Body, Some(number), Some(lines))),
            },
            Command::Dele(n) => Event::Dele(n, Ticket::new(self.offer(Tag::Done, Some(n), None))),
            Command::Rset => Event::Rset(Ticket::new(self.offer(Tag::Done, None, None))),
            Command::Utf8 => Event::Utf8(Ticket::new(self.offer(Tag::Utf8, None, None))),
            Command::Lang(None) => Event::LangAll(Ticket::new(self.offer(Tag::LangListing, None, None))),
            Command::Lang(Some(range)) => Event::Lang(range, Ticket::new(self.offer(Tag::Lang, None, None))),
            Command::Quit => {
                let update = self.phase == Phase::Transaction;
                Event::Quit { update, reply: Ticket::new(self.offer(Tag::Quit, None, None)) }
            }
            // What the session answers alone does not come here; refusing it would be the answer if it did.
            _ => Event::Other { line, reply: Ticket::new(self.offer(Tag::Other, None, None)) },
        }
    }
}
