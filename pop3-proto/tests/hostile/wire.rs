//! A hostile server: an answer for every line, made while it is sent, and the programs that have to bear it.

use std::collections::VecDeque;

use pop3_proto::client::{Client, Event, Need, Part, Profile, ProtocolError};
use pop3_proto::fetch::{Fault, Fetch, Progress as Stands, Record, Rules, Summary, Told};
use pop3_proto::login::{Failure, Login, Policy, Progress, Reason, Retry, Trouble};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{Command, FixedBuf, Security};

/// What the server's first line answers.
pub(crate) const GREETING: &str = "greeting";
pub(crate) const WINDOW: usize = 12_288;
pub(crate) const MIB: u64 = 1024 * 1024;
/// The memory that a program of these tests has besides what an attack makes it take: the window, what was said, and
/// what a test keeps of the events.
pub(crate) const ROOM: u64 = 256 * 1024;
/// Events in a row, without anything to send, that a program bears.
const PATIENCE: u64 = 100_000;
/// The time of a session, in seconds since 1970.
pub(crate) const NOW: u64 = 1_790_000_000;

/// Makes the line of that number.
pub(crate) type Line = fn(u64) -> String;

/// What a server sends; each comes in segments of its own.
pub(crate) enum Piece {
    /// These octets, so many times.
    Octets(Vec<u8>, u64),
    /// A line for each number from 1 to this.
    Lines(Line, u64),
    /// The connection ends.
    Close,
}

pub(crate) type Answer = Vec<Piece>;
/// What is answered to a line, in clear or inside TLS, and to [`GREETING`].
pub(crate) type Server<'s> = &'s dyn Fn(&str, Security) -> Answer;

pub(crate) fn say(text: &str) -> Answer {
    vec![Piece::Octets(text.into(), 1)]
}

/// An opening, then the same octets until there are so many.
pub(crate) fn endless(opening: &str, octets: &str, many: u64) -> Answer {
    let times = many / octets.len() as u64;
    vec![Piece::Octets(opening.into(), 1), Piece::Octets(octets.into(), times)]
}

/// The connection as the client's program sees it.
struct Wire<'s> {
    server: Server<'s>,
    security: Security,
    due: VecDeque<Piece>,
    /// Octets of the front piece that were sent.
    at: u64,
    /// Lines of the front piece that were made and not sent.
    made: VecDeque<u8>,
    window: Box<FixedBuf<WINDOW>>,
    /// Not flushed yet.
    out: Vec<u8>,
    said: Vec<u8>,
    answered: usize,
    octets: u64,
}

impl<'s> Wire<'s> {
    fn new(server: Server<'s>, security: Security) -> Self {
        Self {
            server,
            security,
            due: server(GREETING, security).into(),
            at: 0,
            made: VecDeque::new(),
            window: Box::new(FixedBuf::new()),
            out: Vec::new(),
            said: Vec::new(),
            answered: 0,
            octets: 0,
        }
    }

    /// Whether there was something to send.
    fn flush(&mut self) -> bool {
        let sends = !self.out.is_empty();
        self.said.append(&mut self.out);
        sends
    }

    /// What else was sent in clear is junk to whoever shakes hands.
    fn shake_hands(&mut self) {
        self.due.clear();
        self.made.clear();
        (self.at, self.answered, self.security) = (0, self.said.len(), Security::Tls);
    }

