//! The server of this crate as the peer: it keeps to every row.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use pop3_proto::conformance::{Door, End, Endpoint, Given, Link, TlsFacts};
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::sasl::scram::{Hash, Keys};
use pop3_proto::sasl::server::{Answer, Engine as _, Exchange, Step};
use pop3_proto::sasl::{Binding, Channel, Nonce, prepare};
use pop3_proto::server::{Config, Credentials, Domain, Event, Fill, Server, Ticket, kind};
use pop3_proto::{
    Base64, Code, Expire, GrowBuf, LoginDelay, Mechanism, MsgNo, Outbox, Secret, Security, Time,
};

use crate::store::{CORPUS, Mail, Open, Store};

pub(crate) const USER: &str = "tester";
pub(crate) const PASSWORD: &str = "Kw7-zebra9Q";
pub(crate) const EMPTY_USER: &str = "nobody-writes";
pub(crate) const TOKEN: &str = "good-token-1939";
/// With a ligature, which SASLprep takes apart.
pub(crate) const PREP_USER: &str = "prepared";
pub(crate) const PREP_PASSWORD: &str = "\u{fb01}sh-Kw7-zebra9Q";
pub(crate) const SPACED_USER: &str = "two words";
pub(crate) const RUN: u16 = 0x5f2a;

thread_local! {
    /// The keys of all users, made once: that takes its time.
    static KEYS: Rc<[Keys; 4]> = Rc::new([
        (Hash::Sha1, PASSWORD), (Hash::Sha256, PASSWORD), (Hash::Sha1, PREP_PASSWORD), (Hash::Sha256, PREP_PASSWORD),
    ].map(|(hash, password)| Keys::derive(hash, password, b"salt of the user", 4096).unwrap()));
}

struct Session {
    server: Server<Rc<Config>, Open>,
    exchange: Exchange<Vec<u8>>,
    rx: GrowBuf,
    out: Vec<u8>,
    ended: bool,
    secured: bool,
    /// TLS is asked for and not there.
    waits: bool,
}

/// The server with all of its connections.
pub(crate) struct Honest {
    pub(crate) store: Rc<Store>,
    pub(crate) config: Rc<Config>,
    /// What a handshake with it shows.
    pub(crate) tls: TlsFacts,
    /// The client has the certificate of the user.
    pub(crate) certified: bool,
    sessions: BTreeMap<Link, Session>,
    unique: u64,
    keys: Rc<[Keys; 4]>,
}

pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config.stls = true;
    config.allow_plaintext_login = true;
    config.strict_commands = true;
    config.apop = Domain::new("pop.example.com");
    config.utf8 = true;
    config.utf8_user = true;
    config.login_time = Duration::MAX;
    config.lang = true;
    config.auth_resp_code = true;
    config.login_delay = Some(LoginDelay { seconds: 0, per_user: false });
    config.expire = Some(Expire { days: None, per_user: false });
    config.mechanisms = [
        Mechanism::PLAIN,
        Mechanism::LOGIN,
        Mechanism::CRAM_MD5,
        Mechanism::SCRAM_SHA_1,
        Mechanism::SCRAM_SHA_256,
        Mechanism::SCRAM_SHA_1_PLUS,
        Mechanism::SCRAM_SHA_256_PLUS,
        Mechanism::OAUTHBEARER,
        Mechanism::XOAUTH2,
    ]
    .into_iter()
    .collect();
    config
}

impl Honest {
    pub(crate) fn new(config: Config) -> Self {
        let store = Store::default();
        store.mail.borrow_mut().insert(USER.into(), CORPUS.with(Clone::clone));
        for user in [EMPTY_USER, PREP_USER, SPACED_USER] {
            store.mail.borrow_mut().insert(user.into(), Vec::new());
        }
        Self {
            store: Rc::new(store),
            config: Rc::new(config),
            tls: TlsFacts {
                version: "TLSv1_3".into(),
                exporter: Some(EXPORTER.into()),
                ..TlsFacts::default()
            },
            certified: false,
            sessions: BTreeMap::new(),
            unique: 0,
            keys: KEYS.with(Rc::clone),
        }
    }

    /// One that offers EXTERNAL, as if the client had the certificate of the user.
    pub(crate) fn certified() -> Self {
        let mut config = config();
        config.mechanisms = config.mechanisms.with(Mechanism::EXTERNAL);
        let mut honest = Self::new(config);
        honest.certified = true;
        honest.tls.asked_certificate = true;
        honest
    }

    fn start(&mut self, link: Link, security: Security, now: Time) {
        self.unique += 1;
        let server = Server::new(self.config.clone(), security).with_apop([1939, self.unique]);
        let session = Session {
            server,
            exchange: Exchange::new(Vec::new()),
            rx: GrowBuf::new(),
            out: Vec::new(),
            ended: false,
            secured: security == Security::Tls,
            waits: false,
        };
        self.sessions.insert(link, session);
        self.pump(link, now);
    }

