//! A world: the server, its messages, the rules, the program, and what may go wrong. And its state between two
//! sessions, which is plain data and is compared exactly.

use std::collections::{BTreeMap, BTreeSet};

use pop3_proto::fetch::Rules;

use crate::lies::Lie;

/// All that is fixed. What is left open, `Choices` decides.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) name: String,
    /// The messages that are there in the beginning, and those that may come later, with LF line ends.
    pub(crate) mail: Vec<&'static str>,
    pub(crate) coming: Vec<&'static str>,
    pub(crate) ids: Ids,
    pub(crate) server: Habit,
    pub(crate) top: bool,
    pub(crate) pipelining: bool,
    pub(crate) policy: Policy,
    pub(crate) program: Program,
    pub(crate) reads: Reads,
    /// Whether the connection may break, and whether the program may die.
    pub(crate) cuts: bool,
    pub(crate) crashes: bool,
    /// How many sessions there are, and how many events between them.
    pub(crate) sessions: u8,
    pub(crate) events: u8,
}

/// Which unique-ids the server gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    Unique,
    /// All messages have the same.
    Same,
    /// There is no UIDL.
    None,
    /// Every second message has an empty one.
    SecondEmpty,
    /// A new message takes that of a removed one.
    Reused,
    /// Every session gives new ones.
    Changing,
    /// UIDL is there in every second session, from the first or from the second on.
    OnOff,
    OffOn,
    /// Every second message has an empty one, in the next session the others.
    EmptyInTurns,
}

/// What is unpleasant about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    Honest,
    /// It may answer this command with this line.
    Refuses(&'static str, &'static str),
    /// It may answer `-ERR` to QUIT, having removed none or one of the messages.
    RefusesQuit,
    /// It shows only its newest message.
    ShowsNewest,
    Lies(Lie),
}

/// The rules of the user, and how they change from session to session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Keep,
    Delete,
    DeleteAfterADay,
    DeleteADayAfterFirstSight,
    KeepOne,
    KeepOctets,
    /// Keep the messages, and forget at once what is not listed.
    Forget,
    /// The first session takes previews; the later ones take all of it and delete it.
    PreviewsThenWhole,
    HeadersThenWhole,
    /// Keep the messages, and fetch them in every session.
    All,
    /// The first session only plans; the later ones delete.
    DryRunThenDelete,
}

/// How the program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// The loop of the documentation, or that of `pop3get`.
    pub(crate) skips_unasked: bool,
    /// Whether messages are made safe together, when all have come.
    pub(crate) batch: bool,
    /// Whether the store may refuse a message.
    pub(crate) refuses: bool,
}

/// In which pieces the program may read, besides all that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    Whole,
    Lines,
    HalfLines,
    Octets,
}

const HALF_A_DAY: u64 = 12 * 60 * 60;

/// How many octets `KeepOctets` leaves on the server.
const MOST_OCTETS: usize = 15;

impl World {
    /// An honest server with two messages, one more to come, and rules that delete at once.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            mail: vec!["S: a\n\n1\n", "S: b\n\n22\n"],
            coming: vec!["S: c\n\n333\n"],
            ids: Ids::Unique,
            server: Habit::Honest,
            top: true,
            pipelining: true,
            policy: Policy::Delete,
            program: Program { skips_unasked: false, batch: false, refuses: false },
            reads: Reads::Lines,
            cuts: true,
            crashes: true,
            sessions: 2,
            events: 1,
        }
    }
}

impl Policy {
    pub(crate) const fn rules(self, session: u8) -> Rules {
        let mut rules = Rules::DEFAULT;
        match self {
            Self::Keep => {}
            Self::Delete => rules.delete_after_days = Some(0),
            Self::DeleteAfterADay => rules.delete_after_days = Some(1),
            Self::DeleteADayAfterFirstSight => rules.delete_older_days = Some(1),
            Self::KeepOne => rules.keep_count = Some(1),
            Self::KeepOctets => rules.keep_octets = Some(MOST_OCTETS as u64),
            Self::Forget => rules.forget_days = 0,
            Self::All => rules.all = true,
            Self::PreviewsThenWhole | Self::HeadersThenWhole | Self::DryRunThenDelete if session > 0 => {
                rules.delete_after_days = Some(0);
            }
            Self::PreviewsThenWhole => {
                rules.preview_above = Some(0);
                rules.preview_lines = 1;
            }
            Self::HeadersThenWhole => rules.headers_only = true,
            Self::DryRunThenDelete => rules.dry_run = true,
        }
        rules
    }

