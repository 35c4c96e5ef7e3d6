//! The server's end: it answers a command at a time, and removes messages at QUIT alone.

use pop3_proto::Time;
use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{Config, Event, Server};

use crate::luck::Luck;
use crate::post::{Post, Shown};

/// How QUIT goes.
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
    session: Server<'c>,
    drop: Maildrop<Shown, Vec<u8>>,
    window: Vec<u8>,
    removal: Removal,
    /// What stands in place of the first line of the nth answer.
    pub(crate) garbage: Option<(usize, &'static str)>,
    answers: usize,
    pub(crate) closed: bool,
}

impl<'c> Keeper<'c> {
    pub(crate) fn new(config: &'c Config<'c>, removal: Removal) -> Self {
        Self {
            session: Server::new(config, pop3_proto::Security::Plain),
            drop: Maildrop::closed(),
            window: Vec::new(),
            removal,
            garbage: None,
            answers: 0,
            closed: false,
        }
    }

    /// How many answers were given, the greeting counted.
    pub(crate) const fn answers(&self) -> usize {
        self.answers
    }

    /// The answers to what came in.
    pub(crate) fn hear(&mut self, octets: &[u8], now: Time, post: &mut Post, luck: &mut Luck) -> Vec<u8> {
        let mut said = Vec::new();
        if self.answers == 0 {
            self.answer(b"", now, post, luck, &mut said);
        }
        self.window.extend_from_slice(octets);
        while let Some(end) = self.window.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.window.drain(..=end).collect();
            self.answer(&line, now, post, luck, &mut said);
        }
        said
    }

    fn answer(&mut self, line: &[u8], now: Time, post: &mut Post, luck: &mut Luck, said: &mut Vec<u8>) {
        if self.closed {
            return;
        }
        let (mut unread, mut out) = (line, Vec::new());
        let session = &mut self.session;
        loop {
            match self.drop.receive(session, now, &mut unread, &mut out) {
                Event::NeedInput => break,
                Event::NeedOutput => panic!("an answer is too long for one output"),
                Event::Closed(_) => {
                    self.closed = true;
                    break;
                }
                Event::Login { reply, .. } => {
                    self.drop.open(post.open(luck));
                    reply.accept(session, &mut out, "welcome");
                }
                Event::Retr(n, reply) | Event::Top { number: n, reply, .. } => {
                    let text = self.drop.index().unwrap().text(n);
                    let mut body = reply.begin(session, &mut out, "");
                    body.fill(&mut text.as_bytes(), &mut out);
                    body.end(session);
                }
                Event::Quit { update, reply } => {
                    if !update {
                        reply.ok(session, &mut out, "bye");
                        continue;
                    }
                    let shown = self.drop.index().unwrap();
                    let marked = self.drop.removals().map(|n| shown.mail[n.index()].serial);
                    let removed: Vec<_> = match self.removal {
                        Removal::Whole => marked.collect(),
                        Removal::Half => marked.step_by(2).collect(),
                        Removal::None | Removal::Untrue => Vec::new(),
                    };
                    post.delete(&removed);
                    match self.removal {
                        Removal::Whole | Removal::Untrue => reply.ok(session, &mut out, "bye"),
                        _ => reply.err(session, &mut out, None, "some deleted messages not removed"),
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