    /// One segment more. `false` if none comes.
    fn read(&mut self) -> bool {
        loop {
            let Some(piece) = self.due.front() else {
                let unanswered = &self.said[self.answered..];
                let Some(len) = unanswered.iter().position(|b| *b == b'\n') else { return false };
                let line = String::from_utf8_lossy(&unanswered[..len]).trim_end().to_owned();
                self.answered += len + 1;
                self.due = (self.server)(&line, self.security).into();
                continue;
            };
            let space = self.window.space();
            assert!(!space.is_empty(), "more is wanted behind a full window");
            let filled = match piece {
                Piece::Close => return false,
                Piece::Octets(octets, times) => {
                    let len = octets.len() as u64;
                    let mut filled = 0;
                    while filled < space.len() && self.at < len * times {
                        let rest = &octets[(self.at % len) as usize..];
                        let count = rest.len().min(space.len() - filled);
                        space[filled..filled + count].copy_from_slice(&rest[..count]);
                        filled += count;
                        self.at += count as u64;
                    }
                    filled
                }
                Piece::Lines(line, last) => {
                    while self.made.len() < space.len() && self.at < *last {
                        self.at += 1;
                        self.made.extend(line(self.at).as_bytes());
                    }
                    let count = self.made.len().min(space.len());
                    space.iter_mut().zip(self.made.drain(..count)).for_each(|(to, from)| *to = from);
                    count
                }
            };
            if filled == 0 {
                self.due.pop_front();
                self.at = 0;
                continue;
            }
            self.window.filled(filled);
            self.octets += filled as u64;
            return true;
        }
    }
}

/// Reads until there is an event; `false` if none comes.
fn wait(client: &mut Client, wire: &mut Wire<'_>) -> bool {
    loop {
        match client.poll(wire.window.unread()) {
            Need::Event => return true,
            Need::Input if wire.read() => {}
            Need::Input => return false,
        }
    }
}

/// How it ended for the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    In,
    Failed(Failure),
    /// The session gave up.
    Broken(ProtocolError),
    /// Octets in clear were left where the handshake begins.
    Injected,
    /// The server says nothing more.
    Silent,
    /// It said too much.
    OutOfPatience,
    Done,
    Fault(Fault),
    /// The connection ended; what the session says to that.
    Cut(Result<(), ProtocolError>),
}

/// All that came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) end: End,
    pub(crate) said: Vec<u8>,
    pub(crate) events: u64,
    /// What the server sent.
    pub(crate) octets: u64,
    /// The most memory at one time.
    pub(crate) memory: u64,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn said(&self, due: &str) -> &Self {
        assert_eq!(self.said.escape_ascii().to_string(), due.as_bytes().escape_ascii().to_string());
        self
    }

    #[track_caller]
    pub(crate) fn ends(&self, due: End) -> &Self {
        assert_eq!(self.end, due, "{}", self.said.escape_ascii());
        self
    }

    #[track_caller]
    pub(crate) fn fails(&self, trouble: Trouble, reason: Reason, retry: Option<Retry>) -> &Self {
        match self.end {
            End::Failed(failure) => {
                assert_eq!((failure.trouble, failure.reason, failure.retry), (trouble, reason, retry));
            }
            other => panic!("{other:?} in place of {trouble:?}, {reason:?}: {}", self.said.escape_ascii()),
        }
        self
    }

    #[track_caller]
    pub(crate) fn fits(&self, room: u64) -> &Self {
        assert!(self.memory <= room, "{} octets of memory for {} of the server", self.memory, self.octets);
        self
    }

    /// The server sent at least so many octets.
    #[track_caller]
    pub(crate) fn took(&self, octets: u64) -> &Self {
        assert!(self.octets >= octets, "{} octets", self.octets);
        self
    }
}

/// Runs it and measures its memory.
fn measured<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let mut result = None;
    let used = allocation_counter::measure(|| result = Some(run()));
    (result.unwrap(), used.bytes_max)
}

/// Who wants to log in, and how.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'c> {
    pub(crate) credentials: Credentials<'c>,
    pub(crate) policy: Policy,
    pub(crate) security: Security,
    pub(crate) profile: Profile,
    /// Before the handshake the program reads once more.
    pub(crate) reads_on: bool,
}

impl<'c> Attempt<'c> {
    /// On a connection that starts in clear.
    pub(crate) fn in_clear(credentials: Credentials<'c>) -> Self {
        Self {
            credentials,
            policy: Policy::DEFAULT,
            security: Security::Plain,
            profile: Profile::LENIENT,
            reads_on: false,
        }
    }

