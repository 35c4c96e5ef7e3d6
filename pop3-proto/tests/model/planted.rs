//! Tests of the model itself: it catches planted faults, and merging states hides none.

use std::fmt::Debug;

use pop3_proto::client::{Client, Event, ProtocolError, SendError};
use pop3_proto::fetch::{Entry, FetchEvent, Progress, Record, Rules, Summary};
use pop3_proto::{Command, MsgNo};

use crate::explore::{Found, explore};
use crate::lies::Lie;
use crate::planner::{Planner, Real};
use crate::promise::Promise::{self, S1, S2, S3, S4, S5, S7, S8, S9};
use crate::world::{Habit, Ids, Policy, Program, Reads, World};

/// The real planner with a fault.
#[derive(Debug)]
struct Planted<F> {
    real: Real,
    fault: F,
}

/// What a fault does: nothing, but for what it overrides.
trait Fault: Debug + Default {
    /// What it says in place of what the planner says.
    fn say<'i>(&mut self, _: &mut Real, told: FetchEvent<'i>) -> FetchEvent<'i> {
        told
    }

    /// What it does and says when the planner has come so far.
    fn go_on(&mut self, _: &mut Client<4>, _: &mut Vec<u8>, progress: Progress) -> Progress {
        progress
    }

    fn sum_up(&self, summary: Summary) -> Summary {
        summary
    }

    /// The record in place of that of the planner.
    fn record(&self) -> Option<&Record> {
        None
    }
}

impl<F: Fault> Planner for Planted<F> {
    fn new(record: Record, rules: Rules, now: u64) -> Self {
        Self { real: Real::new(record, rules, now), fault: F::default() }
    }

    fn advance(&mut self, client: &mut Client<4>, out: &mut Vec<u8>) -> Result<Progress, SendError> {
        let progress = self.real.advance(client, out)?;
        Ok(self.fault.go_on(client, out, progress))
    }

    fn handle_event<'i>(&mut self, event: &Event<'i>) -> impl Iterator<Item = FetchEvent<'i>> + use<'i, F> {
        let told: Vec<_> = self.real.handle_event(event).collect();
        let said: Vec<_> = told.into_iter().map(|told| self.fault.say(&mut self.real, told)).collect();
        said.into_iter()
    }

    fn handle_error(&mut self, error: ProtocolError) {
        self.real.handle_error(error);
    }

    fn end_of_input(&mut self) -> impl Iterator<Item = FetchEvent<'static>> + use<F> {
        self.real.end_of_input()
    }

    fn stored(&mut self, number: MsgNo) -> Option<Entry> {
        self.real.stored(number)
    }

    fn record(&self) -> &Record {
        self.fault.record().unwrap_or(self.real.record())
    }

    fn summary(&self) -> Summary {
        self.fault.sum_up(self.real.summary())
    }
}

/// Takes for stored what has only come.
#[derive(Debug, Default)]
struct Hasty;

impl Fault for Hasty {
    fn say<'i>(&mut self, real: &mut Real, told: FetchEvent<'i>) -> FetchEvent<'i> {
        if let FetchEvent::Whole(message) = told {
            real.stored(message.number);
        }
        told
    }
}

/// Deletes message 1, stored or not.
#[derive(Debug, Default)]
struct Greedy;

impl Fault for Greedy {
    fn go_on(&mut self, client: &mut Client<4>, out: &mut Vec<u8>, progress: Progress) -> Progress {
        if progress == Progress::Fetched {
            client.send(&Command::Dele(MsgNo::FIRST), out).expect("nothing else is asked");
        }
        progress
    }
}

/// Forgets all that was stored.
#[derive(Debug, Default)]
struct Forgetful(Record);

impl Fault for Forgetful {
    fn record(&self) -> Option<&Record> {
        Some(&self.0)
    }
}

/// Loses the first byte of each piece of a message.
#[derive(Debug, Default)]
struct Cropping;

impl Fault for Cropping {
    fn say<'i>(&mut self, _: &mut Real, told: FetchEvent<'i>) -> FetchEvent<'i> {
        match told {
            FetchEvent::Data(octets) => FetchEvent::Data(octets.get(1..).unwrap_or_default()),
            told => told,
        }
    }
}

/// Waits for a reply, having asked nothing.
#[derive(Debug, Default)]
struct Dreamer;

impl Fault for Dreamer {
    fn go_on(&mut self, _: &mut Client<4>, _: &mut Vec<u8>, progress: Progress) -> Progress {
        if progress == Progress::Fetched { Progress::Pending } else { progress }
    }
}

/// Asks the same for ever.
#[derive(Debug, Default)]
struct Endless(bool);

