//! S6 to the fixed point: a server with three messages hears any commands in any order, each cut at every
//! octet, until no new state comes. In every state, QUIT removes what DELE promised, and nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pop3_proto::server::{Config, Event, Index, Server};
use pop3_proto::{MsgNo, Security, Time, Uid};

use crate::promise::Promise;

const COMMANDS: [&str; 21] = [
    "NOOP", "STAT", "LIST", "LIST 1", "LIST 4", "UIDL", "UIDL 2", "RETR 1", "RETR 3", "RETR 4", "TOP 2 0",
    "DELE 1", "DELE 2", "DELE 3", "DELE 4", "DELE 0", "RSET", "CAPA", "XYZZY", "USER ann", "QUIT",
];

static CONFIG: Config = {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    config
};

#[derive(Debug)]
struct Three;

impl Index for Three {
    fn len(&self) -> u32 {
        3
    }

    fn octets(&self, _: MsgNo) -> u64 {
        4
    }

    fn uid(&self, number: MsgNo) -> Uid<'_> {
        Uid::new([b"id-1", b"id-2", b"id-3"][number.index()]).unwrap()
    }
}

/// A server after some commands, and what a client may believe of it.
struct Run {
    server: Server<&'static Config, Three>,
    said: Vec<u8>,
    /// What the replies have promised.
    marks: BTreeSet<u32>,
    /// What QUIT removed.
    removed: Option<BTreeSet<u32>>,
    closed: bool,
}

impl Run {
    /// The server after a login and these commands.
    fn after(commands: &[&str]) -> Self {
        let server = Server::new(&CONFIG, Security::Plain);
        let mut run = Self { server, said: Vec::new(), marks: BTreeSet::new(), removed: None, closed: false };
        for command in ["USER ann", "PASS secret"].iter().chain(commands) {
            run.command(command, 0);
        }
        run
    }

    /// A command, which arrives in two pieces.
    fn command(&mut self, command: &str, cut: usize) {
        let line = format!("{command}\r\n");
        let (front, rest) = line.as_bytes().split_at(cut);
        let unread = self.hear(front).to_vec();
        assert_eq!(self.promised(), self.marks, "half a command changes nothing");
        let left = self.hear(&[&unread, rest].concat()).len();
        assert!(left == 0 || self.closed, "all of the command is used");
        let done = self.said.starts_with(b"+OK");
        match command.strip_prefix("DELE ").map(str::parse) {
            Some(Ok(number)) if done => assert!(self.marks.insert(number), "a message is marked once"),
            _ if command == "RSET" && done => self.marks.clear(),
            _ => {}
        }
    }

    /// The messages that the server counts as marked.
    fn promised(&self) -> BTreeSet<u32> {
        let numbers = (1..=3).filter_map(MsgNo::new);
        numbers.filter(|number| self.server.is_marked(*number)).map(MsgNo::get).collect()
    }

    /// Takes these bytes; returns those that stay unread.
    fn hear<'i>(&mut self, mut unread: &'i [u8]) -> &'i [u8] {
        self.said.clear();
        loop {
            let before: Vec<_> = self.server.removals().collect();
            match self.server.receive(Time::ZERO, &mut unread, &mut self.said) {
                Event::NeedInput => break,
                Event::Closed(_) => {
                    self.closed = true;
                    break;
                }
                Event::Login { reply, .. } => reply.accept(&mut self.server, &mut self.said, Three, ""),
                Event::Retr { reply, .. } | Event::Top { reply, .. } => {
                    reply.send_all(&mut self.server, &mut self.said, "", b"hi\n");
                }
                Event::Quit { reply } => {
                    self.removed = Some(BTreeSet::new());
                    assert_eq!(self.server.removals().count(), 0, "there is nothing to remove");
                    reply.ok(&mut self.server, &mut self.said, "bye");
                }
                Event::Update { reply } => {
                    assert_eq!(before, [], "there are no removals before QUIT");
                    self.removed = Some(self.server.removals().map(MsgNo::get).collect());
                    reply.ok(&mut self.server, &mut self.said, "bye");
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(self.server.removals().count(), 0, "removals are there at QUIT alone");
        unread
    }

    /// The state as text, without numbers that only count and those that nobody reads again.
    fn state(&self) -> String {
        let all = format!("{:?}", self.server);
        let passing = ["id: ", "serial: ", "number: ", "top_lines: "];
        all.split(", ").filter(|field| !passing.iter().any(|name| field.starts_with(name))).collect()
    }
}

#[test]
fn quit_removes_what_dele_promised_in_every_state_that_a_session_can_reach() {
    let first = Run::after(&[]);
    let mut known = BTreeMap::from([(first.state(), first.marks.clone())]);
    let (mut ahead, mut depth, mut runs) = (VecDeque::from([Vec::new()]), 0, 0);
    while let Some(way) = ahead.pop_front() {
        depth = depth.max(way.len());
        for command in COMMANDS {
            // A debug build is too slow for every octet.
            for cut in (0..command.len() + 2).step_by(if cfg!(debug_assertions) { 4 } else { 1 }) {
                let mut run = Run::after(&way);
                run.command(command, cut);
                runs += 1;
                let due = (command == "QUIT").then(|| run.marks.clone());
                assert_eq!(run.removed, due, "{}: {way:?}, {command}", Promise::S6.words());
                if run.closed {
                    continue;
                }
                assert_eq!(run.promised(), run.marks, "after {way:?}, {command}");
                let marks = run.marks.clone();
                match known.insert(run.state(), marks) {
                    // The state of the server decides what it has promised.
                    Some(same) => assert_eq!(same, run.marks, "after {way:?}, {command}"),
                    None => ahead.push_back([&way[..], &[command]].concat()),
                }
            }
        }
    }
    eprintln!("marks: {runs} runs, {} states, depth {depth}", known.len());
    assert!(known.len() >= 8, "each set of marks is a state of its own");
}