    /// Whether the rules leave all these messages on the server for ever.
    pub(crate) fn leaves(self, mailbox: &[Mail]) -> bool {
        match self {
            Self::Keep | Self::Forget | Self::All => true,
            Self::KeepOne => mailbox.len() <= 1,
            Self::KeepOctets => mailbox.iter().map(|mail| mail.octets().len()).sum::<usize>() <= MOST_OCTETS,
            _ => mailbox.is_empty(),
        }
    }
}

/// A message in the maildrop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mail {
    pub(crate) serial: u8,
    pub(crate) text: &'static str,
    /// The number in its unique-id, where that is used again.
    slot: u8,
}

/// Everything that outlives a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) mailbox: Vec<Mail>,
    /// How many messages there have ever been.
    arrived: u8,
    half_days: u8,
    pub(crate) session: u8,
    events: u8,
    /// The text of the record, as it is on disk.
    pub(crate) record: String,
    /// The messages that no crash can destroy, and how often each was stored. Previews are not kept here.
    pub(crate) store: BTreeMap<Vec<u8>, u8>,
    /// What only the model knows: which messages were ever entered in the record as whole ...
    pub(crate) recorded: BTreeSet<u8>,
    /// ... and what the server removed at our QUIT, as it lies in the store.
    pub(crate) deleted: BTreeMap<Vec<u8>, u8>,
}

impl State {
    pub(crate) fn new(world: &World) -> Self {
        let mut state = Self {
            mailbox: Vec::new(),
            arrived: 0,
            half_days: 0,
            session: 0,
            events: 0,
            record: String::new(),
            store: BTreeMap::new(),
            recorded: BTreeSet::new(),
            deleted: BTreeMap::new(),
        };
        world.mail.iter().for_each(|text| state.arrive(text));
        state
    }

    fn arrive(&mut self, text: &'static str) {
        let slot = (0..).find(|slot| self.mailbox.iter().all(|mail| mail.slot != *slot)).unwrap();
        self.mailbox.push(Mail { serial: self.arrived, text, slot });
        self.arrived += 1;
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        1_790_000_000 + HALF_A_DAY * u64::from(self.half_days)
    }

    pub(crate) const fn wait(&mut self) {
        self.half_days += 1;
    }

    /// What may happen before the next session, nothing at all first, and a word for it.
    pub(crate) fn events(&self, world: &World) -> Vec<(Self, &'static str)> {
        let mut all = vec![(self.clone(), "")];
        if self.events == world.events {
            return all;
        }
        let mut next = self.clone();
        next.events += 1;
        let mut waited = next.clone();
        waited.wait();
        all.push((waited, "twelve hours pass"));
        if let Some(text) = world.coming.get(usize::from(self.arrived) - world.mail.len()) {
            let mut with = next.clone();
            with.arrive(text);
            all.push((with, "a new message comes"));
        }
        for i in 0..self.mailbox.len() {
            let mut without = next.clone();
            without.mailbox.remove(i);
            all.push((without, "another client removes a message"));
        }
        all
    }

    /// The messages that the server shows in this session.
    pub(crate) fn shown(&self, world: &World) -> Vec<Mail> {
        match world.server {
            Habit::ShowsNewest => self.mailbox.last().cloned().into_iter().collect(),
            _ => self.mailbox.clone(),
        }
    }
}

impl Mail {
    /// The message as it goes over the wire and lies in the store.
    pub(crate) fn octets(&self) -> Vec<u8> {
        self.text.replace('\n', "\r\n").into_bytes()
    }
}

impl Ids {
    /// Whether there is UIDL in this session.
    pub(crate) const fn announced(self, session: u8) -> bool {
        match self {
            Self::None => false,
            Self::OnOff => session.is_multiple_of(2),
            Self::OffOn => !session.is_multiple_of(2),
            _ => true,
        }
    }

    /// The unique-id of a message; it may be empty.
    pub(crate) fn of(self, mail: &Mail, session: u8) -> String {
        let serial = mail.serial;
        match self {
            Self::None => String::new(),
            Self::SecondEmpty if serial % 2 == 1 => String::new(),
            Self::EmptyInTurns if (serial + session) % 2 == 1 => String::new(),
            Self::Same => "same".into(),
            Self::Reused => format!("slot-{}", mail.slot),
            Self::Changing => format!("id-{serial}-{session}"),
            _ => format!("id-{serial}"),
        }
    }

    /// Whether a message keeps its id for ever, and no other gets it.
    pub(crate) const fn tell_messages_apart(self) -> bool {
        matches!(self, Self::Unique | Self::OnOff | Self::OffOn)
    }
}
