//! The two ends of a dialogue for property tests: each checks that `poll` tells the truth, and logs what
//! happened.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::VecDeque;
use std::mem;

use pop3_proto::client::{self, Client, Part, ProtocolError};
use pop3_proto::limits::MIN_OUTPUT;
use pop3_proto::server::{Config, Credentials, Event, Fill, Need, Phase, Reason, Server, Ticket, kind};
use pop3_proto::{ApopDigest, Base64, Code, FixedBuf, Security, Time};

use crate::common::{Mailbox, show};

pub(crate) const PASSWORD: &[u8] = b"secret";
pub(crate) const DIGEST: &str = "c4c9334bac560ecc979e58001b3e22fb";

/// A server with its maildrop. It lets in whoever shows `PASSWORD` or `DIGEST`, and accepts the SASL response
/// `good`. A response that begins with `more` is sent back as the next challenge; everything else is refused
/// with an echo of what the client said.
pub(crate) struct Host<'c> {
    pub(crate) server: Server<&'c Config, Mailbox>,
    pub(crate) now: Time,
    /// The bytes that came in and are not used yet.
    pub(crate) window: Vec<u8>,
    /// Everything the server said.
    pub(crate) said: Vec<u8>,
    /// Events other than those that ask for input or output.
    pub(crate) log: Vec<String>,
    /// What QUIT removed.
    pub(crate) removed: Option<Vec<u32>>,
    pub(crate) closed: Option<Reason>,
    mailbox: Mailbox,
    tx: FixedBuf<MIN_OUTPUT>,
    later: bool,
    polls: bool,
    kept: Option<Kept>,
}

enum Kept {
    Login(Option<String>, Ticket<kind::Login>),
    Sasl(Option<Vec<u8>>, Ticket<kind::Sasl>),
    Body(u32, Ticket<kind::Body>),
    Tls(Ticket<kind::Tls>),
    Quit(Ticket<kind::Quit>),
}

impl<'c> Host<'c> {
    pub(crate) fn new(config: &'c Config, security: Security, mailbox: Mailbox) -> Self {
        Self::of(Server::new(config, security), mailbox)
    }

    pub(crate) fn of(server: Server<&'c Config, Mailbox>, mailbox: Mailbox) -> Self {
        Self {
            server,
            now: Time::ZERO,
            window: Vec::new(),
            said: Vec::new(),
            log: Vec::new(),
            removed: None,
            closed: None,
            mailbox,
            tx: FixedBuf::new(),
            later: false,
            polls: true,
            kept: None,
        }
    }

    /// Defers every ticket that may be deferred, until the session says that it waits.
    pub(crate) fn later(mut self, later: bool) -> Self {
        self.later = later;
        self
    }

    /// Calls `receive` alone, never `poll`.
    pub(crate) fn without_poll(mut self) -> Self {
        self.polls = false;
        self
    }