    /// Lets the server work until it needs input.
    fn pump(&mut self, link: Link, now: Time) {
        let Some(mut session) = self.sessions.remove(&link) else { return };
        let mut tx = Outbox::new();
        while !session.ended && !session.waits {
            let Session { server, rx, exchange, out, secured, .. } = &mut session;
            match server.receive(now, rx.unread(), &mut tx) {
                Event::NeedInput => break,
                Event::NeedOutput => {}
                Event::Login { credentials, reply } => {
                    let name = server.user().map(<[u8]>::to_vec).unwrap_or_default();
                    // The full address is the same user.
                    let name = name.strip_suffix(b"@pop.example.com").unwrap_or(&name);
                    let user = String::from_utf8_lossy(name).into_owned();
                    let known = if user == PREP_USER { PREP_PASSWORD } else { PASSWORD };
                    let password = self.store.mail.borrow().contains_key(&user).then_some(known);
                    let secret = password.map(|password| Secret::new(password.as_bytes()));
                    let good = match credentials {
                        Credentials::Password(given) => {
                            let given = std::str::from_utf8(given.expose()).ok().and_then(prepare);
                            let known = password.and_then(prepare);
                            given.zip(known).is_some_and(|(given, known)| *given == *known)
                        }
                        Credentials::Apop(digest) => server.apop_matches(&digest, secret),
                    };
                    self.admit(good.then_some(user.as_str()), reply, server, &mut tx);
                }
                Event::Auth { mechanism, initial, reply } => {
                    *exchange = Exchange::new(vec![0; SASL_MEMORY]);
                    self.unique += 1;
                    let mut random = [7; 18];
                    random[..8].copy_from_slice(&self.unique.to_le_bytes());
                    let bindings = [Binding { kind: "tls-exporter", data: EXPORTER }];
                    let mut channel = Channel::new("pop.example.com");
                    channel.authority = Some(("pop.example.com", 995));
                    channel.nonce = Some(Nonce::new(random));
                    channel.fake_key = b"a key that is only known to this server";
                    channel.external = (self.certified && *secured).then_some(USER);
                    channel.bindings = if *secured { &bindings } else { &[] };
                    match exchange.start(mechanism, &channel) {
                        Ok(()) => self.step(exchange, initial, reply, server, &mut tx),
                        Err(why) => reply.err(server, &mut tx, Code::SysPerm, &why.to_string()),
                    }
                }
                Event::SaslResponse { data, reply } => {
                    self.step(exchange, Some(data), reply, server, &mut tx)
                }
                Event::Utf8 { reply } => reply.ok(server, &mut tx, "UTF-8"),
                Event::Lang { range, reply } => match range {
                    b"*" | b"en" => reply.ok(server, &mut tx, "en", "English"),
                    b"de" => reply.ok(server, &mut tx, "de", "Deutsch, schön"),
                    _ => reply.err(server, &mut tx, None, "no such language"),
                },
                Event::LangAll { reply } => {
                    let mut list = reply.begin(server, &mut tx, "languages");
                    for (tag, name) in [("en", "English"), ("de", "Deutsch")] {
                        list.item(&mut tx, tag, name).unwrap();
                    }
                    list.end(server);
                }
                Event::Stls { reply } => reply.accept(server, &mut tx),
                Event::Retr { number, reply } | Event::Top { number, reply, .. } => {
                    let text = server.index().map(|open| open.mail[number.index()].1.clone());
                    let mut body = reply.begin(server, &mut tx, "message follows");
                    let text = text.unwrap_or_default();
                    let mut rest = &text[..];
                    while body.fill(&mut rest, &mut tx) == Fill::Flush {
                        out.extend_from_slice(tx.bytes());
                        tx.clear();
                    }
                    body.end(server);
                }
                Event::Update { reply } => {
                    let numbers: Vec<MsgNo> = server.removals().collect();
                    if let Some(open) = server.index() {
                        let gone: Vec<Mail> = numbers.iter().map(|n| open.mail[n.index()].clone()).collect();
                        let mut all = self.store.mail.borrow_mut();
                        all.get_mut(&open.user)
                            .unwrap()
                            .retain(|(uid, _)| !gone.iter().any(|(id, _)| id == uid));
                        self.store.removed.borrow_mut().extend(gone);
                    }
                    reply.ok(server, &mut tx, "bye");
                }
                Event::Quit { reply } => reply.ok(server, &mut tx, "bye"),
                Event::Closed(_) => {
                    let waits = server.handover().is_some();
                    if !waits {
                        drop(server.close());
                    }
                    (session.waits, session.ended) = (waits, !waits);
                }
                _ => {}
            }
            session.out.extend_from_slice(tx.bytes());
            tx.clear();
        }
        session.out.extend_from_slice(tx.bytes());
        self.sessions.insert(link, session);
    }