    /// On a connection inside TLS from the start.
    pub(crate) fn in_tls(credentials: Credentials<'c>) -> Self {
        Self { security: Security::Tls, ..Self::in_clear(credentials) }
    }

    pub(crate) fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    pub(crate) fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    pub(crate) fn reads_on(mut self) -> Self {
        self.reads_on = true;
        self
    }

    pub(crate) fn against(self, server: impl Fn(&str, Security) -> Answer) -> Outcome {
        let ((end, said, events, octets), memory) = measured(|| self.run(&server));
        Outcome { end, said, events, octets, memory }
    }

    fn run(self, server: Server<'_>) -> (End, Vec<u8>, u64, u64) {
        let channel = Channel::new("rOprNGfwEbeRWgbNEkqO", "mail.example.com");
        let mut login = Login::new(self.credentials, channel, self.policy, [0; 1200]);
        let mut client: Client = Client::new(self.profile, self.security);
        let mut wire = Wire::new(server, self.security);
        let (mut events, mut in_a_row) = (0, 0);
        let end = loop {
            let progress = login.act(&mut client, &mut wire.out).unwrap();
            if wire.flush() {
                in_a_row = 0;
            }
            match progress {
                Progress::Going => {}
                Progress::In => break End::In,
                Progress::Failed(failure) => break End::Failed(failure),
                Progress::StartTls => {
                    if self.reads_on {
                        wire.read();
                    }
                    let Ok(inside) = client.handover().unwrap().secured(wire.window.bytes()) else {
                        break End::Injected;
                    };
                    client = inside;
                    wire.shake_hands();
                    continue;
                }
            }
            if !wait(&mut client, &mut wire) {
                let closed = matches!(wire.due.front(), Some(Piece::Close));
                break if closed { End::Failed(login.end_of_input()) } else { End::Silent };
            }
            match client.receive(wire.window.unread()) {
                Err(error) => break End::Broken(error),
                Ok(_) if in_a_row == PATIENCE => break End::OutOfPatience,
                Ok(event) => {
                    (events, in_a_row) = (events + 1, in_a_row + 1);
                    login.see(&event);
                }
            }
        };
        (end, wire.said, events, wire.octets)
    }
}

/// A download of one session, whose store makes every message safe at once.
pub(crate) struct Download {
    pub(crate) record: Record,
    pub(crate) rules: Rules,
}

/// What came of a download, besides what every dialogue has.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) outcome: Outcome,
    pub(crate) told: Vec<String>,
    pub(crate) record: Record,
    pub(crate) summary: Summary,
    /// Octets of messages.
    pub(crate) data: u64,
}

impl Download {
    pub(crate) fn new() -> Self {
        Self::knowing(Record::new())
    }

    pub(crate) fn knowing(record: Record) -> Self {
        Self { record, rules: Rules::DEFAULT }
    }

    pub(crate) fn rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    /// The server is asked for its capabilities by name only: it announces TOP and UIDL.
    pub(crate) fn from(self, server: impl Fn(&str) -> Answer) -> Got {
        let server = |line: &str, _| match line {
            GREETING => say("+OK\r\n"),
            "CAPA" => say("+OK\r\nTOP\r\nUIDL\r\n.\r\n"),
            _ => server(line),
        };
        let (mut got, memory) = measured(|| self.run(&server));
        got.outcome.memory = memory;
        got
    }

