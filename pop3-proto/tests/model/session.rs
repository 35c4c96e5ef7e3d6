//! One session: the loop that an embedder writes, word for word as the documentation of `fetch` has it, and
//! the loop of `pop3get`, with a hook at each step where something may go wrong.

use std::collections::BTreeSet;

use pop3_proto::client::{Client, Event, Need, Profile, ProtocolError, SendError};
use pop3_proto::fetch::{FetchEvent, Progress, Record};
use pop3_proto::{Command, GrowBuf, Secret, Security};

use crate::choice::{Choices, Merged};
use crate::disk::{Arrived, Crash};
use crate::key::key;
use crate::link::{Link, Read};
use crate::planner::Planner;
use crate::promise::{Breaks, Promise};
use crate::properties;
use crate::world::{State, World};

pub(crate) struct Session<'a, 's, P> {
    pub(crate) world: &'a World,
    pub(crate) choices: &'a mut Choices<'s>,
    pub(crate) state: State,
    pub(crate) link: Link,
    pub(crate) client: Client<4>,
    pub(crate) fetch: P,
    pub(crate) out: Vec<u8>,
    /// The message that is coming in, as the planner hands it out.
    pub(crate) mail: Vec<u8>,
    /// Messages that came whole and are not safe yet.
    pub(crate) pending: Vec<Arrived>,
    /// The messages that this session entered in the record.
    pub(crate) entered: BTreeSet<u8>,
    /// Entries whose messages came otherwise than the server has them, by the ends of their lines.
    pub(crate) wrong: Vec<String>,
    /// How often in a row the server said "later", and how much was to be sent when it last did.
    pub(crate) later: u8,
    pub(crate) asked: usize,
    /// How often it has asked the planner.
    pub(crate) steps: u32,
    pub(crate) breaks: Breaks,
}

/// A session that takes more steps than this does not end.
const MOST_STEPS: u32 = 4_000;

/// Why a session ends, other than by an answer to QUIT.
pub(crate) enum Stop {
    /// Another run goes on from here.
    Merged,
    /// The program dies.
    Crash,
    /// The connection ends.
    End,
    /// The planner or the session cannot go on, or the time is over.
    Failed,
}

/// How a session ended.
pub(crate) struct Ended {
    pub(crate) state: State,
    pub(crate) breaks: Breaks,
    /// How many messages the planner calls doubtful.
    pub(crate) doubtful: u64,
}

/// A session from this state on, and the promises that it broke.
pub(crate) fn run<P: Planner>(
    world: &World,
    start: &State,
    honest: bool,
    choices: &mut Choices<'_>,
) -> Result<Ended, Merged> {
    let mut state = start.clone();
    let record: Record = state.record.parse().expect("a program reads what it has written");
    // Nothing may be appended to a torn line.
    state.record = record.to_string();
    let mut session = Session {
        world,
        link: Link::new(world, &state, honest),
        client: Client::with_queue(Profile::LENIENT, Security::Plain).with_pipelining(world.pipelining),
        fetch: P::new(record, world.policy.rules(state.session), state.now()),
        choices,
        state,
        out: Vec::new(),
        mail: Vec::new(),
        pending: Vec::new(),
        entered: BTreeSet::new(),
        wrong: Vec::new(),
        later: 0,
        asked: 0,
        steps: 0,
        breaks: Breaks::new(),
    };
    let mut rx = GrowBuf::new();
    session.log_in(&mut rx);
    let end = match world.program.skips_unasked {
        false => session.loop_of_the_documentation(&mut rx),
        true => session.loop_of_pop3get(&mut rx),
    };
    if let Err(Stop::Merged) = session.leave(end) {
        return Err(Merged);
    }
    if !properties::is_doubted(&session.state.record, &session.wrong) {
        session.breaks.insert(Promise::S3);
    }
    session.state.session += 1;
    let doubtful = session.fetch.summary().doubtful;
    Ok(Ended { state: session.state, breaks: session.breaks, doubtful })
}

impl<P: Planner> Session<'_, '_, P> {
    fn loop_of_the_documentation(&mut self, rx: &mut GrowBuf) -> Result<(), Stop> {
        loop {
            self.step()?;
            match self.fetch.advance(&mut self.client, &mut self.out)? {
                Progress::Pending => match self.client.receive(rx.unread())? {
                    // A program flushes `out` and reads from its connection here.
                    Event::NeedInput => self.read(rx)?,
                    event => {
                        for told in self.fetch.handle_event(&event) {
                            match told {
                                FetchEvent::Begin(_) => self.mail.clear(),
                                FetchEvent::Data(octets) => self.mail.extend_from_slice(octets),
                                // A program syncs the message to disk, then appends a line to the record.
                                FetchEvent::Whole(message) => self.whole(message)?,
                                other => self.note(&other),
                            }
                        }
                    }
                },
                // Make safe what is not safe yet.
                Progress::Fetched => self.settle()?,
                // Save the record, in case the program crashes after QUIT.
                Progress::Marked => self.save()?,
                Progress::Done => return Ok(()),
                Progress::Failed(_) => return Err(Stop::Failed),
            }
        }
    }

