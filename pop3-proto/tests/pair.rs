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
use pop3_proto::{Command, FixedBuf, Limits, MsgNo, Secret, Security, Stat, Time};
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

/// A command, and whether the marks are set when it is answered.
#[derive(Clone, Copy)]
struct Ask {
    command: Command<'static>,
    marks: bool,
}

struct Fetcher {
    client: Client<4>,
    rx: FixedBuf<WINDOW>,
    tx: FixedBuf<MIN_OUTPUT>,
    script: VecDeque<Ask>,
    asked: VecDeque<(Id, Ask)>,
    sent_dele: bool,
    greeted: bool,
    mailbox: Mailbox,
    marked: Vec<bool>,
    /// Of the reply that is coming in.
    lines: Vec<(u32, String)>,
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
        let before = script.len();
        script.extend([Command::List(None), Command::Stat, Command::Uidl(None), Command::Quit]);
        let script = (0..).zip(script).map(|(i, command)| Ask { command, marks: i >= before });
        Self {
            client: Client::new(Profile::STRICT, Security::Plain)
                .with_limits(Limits::window(WINDOW))
                .with_pipelining(plan.pipelining),
            rx: FixedBuf::new(),
            tx: FixedBuf::new(),
            script: script.collect(),
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
            let Some(Ask { command, .. }) = self.script.front() else { break };
            match self.client.send(command, &mut self.tx) {
                Ok(id) => {
                    self.sent_dele |= matches!(command, Command::Dele(_));
                    self.asked.extend(self.script.pop_front().map(|ask| (id, ask)));
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
        let &(asked, Ask { command, marks }) = self.asked.front().expect("a reply to nothing");
        assert_eq!(id, asked, "the replies come in the order of the commands");
        match part {
            Part::Begin(_) => {
                self.lines.clear();
                self.data.clear();
                return;
            }
            Part::Capability(_) => return,
            Part::ScanItem(scan) => {
                return self.lines.push((scan.number.get(), scan.octets.to_string()));
            }
            Part::UidItem(line) => {
                return self.lines.push((line.number.unwrap().get(), show(line.uid)));
            }
            Part::Data(octets) => {
                self.data.extend_from_slice(octets);
                let due = self.due(&command);
                assert!(due.starts_with(&self.data), "{command:?} gave {}", show(&self.data));
                return;
            }
            Part::End => self.check_whole(&command, marks),
            Part::Stat(stat) => {
                let left = self.left(marks);
                let octets = left.iter().map(|n| self.size(*n)).sum();
                assert_eq!(stat, Stat { count: left.len() as u64, octets });
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

    /// The messages that STAT and the listings count: all, or those without a mark.
    fn left(&self, marks: bool) -> Vec<u32> {
        let marked = (1..).zip(&self.marked).filter(|(_, marked)| !marks || !**marked);
        marked.map(|(n, _)| n).collect()
    }

    fn size(&self, n: u32) -> u64 {
        wire_size(&self.mailbox.messages[n as usize - 1])
    }

    fn check_whole(&mut self, command: &Command<'_>, marks: bool) {
        match command {
            Command::Retr(n) => {
                assert_eq!(show(&self.data), show(&self.due(command)), "RETR {n}");
                self.whole.push(n.get());
            }
            Command::Top { .. } => assert_eq!(show(&self.data), show(&self.due(command)), "{command:?}"),
            Command::List(None) => {
                let due: Vec<_> =
                    self.left(marks).into_iter().map(|n| (n, self.size(n).to_string())).collect();
                assert_eq!(self.lines, due);
            }
            Command::Uidl(None) => {
                let due: Vec<_> = self.left(marks).into_iter().map(|n| (n, format!("uid-{n}"))).collect();
                assert_eq!(self.lines, due);
            }
            _ => {}
        }
    }
}

// ----- both

#[derive(Clone, Debug)]
struct Plan {
    messages: Vec<Vec<u8>>,
    marked: Vec<bool>,
    /// DELE all, then RSET, before the marks that stay.
    reset_first: bool,
    pipelining: bool,
    /// How many octets the link holds.
    room: usize,
    luck: Vec<u8>,
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&[u8]; 14] = [
        b"Subject: x\n",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b".",
        b"..",
        b"+OK\r\n",
        b"\r",
        b"\0\xFF",
        b"text",
        b"\r\n.\r",
        b"a longer line of text to fill a window\n",
    ];
    let parts = prop_oneof![6 => vec(select(&PARTS), 0..12), 1 => vec(select(&PARTS), 100..130)];
    parts.prop_map(|parts| parts.concat())
}

fn plan() -> impl Strategy<Value = Plan> {
    let mail = vec((message(), any::<bool>()), 0..6);
    let luck = vec(any::<u8>(), 1..40);
    let room = prop_oneof![1_usize..8, 8_usize..200, 200_usize..2000];
    (mail, any::<[bool; 2]>(), room, luck).prop_map(|(mail, [reset_first, pipelining], room, luck)| {
        let (messages, marked) = mail.into_iter().unzip();
        Plan { messages, marked, reset_first, pipelining, room, luck }
    })
}

struct Outcome {
    up: Vec<u8>,
    down: Vec<u8>,
    fetcher: Fetcher,
    removed: Option<Vec<u32>>,
    closed: Option<Reason>,
}

/// Where the link breaks: behind so many octets of one direction.
#[derive(Clone, Copy, Debug)]
enum Break {
    Never,
    Up(usize),
    Down(usize),
}

fn run(plan: &Plan, at: Break) -> Outcome {
    let mut config = Config::new();
    config.clear_login = true;
    config.limits = Limits::window(WINDOW);
    let messages: Vec<_> = plan.messages.iter().map(Vec::as_slice).collect();
    let mailbox = Mailbox::of(&messages);
    let mut keeper = Keeper::new(&config, mailbox.clone());
    let mut fetcher = Fetcher::new(plan, mailbox);
    let mut up = Pipe::new(plan.room, if let Break::Up(at) = at { Some(at) } else { None });
    let mut down = Pipe::new(plan.room, if let Break::Down(at) = at { Some(at) } else { None });
    let mut luck = Luck { octets: &plan.luck, at: 0 };
    let octets: usize = plan.messages.iter().map(|m| crlf_form(m).len() + 100).sum();
    // An octet takes a few turns on its way; each command may be thought about.
    let most = 10_000 + 40 * octets;
    let (mut server_stalls, mut client_stalls) = (0, 0);
    for step in 0.. {
        assert!(step < most, "stalled: {:?}", fetcher.asked.front().map(|(_, ask)| ask.command));
        let now = Time::ZERO.after(Duration::from_millis(step as u64));
        if up.broken || down.broken {
            // What was on the way is lost; the server finds out when it reads or writes, the client when it reads.
            (up.broken, down.broken) = (true, true);
            up.octets.clear();
            down.octets.clear();
        } else if server_stalls > 0 {
            server_stalls -= 1;
        } else {
            keeper.turn(now, &mut up, &mut down, &mut luck);
            if luck.next().is_multiple_of(32) {
                server_stalls = luck.next() % 20;
            }
        }
        if client_stalls > 0 {
            client_stalls -= 1;
        } else {
            fetcher.turn(&mut up, &mut down, &mut luck);
            if luck.next().is_multiple_of(32) {
                client_stalls = luck.next() % 20;
            }
        }
        let server_done = keeper.closed.is_some() && down.closed || down.broken;
        if fetcher.end.is_some() && server_done {
            break;
        }
    }
    Outcome {
        up: up.delivered,
        down: down.delivered,
        fetcher,
        removed: keeper.removed,
        closed: keeper.closed,
    }
}

fn numbers(marked: &[bool]) -> Vec<u32> {
    (1..).zip(marked).filter(|(_, marked)| **marked).map(|(n, _)| n).collect()
}

fn check_unbroken(plan: &Plan) -> Outcome {
    let outcome = run(plan, Break::Never);
    let fetcher = &outcome.fetcher;
    assert_eq!(fetcher.end, Some(Ok(())));
    assert!(fetcher.script.is_empty() && fetcher.asked.is_empty());
    assert_eq!(fetcher.whole, (1..).zip(&plan.messages).map(|(n, _)| n).collect::<Vec<_>>());
    assert_eq!(outcome.removed, Some(numbers(&plan.marked)));
    assert_eq!(outcome.closed, Some(Reason::Quit));
    assert!(fetcher.client.deviations().is_empty(), "{:?}", fetcher.client.deviations());
    outcome
}

fn check_broken(plan: &Plan, at: Break) {
    let outcome = run(plan, at);
    let fetcher = &outcome.fetcher;
    if let Some(removed) = &outcome.removed {
        assert!(outcome.up.ends_with(b"QUIT\r\n"), "{removed:?} removed without QUIT, broken {at:?}");
        assert_eq!(removed, &numbers(&plan.marked));
    }
    let asked = || fetcher.asked.iter().map(|(_, ask)| ask.command);
    let quit_is_out = asked().any(|command| matches!(command, Command::Quit));
    let due = if !fetcher.greeted {
        Err(ProtocolError::Truncated)
    } else if quit_is_out && fetcher.sent_dele {
        Err(ProtocolError::OutcomeUnknown)
    } else if asked().next().is_some() {
        Err(ProtocolError::Truncated)
    } else {
        Ok(())
    };
    assert_eq!(fetcher.end, Some(due), "broken {at:?}, outstanding: {:?}", asked().collect::<Vec<_>>());
    if due.is_ok() && fetcher.script.is_empty() {
        assert_eq!(outcome.removed, Some(numbers(&plan.marked)), "QUIT was answered");
    }
    // What was whole was checked octet by octet when its end came; the rest has no end.
    assert!(fetcher.whole.len() <= plan.messages.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Proves 1939-6-05, 2449-6.6-04.
    #[test]
    fn over_an_unbroken_link_every_message_arrives_and_what_was_marked_goes(plan in plan()) {
        check_unbroken(&plan);
    }

    /// Proves 1939-6-02, 1939-6-08.
    #[test]
    fn over_a_link_that_breaks_nothing_cut_looks_whole_and_nothing_goes_without_quit(
        plan in plan(),
        places in vec((any::<Index>(), any::<bool>()), 1..6),
    ) {
        let whole = check_unbroken(&plan);
        for (place, is_up) in places {
            let at = match is_up {
                true => Break::Up(place.index(whole.up.len())),
                false => Break::Down(place.index(whole.down.len())),
            };
            check_broken(&plan, at);
        }
    }
}

/// Proves 1939-6-02.
#[test]
fn a_link_that_breaks_at_each_octet_in_turn_never_misleads() {
    let luck = vec![vec![1, 9, 64, 250, 3, 77, 12, 5, 131], vec![3], vec![4, 0, 7]];
    for (luck, pipelining) in luck.into_iter().zip([true, true, false]) {
        let plan = Plan {
            messages: vec![b"Subject: x\n\n.\n..\n".to_vec(), b".".to_vec()],
            marked: vec![false, true],
            reset_first: false,
            pipelining,
            room: 300,
            luck,
        };
        let whole = check_unbroken(&plan);
        (0..whole.up.len()).for_each(|at| check_broken(&plan, Break::Up(at)));
        (0..whole.down.len()).for_each(|at| check_broken(&plan, Break::Down(at)));
    }
}

/// Proves 2449-6.6-04.
#[test]
fn a_maildrop_of_many_messages_passes_through_small_buffers() {
    for (pipelining, room) in [(false, 700), (true, 700), (true, 5)] {
        let plan = Plan {
            messages: (0..150).map(|n| b".\n".repeat(n % 7)).collect(),
            marked: (0..150).map(|n| n % 3 == 0).collect(),
            reset_first: false,
            pipelining,
            room,
            luck: vec![3, 255, 17, 2, 90, 131, 7, 44],
        };
        check_unbroken(&plan);
    }
}

// ----- autologout

const IDLE: Duration = Duration::from_secs(600);
const TRICKLE: Duration = Duration::from_secs(540);

/// Says `trickled` one octet every nine minutes behind `before`; the session has to go at 600 s, in silence.
fn check_autologout(before: &str, trickled: &str, driven: bool) {
    let mut config = Config::new();
    config.clear_login = true;
    config.mechanisms = &[pop3_proto::Mechanism::PLAIN];
    let start = Time::from_millis(7_000_000);
    let mut host = Host::new(&config, Security::Plain, Mailbox::of(&[b"one", b"two"]));
    host.now = start;
    host.hear(before.as_bytes());
    host.take();
    let events = host.log.len();
    let deadline = start.after(IDLE);
    for (i, octet) in (1..).zip(trickled.as_bytes()) {
        assert_eq!(host.session.poll_timeout(), Some(deadline), "the octets moved the deadline");
        let now = start.after(TRICKLE * i);
        if now >= deadline {
            break;
        }
        host.now = now;
        host.hear(&[*octet]);
        assert_eq!(host.closed, None);
    }
    host.now = start.after(IDLE - Duration::from_millis(1));
    host.session.handle_timeout(host.now);
    host.hear(b"");
    assert_eq!(host.closed, None, "closed before its time");
    host.now = deadline;
    if driven {
        host.session.handle_timeout(deadline);
    }
    host.hear(b"");
    assert_eq!(host.closed, Some(Reason::Autologout));
    host.now = start.after(TRICKLE * 2);
    host.hear(b"\r\nQUIT\r\n");
    assert_eq!(host.closed, Some(Reason::Autologout));
    assert_eq!(show(&host.take()), "", "it goes without a word");
    assert_eq!(host.log.len(), events, "{:?}", host.log);
    assert_eq!(host.removed, None);
    assert_eq!(host.drop.removals().count(), 0);
}

/// Covers silent-peer.
/// Proves 1939-3-25, 1939-3-27, 1939-3-28.
#[test]
fn an_octet_every_nine_minutes_does_not_keep_a_session_alive_and_removes_nothing() {
    let login = "USER tim\r\nPASS secret\r\n";
    for driven in [false, true] {
        check_autologout("", "QUIT\r\n", driven);
        check_autologout("USER tim\r\n", "PASS secret\r\n", driven);
        check_autologout("AUTH PLAIN\r\n", "Z29vZA==\r\n", driven);
        check_autologout(login, "NOOP\r\n", driven);
        check_autologout(&format!("{login}DELE 1\r\nDELE 2\r\n"), "QUIT\r\n", driven);
        check_autologout(&format!("{login}DELE 1\r\nQUI"), "T\r", driven);
        check_autologout(&format!("{login}DELE 1\r\n{}", "X".repeat(300)), "XXXX", driven);
        check_autologout(&format!("{login}RETR 1\r\nNOOP\n"), "\n\n\n", driven);
    }
}

/// Proves 1939-3-26.
#[test]
fn a_command_every_nine_minutes_keeps_a_session_alive() {
    let mut config = Config::new();
    config.clear_login = true;
    let mut host = Host::new(&config, Security::Plain, Mailbox::of(&[b"one"]));
    host.hear(b"USER tim\r\nPASS secret\r\nDELE 1\r\n");
    for i in 1..=20 {
        host.now = Time::ZERO.after(TRICKLE * i);
        host.session.handle_timeout(host.now);
        host.hear(b"NOOP\r\n");
        assert_eq!(host.closed, None);
        assert_eq!(host.session.poll_timeout(), Some(host.now.after(IDLE)));
    }
    host.hear(b"QUIT\r\n");
    assert_eq!(host.closed, Some(Reason::Quit));
    assert_eq!(host.removed, Some(vec![1]));
}
