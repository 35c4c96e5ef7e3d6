//! The server of the pair: it answers at once or later, and sends as much as chance decides.

use pop3_proto::limits::MIN_OUTPUT;
use pop3_proto::server::{Body, Config, Event, Reason, Server, Ticket, kind};
use pop3_proto::{FixedBuf, MsgNo, Security, Time};

use crate::WINDOW;
use crate::common::Mailbox;
use crate::link::{Chance, Pipe};

pub(crate) struct Keeper<'c> {
    server: Server<&'c Config, Mailbox>,
    mailbox: Mailbox,
    rx: FixedBuf<WINDOW>,
    tx: FixedBuf<MIN_OUTPUT>,
    busy: Busy,
    hungry: bool,
    pub(crate) removed: Option<Vec<u32>>,
    pub(crate) closed: Option<Reason>,
}

enum Busy {
    No,
    /// How many rounds more it waits.
    Thinking(usize, Kept),
    Sending(Body, usize, usize),
}

enum Kept {
    Login(Ticket<kind::Login>),
    Body(MsgNo, Ticket<kind::Body>),
    Quit(Ticket<kind::Quit>),
}

impl<'c> Keeper<'c> {
    pub(crate) fn new(config: &'c Config, mailbox: Mailbox) -> Self {
        Self {
            server: Server::new(config, Security::Plain),
            mailbox,
            rx: FixedBuf::new(),
            tx: FixedBuf::new(),
            busy: Busy::No,
            hungry: false,
            removed: None,
            closed: None,
        }
    }

    pub(crate) fn turn(&mut self, now: Time, up: &mut Pipe, down: &mut Pipe, chance: &mut Chance<'_>) {
        down.send(&mut self.tx, chance.amount());
        if self.closed.is_some() {
            down.closed = self.tx.is_empty();
            return;
        }
        assert!(self.server.poll_timeout().is_none_or(|deadline| deadline > now), "time is up");
        match std::mem::replace(&mut self.busy, Busy::No) {
            Busy::Thinking(rounds, kept) => {
                let event = self.server.receive(now, self.rx.unread(), &mut self.tx);
                assert!(matches!(event, Event::Waiting), "{event:?} while a ticket is out");
                if rounds > 0 || !self.tx.is_empty() {
                    self.busy = Busy::Thinking(rounds.saturating_sub(1), kept);
                } else {
                    self.answer(kept);
                }
                return;
            }
            Busy::Sending(mut body, n, at) => {
                let message = &self.mailbox.messages[n];
                let end = message.len().min(at.saturating_add(chance.amount()));
                let mut piece = &message[at..end];
                let _ = body.fill(&mut piece, &mut self.tx);
                let at = end - piece.len();
                if at == message.len() || body.is_enough() {
                    body.end(&mut self.server);
                } else {
                    self.busy = Busy::Sending(body, n, at);
                }
                return;
            }
            Busy::No => {}
        }
        if self.hungry {
            if !self.tx.is_empty() {
                return;
            }
            up.deliver(&mut self.rx, chance.amount());
            self.hungry = false;
        }
        let event = self.server.receive(now, self.rx.unread(), &mut self.tx);
        let kept = match event {
            Event::NeedInput => {
                self.hungry = true;
                return;
            }
            Event::NeedOutput => {
                assert!(!self.tx.is_empty(), "output wanted, and all of it is free");
                return;
            }
            Event::Closed(reason) => {
                self.closed = Some(reason);
                return;
            }
            Event::Login { reply, .. } => Kept::Login(reply.defer(&mut self.server)),
            Event::Retr { number: n, reply } | Event::Top { number: n, reply, .. } => {
                Kept::Body(n, reply.defer(&mut self.server))
            }
            Event::Quit { reply } | Event::Update { reply } => {
                self.removed = Some(self.server.removals().map(MsgNo::get).collect());
                Kept::Quit(reply.defer(&mut self.server))
            }
            other => panic!("{other:?}"),
        };
        match chance.next() % 8 {
            0..4 => self.answer(kept),
            _ => self.busy = Busy::Thinking(chance.next() % 30, kept),
        }
    }

    fn answer(&mut self, kept: Kept) {
        let (server, tx) = (&mut self.server, &mut self.tx);
        match kept {
            Kept::Login(reply) => {
                reply.accept(server, tx, self.mailbox.clone(), "welcome");
            }
            Kept::Body(n, reply) => self.busy = Busy::Sending(reply.begin(server, tx, ""), n.index(), 0),
            Kept::Quit(reply) => reply.ok(server, tx, "bye"),
        }
    }
}
