//! The programs that have to bear a hostile server: a login, a download, and one command.

use pop3_proto::client::{Client, Event, Part, Profile};
use pop3_proto::fetch::{Fetch, FetchEvent, Progress as Stands, Record, Rules, Summary};
use pop3_proto::login::{Login, Policy, Progress};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{Command, Security};

use crate::signer::nonce;
use crate::wire::*;

/// This client's part of the SCRAM nonce.
pub(crate) const NONCE: &str = "rOprNGfwEbeRWgbNEkqO7677";

/// Who wants to log in, and how.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'c> {
    pub(crate) credentials: Credentials<'c>,
    pub(crate) policy: Policy,
    pub(crate) security: Security,
    pub(crate) profile: Profile,
    /// Whether the program reads once more before the handshake.
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
        let mut channel = Channel::new("mail.example.com");
        channel.nonce = Some(nonce(NONCE));
        let mut login = Login::new(self.credentials, channel, self.policy, [0; 1200]);
        let mut client: Client = Client::new(self.profile, self.security);
        let mut wire = Wire::new(server, self.security);
        let (mut events, mut in_a_row) = (0, 0);
        let end = loop {
            let progress = login.advance(&mut client, &mut wire.out).unwrap();
            if wire.flush() {
                in_a_row = 0;
            }
            match progress {
                Progress::Pending => {}
                Progress::LoggedIn => break End::In,
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
                    login.handle_event(&event);
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

/// The result of a download, besides what every dialogue has.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) outcome: Outcome,
    pub(crate) told: Vec<String>,
    pub(crate) record: Record,
    pub(crate) summary: Summary,
    /// How many bytes of messages came.
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

    /// Runs the download. Every server has the same greeting and the same answer to CAPA, with TOP and UIDL.
    pub(crate) fn from(self, server: impl Fn(&str) -> Answer) -> Got {
        let server = |line: &str, _| match line {
            GREETING => say("+OK\r\n"),
            "CAPA" => say("+OK\r\nTOP\r\nUIDL\r\n.\r\n"),
            "NOOP" => say("+OK\r\n"),
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
            let progress = fetch.advance(&mut client, &mut wire.out).unwrap();
            if wire.flush() {
                in_a_row = 0;
            }
            match progress {
                Stands::Pending => {}
                Stands::Done => break End::Done,
                Stands::Failed(fault) => break End::Fault(fault),
                _ => continue,
            }
            if !wait(&mut client, &mut wire) {
                break End::Cut(client.end_of_input());
            }
            let event = match client.receive(wire.window.unread()) {
                Err(error) => {
                    fetch.handle_error(error);
                    break End::Broken(error);
                }
                Ok(_) if in_a_row == PATIENCE => break End::OutOfPatience,
                Ok(event) => event,
            };
            (events, in_a_row) = (events + 1, in_a_row + 1);
            // The download itself limits how much of a listing is kept.
            if matches!(event, Event::Reply { part: Part::ScanItem(_) | Part::UidItem(_), .. }) {
                in_a_row = 0;
            }
            for told_now in fetch.handle_event(&event) {
                let what = match told_now {
                    FetchEvent::Nothing => continue,
                    FetchEvent::Begin(_) => {
                        body.clear();
                        continue;
                    }
                    FetchEvent::Data(octets) => {
                        data += octets.len() as u64;
                        in_a_row = 0;
                        body.extend_from_slice(
                            &octets[..octets.len().min(512_usize.saturating_sub(body.len()))],
                        );
                        continue;
                    }
                    FetchEvent::Whole(message) => {
                        let entry = fetch.stored(message.number).unwrap();
                        format!("whole {} {:?} {}", message.number, entry.octets(), body.escape_ascii())
                    }
                    FetchEvent::Known(message) => format!("known {}", message.number),
                    FetchEvent::Empty(message) => format!("empty {}", message.number),
                    FetchEvent::Refused(message, _) => format!("refused {}", message.number),
                    other => panic!("{other:?}"),
                };
                told.push(what);
            }
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

/// Sends one command after a greeting, and listens until the answer is over and the server has no more to
/// say.
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
            let shown = matches!(event, Event::Reply { part: Part::Data(octets), .. } if octets.len() > 40);
            if !shown && first.len() < 4 {
                let mut text = format!("{event:?}");
                text.truncate(100);
                first.push(text);
            }
            if matches!(event, Event::Reply { part: Part::End | Part::Ok(_) | Part::Err(_), .. }) {
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
