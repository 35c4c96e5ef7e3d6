//! The embedder of the server that transcripts test.

use std::collections::VecDeque;

use pop3_proto::server::{Config, Credentials, Event, Fill, Index, Phase, Phrase, Server, Ticket, kind};
use pop3_proto::testing::unescape;
use pop3_proto::{ApopDigest, Code, MsgNo, Time, Uid};

use crate::common::Mailbox;
use crate::settings::{Transcript, code_and_text};

pub(crate) type Served<'c> = Server<&'c Config, Stock>;

pub(crate) struct Host<'s> {
    pub(crate) script: &'s Transcript,
    pub(crate) sasl: VecDeque<&'s str>,
    pub(crate) stock: Stock,
    /// A stored message is read in pieces of this many bytes.
    pub(crate) piece: usize,
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

/// Some of the texts that a session writes by itself, in another language.
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
        server: &mut Served<'_>,
        now: Time,
        window: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) {
        loop {
            let mut unread = &window[..];
            let mut tx = Vec::new();
            let event = server.receive(now, &mut unread, &mut tx);
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
                    self.answer(kept, server, &mut tx);
                }
                Event::Closed(reason) => {
                    out.append(&mut tx);
                    self.closed = Some(format!("{reason:?}"));
                    return;
                }
                Event::Login { credentials, reply } => {
                    let good = self.is_right(server.user(), credentials);
                    let reply = if self.later { reply.defer(server) } else { reply };
                    self.keep_or_answer(Kept::Login(good, reply), server, &mut tx);
                }
                Event::Auth { reply, .. } | Event::SaslResponse { reply, .. } => {
                    let reply = if self.later { reply.defer(server) } else { reply };
                    self.keep_or_answer(Kept::Sasl(reply), server, &mut tx);
                }
                Event::Retr { number: n, reply } | Event::Top { number: n, reply, .. } => {
                    let reply = if self.later { reply.defer(server) } else { reply };
                    self.keep_or_answer(Kept::Body(n.get(), reply), server, &mut tx);
                }
                Event::Quit { reply } | Event::Update { reply } => {
                    if server.phase() == Phase::Transaction {
                        self.removed = Some(server.removals().map(|n| n.get()).collect());
                    }
                    let reply = if self.later { reply.defer(server) } else { reply };
                    self.keep_or_answer(Kept::Quit(reply), server, &mut tx);
                }
                Event::Stls { reply } => reply.accept(server, &mut tx),
                Event::Utf8 { reply } => reply.ok(server, &mut tx, "UTF8 enabled"),
                Event::Lang { range, reply } => {
                    let range = String::from_utf8(range.to_vec()).unwrap();
                    match range.as_str() {
                        "de" if self.script.has("speak", "de") => {
                            server.set_phrases(german);
                            reply.ok(server, &mut tx, "de", "Sprache geändert");
                        }
                        "en" if self.script.has("speak", "de") => {
                            server.set_phrases(Phrase::english);
                            reply.ok(server, &mut tx, "en", "language changed");
                        }
                        "es" | "*" => reply.ok(server, &mut tx, "es", "Idioma cambiado"),
                        "sv" => reply.ok(server, &mut tx, "sv", "Kommandot \"LANG\" lyckades"),
                        _ => reply.err(server, &mut tx, None, &format!("invalid language {range}")),
                    }
                }
                Event::LangAll { reply } => {
                    let mut list = reply.begin(server, &mut tx, "Language listing follows:");
                    list.item(&mut tx, "en", "English").unwrap();
                    list.item(&mut tx, "es", "Espanol").unwrap();
                    list.end(server);
                }
                Event::Other { line, reply } if line.starts_with(b"X") => {
                    reply.ok(server, &mut tx, "extended")
                }
                Event::Other { line: b"*ENV 1", reply } => {
                    let mut body = reply.begin(server, &mut tx, "envelope follows");
                    assert_eq!(body.fill(&mut &b"mrose@example.com\n.\n"[..], &mut tx), Fill::Done);
                    body.end(server);
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
                user == Some(&unescape(name).unwrap()[..]) && given.expose() == unescape(password).unwrap()
            }),
        }
    }

    fn keep_or_answer(&mut self, kept: Kept, server: &mut Served<'_>, out: &mut Vec<u8>) {
        if self.later {
            self.kept = Some(kept);
        } else {
            self.answer(kept, server, out);
        }
    }

    fn answer(&mut self, kept: Kept, server: &mut Served<'_>, out: &mut Vec<u8>) {
        match kept {
            Kept::Login(false, reply) => reply.err(server, out, Code::Auth, "invalid"),
            Kept::Login(true, reply) => match self.script.value("login-error") {
                Some(value) => {
                    let (code, text) = code_and_text(value);
                    reply.err(server, out, code, text);
                }
                None => {
                    let stock = self.open(server);
                    reply.accept(server, out, stock, "maildrop ready");
                    self.close_if_told(server);
                }
            },
            Kept::Sasl(reply) => {
                let line = self.sasl.pop_front().expect("AUTH without a `sasl:` line");
                match line.split_once(' ').unwrap_or((line, "")) {
                    ("+", text) => reply.challenge(server, out, &unescape(text).unwrap()).unwrap(),
                    ("ok", text) => {
                        let stock = self.open(server);
                        reply.accept(server, out, stock, text);
                    }
                    ("err", value) => {
                        let (code, text) = code_and_text(value);
                        reply.err(server, out, code, text);
                    }
                    _ => panic!("sasl: {line}"),
                }
            }
            Kept::Body(n, reply) => {
                let mail = &self.stock.mailbox.messages[n as usize - 1];
                let mut body = reply.begin(server, out, "message follows");
                for mut piece in mail.chunks(self.piece) {
                    assert_eq!(body.fill(&mut piece, out), Fill::Done, "a vector has room for all");
                }
                body.end(server);
            }
            Kept::Quit(reply) => match self.script.value("quit-error") {
                Some(value) => {
                    let (code, text) = code_and_text(value);
                    reply.err(server, out, code, text);
                }
                None => reply.ok(server, out, "bye"),
            },
        }
    }

    fn close_if_told(&self, server: &mut Served<'_>) {
        if self.script.has("set", "no_maildrop") {
            server.close();
        }
    }

    fn open(&mut self, server: &mut Served<'_>) -> Stock {
        if let Some(seconds) = self.script.value("own-login-delay") {
            server.set_login_delay(seconds.parse().unwrap());
        }
        if let Some(days) = self.script.value("own-expire") {
            server.set_expire((days != "NEVER").then(|| days.parse().unwrap()));
        }
        server.set_read_only(self.script.has("set", "read_only"));
        self.stock.clone()
    }
}