    /// What the server has said since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.said)
    }

    /// Shows more bytes and does all that can be done with them.
    pub(crate) fn hear(&mut self, octets: &[u8]) {
        self.window.extend_from_slice(octets);
        let window = mem::take(&mut self.window);
        let mut unread = &window[..];
        loop {
            let need = match self.polls {
                true => Some(self.server.poll(self.now, &mut unread, &mut self.tx)),
                false => None,
            };
            let event = self.server.receive(self.now, &mut unread, &mut self.tx);
            let due = match event {
                Event::NeedInput => Need::Input,
                Event::NeedOutput => Need::Output,
                _ => Need::Event,
            };
            assert_eq!(need.unwrap_or(due), due, "poll lied about {event:?}");
            match event {
                Event::NeedOutput => self.flush(),
                Event::NeedInput => break,
                Event::Closed(reason) => {
                    self.closed = Some(reason);
                    break;
                }
                event => self.deal(event),
            }
        }
        self.flush();
        self.window = unread.to_vec();
    }

    /// As [`hear`](Self::hear), in pieces of these sizes.
    pub(crate) fn hear_in(&mut self, octets: &[u8], sizes: &[usize]) {
        let (mut rest, mut sizes) = (octets, sizes.iter().cycle());
        self.hear(b"");
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            self.hear(now);
            rest = later;
        }
    }

    /// As [`hear`](Self::hear), through a receive buffer of `room` bytes.
    pub(crate) fn hear_through(&mut self, octets: &[u8], room: usize) {
        let mut rest = octets;
        self.hear(b"");
        while !rest.is_empty() && self.closed.is_none() {
            assert!(self.window.len() < room, "more is wanted although the window is full");
            let (now, later) = rest.split_at(rest.len().min(room - self.window.len()));
            self.hear(now);
            rest = later;
        }
    }

    fn flush(&mut self) {
        self.said.extend_from_slice(self.tx.bytes());
        self.tx.clear();
    }

    fn deal(&mut self, event: Event<'_>) {
        let server = &mut self.server;
        let mut told = match &event {
            Event::Waiting => {
                self.flush();
                let kept = self.kept.take().expect("waiting without a kept ticket");
                return self.answer(kept);
            }
            event => format!("{event:?}"),
        };
        let kept = match event {
            Event::Login { credentials, reply } => {
                let name = server.user().expect("a login has a name").escape_ascii().to_string();
                let right = match credentials {
                    Credentials::Password(given) => {
                        told += &show(given.expose());
                        given.expose() == PASSWORD
                    }
                    Credentials::Apop(digest) => {
                        digest.matches(&ApopDigest::from_hex(DIGEST.as_bytes()).unwrap())
                    }
                };
                told += &name;
                Kept::Login((!right).then_some(name), self.held(reply))
            }
            Event::Auth { initial, reply, .. } => {
                let data = initial.map(decoded);
                told += &show(data.as_deref().unwrap_or(b"no response"));
                Kept::Sasl(data, self.held(reply))
            }
            Event::SaslResponse { data, reply } => {
                let data = decoded(data);
                told += &show(&data);
                Kept::Sasl(Some(data), self.held(reply))
            }
            Event::Retr { number: n, reply } | Event::Top { number: n, reply, .. } => {
                Kept::Body(n.get(), self.held(reply))
            }
            Event::Stls { reply } => Kept::Tls(self.held(reply)),
            Event::Quit { reply } | Event::Update { reply } => {
                if server.phase() == Phase::Transaction {
                    self.removed = Some(server.removals().map(|n| n.get()).collect());
                }
                Kept::Quit(self.held(reply))
            }
            event => {
                match event {
                    Event::Utf8 { reply } => reply.ok(server, &mut self.tx, "now in UTF-8: \u{e9}"),
                    Event::Lang { range, reply } if range == b"*" || range == b"es" => {
                        reply.ok(server, &mut self.tx, "es", "Espa\u{f1}ol");
                    }
                    Event::Lang { range, reply } => {
                        reply.err(server, &mut self.tx, None, &String::from_utf8_lossy(range));
                    }
                    Event::LangAll { reply } => {
                        let mut list = reply.begin(server, &mut self.tx, "languages");
                        list.item(&mut self.tx, "en", "English").unwrap();
                        list.item(&mut self.tx, "es", "Espa\u{f1}ol").unwrap();
                        list.end(server);
                    }
                    Event::Other { line, reply } => {
                        reply.ok(server, &mut self.tx, &String::from_utf8_lossy(line));
                    }
                    other => panic!("the maildrop handed out {other:?}"),
                }
                self.log.push(told);
                return;
            }
        };
        // The serial number of a ticket also counts the commands that the maildrop answered; it is the same
        // at every cut.
        self.log.push(told);
        if self.later { self.kept = Some(kept) } else { self.answer(kept) }
    }

    fn held<K: kind::Kind>(&mut self, reply: Ticket<K>) -> Ticket<K> {
        if self.later { reply.defer(&mut self.server) } else { reply }
    }

    fn answer(&mut self, kept: Kept) {
        let (server, tx) = (&mut self.server, &mut self.tx);
        match kept {
            Kept::Login(None, reply) => {
                reply.accept(server, tx, self.mailbox.clone(), "welcome");
            }
            Kept::Login(Some(name), reply) => reply.err(server, tx, Code::Auth, &name),
            Kept::Sasl(data, reply) => match data.as_deref() {
                None => reply.challenge(server, tx, b"").unwrap(),
                Some(b"good") => {
                    reply.accept(server, tx, self.mailbox.clone(), "welcome");
                }
                Some(more) if more.starts_with(b"more") => {
                    // A challenge that does not fit is refused by the session.
                    let _ = reply.challenge(server, tx, more);
                }
                Some(wrong) => reply.err(server, tx, None, &String::from_utf8_lossy(wrong)),
            },
            Kept::Body(n, reply) => {
                let mut body = reply.begin(server, tx, "message follows");
                let mut rest = &self.mailbox.messages[n as usize - 1][..];
                while body.fill(&mut rest, tx) == Fill::Flush {
                    self.said.extend_from_slice(tx.bytes());
                    tx.clear();
                }
                body.end(server);
            }
            Kept::Tls(reply) => reply.accept(server, tx),
            Kept::Quit(reply) => reply.ok(server, tx, "bye"),
        }
    }
}