    fn loop_of_pop3get(&mut self, rx: &mut GrowBuf) -> Result<(), Stop> {
        loop {
            self.step()?;
            // A line that the server sent unasked must not pass for the answer to the next command.
            while self.client.is_idle() && !rx.is_empty() && self.client.poll(rx.unread()) == Need::Event {
                let event = self.client.receive(rx.unread())?;
                let Event::Unsolicited(_) = event else { break };
                for told in self.fetch.handle_event(&event) {
                    self.told(told)?;
                }
            }
            match self.fetch.advance(&mut self.client, &mut self.out)? {
                Progress::Pending => {}
                Progress::Fetched => {
                    self.settle()?;
                    continue;
                }
                Progress::Marked => {
                    self.save()?;
                    continue;
                }
                Progress::Done => return Ok(()),
                Progress::Failed(_) => return Err(Stop::Failed),
            }
            while self.client.poll(rx.unread()) == Need::Input {
                self.read(rx)?;
            }
            let event = self.client.receive(rx.unread())?;
            for told in self.fetch.handle_event(&event) {
                self.told(told)?;
            }
        }
    }

    fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps <= MOST_STEPS {
            return Ok(());
        }
        self.choices.tell(|| "-- this does not end");
        self.breaks.insert(Promise::S4);
        Err(Stop::Failed)
    }

    /// What a program does after the loop, whatever ended it.
    fn leave(&mut self, end: Result<(), Stop>) -> Result<(), Stop> {
        match end {
            Ok(()) => {
                self.check_end();
                return self.save();
            }
            Err(Stop::End) => {
                for told in self.fetch.end_of_input() {
                    self.told(told)?;
                }
            }
            Err(Stop::Failed) => {}
            Err(other) => return Err(other),
        }
        if let Err(error) = self.client.end_of_input() {
            self.fetch.handle_error(error);
        }
        // Messages that came whole before the session broke off are kept.
        if self.world.program.skips_unasked {
            self.settle()?;
        }
        self.save()
    }

    /// The login is the same in all runs, and no branch in it concerns the record.
    fn log_in(&mut self, rx: &mut GrowBuf) {
        let mut commands =
            [Command::User(b"ann"), Command::Pass(Secret::new(b"secret")), Command::Capa].into_iter();
        loop {
            let answer = self.link.answer(&std::mem::take(&mut self.out));
            take(&answer, rx);
            while self.client.receive(rx.unread()).expect("the login goes well") != Event::NeedInput {}
            let Some(command) = commands.next() else { return };
            self.client.send(&command, &mut self.out).expect("the login goes well");
        }
    }

    /// Flushes, then waits until more has arrived.
    fn read(&mut self, rx: &mut GrowBuf) -> Result<(), Stop> {
        if self.later >= 3 && self.out.get(self.asked..).is_some_and(|sent| sent.starts_with(b"RETR")) {
            self.breaks.insert(Promise::S9);
        }
        self.link.flush(&mut self.out);
        self.asked = 0;
        let Self {
            choices, link, client, fetch, mail, pending, entered, wrong, state, later, breaks, ..
        } = self;
        choices.reached(|| {
            key(
                &(&*client, &*fetch),
                &(rx.bytes(), link.state(), mail, pending, (entered, wrong), state, later, breaks),
            )
        })?;
        let read = link.read(choices);
        self.removed();
        match read {
            Read::Octets(octets) => take(&octets, rx),
            Read::End => return Err(Stop::End),
            Read::BothWait => {
                self.choices.tell(|| "-- both wait");
                self.breaks.insert(Promise::S4);
                return Err(Stop::Failed);
            }
        }
        Ok(())
    }
}

/// These bytes have arrived.
fn take(mut octets: &[u8], rx: &mut GrowBuf) {
    while !octets.is_empty() {
        let space = rx.space();
        let now = octets.len().min(space.len());
        space[..now].copy_from_slice(&octets[..now]);
        rx.commit(now);
        octets = &octets[now..];
    }
}

impl From<Crash> for Stop {
    fn from(_: Crash) -> Self {
        Self::Crash
    }
}

impl From<Merged> for Stop {
    fn from(_: Merged) -> Self {
        Self::Merged
    }
}

impl From<ProtocolError> for Stop {
    fn from(_: ProtocolError) -> Self {
        Self::Failed
    }
}

impl From<SendError> for Stop {
    fn from(_: SendError) -> Self {
        Self::Failed
    }
}
