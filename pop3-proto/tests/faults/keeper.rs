//! The server: it answers one command at a time, and removes messages at QUIT alone.

use pop3_proto::Time;
use pop3_proto::server::{Config, Event, Fill, Server};

use crate::maildrop::{Maildrop, Snapshot};
use crate::random::Random;

/// What QUIT does and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Whole,
    /// Every second message is removed, and the answer is `-ERR`.
    Half,
    /// Nothing is removed, and the answer is `-ERR`.
    None,
    /// Nothing is removed, and the answer is `+OK`.
    Untrue,
}

pub(crate) struct Keeper<'c> {
    server: Server<&'c Config, Snapshot>,
    window: Vec<u8>,
    removal: Removal,
    /// The line that replaces the first line of the nth answer.
    pub(crate) garbage: Option<(usize, &'static str)>,
    answers: usize,
    pub(crate) closed: bool,
}

impl<'c> Keeper<'c> {
    pub(crate) fn new(config: &'c Config, removal: Removal) -> Self {
        Self {
            server: Server::new(config, pop3_proto::Security::Plain),
            window: Vec::new(),
            removal,
            garbage: None,
            answers: 0,
            closed: false,
        }
    }

    /// How many answers were given, the greeting included.
    pub(crate) const fn answers(&self) -> usize {
        self.answers
    }

    /// The answers to these bytes.
    pub(crate) fn hear(
        &mut self,
        octets: &[u8],
        now: Time,
        maildrop: &mut Maildrop,
        random: &mut Random,
    ) -> Vec<u8> {
        let mut said = Vec::new();
        if self.answers == 0 {
            self.answer(b"", now, maildrop, random, &mut said);
        }
        self.window.extend_from_slice(octets);
        while let Some(end) = self.window.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.window.drain(..=end).collect();
            self.answer(&line, now, maildrop, random, &mut said);
        }
        said
    }

    fn answer(
        &mut self,
        line: &[u8],
        now: Time,
        maildrop: &mut Maildrop,
        random: &mut Random,
        said: &mut Vec<u8>,
    ) {
        if self.closed {
            return;
        }
        let (mut unread, mut out) = (line, Vec::new());
        let server = &mut self.server;
        loop {
            match server.receive(now, &mut unread, &mut out) {
                Event::NeedInput => break,
                Event::NeedOutput => panic!("an answer is too long for one output"),
                Event::Closed(_) => {
                    self.closed = true;
                    break;
                }
                Event::Login { reply, .. } => {
                    reply.accept(server, &mut out, maildrop.open(random), "welcome");
                }
                Event::Retr { number: n, reply } | Event::Top { number: n, reply, .. } => {
                    let text = server.index().unwrap().text(n);
                    let mut body = reply.begin(server, &mut out, "");
                    assert_eq!(body.fill(&mut text.as_bytes(), &mut out), Fill::Done);
                    body.end(server);
                }
                Event::Quit { reply } => {
                    assert_eq!(server.removals().count(), 0);
                    reply.ok(server, &mut out, "bye");
                }
                Event::Update { reply } => {
                    let shown = server.index().unwrap();
                    let marked: Vec<u32> = server.removals().map(|n| shown.mail[n.index()].serial).collect();
                    let removed: Vec<_> = match self.removal {
                        Removal::Whole => marked,
                        Removal::Half => marked.into_iter().step_by(2).collect(),
                        Removal::None | Removal::Untrue => Vec::new(),
                    };
                    maildrop.delete(&removed);
                    match self.removal {
                        Removal::Whole | Removal::Untrue => reply.ok(server, &mut out, "bye"),
                        _ => reply.err(server, &mut out, None, "some deleted messages not removed"),
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        if let Some((_, garbage)) = self.garbage.filter(|(nth, _)| *nth == self.answers) {
            let end = out.iter().position(|b| *b == b'\n').map_or(out.len(), |end| end + 1);
            out.splice(..end, garbage.bytes());
        }
        self.answers += 1;
        said.append(&mut out);
    }
}
