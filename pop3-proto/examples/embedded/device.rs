//! The whole device: a POP3 server and a POP3 client in fixed arrays, without heap, operating system or
//! panic.
//!
//! A real device moves octets between [`Wire`] and its network; see `main.rs`.

use core::time::Duration;

use pop3_proto::client::{self, Client, Part, Profile, ProtocolError};
use pop3_proto::dot::wire_size;
use pop3_proto::server::{Body, Config, Credentials, Event, Fill, Index, Reason, Server, Words};
use pop3_proto::{Code, Command, FixedBuf, Limits, MsgNo, Secret, Security, Time, Uid};

/// Octets of the receive buffers: room for the longest command line, and to spare.
pub(crate) const RX: usize = 512;
/// Octets of the send buffers: the least that a session accepts.
pub(crate) const TX: usize = 512;

/// What the device offers. The link is taken to be private, so a login in clear is allowed.
pub(crate) static CONFIG: Config = {
    let mut config = Config::new();
    config.greeting = Words::new("sensor ready");
    config.limits = Limits::for_window(RX);
    config.allow_plaintext_login = true;
    config
};

/// The log of the device, as messages in flash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flash(pub &'static [&'static [u8]]);

impl Flash {
    fn message(&self, n: MsgNo) -> &'static [u8] {
        self.0.get(n.index()).copied().unwrap_or_default()
    }
}

impl Index for Flash {
    fn len(&self) -> u32 {
        self.0.len() as u32
    }

    fn octets(&self, n: MsgNo) -> u64 {
        wire_size(self.message(n))
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        const fn id(text: &[u8]) -> Uid<'_> {
            match Uid::new(text) {
                Some(uid) => uid,
                None => panic!("at compile time only"),
            }
        }
        const IDS: [Uid<'_>; 8] = [
            id(b"log-1"),
            id(b"log-2"),
            id(b"log-3"),
            id(b"log-4"),
            id(b"log-5"),
            id(b"log-6"),
            id(b"log-7"),
            id(b"log-8"),
        ];
        const LAST: Uid<'_> = id(b"log-9");
        IDS.get(n.index()).copied().unwrap_or(LAST)
    }
}

/// What one side wants from its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// Send what is to be sent, then receive; come back at this time at the latest, if there is one.
    Input(Option<Time>),
    /// Send what is to be sent, and come back.
    Output,
    /// Send what is to be sent, and hang up.
    End,
}

/// The two buffers between a session and its network.
#[derive(Debug)]
pub(crate) struct Wire {
    rx: FixedBuf<RX>,
    tx: FixedBuf<TX>,
}

impl Wire {
    const fn new() -> Self {
        Self { rx: FixedBuf::new(), tx: FixedBuf::new() }
    }

    /// Where received octets go; say how many came with [`received`](Self::received).
    pub(crate) fn receive_into(&mut self) -> &mut [u8] {
        self.rx.space()
    }

    /// That many octets were received.
    pub(crate) fn received(&mut self, n: usize) {
        self.rx.commit(n);
    }

    /// What is to be sent; say how much went with [`sent`](Self::sent).
    pub(crate) fn to_send(&self) -> &[u8] {
        self.tx.bytes()
    }

    /// That many octets were sent.
    pub(crate) fn sent(&mut self, n: usize) {
        self.tx.consume(n);
    }
}

/// One connection of the server.
#[derive(Debug)]
pub(crate) struct Pop3Server {
    server: Server<&'static Config, Flash, [u8; 1]>,
    flash: Flash,
    /// A message on its way out: what is left of it.
    sending: Option<(Body, &'static [u8])>,
    pub(crate) wire: Wire,
}

impl Pop3Server {
    /// For a connection that was just accepted.
    pub(crate) const fn new(flash: Flash) -> Self {
        Self { server: Server::new(&CONFIG, Security::Plain), flash, sending: None, wire: Wire::new() }
    }

    /// Does all that can be done with what was received.
    pub(crate) fn run(&mut self, now: Time) -> Wants {
        self.server.handle_timeout(now);
        loop {
            if let Some((mut body, mut rest)) = self.sending.take() {
                if body.fill(&mut rest, &mut self.wire.tx) == Fill::Flush {
                    self.sending = Some((body, rest));
                    return Wants::Output;
                }
                body.end(&mut self.server);
            }
            match self.server.receive(now, self.wire.rx.unread(), &mut self.wire.tx) {
                Event::NeedInput => return Wants::Input(self.server.poll_timeout()),
                Event::NeedOutput => return Wants::Output,
                Event::Closed(_) => return Wants::End,
                Event::Login { credentials: Credentials::Password(password), reply } => {
                    if self.server.user() == Some(b"sensor") && same(password, b"s3cret pass") {
                        let (tx, mail, marks) = (&mut self.wire.tx, self.flash, [0]);
                        // With more messages than marks the server has refused the login by itself.
                        let _ = reply.accept_with(&mut self.server, tx, mail, marks, "welcome");
                    } else {
                        reply.err(&mut self.server, &mut self.wire.tx, Code::Auth, "wrong name or password");
                    }
                }
                Event::Retr { number, reply } | Event::Top { number, reply, .. } => {
                    let body = reply.begin(&mut self.server, &mut self.wire.tx, "message follows");
                    self.sending = Some((body, self.flash.message(number)));
                }
                // Flash cannot forget: say so, and remove nothing.
                Event::Update { reply } => {
                    reply.err(
                        &mut self.server,
                        &mut self.wire.tx,
                        Code::SysPerm,
                        "messages cannot be removed",
                    );
                }
                Event::Quit { reply } => reply.ok(&mut self.server, &mut self.wire.tx, "bye"),
                // Not used: refused with -ERR by the next call.
                _ => {}
            }
        }
    }

