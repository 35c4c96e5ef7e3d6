//! A login as a text, and the client that has to say its part of it, byte by byte.
//!
//! | line | meaning |
//! | --- | --- |
//! | `S: …` | the server says this line |
//! | `S\| …` | the server says these bytes, without a line end |
//! | `L: USER, SASL PLAIN` | the server says `+OK`, these lines, and `.` |
//! | `C: …` | the client must have said this line, and nothing else |
//! | `TLS` | the client must wait for the handshake, which is now done |
//! | `EOF` | the server ends the connection |
//! | `SILENCE` | the server says nothing for too long |
//! | `BROKEN` | what the server said before has ended the session, and the login is told so |
//!
//! `\r \n \t \0 \xNN \\` are escapes; `{…}`, from the first brace of a line to its last, is the base64 text
//! of what is inside.

use pop3_proto::client::{Client, Event, Profile, ProtocolError, SendError};
use pop3_proto::login::{Failure, Login, Method, Methods, Policy, Progress, ServerNotes};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::client::{Credentials, Engine};
use pop3_proto::testing::unescape;
use pop3_proto::{FixedBuf, Mechanism, Security};

use base64ct::{Base64, Encoding as _};

use crate::common::show;
use crate::credentials::channel;
use crate::outcome::{End, Outcome};
use crate::output::Small;

/// How many bytes the client sees at once.
const CUTS: [usize; 4] = [usize::MAX, 1, 2, 7];

enum Step {
    Server(Vec<u8>),
    Client(Vec<u8>),
    Tls,
    Eof,
    Silence,
    Broken,
}

pub(crate) fn set(methods: &[Method]) -> Methods {
    methods.iter().fold(Methods::NONE, |set, method| set.with(*method))
}

/// A user who wants to log in, and the connection.
#[derive(Clone)]
pub(crate) struct Try<'c> {
    pub(crate) credentials: Credentials<'c>,
    pub(crate) policy: Policy,
    pub(crate) learned: ServerNotes,
    pub(crate) channel: Channel<'c>,
    /// The channel inside TLS, if the caller tells it.
    pub(crate) inside: Option<Channel<'c>>,
    pub(crate) client: Client,
    /// How much memory the mechanisms have.
    pub(crate) memory: usize,
}

