//! The embedder of a server under test.

use std::collections::VecDeque;

use pop3_proto::maildrop::{Index, Maildrop};
use pop3_proto::server::{Credentials, Event, Phrase, Server, Ticket, kind};
use pop3_proto::{ApopDigest, Code, MsgNo, Time, Uid};

use crate::common::{Mailbox, unescape};
use crate::script::{Script, code_and_text};

pub(crate) struct Host<'s> {
    pub(crate) script: &'s Script<'s>,
    pub(crate) sasl: VecDeque<&'s str>,
    pub(crate) stock: Stock,
    /// A stored message is read in pieces of so many octets.
    pub(crate) piece: usize,
    pub(crate) drop: Maildrop<Stock, Vec<u8>>,
    pub(crate) later: bool,
    pub(crate) kept: Option<Kept>,
    pub(crate) removed: Option<Vec<u32>>,
    pub(crate) closed: Option<String>,
}

/// A mailbox, and which of its messages only a client in UTF-8 mode may have.
#[derive(Clone)]
pub(crate) struct Stock {
    pub(crate) mailbox: Mailbox,
    pub(crate) needs_utf8: Vec<u32>,
}

impl Index for Stock {
    fn len(&self) -> u32 {
        self.mailbox.len()
    }

    fn octets(&self, n: MsgNo) -> u64 {
        self.mailbox.octets(n)
    }

    fn needs_utf8(&self, n: MsgNo) -> bool {
        self.needs_utf8.contains(&n.get())
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        self.mailbox.uid(n)
    }
}

/// Part of what a session says by itself, in another language.
fn german(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::SendPass => "weiter mit PASS",
        Phrase::CapabilityList => "es folgen die Fähigkeiten",
        Phrase::LoginFirst => "erst anmelden",
        Phrase::NoSuchMessage => "keine solche Nachricht",
        Phrase::Message => "Nachricht",
        Phrase::Deleted => "gelöscht",
        Phrase::Messages => "Nachrichten",
        Phrase::Octets => "Oktette",
        other => other.english(),
    }
}

pub(crate) enum Kept {
    Login(bool, Ticket<kind::Login>),
    Sasl(Ticket<kind::Sasl>),
    Body(u32, Ticket<kind::Body>),
    Quit(Ticket<kind::Quit>),
}

