//! What was found becomes an event with its ticket, and its line is used up.

use super::advance::Next;
use super::event::{Credentials, Event, Reason};
use super::kind::Kind;
use super::phrase::Phrase;
use super::session::{Server, Turn};
use super::table::Phase;
use super::ticket::Ticket;
use crate::buf::{Input, Output};
use crate::types::{Command, MsgNo, Status, Verb};

impl Server<'_> {
    /// Turns what [`advance`](Self::advance) found into an event, and uses up its line.
    #[inline]
    pub(crate) fn emit<'i>(
        &mut self,
        next: &Next<'i>,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Event<'i> {
        match *next {
            Next::Input => Event::NeedInput,
            Next::Output => Event::NeedOutput,
            Next::Waiting => Event::Waiting,
            Next::Closed(reason) => Event::Closed(reason),
            Next::Exchange { data, len } => {
                self.scanner.consume_line(input, len);
                Event::SaslResponse { data, reply: self.ticket() }
            }
            Next::Command { command, len } => self.take_command(command, len, input, out),
        }
    }

    fn take_command<'i>(
        &mut self,
        command: Command<'i>,
        len: usize,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Event<'i> {
        let window = input.bytes();
        self.scanner.consume_line(input, len);
        // An unknown verb is good only if the embedder answers it.
        if command.verb() != Verb::Other {
            self.errors = 0;
        }
        if command.verb() == Verb::Stls && !input.bytes().is_empty() {
            self.say(Status::Err, None, self.phrase(Phrase::NothingBehindStls), out);
            self.close(Reason::PlaintextAfterStls);
            return Event::Closed(Reason::PlaintextAfterStls);
        }
        self.event(command, window.get(..len).unwrap_or_default())
    }

    /// `line` comes with its line end.
    fn event<'i>(&mut self, command: Command<'i>, line: &'i [u8]) -> Event<'i> {
        if let Command::Pass(password) = command {
            self.phase = Phase::Authorization;
            return Event::Login { credentials: Credentials::Password(password), reply: self.ticket() };
        }
        self.forget_name();
        match command {
            Command::Apop { name, digest } => {
                // Fits: an APOP line has less room for the name than a USER line.
                let _ = self.name.set(name);
                Event::Login { credentials: Credentials::Apop(digest), reply: self.ticket() }
            }
            Command::Auth { mechanism, initial } => Event::Auth { mechanism, initial, reply: self.ticket() },
            Command::Stls => Event::Stls(self.ticket()),
            Command::Stat => Event::Stat(self.ticket()),
            Command::List(None) => Event::ListAll(self.ticket()),
            Command::List(Some(n)) => Event::List(n, self.ticket_for(n, None)),
            Command::Uidl(None) => Event::UidlAll(self.ticket()),
            Command::Uidl(Some(n)) => Event::Uidl(n, self.ticket_for(n, None)),
            Command::Retr(n) => Event::Retr(n, self.ticket_for(n, None)),
            Command::Top { number, lines } => {
                Event::Top { number, lines, reply: self.ticket_for(number, Some(lines)) }
            }
            Command::Dele(n) => Event::Dele(n, self.ticket_for(n, None)),
            Command::Rset => Event::Rset(self.ticket()),
            Command::Utf8 => Event::Utf8(self.ticket()),
            Command::Lang(None) => Event::LangAll(self.ticket()),
            Command::Lang(Some(range)) => Event::Lang(range, self.ticket()),
            Command::Quit => Event::Quit { update: self.phase == Phase::Transaction, reply: self.ticket() },
            // What the session answers alone does not come here; refusing it would be the answer if it did.
            _ => {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                Event::Other { line: line.strip_suffix(b"\r").unwrap_or(line), reply: self.ticket() }
            }
        }
    }

    fn ticket<K: Kind>(&mut self) -> Ticket<K> {
        self.ticket_for(MsgNo::FIRST, None)
    }

    /// A new ticket; earlier ones are void.
    fn ticket_for<K: Kind>(&mut self, number: MsgNo, top_lines: Option<u64>) -> Ticket<K> {
        self.serial = self.serial.wrapping_add(1);
        self.number = number;
        self.top_lines = top_lines;
        self.turn = Turn::Offered(K::TAG);
        Ticket::new(self.serial)
    }
}
