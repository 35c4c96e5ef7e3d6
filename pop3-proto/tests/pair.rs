//! Client and server joined over a link that cuts, stalls and breaks, in virtual time.

mod common;
#[path = "common/pair.rs"]
mod ends;

use std::collections::VecDeque;
use std::time::Duration;

use common::{Mailbox, crlf_form, show};
use ends::Host;
use pop3_proto::client::{self, Client, Id, Part, Profile, ProtocolError, SendError};
use pop3_proto::dot::wire_size;
use pop3_proto::limits::MIN_OUTPUT;
use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{Body, Config, Event, Reason, Server, Ticket, kind};
use pop3_proto::{Command, FixedBuf, Limits, MsgNo, Scan, Secret, Security, Stat, Time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Small, so that everything has to be flushed and read in pieces.
const WINDOW: usize = 512;

// ----- the link

/// One direction: octets on the way, at most `room` of them.
#[derive(Debug)]
struct Pipe {
    octets: VecDeque<u8>,
    room: usize,
    /// What came out at the far end.
    delivered: Vec<u8>,
    /// The link breaks behind so many octets.
    breaks_at: Option<usize>,
    broken: bool,
    /// The near end said that no more will come.
    closed: bool,
}

impl Pipe {
    fn new(room: usize, breaks_at: Option<usize>) -> Self {
        let broken = breaks_at == Some(0);
        Self { octets: VecDeque::new(), room, delivered: Vec::new(), breaks_at, broken, closed: false }
    }

    /// Takes up to `most` octets from an output.
    fn send<const N: usize>(&mut self, tx: &mut FixedBuf<N>, most: usize) {
        let len = tx.bytes().len().min(most).min(self.room - self.octets.len());
        self.octets.extend(&tx.bytes()[..len]);
        tx.used(len);
    }

    /// Hands up to `most` octets to a window.
    fn deliver<const N: usize>(&mut self, rx: &mut FixedBuf<N>, most: usize) {
        let left = self.breaks_at.map_or(usize::MAX, |at| at - self.delivered.len());
        let space = rx.space();
        let len = self.octets.len().min(most).min(space.len()).min(left);
        for (place, octet) in space.iter_mut().zip(self.octets.drain(..len)) {
            *place = octet;
            self.delivered.push(octet);
        }
        rx.filled(len);
        self.broken |= len == left;
    }

    fn has_ended(&self) -> bool {
        self.closed && self.octets.is_empty()
    }
}

/// Decides how much and how often; it goes round.
struct Luck<'l> {
    octets: &'l [u8],
    at: usize,
}

impl Luck<'_> {
    fn next(&mut self) -> usize {
        self.at += 1;
        usize::from(self.octets[self.at % self.octets.len()])
    }

    fn amount(&mut self) -> usize {
        let n = self.next();
        match n % 4 {
            0 => 1,
            1 => 1 + n % 9,
            2 => 1 + n,
            _ => usize::MAX,
        }
    }
}

// ----- the server's end

struct Keeper<'c> {
    session: Server<'c>,
    drop: Maildrop<Mailbox, Vec<u8>>,
    mailbox: Mailbox,
    rx: FixedBuf<WINDOW>,
    tx: FixedBuf<MIN_OUTPUT>,
    busy: Busy,
    hungry: bool,
    removed: Option<Vec<u32>>,
    closed: Option<Reason>,
}

enum Busy {
    No,
    /// So many rounds more.
    Thinking(usize, Kept),
    Sending(Body, usize, usize),
}

enum Kept {
    Login(Ticket<kind::Login>),
    Body(MsgNo, Ticket<kind::Body>),
    Quit(Ticket<kind::Quit>),
}

impl<'c> Keeper<'c> {
    fn new(config: &'c Config<'c>, mailbox: Mailbox) -> Self {
        Self {
            session: Server::new(config, Security::Plain),
            drop: Maildrop::closed(),
            mailbox,
            rx: FixedBuf::new(),
            tx: FixedBuf::new(),
            busy: Busy::No,
            hungry: false,
            removed: None,
            closed: None,
        }
    }