impl Fault for Endless {
    fn go_on(&mut self, client: &mut Client<4>, out: &mut Vec<u8>, progress: Progress) -> Progress {
        self.0 |= progress == Progress::Fetched;
        if self.0 && client.is_idle() {
            let _ = client.send(&Command::Noop, out);
        }
        if self.0 { Progress::Pending } else { progress }
    }
}

/// Says of a new message that it is known.
#[derive(Debug, Default)]
struct Bored;

impl Fault for Bored {
    fn say<'i>(&mut self, _: &mut Real, told: FetchEvent<'i>) -> FetchEvent<'i> {
        match told {
            FetchEvent::Whole(message) => FetchEvent::Known(message),
            told => told,
        }
    }
}

/// Does not see a message that is listed.
#[derive(Debug, Default)]
struct Blind;

impl Fault for Blind {
    fn sum_up(&self, mut summary: Summary) -> Summary {
        summary.listed = summary.listed.saturating_sub(1);
        summary
    }
}

/// Asks again after three times "later".
#[derive(Debug, Default)]
struct Stubborn;

impl Fault for Stubborn {
    fn go_on(&mut self, client: &mut Client<4>, out: &mut Vec<u8>, progress: Progress) -> Progress {
        if progress == Progress::Fetched {
            client.send(&Command::Retr(MsgNo::FIRST), out).expect("nothing else is asked");
        }
        progress
    }
}

fn check<P: Planner>(world: &World, due: &[Promise]) {
    let found = explore::<P>(world, true);
    for promise in due {
        assert!(found.breaks.contains_key(promise), "{promise:?} is not missed: {:?}", found.breaks);
        assert!(found.traces[promise].contains("C: STAT\nC: LIST\n"), "{}", found.traces[promise]);
    }
}

#[test]
fn planted_faults_are_caught() {
    let world = World { events: 0, ..World::new("planted") };
    let refusing = World { program: Program { refuses: true, ..world.program }, ..world.clone() };
    let keeping = World { policy: Policy::Keep, ..refusing.clone() };
    check::<Planted<Hasty>>(&refusing, &[S1]);
    check::<Planted<Greedy>>(&keeping, &[S1]);
    check::<Planted<Forgetful>>(&World { policy: Policy::Keep, ..world.clone() }, &[S2]);
    check::<Planted<Cropping>>(&world, &[S1, S3]);
    check::<Planted<Bored>>(&World { policy: Policy::Keep, ..world.clone() }, &[S5, S8]);
    check::<Planted<Blind>>(&world, &[S7]);
    let calm = World { cuts: false, crashes: false, reads: Reads::Whole, sessions: 1, ..world };
    check::<Planted<Dreamer>>(&calm, &[S4]);
    check::<Planted<Endless>>(&calm, &[S4]);
    let later = Habit::Refuses("RETR", "-ERR [SYS/TEMP] later\r\n");
    let mail = vec!["S: a\n\n1\n", "S: b\n\n22\n", "S: c\n\n333\n"];
    check::<Planted<Stubborn>>(&World { server: later, mail, ..calm }, &[S9]);
}

/// What has to be the same with and without merging.
fn result(found: &Found) -> (usize, usize, String) {
    (found.sessions, found.outcomes, format!("{:?}", found.breaks))
}

#[test]
fn merging_states_hides_nothing() {
    let small = World { sessions: 1, events: 0, coming: vec![], ..World::new("merging") };
    let one = World { mail: vec!["S: a\n\n1\n"], ..small.clone() };
    let lone_dot = World { mail: vec!["S: a\n\n.\nz\n"], ..small.clone() };
    let two_whole = World { reads: Reads::Whole, ..small.clone() };
    let mut runs = [0, 0];
    for world in [
        one.clone(),
        World { ids: Ids::None, policy: Policy::Keep, crashes: false, ..one.clone() },
        World { server: Habit::Lies(Lie::Unstuffed), ..lone_dot },
        World { server: Habit::Lies(Lie::Missing("RETR")), ..one.clone() },
        World { server: Habit::Lies(Lie::StatusTwice("RETR")), ..one },
        World { server: Habit::Lies(Lie::Mixed), crashes: false, ..two_whole.clone() },
        World { server: Habit::Lies(Lie::Reordered), ..two_whole.clone() },
        World {
            program: Program { batch: true, skips_unasked: true, ..two_whole.program },
            crashes: false,
            ..two_whole
        },
    ] {
        let (with, without) = (explore::<Real>(&world, true), explore::<Real>(&world, false));
        assert_eq!(result(&with), result(&without), "{world:?}");
        runs[0] += with.runs;
        runs[1] += without.runs;
    }
    eprintln!("merging: {} runs with, {} without", runs[0], runs[1]);
    assert!(runs[0] < runs[1], "states were merged");
}
