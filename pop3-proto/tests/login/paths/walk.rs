//! Runs a login over as many connections as it asks for, and lets somebody answer in place of the server.

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::login::{Failure, Login, Method, Policy, Progress, ServerNotes};
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{Secret, Security};

use base64ct::{Base64, Encoding as _};

use super::server::{Answer, Connection, NAME, PASSWORD, Server};
use crate::credentials::channel;

/// More connections than any login may make.
const MOST: usize = 40;

/// What an attacker says in place of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    Close,
    Silence,
    Refuse,
    RefuseAsCommand,
    RefuseCredentials,
    Accept,
    Ask,
    Junk,
    /// The list, but without STLS and with nothing that hides the password.
    Strip,
}

impl Attack {
    pub(crate) const ALL: [Self; 9] = [
        Self::Close,
        Self::Silence,
        Self::Refuse,
        Self::RefuseAsCommand,
        Self::RefuseCredentials,
        Self::Accept,
        Self::Ask,
        Self::Junk,
        Self::Strip,
    ];
    /// What somebody can do to a connection inside TLS.
    pub(crate) const CUTS: [Self; 2] = [Self::Close, Self::Silence];

    fn answer(self) -> Answer {
        let text = match self {
            Self::Close => return Answer::Close,
            Self::Silence => return Answer::Silence,
            Self::Refuse => "-ERR no\r\n",
            Self::RefuseAsCommand => "-ERR invalid command\r\n",
            Self::RefuseCredentials => "-ERR [AUTH] no\r\n",
            Self::Accept => "+OK\r\n",
            Self::Ask => "+ \r\n",
            Self::Junk => "what?\r\n",
            Self::Strip => "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n",
        };
        Answer::Say(text.to_owned())
    }
}

/// A line of the client, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchanged {
    pub(crate) security: Security,
    pub(crate) line: String,
    pub(crate) attack: Option<Attack>,
}

impl Exchanged {
    /// Whether the line holds the password, in clear or in base64.
    pub(crate) fn shows_the_password(&self) -> bool {
        let last = self.line.rsplit(' ').next().unwrap();
        let decoded = Base64::decode_vec(last).unwrap_or_default();
        self.line.contains(PASSWORD) || String::from_utf8_lossy(&decoded).contains(PASSWORD)
    }
}

#[derive(Debug)]
pub(crate) struct Walk {
    /// The connections, each with its lines.
    pub(crate) connections: Vec<Vec<Exchanged>>,
    pub(crate) end: Result<Method, Failure>,
}

impl Walk {
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Exchanged> {
        self.connections.iter().flatten()
    }

    /// The lines inside TLS of each connection that came so far.
    pub(crate) fn in_tls(&self) -> Vec<Vec<&str>> {
        let inside =
            |lines: &Vec<Exchanged>| lines.iter().filter(|one| one.security == Security::Tls).count() > 0;
        let lines = self.connections.iter().filter(|lines| inside(lines));
        lines
            .map(|lines| {
                lines.iter().filter(|one| one.security == Security::Tls).map(|one| &*one.line).collect()
            })
            .collect()
    }
}

/// The policy of these tests: one iteration of SCRAM is quick.
pub(crate) fn policy() -> Policy {
    let mut policy = Policy::DEFAULT;
    policy.scram.min_iterations = 1;
    policy
}

/// Logs in. `attack` is asked before each answer; it gets the number of the answer.
pub(crate) fn walk(
    server: &Server,
    policy: Policy,
    security: Security,
    mut attack: impl FnMut(usize, Security, &str) -> Option<Attack>,
) -> Walk {
    let mut notes = ServerNotes::default();
    let (mut connections, mut steps) = (Vec::new(), 0);
    loop {
        let mut run = Run { connection: Connection::new(server, security), lines: Vec::new(), steps };
        let (end, learned) = run.connect(policy, notes, &mut attack);
        steps = run.steps;
        connections.push(run.lines);
        assert!(connections.len() < MOST, "no end: {connections:?}");
        match end {
            Err(failure) if failure.retry.is_some() => {
                assert_ne!(learned, notes, "a retry has learned something: {failure:?} {connections:?}");
                notes = learned;
            }
            end => return Walk { connections, end },
        }
    }
}

struct Run<'s> {
    connection: Connection<'s>,
    lines: Vec<Exchanged>,
    steps: usize,
}

impl Run<'_> {
    fn connect(
        &mut self,
        policy: Policy,
        notes: ServerNotes,
        attack: &mut impl FnMut(usize, Security, &str) -> Option<Attack>,
    ) -> (Result<Method, Failure>, ServerNotes) {
        let credentials = Credentials::password(NAME, Secret::new(PASSWORD.as_bytes()));
        let mut login = Login::new(credentials, channel(""), policy, [0; 1200]).with_server_notes(notes);
        let mut client: Client = Client::new(Profile::LENIENT, self.connection.security);
        let (mut out, mut window) = (Vec::new(), b"+OK ready\r\n".to_vec());
        let mut answer = None;
        let end = loop {
            match login.advance(&mut client, &mut out).unwrap() {
                Progress::LoggedIn => break Ok(login.method().unwrap()),
                Progress::Failed(failure) => break Err(failure),
                Progress::StartTls => {
                    client = client.handover().unwrap().secured(&window).unwrap();
                    self.connection.security = Security::Tls;
                    self.connection.give_up();
                    continue;
                }
                Progress::Pending => {}
            }
            if !out.is_empty() {
                answer = Some(self.hear(&String::from_utf8(std::mem::take(&mut out)).unwrap(), attack));
            }
            if let Some(Answer::Say(text)) = &answer {
                window.extend_from_slice(text.as_bytes());
                answer = None;
            }
            let mut unread = &window[..];
            match client.receive(&mut unread) {
                Ok(Event::NeedInput) => {
                    let failure = match answer {
                        Some(Answer::Close) => login.end_of_input(),
                        _ => login.timed_out(),
                    };
                    break Err(failure);
                }
                Ok(event) => login.handle_event(&event),
                Err(error) => break Err(login.protocol_error(error)),
            }
            window = unread.to_vec();
        };
        (end, login.server_notes())
    }

    fn hear(
        &mut self,
        said: &str,
        attack: &mut impl FnMut(usize, Security, &str) -> Option<Attack>,
    ) -> Answer {
        let line = said.strip_suffix("\r\n").unwrap();
        assert!(!line.contains('\n'), "one command at a time: {line:?}");
        let security = self.connection.security;
        let attack = attack(self.steps, security, line);
        self.steps += 1;
        self.lines.push(Exchanged { security, line: line.to_owned(), attack });
        match attack {
            None => self.connection.answer(line),
            Some(attack) => {
                if attack != Attack::Ask {
                    self.connection.give_up();
                }
                attack.answer()
            }
        }
    }
}