    fn turn(&mut self, now: Time, up: &mut Pipe, down: &mut Pipe, luck: &mut Luck<'_>) {
        down.send(&mut self.tx, luck.amount());
        if self.closed.is_some() {
            down.closed = self.tx.is_empty();
            return;
        }
        assert!(self.session.poll_timeout().is_none_or(|deadline| deadline > now), "time is up");
        match std::mem::replace(&mut self.busy, Busy::No) {
            Busy::Thinking(rounds, kept) => {
                let event = self.drop.receive(&mut self.session, now, self.rx.unread(), &mut self.tx);
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
                let end = message.len().min(at.saturating_add(luck.amount()));
                let mut piece = &message[at..end];
                body.fill(&mut piece, &mut self.tx);
                let at = end - piece.len();
                if at == message.len() || body.is_enough() {
                    body.end(&mut self.session);
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
            up.deliver(&mut self.rx, luck.amount());
            self.hungry = false;
        }
        let event = self.drop.receive(&mut self.session, now, self.rx.unread(), &mut self.tx);
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
            Event::Login { reply, .. } => Kept::Login(reply.later(&mut self.session)),
            Event::Retr(n, reply) | Event::Top { number: n, reply, .. } => {
                Kept::Body(n, reply.later(&mut self.session))
            }
            Event::Quit { reply, .. } => {
                self.removed = Some(self.drop.removals().map(MsgNo::get).collect());
                Kept::Quit(reply.later(&mut self.session))
            }
            other => panic!("{other:?}"),
        };
        match luck.next() % 8 {
            0..4 => self.answer(kept),
            _ => self.busy = Busy::Thinking(luck.next() % 30, kept),
        }
    }

    fn answer(&mut self, kept: Kept) {
        let (session, tx) = (&mut self.session, &mut self.tx);
        match kept {
            Kept::Login(reply) => {
                self.drop.open(self.mailbox.clone());
                reply.accept(session, tx, "welcome");
            }
            Kept::Body(n, reply) => self.busy = Busy::Sending(reply.begin(session, tx, ""), n.index(), 0),
            Kept::Quit(reply) => reply.ok(session, tx, "bye"),
        }
    }
}

// ----- the client's end

struct Fetcher {
    client: Client<4>,
    rx: FixedBuf<WINDOW>,
    tx: FixedBuf<MIN_OUTPUT>,
    script: VecDeque<Command<'static>>,
    asked: VecDeque<(Id, Command<'static>)>,
    sent_dele: bool,
    greeted: bool,
    mailbox: Mailbox,
    marked: Vec<bool>,
    /// Of the reply that is coming in.
    lines: Vec<(u32, Vec<u8>)>,
    data: Vec<u8>,
    whole: Vec<u32>,
    end: Option<Result<(), ProtocolError>>,
}

/// The front of the message that TOP shows.
fn top(stored: &[u8], lines: u64) -> &[u8] {
    let (mut len, mut left) = (0, None);
    for line in stored.split_inclusive(|b| *b == b'\n') {
        match left {
            Some(0) => break,
            Some(n) => left = Some(n - 1),
            None if line == b"\n" || line == b"\r\n" => left = Some(lines),
            None => {}
        }
        len += line.len();
    }
    &stored[..len]
}

impl Fetcher {
    fn new(plan: &Plan, mailbox: Mailbox) -> Self {
        let numbers = || (1..).zip(&plan.messages).filter_map(|(n, _)| MsgNo::new(n));
        let marked = || numbers().filter(|n| plan.marked[n.index()]);
        let mut script = vec![Command::Capa, Command::User(b"tim"), Command::Pass(Secret::new(b"secret"))];
        script.extend([Command::Stat, Command::List(None), Command::Uidl(None)]);
        script.extend(numbers().map(Command::Retr));
        script.extend(numbers().map(|n| Command::Top { number: n, lines: u64::from(n.get() % 3) }));
        if plan.reset_first {
            script.extend(numbers().map(Command::Dele));
            script.push(Command::Rset);
        }
        script.extend(marked().map(Command::Dele));
        script.extend([Command::List(None), Command::Stat, Command::Uidl(None), Command::Quit]);
        Self {
            client: Client::new(Profile::STRICT, Security::Plain)
                .with_limits(Limits::window(WINDOW))
                .with_pipelining(plan.pipelining),
            rx: FixedBuf::new(),
            tx: FixedBuf::new(),
            script: script.into(),
            asked: VecDeque::new(),
            sent_dele: false,
            greeted: false,
            mailbox,
            marked: plan.marked.clone(),
            lines: Vec::new(),
            data: Vec::new(),
            whole: Vec::new(),
            end: None,
        }
    }

