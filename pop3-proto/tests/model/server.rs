//! The server of a session: the real `Server`, with a habit before it that may refuse, lie or hide.

use pop3_proto::dot::wire_size;
use pop3_proto::server::{Config, Event, Index, Server};
use pop3_proto::{MsgNo, Security, Time, Uid};

use crate::choice::Choices;
use crate::lies::Lie;
use crate::world::{Habit, Mail, State, World};

static CONFIGS: [Config; 4] =
    [config(false, false), config(false, true), config(true, false), config(true, true)];

const fn config(uidl: bool, top: bool) -> Config {
    let mut config = Config::new();
    (config.allow_plaintext_login, config.uidl, config.top) = (true, uidl, top);
    config
}

pub(crate) struct Host {
    server: Server<&'static Config, Shown>,
    habit: Habit,
    /// The list of messages, until somebody logs in.
    index: Option<Shown>,
    /// The messages as the server shows them.
    pub(crate) shown: Vec<Mail>,
    /// The commands that the real server got. Its state is a function of them.
    pub(crate) passed: Vec<u8>,
    pub(crate) closed: bool,
    /// The messages whose DELE the real server answered `+OK`.
    accepted: Vec<MsgNo>,
    /// What QUIT removed, until somebody asks.
    removed: Vec<Mail>,
    /// Whether QUIT would remove anything else than DELE promised.
    pub(crate) unfaithful: bool,
}

/// The list of messages of one session.
#[derive(Debug)]
struct Shown(Vec<(u64, String)>);

/// Stands for an empty unique-id, which the real server does not give.
const EMPTY: &str = "~empty~";

impl Index for Shown {
    fn len(&self) -> u32 {
        self.0.len().try_into().unwrap()
    }

    fn octets(&self, number: MsgNo) -> u64 {
        self.0[number.index()].0
    }

    fn uid(&self, number: MsgNo) -> Uid<'_> {
        let uid = &self.0[number.index()].1;
        Uid::new(if uid.is_empty() { EMPTY } else { uid }.as_bytes()).unwrap()
    }
}

impl Host {
    /// A server to which a client has just connected. An honest one keeps to the RFC in this session.
    pub(crate) fn new(world: &World, state: &State, honest: bool) -> Self {
        let uidl = world.ids.announced(state.session);
        let shown = state.shown(world);
        let listed = |mail: &Mail| (wire_size(mail.text.as_bytes()), world.ids.of(mail, state.session));
        Self {
            server: Server::new(&CONFIGS[usize::from(uidl) * 2 + usize::from(world.top)], Security::Plain),
            habit: if honest { Habit::Honest } else { world.server },
            index: Some(Shown(shown.iter().map(listed).collect())),
            shown,
            passed: Vec::new(),
            closed: false,
            accepted: Vec::new(),
            removed: Vec::new(),
            unfaithful: false,
        }
    }

    /// The answers to these commands; the greeting, if there are none yet.
    pub(crate) fn hear(&mut self, octets: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
        if self.passed.is_empty() && octets.is_empty() {
            return self.real(octets, choices);
        }
        let mut replies = Vec::new();
        for line in octets.split_inclusive(|b| *b == b'\n') {
            let command = String::from_utf8_lossy(line).trim_end().to_owned();
            choices.tell(|| format!("C: {command}"));
            let reply = self.reply(line, &command, choices);
            replies.push((command, reply));
        }
        match self.habit {
            Habit::Lies(lie) => lie.arrange(replies, choices),
            _ => replies.into_iter().flat_map(|(_, reply)| reply).collect(),
        }
    }

    /// What QUIT has removed since the last call.
    pub(crate) fn take_removed(&mut self) -> Vec<Mail> {
        std::mem::take(&mut self.removed)
    }

    fn reply(&mut self, line: &[u8], command: &str, choices: &mut Choices<'_>) -> Vec<u8> {
        match self.habit {
            Habit::Refuses(verb, words) if command.starts_with(verb) && choices.happens() => {
                return words.as_bytes().to_vec();
            }
            Habit::Lies(Lie::Neighbour) if command.starts_with("RETR") => {
                let number = 1 + choices.pick(self.shown.len());
                if number > 1 {
                    return self.real(format!("RETR {number}\r\n").as_bytes(), choices);
                }
            }
            _ => {}
        }
        let reply = self.real(line, choices);
        match self.habit {
            Habit::Lies(lie) => lie.retell(command, reply, choices),
            _ => reply,
        }
    }

    /// What the real server answers.
    fn real(&mut self, line: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
        self.passed.extend_from_slice(line);
        let (mut unread, mut out) = (line, Vec::new());
        let server = &mut self.server;
        loop {
            match server.receive(Time::ZERO, &mut unread, &mut out) {
                Event::NeedInput => break,
                Event::Closed(_) => {
                    self.closed = true;
                    break;
                }
                Event::Login { reply, .. } => {
                    let index = self.index.take().expect("a login comes once");
                    reply.accept(server, &mut out, index, "welcome");
                }
                Event::Retr { number, reply } | Event::Top { number, reply, .. } => {
                    let text = self.shown[number.index()].text;
                    reply.send_all(server, &mut out, "", text.as_bytes());
                }
                Event::Quit { reply } => reply.ok(server, &mut out, "bye"),
                Event::Update { reply } => {
                    let marked: Vec<MsgNo> = server.removals().collect();
                    self.accepted.sort();
                    self.unfaithful = marked != self.accepted;
                    let of = |number: &MsgNo| self.shown[number.index()].clone();
                    let mut marked: Vec<Mail> = marked.iter().map(of).collect();
                    let refusal = match self.habit {
                        Habit::RefusesQuit => choices.pick(3),
                        Habit::Lies(Lie::QuitRemovesNothing) if choices.happens() => {
                            marked.clear();
                            0
                        }
                        _ => 0,
                    };
                    match refusal {
                        0 => reply.ok(server, &mut out, "bye"),
                        kept => {
                            marked.truncate(kept - 1);
                            reply.err(server, &mut out, None, "some deleted messages not removed");
                        }
                    }
                    self.removed = marked;
                }
                other => panic!("{other:?}"),
            }
        }
        let text = String::from_utf8_lossy(line);
        match text.trim_end().strip_prefix("DELE ").map(str::parse) {
            Some(Ok(number)) if out.starts_with(b"+OK") => self.accepted.push(number),
            _ => {}
        }
        match text.starts_with("UIDL") {
            true => String::from_utf8_lossy(&out).replace(EMPTY, "").into_bytes(),
            false => out,
        }
    }
}