    fn step(
        &self,
        exchange: &mut Exchange<Vec<u8>>,
        response: Option<Base64<'_>>,
        reply: Ticket<kind::Sasl>,
        server: &mut Server<Rc<Config>, Open>,
        tx: &mut Outbox,
    ) {
        let is_user = |name: &str| self.store.mail.borrow().contains_key(name);
        let mut step = exchange.step(response);
        loop {
            let answer = match step {
                Step::Challenge(data) => {
                    reply.challenge(server, tx, data).unwrap();
                    return;
                }
                Step::CheckPassword { name, password } => {
                    let known = if name == PREP_USER { PREP_PASSWORD } else { PASSWORD };
                    let known = prepare(known).unwrap();
                    Answer::Password(is_user(name) && password.matches(Secret::new(known.as_bytes())))
                }
                Step::FindSecret { name } => {
                    Answer::Secret(is_user(name).then_some(Secret::new(PASSWORD.as_bytes())))
                }
                Step::FindKeys { name, hash } => {
                    let at = usize::from(hash == Hash::Sha256) + if name == PREP_USER { 2 } else { 0 };
                    Answer::Keys(is_user(name).then_some(&self.keys[at]))
                }
                Step::CheckToken { token, .. } => {
                    let good = token.matches(Secret::new(TOKEN.as_bytes()));
                    Answer::Token(if good { Ok(USER) } else { Err(r#"{"status":"invalid_token"}"#) })
                }
                Step::Done { name } => {
                    let name = name.to_owned();
                    return self.admit(Some(&name), reply, server, tx);
                }
                _ => return self.admit(None, reply, server, tx),
            };
            step = exchange.answer(answer);
        }
    }

    fn admit<K: kind::Admits>(
        &self,
        user: Option<&str>,
        reply: Ticket<K>,
        server: &mut Server<Rc<Config>, Open>,
        tx: &mut Outbox,
    ) {
        let Some(user) = user else { return reply.err(server, tx, Code::Auth, "wrong name or password") };
        if self.store.locked.borrow_mut().insert(user.into(), true) == Some(true) && !self.store.shared.get()
        {
            return reply.err(server, tx, Code::InUse, "the maildrop is in use");
        }
        let mail = self.store.mail.borrow()[user].clone();
        reply.accept(server, tx, Open { store: self.store.clone(), user: user.into(), mail }, "welcome");
    }
}

/// What both ends know of the TLS channel.
const EXPORTER: &[u8] = b"thirty-two octets of the channel";

impl Endpoint for Honest {
    fn open(&mut self, link: Link, door: Door, now: Time) -> bool {
        if door == Door::Clear {
            self.start(link, Security::Plain, now);
        }
        true
    }

    fn take(&mut self, link: Link, octets: &[u8], now: Time) {
        let mut rest = octets;
        while let Some(session) = self.sessions.get_mut(&link)
            && !session.ended
            && !rest.is_empty()
        {
            // What was sent in clear after STLS would be a broken handshake.
            if session.waits {
                session.ended = true;
                return;
            }
            let space = session.rx.space();
            let n = rest.len().min(space.len());
            assert!(n > 0, "the server leaves no room for input");
            space[..n].copy_from_slice(&rest[..n]);
            session.rx.commit(n);
            rest = &rest[n..];
            self.pump(link, now);
        }
    }

    fn give(&mut self, link: Link, now: Time) -> Given {
        if let Some(session) = self.sessions.get_mut(&link)
            && session.server.poll_timeout().is_some_and(|at| at <= now)
        {
            session.server.handle_timeout(now);
        }
        self.pump(link, now);
        let Some(session) = self.sessions.get_mut(&link) else { return Given::Nothing };
        match core::mem::take(&mut session.out) {
            out if !out.is_empty() => Given::Octets(out),
            _ if session.ended => Given::Closed(End::Fin),
            _ => Given::Nothing,
        }
    }

    fn secure(&mut self, link: Link, now: Time) -> Option<TlsFacts> {
        match self.sessions.get_mut(&link) {
            None => self.start(link, Security::Tls, now),
            Some(session) => {
                // Octets that came in clear after STLS end the connection.
                let handover = session.server.handover().filter(|_| session.rx.is_empty() && !session.ended);
                let Some(handover) = handover else {
                    session.ended = true;
                    return None;
                };
                session.server = Server::secured(handover, b"").ok()?;
                (session.waits, session.secured) = (false, true);
                self.pump(link, now);
            }
        }
        Some(self.tls.clone())
    }

    fn close(&mut self, link: Link, end: End, now: Time) {
        if end == End::HalfFin {
            self.pump(link, now);
            if let Some(session) = self.sessions.get_mut(&link) {
                session.ended = true;
            }
        } else {
            self.sessions.remove(&link);
        }
    }

    fn deliver(&mut self, message: &[u8]) -> bool {
        self.store.arrived.set(self.store.arrived.get() + 1);
        let uid = format!("late-{}", self.store.arrived.get());
        self.store.mail.borrow_mut().get_mut(USER).unwrap().push((uid, Rc::new(message.to_vec())));
        true
    }
}

impl Honest {
    /// Whether somebody is logged in there.
    pub(crate) fn is_logged_in(&self, link: Link) -> bool {
        self.sessions.get(&link).is_some_and(|session| session.server.index().is_some())
    }
}