impl Host<'_> {
    pub(crate) fn run(
        &mut self,
        session: &mut Server<'_>,
        now: Time,
        window: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) {
        loop {
            let mut unread = &window[..];
            let mut tx = Vec::new();
            let event = self.drop.receive(session, now, &mut unread, &mut tx);
            match event {
                Event::NeedInput => {
                    out.append(&mut tx);
                    let used = window.len() - unread.len();
                    window.drain(..used);
                    return;
                }
                Event::NeedOutput => {}
                Event::Waiting => {
                    let kept = self.kept.take().expect("waiting without a kept ticket");
                    self.answer(kept, session, &mut tx);
                }
                Event::Closed(reason) => {
                    out.append(&mut tx);
                    self.closed = Some(format!("{reason:?}"));
                    return;
                }
                Event::Login { credentials, reply } => {
                    let good = self.is_right(session.user(), credentials);
                    let reply = if self.later { reply.defer(session) } else { reply };
                    self.keep_or_answer(Kept::Login(good, reply), session, &mut tx);
                }
                Event::Auth { reply, .. } | Event::SaslResponse { reply, .. } => {
                    let reply = if self.later { reply.defer(session) } else { reply };
                    self.keep_or_answer(Kept::Sasl(reply), session, &mut tx);
                }
                Event::Retr(n, reply) | Event::Top { number: n, reply, .. } => {
                    let reply = if self.later { reply.defer(session) } else { reply };
                    self.keep_or_answer(Kept::Body(n.get(), reply), session, &mut tx);
                }
                Event::Quit { update, reply } => {
                    if update {
                        self.removed = Some(self.drop.removals().map(|n| n.get()).collect());
                    }
                    let reply = if self.later { reply.defer(session) } else { reply };
                    self.keep_or_answer(Kept::Quit(reply), session, &mut tx);
                }
                Event::Stls(reply) => reply.accept(session, &mut tx),
                Event::Utf8(reply) => reply.ok(session, &mut tx, "UTF8 enabled"),
                Event::Lang(range, reply) => {
                    let range = String::from_utf8(range.to_vec()).unwrap();
                    match range.as_str() {
                        "de" if self.script.has("speak", "de") => {
                            session.set_phrases(german);
                            reply.ok(session, &mut tx, "de", "Sprache geändert");
                        }
                        "en" if self.script.has("speak", "de") => {
                            session.set_phrases(Phrase::english);
                            reply.ok(session, &mut tx, "en", "language changed");
                        }
                        "es" | "*" => reply.ok(session, &mut tx, "es", "Idioma cambiado"),
                        "sv" => reply.ok(session, &mut tx, "sv", "Kommandot \"LANG\" lyckades"),
                        _ => reply.err(session, &mut tx, None, &format!("invalid language {range}")),
                    }
                }
                Event::LangAll(reply) => {
                    let mut list = reply.begin(session, &mut tx, "Language listing follows:");
                    list.item(&mut tx, "en", "English").unwrap();
                    list.item(&mut tx, "es", "Espanol").unwrap();
                    list.end(session);
                }
                Event::Other { line, reply } if line.starts_with(b"X") => {
                    reply.ok(session, &mut tx, "extended")
                }
                Event::Other { line: b"*ENV 1", reply } => {
                    let mut body = reply.begin(session, &mut tx, "envelope follows");
                    body.fill(&mut &b"mrose@example.com\n.\n"[..], &mut tx);
                    body.end(session);
                }
                _ => {}
            }
            out.append(&mut tx);
            let used = window.len() - unread.len();
            window.drain(..used);
        }
    }

    fn is_right(&self, user: Option<&[u8]>, credentials: Credentials<'_>) -> bool {
        match credentials {
            Credentials::Apop(digest) => self
                .script
                .values("digest")
                .any(|right| ApopDigest::from_hex(right.as_bytes()).unwrap().matches(&digest)),
            Credentials::Password(given) => self.script.values("user").any(|line| {
                let (name, password) = line.split_once(' ').unwrap();
                user == Some(&unescape(name)[..]) && given.expose() == unescape(password)
            }),
        }
    }

    fn keep_or_answer(&mut self, kept: Kept, session: &mut Server<'_>, out: &mut Vec<u8>) {
        if self.later {
            self.kept = Some(kept);
        } else {
            self.answer(kept, session, out);
        }
    }

    fn answer(&mut self, kept: Kept, session: &mut Server<'_>, out: &mut Vec<u8>) {
        match kept {
            Kept::Login(false, reply) => reply.err(session, out, Code::Auth, "invalid"),
            Kept::Login(true, reply) => match self.script.value("login-error") {
                Some(value) => {
                    let (code, text) = code_and_text(value);
                    reply.err(session, out, code, text);
                }
                None => {
                    self.open(session);
                    reply.accept(session, out, "maildrop ready");
                }
            },
            Kept::Sasl(reply) => {
                let line = self.sasl.pop_front().expect("AUTH without a `sasl:` line");
                match line.split_once(' ').unwrap_or((line, "")) {
                    ("+", text) => reply.challenge(session, out, &unescape(text)).unwrap(),
                    ("ok", text) => {
                        self.open(session);
                        reply.accept(session, out, text);
                    }
                    ("err", value) => {
                        let (code, text) = code_and_text(value);
                        reply.err(session, out, code, text);
                    }
                    _ => panic!("sasl: {line}"),
                }
            }
            Kept::Body(n, reply) => {
                let mail = &self.stock.mailbox.messages[n as usize - 1];
                let mut body = reply.begin(session, out, "message follows");
                for mut piece in mail.chunks(self.piece) {
                    body.fill(&mut piece, out);
                    assert_eq!(piece, b"", "a vector has room for all");
                }
                body.end(session);
            }
            Kept::Quit(reply) => match self.script.value("quit-error") {
                Some(value) => {
                    let (code, text) = code_and_text(value);
                    reply.err(session, out, code, text);
                }
                None => reply.ok(session, out, "bye"),
            },
        }
    }

    fn open(&mut self, session: &mut Server<'_>) {
        if let Some(seconds) = self.script.value("own-login-delay") {
            session.set_login_delay(seconds.parse().unwrap());
        }
        if let Some(days) = self.script.value("own-expire") {
            session.set_expire((days != "NEVER").then(|| days.parse().unwrap()));
        }
        if !self.script.has("set", "no_maildrop") {
            self.drop.open(self.stock.clone());
        }
        if self.script.has("set", "read_only") {
            self.drop.read_only();
        }
    }
}