    /// Whether the session ended by QUIT.
    pub(crate) fn ended_well(&mut self, now: Time) -> bool {
        let event = self.server.receive(now, self.wire.rx.unread(), &mut self.wire.tx);
        matches!(event, Event::Closed(Reason::Quit))
    }
}

/// Compares without telling where the first difference is.
fn same(given: Secret<'_>, expected: &[u8]) -> bool {
    let given = given.expose();
    let differences = given.iter().zip(expected).fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == expected.len() && core::hint::black_box(differences) == 0
}

/// One connection of the client: logs in, asks for every message, and adds up what it gets.
#[derive(Debug)]
pub(crate) struct Pop3Client {
    session: Client<4>,
    step: Step,
    count: u32,
    octets: u64,
    pub(crate) wire: Wire,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Start,
    User,
    Pass,
    Capa,
    Stat,
    /// RETR of every message up to `count`; this many were asked for.
    Retr(u32),
    Quit,
    Refused,
}

impl Pop3Client {
    /// For a connection that was just made.
    pub(crate) const fn new() -> Self {
        Self {
            session: Client::with_queue(Profile::LENIENT, Security::Plain)
                .with_limits(Limits::for_window(RX)),
            step: Step::Start,
            count: 0,
            octets: 0,
            wire: Wire::new(),
        }
    }

    /// Messages and octets that came.
    pub(crate) fn result(&self) -> (u32, u64) {
        (self.count, self.octets)
    }

    /// Does all that can be done with what was received.
    pub(crate) fn run(&mut self) -> Result<Wants, ProtocolError> {
        loop {
            match self.session.receive(self.wire.rx.unread())? {
                client::Event::NeedInput => return Ok(Wants::Input(None)),
                client::Event::Closed => return Ok(Wants::End),
                client::Event::Reply { part: Part::Data(octets), .. } => {
                    self.octets = self.octets.saturating_add(octets.len() as u64);
                    continue;
                }
                client::Event::Reply { part: Part::Stat(stat), .. } => {
                    self.count = u32::try_from(stat.count).unwrap_or(u32::MAX);
                }
                // A server from before CAPA refuses it; that is no reason to go.
                client::Event::Reply { part: Part::Err(_), .. } if self.step == Step::Capa => {}
                client::Event::Reply { part: Part::Err(_) | Part::UnreadableReply(_), .. } => {
                    self.step = Step::Refused;
                }
                client::Event::Greeting(_) | client::Event::Reply { last: true, .. } => {}
                _ => continue,
            }
            self.send_next();
        }
    }

    /// Sends as much as may be on the way at once.
    fn send_next(&mut self) {
        while self.session.can_send() {
            let (command, next) = match self.step {
                Step::Start => (Command::User(b"sensor"), Step::User),
                Step::User => (Command::Pass(Secret::new(b"s3cret pass")), Step::Pass),
                Step::Pass => (Command::Capa, Step::Capa),
                Step::Capa => (Command::Stat, Step::Stat),
                Step::Stat if !self.session.is_idle() => return,
                Step::Stat => {
                    self.step = Step::Retr(0);
                    continue;
                }
                Step::Retr(done) => {
                    match done.checked_add(1).filter(|n| *n <= self.count).and_then(MsgNo::new) {
                        Some(n) => (Command::Retr(n), Step::Retr(n.get())),
                        None => (Command::Quit, Step::Quit),
                    }
                }
                Step::Refused => (Command::Quit, Step::Quit),
                Step::Quit => return,
            };
            if self.session.send(&command, &mut self.wire.tx).is_err() {
                return;
            }
            self.step = next;
        }
    }
}

impl Default for Pop3Client {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs both against each other over a wire of `cut` octets at a time; `None` if they get nowhere.
pub(crate) fn talk(server: &mut Pop3Server, client: &mut Pop3Client, cut: usize) -> Option<(u32, u64)> {
    for tick in 0..1_000_000 {
        let now = Time::ZERO.after(Duration::from_millis(tick));
        let served = server.run(now);
        let n = carry(server.wire.to_send(), client.wire.receive_into(), cut);
        server.wire.sent(n);
        client.wire.received(n);
        let fetched = client.run().ok()?;
        let back = carry(client.wire.to_send(), server.wire.receive_into(), cut);
        client.wire.sent(back);
        server.wire.received(back);
        if fetched == Wants::End && served == Wants::End {
            return server.ended_well(now).then(|| client.result());
        }
    }
    None
}

fn carry(from: &[u8], to: &mut [u8], cut: usize) -> usize {
    let n = from.len().min(to.len()).min(cut);
    if let (Some(from), Some(to)) = (from.get(..n), to.get_mut(..n)) {
        to.copy_from_slice(from);
    }
    n
}