    fn run(self, server: Server<'_>) -> Got {
        let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
        let mut wire = Wire::new(server, Security::Tls);
        let mut asked = false;
        while !asked || !client.is_idle() {
            assert!(wait(&mut client, &mut wire));
            if let Event::Greeting(_) = client.receive(wire.window.unread()).unwrap() {
                client.send(&Command::Capa, &mut wire.out).unwrap();
                wire.flush();
                asked = true;
            }
        }
        wire.said.clear();
        wire.answered = 0;
        let mut fetch = Fetch::new(self.record, self.rules, NOW);
        let (mut told, mut body, mut data) = (Vec::new(), Vec::new(), 0);
        let (mut events, mut in_a_row) = (0, 0);
        let end = loop {
            let progress = fetch.act(&mut client, &mut wire.out).unwrap();
            if wire.flush() {
                in_a_row = 0;
            }
            match progress {
                Stands::Going => {}
                Stands::Done => break End::Done,
                Stands::Failed(fault) => break End::Fault(fault),
                _ => continue,
            }
            if !wait(&mut client, &mut wire) {
                break End::Cut(client.end_of_input());
            }
            let event = match client.receive(wire.window.unread()) {
                Err(error) => break End::Broken(error),
                Ok(_) if in_a_row == PATIENCE => break End::OutOfPatience,
                Ok(event) => event,
            };
            (events, in_a_row) = (events + 1, in_a_row + 1);
            // The download itself bounds what is kept of a listing.
            if matches!(event, Event::Reply(_, Part::ScanItem(_) | Part::UidItem(_))) {
                in_a_row = 0;
            }
            let what = match fetch.see(&event) {
                Told::Nothing => continue,
                Told::Begin(_) => {
                    body.clear();
                    continue;
                }
                Told::Data(octets) => {
                    data += octets.len() as u64;
                    in_a_row = 0;
                    body.extend_from_slice(&octets[..octets.len().min(512_usize.saturating_sub(body.len()))]);
                    continue;
                }
                Told::Whole(message) => {
                    let entry = fetch.stored(message.number).unwrap();
                    format!("whole {} {:?} {}", message.number, entry.octets(), body.escape_ascii())
                }
                Told::Known(message) => format!("known {}", message.number),
                Told::Empty(message) => format!("empty {}", message.number),
                Told::Refused(message, _) => format!("refused {}", message.number),
                other => panic!("{other:?}"),
            };
            told.push(what);
        };
        let outcome = Outcome { end, said: wire.said, events, octets: wire.octets, memory: 0 };
        Got { outcome, told, summary: fetch.summary(), record: fetch.into_record(), data }
    }
}

/// What a session heard.
pub(crate) struct Heard {
    pub(crate) outcome: Outcome,
    /// The first events.
    pub(crate) first: Vec<String>,
    /// The last one.
    pub(crate) last: String,
    pub(crate) client: Client,
}

/// Sends one command behind a greeting, and listens until the answer is over and the server has no more to say.
pub(crate) fn ask(profile: Profile, command: Option<&Command<'_>>, server: impl Fn(&str) -> Answer) -> Heard {
    let server = |line: &str, _| server(line);
    let (mut first, mut last) = (Vec::new(), String::new());
    let mut client: Client = Client::new(profile, Security::Tls);
    let ((end, said, events, octets), memory) = measured(|| {
        let mut wire = Wire::new(&server, Security::Tls);
        let mut events = 0;
        let end = loop {
            if !wait(&mut client, &mut wire) {
                break End::Silent;
            }
            let event = match client.receive(wire.window.unread()) {
                Err(error) => break End::Broken(error),
                Ok(Event::Closed) => break End::Done,
                Ok(event) => event,
            };
            events += 1;
            let shown = matches!(event, Event::Reply(_, Part::Data(octets)) if octets.len() > 40);
            if !shown && first.len() < 4 {
                let mut text = format!("{event:?}");
                text.truncate(100);
                first.push(text);
            }
            if matches!(event, Event::Reply(_, Part::End | Part::Ok(_) | Part::Err(_))) {
                last = format!("{event:?}");
            }
            if let (Event::Greeting(_), Some(command)) = (event, command) {
                client.send(command, &mut wire.out).unwrap();
                wire.flush();
            }
        };
        (end, wire.said, events, wire.octets)
    });
    Heard { outcome: Outcome { end, said, events, octets, memory }, first, last, client }
}