/// A login inside TLS from the start.
pub(crate) fn tls(credentials: Credentials<'_>) -> Try<'_> {
    over(credentials, Security::Tls)
}

/// A login on a connection that starts in clear.
pub(crate) fn plain(credentials: Credentials<'_>) -> Try<'_> {
    over(credentials, Security::Plain)
}

fn over(credentials: Credentials<'_>, security: Security) -> Try<'_> {
    Try {
        credentials,
        policy: Policy::DEFAULT,
        learned: ServerNotes::default(),
        channel: channel("mail.example.com"),
        inside: None,
        client: Client::new(Profile::LENIENT, security),
        memory: 1200,
    }
}

impl<'c> Try<'c> {
    pub(crate) fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    pub(crate) fn methods(self, methods: &[Method]) -> Self {
        self.policy(|policy| policy.methods = set(methods))
    }

    pub(crate) fn knowing(mut self, learned: ServerNotes) -> Self {
        self.learned = learned;
        self
    }

    pub(crate) fn channel(mut self, change: impl FnOnce(&mut Channel<'c>)) -> Self {
        change(&mut self.channel);
        self
    }

    pub(crate) fn client(mut self, change: impl FnOnce(Client) -> Client) -> Self {
        self.client = change(self.client);
        self
    }

    /// Runs the dialogue at every cut.
    #[track_caller]
    pub(crate) fn plays(&self, dialogue: &str) -> Outcome {
        self.plays_at_every_cut(dialogue, || self.login())
    }

    /// As [`plays`](Self::plays), with a mechanism that the caller has brought along.
    #[track_caller]
    pub(crate) fn plays_with<E: Engine>(
        &self,
        mechanism: Mechanism,
        engine: impl Fn() -> E,
        dialogue: &str,
    ) -> Outcome {
        self.plays_at_every_cut(dialogue, || self.login().with_engine(mechanism, engine()))
    }

    #[track_caller]
    fn plays_at_every_cut<E: Engine>(
        &self,
        dialogue: &str,
        login: impl Fn() -> Login<'c, Vec<u8>, E>,
    ) -> Outcome {
        let steps = steps(dialogue);
        let mut outcomes = CUTS.map(|cut| self.run(login(), &steps, cut, None)).into_iter();
        let first = outcomes.next().unwrap();
        assert!(outcomes.all(|other| other == first), "the cut decides");
        first
    }

    fn login(&self) -> Login<'c, Vec<u8>> {
        let memory = vec![0; self.memory];
        Login::new(self.credentials, self.channel, self.policy, memory).with_server_notes(self.learned)
    }

    /// Runs the dialogue with an output that has so much room at first, and all of it after a flush.
    #[track_caller]
    pub(crate) fn plays_into(&self, dialogue: &str, room: usize) -> Outcome {
        self.run(self.login(), &steps(dialogue), usize::MAX, Some(room))
    }

    #[track_caller]
    fn run<E: Engine>(
        &self,
        login: Login<'c, Vec<u8>, E>,
        steps: &[Step],
        cut: usize,
        room: Option<usize>,
    ) -> Outcome {
        let mut run = Run {
            login,
            client: self.client.clone(),
            window: FixedBuf::new(),
            said: Vec::new(),
            progress: Progress::Pending,
            broken: None,
            room,
        };
        run.act();
        for step in steps {
            match step {
                Step::Server(octets) => {
                    assert_eq!(show(&run.said), "", "before {}, cut {cut}", show(octets));
                    for piece in octets.chunks(cut.min(octets.len())) {
                        assert_eq!(show(&run.said), "", "before the end of {}", show(octets));
                        run.hear(piece);
                    }
                }
                Step::Client(line) => {
                    assert_eq!(show(&run.said), show(line), "cut {cut}: {:?}", run.progress);
                    run.said.clear();
                }
                Step::Tls => run.shake_hands(self.inside),
                Step::Eof => run.ends(|login| login.end_of_input()),
                Step::Silence => run.ends(|login| login.timed_out()),
                Step::Broken => {
                    let error = run.broken.take().expect("the session goes on");
                    run.ends(|login| login.protocol_error(error));
                }
            }
        }
        assert_eq!(show(&run.said), "", "at the end, cut {cut}: {:?}", run.progress);
        run.outcome()
    }
}

struct Run<'c, E> {
    login: Login<'c, Vec<u8>, E>,
    client: Client,
    window: FixedBuf<12_288>,
    /// What the client has sent and the dialogue has not come to yet.
    said: Vec<u8>,
    progress: Progress,
    broken: Option<ProtocolError>,
    room: Option<usize>,
}

impl<'c, E: Engine> Run<'c, E> {
    fn act(&mut self) {
        let Some(room) = self.room else {
            self.progress =
                self.login.advance(&mut self.client, &mut self.said).expect("16 KiB hold every line");
            return;
        };
        let mut out = Small::with_room(room);
        self.progress = loop {
            match self.login.advance(&mut self.client, &mut out) {
                Ok(progress) => break progress,
                Err(error) => {
                    assert_eq!(error, SendError::Full);
                    assert!(!out.is_flushed(), "no line is longer than an output");
                    out.flush();
                }
            }
        };
        self.said.extend_from_slice(&out.everything());
    }

    fn ends(&mut self, tell: impl FnOnce(&mut Login<'c, Vec<u8>, E>) -> Failure) {
        let failure = tell(&mut self.login);
        self.act();
        assert_eq!(self.progress, Progress::Failed(failure));
    }

    fn hear(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() && self.broken.is_none() && !self.is_over() {
            let space = self.window.space();
            assert!(!space.is_empty(), "more is wanted although the window is full");
            let len = space.len().min(octets.len());
            let (now, later) = octets.split_at(len);
            space[..len].copy_from_slice(now);
            self.window.commit(len);
            octets = later;
            while self.read() {}
        }
    }

    /// `false` when nothing more can be done.
    fn read(&mut self) -> bool {
        self.act();
        if self.is_over() || self.progress == Progress::StartTls {
            return false;
        }
        match self.client.receive(self.window.unread()) {
            Ok(Event::NeedInput) => false,
            Ok(event) => {
                self.login.handle_event(&event);
                true
            }
            Err(error) => {
                self.broken = Some(error);
                false
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.progress, Progress::LoggedIn | Progress::Failed(_))
    }

    fn shake_hands(&mut self, inside: Option<Channel<'c>>) {
        assert_eq!(self.progress, Progress::StartTls);
        let handover = self.client.handover().expect("STLS was accepted");
        self.client = handover.secured(self.window.bytes()).expect("all that came in clear was read");
        if let Some(channel) = inside {
            self.login.set_channel(channel);
        }
        self.act();
    }

    fn outcome(mut self) -> Outcome {
        let before = self.progress;
        if self.broken.is_none() {
            self.act();
        }
        assert_eq!((before, show(&self.said)), (self.progress, String::new()), "it goes on after the end");
        let end = match (self.broken, self.progress) {
            (Some(error), _) => End::Broken(error),
            (None, Progress::LoggedIn) => End::In,
            (None, Progress::Failed(failure)) => End::Failed(failure),
            (None, other) => panic!("{other:?} at the end of the dialogue"),
        };
        Outcome {
            end,
            learned: self.login.server_notes(),
            words: self.login.last_refusal_text().to_string(),
            token_refusal: self.login.token_refusal().map(|json| String::from_utf8(json.into()).unwrap()),
            capabilities: *self.client.capabilities(),
            security: self.client.security(),
            method: self.login.method(),
        }
    }
}

/// The steps of a dialogue; what the server says in one go is one step, and so is what the client says.
fn steps(dialogue: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in dialogue.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let (kind, text) = line.split_at_checked(2).unwrap_or((line, ""));
        let text = text.strip_prefix(' ').unwrap_or(text);
        let with_end = || [octets(text), b"\r\n".to_vec()].concat();
        let list = || {
            let items = text.split(", ").filter(|item| !item.is_empty());
            items.fold(b"+OK\r\n".to_vec(), |list, item| [&list, item.as_bytes(), b"\r\n"].concat())
        };
        let (is_server, octets) = match (kind, line) {
            ("S:", _) => (true, with_end()),
            ("S|", _) => (true, octets(text)),
            ("L:", _) => (true, [list(), b".\r\n".to_vec()].concat()),
            ("C:", _) => (false, with_end()),
            (_, "TLS") => {
                steps.push(Step::Tls);
                continue;
            }
            (_, "EOF") => {
                steps.push(Step::Eof);
                continue;
            }
            (_, "SILENCE") => {
                steps.push(Step::Silence);
                continue;
            }
            (_, "BROKEN") => {
                steps.push(Step::Broken);
                continue;
            }
            _ => panic!("unknown line {line:?}"),
        };
        match (steps.last_mut(), is_server) {
            (Some(Step::Server(last)), true) | (Some(Step::Client(last)), false) => last.extend(octets),
            (_, true) => steps.push(Step::Server(octets)),
            (_, false) => steps.push(Step::Client(octets)),
        }
    }
    steps
}

/// Escapes and base64.
fn octets(text: &str) -> Vec<u8> {
    let unescape = |text| unescape(text).unwrap();
    match text.split_once('{').and_then(|(front, rest)| Some((front, rest.rsplit_once('}')?))) {
        None => unescape(text),
        Some((front, (inside, after))) => {
            [unescape(front), base64(&unescape(inside)).into_bytes(), unescape(after)].concat()
        }
    }
}

pub(crate) fn base64(octets: &[u8]) -> String {
    Base64::encode_string(octets)
}
