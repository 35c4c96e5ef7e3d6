//! What was found becomes an event with its ticket, and its line is used up.

use super::advance::Next;
use super::event::{Credentials, Event, Reason};
use super::kind::Tag;
use super::session::Server;
use super::table::Phase;
use super::ticket::Ticket;
use crate::buf::{Input, Output};
use crate::types::{Command, Status, Verb};

impl Server<'_> {
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