    fn turn(&mut self, up: &mut Pipe, down: &mut Pipe, luck: &mut Luck<'_>) {
        if self.end.is_some() {
            return;
        }
        up.send(&mut self.tx, luck.amount());
        while self.client.can_send() {
            let Some(command) = self.script.front() else { break };
            match self.client.send(command, &mut self.tx) {
                Ok(id) => {
                    self.sent_dele |= matches!(command, Command::Dele(_));
                    self.asked.extend(self.script.pop_front().map(|command| (id, command)));
                }
                Err(error) => {
                    assert_eq!(error, SendError::Full);
                    break;
                }
            }
        }
        let (window, client) = (self.rx.bytes().to_vec(), &mut self.client);
        let mut unread = &window[..];
        let event = client.receive(&mut unread).expect("the server keeps to the protocol");
        self.rx.used(window.len() - unread.len());
        match event {
            client::Event::NeedInput if down.has_ended() || down.broken => {
                self.end = Some(self.client.end_of_input());
            }
            client::Event::NeedInput => down.deliver(&mut self.rx, luck.amount()),
            client::Event::Greeting(_) => self.greeted = true,
            client::Event::Reply(id, part) => self.reply(id, part),
            client::Event::Closed => self.end = Some(self.client.end_of_input()),
            other => panic!("{other:?}"),
        }
    }

    fn reply(&mut self, id: Id, part: Part<'_>) {
        let &(asked, command) = self.asked.front().expect("a reply to nothing");
        assert_eq!(id, asked, "the replies come in the order of the commands");
        match part {
            Part::Begin(_) => {
                self.lines.clear();
                self.data.clear();
                return;
            }
            Part::Capability(_) => return,
            Part::ScanItem(scan) => {
                return self.lines.push((scan.number.get(), scan.octets.to_string().into_bytes()));
            }
            Part::UidItem(line) => {
                return self.lines.push((line.number.unwrap().get(), line.uid.to_vec()));
            }
            Part::Data(octets) => {
                self.data.extend_from_slice(octets);
                let due = self.due(&command);
                assert!(due.starts_with(&self.data), "{command:?} gave {}", show(&self.data));
                return;
            }
            Part::End => self.check_whole(&command),
            Part::Stat(stat) => {
                let left = self.mailbox.messages.iter().zip(self.left());
                let sizes: Vec<_> = left.filter(|(_, left)| *left).map(|(m, _)| wire_size(m)).collect();
                assert_eq!(stat, Stat { count: sizes.len() as u64, octets: sizes.iter().sum() });
            }
            Part::Ok(_) => {}
            other => panic!("{command:?} was answered {other:?}"),
        }
        self.asked.pop_front();
    }

    /// What RETR and TOP have to give.
    fn due(&self, command: &Command<'_>) -> Vec<u8> {
        match command {
            Command::Retr(n) => crlf_form(&self.mailbox.messages[n.index()]),
            Command::Top { number, lines } => crlf_form(top(&self.mailbox.messages[number.index()], *lines)),
            other => panic!("{other:?} has no body"),
        }
    }

    /// Which messages are not marked now: all of them, until the second STAT and listings.
    fn left(&self) -> Vec<bool> {
        let before = self.asked.iter().chain(&[]).map(|(_, command)| *command).chain(self.script.iter().copied());
        let deles_to_come = before.filter(|command| matches!(command, Command::Dele(_))).count() > 0;
        let lists_to_come = self.script.iter().any(|command| matches!(command, Command::Retr(_)));
        self.marked.iter().map(|marked| deles_to_come || lists_to_come || !marked).collect()
    }

    fn check_whole(&mut self, command: &Command<'_>) {
        match command {
            Command::Retr(n) => {
                assert_eq!(show(&self.data), show(&self.due(command)), "RETR {n}");
                self.whole.push(n.get());
            }
            Command::Top { .. } => assert_eq!(show(&self.data), show(&self.due(command)), "{command:?}"),
            Command::List(None) | Command::Uidl(None) => {
                let left = self.left();
                let due: Vec<_> = (1..)
                    .zip(&left)
                    .filter(|(_, left)| **left)
                    .map(|(n, _)| {
                        let index = n as usize - 1;
                        let octets = wire_size(&self.mailbox.messages[index]).to_string().into_bytes();
                        let list = matches!(command, Command::List(_));
                        (n, if list { octets } else { self.mailbox.uids[index].clone() })
                    })
                    .collect();
                assert_eq!(self.lines, due, "{command:?}");
            }
            _ => {}
        }
    }
}