pub(crate) fn decoded(data: Base64<'_>) -> Vec<u8> {
    let mut octets = vec![0; data.decoded_len()];
    data.decode(&mut octets).expect("checked").to_vec()
}

/// Base64 of RFC 4648 section 4, written without the code under test.
pub(crate) fn base64(data: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| -> String {
        let octet = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        let digit = |i: usize| ALPHABET[(bits >> (18 - 6 * i)) as usize & 63] as char;
        (0..4).map(|i| if i <= three.len() { digit(i) } else { '=' }).collect()
    };
    data.chunks(3).map(group).collect()
}

/// What a client reported about the bytes that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Event(String),
    /// The bytes of a message, joined, so that the cuts do not show in it.
    Data(Vec<u8>),
    Error(ProtocolError),
}

/// Shows `octets` in pieces of these sizes; `act` follows each event, before the next is asked for.
pub(crate) fn listen<const Q: usize>(
    client: &mut Client<Q>,
    octets: &[u8],
    sizes: &[usize],
    heard: &mut VecDeque<Heard>,
    mut act: impl FnMut(&mut Client<Q>, &client::Event<'_>),
) {
    let (mut rest, mut sizes, mut window) = (octets, sizes.iter().cycle(), Vec::new());
    loop {
        let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        window.extend_from_slice(now);
        rest = later;
        let mut unread = &window[..];
        while hear_one(client, &mut unread, true, heard, &mut act) {}
        let used = window.len() - unread.len();
        window.drain(..used);
        if rest.is_empty() {
            return;
        }
    }
}

/// As [`listen`], through a receive buffer of `room` bytes, and without a call of `poll`.
pub(crate) fn listen_through<const Q: usize>(
    client: &mut Client<Q>,
    octets: &[u8],
    room: usize,
    heard: &mut VecDeque<Heard>,
    mut act: impl FnMut(&mut Client<Q>, &client::Event<'_>),
) {
    let (mut rest, mut window) = (octets, Vec::new());
    loop {
        let (now, later) = rest.split_at(rest.len().min(room - window.len()));
        window.extend_from_slice(now);
        rest = later;
        let mut unread = &window[..];
        while hear_one(client, &mut unread, false, heard, &mut act) {}
        let used = window.len() - unread.len();
        window.drain(..used);
        let over = matches!(client.receive(&mut &b""[..]), Ok(client::Event::Closed) | Err(_));
        if rest.is_empty() || over {
            return;
        }
        assert!(window.len() < room, "more is wanted although the window is full");
    }
}

/// `false` when more input is wanted, or none ever.
fn hear_one<const Q: usize>(
    client: &mut Client<Q>,
    unread: &mut &[u8],
    polls: bool,
    heard: &mut VecDeque<Heard>,
    act: &mut impl FnMut(&mut Client<Q>, &client::Event<'_>),
) -> bool {
    let need = polls.then(|| client.poll(&mut *unread));
    let event = client.receive(&mut *unread);
    let input = matches!(event, Ok(client::Event::NeedInput));
    assert!(need.is_none_or(|need| (need == client::Need::Input) == input), "poll lied about {event:?}");
    let one = match event {
        Ok(client::Event::NeedInput) => return false,
        Ok(client::Event::Reply { part: Part::Data(octets), .. }) => {
            assert!(!octets.is_empty(), "empty data");
            if let Some(Heard::Data(all)) = heard.back_mut() {
                all.extend_from_slice(octets);
                return true;
            }
            Heard::Data(octets.to_vec())
        }
        Ok(event) => {
            act(client, &event);
            match event {
                client::Event::Reply { id, part: Part::Challenge(data), .. } => {
                    Heard::Event(format!("{id:?} {}", show(&decoded(data))))
                }
                client::Event::Reply { id, part, .. } => Heard::Event(format!("Reply({id:?}, {part:?})")),
                event => Heard::Event(format!("{event:?}")),
            }
        }
        Err(error) => Heard::Error(error),
    };
    let over = matches!(event, Ok(client::Event::Closed) | Err(_));
    if !over || heard.back() != Some(&one) {
        heard.push_back(one);
    }
    !over
}
