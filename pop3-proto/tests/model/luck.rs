//! Where a search would not end: histories of up to eight sessions with up to four messages, by luck.
//!
//! `LUCK_SEED` is the number of the first history, `LUCK_HISTORIES` how many follow.

use crate::choice::{Choices, Random};
use crate::planner::Real;
use crate::promise::Breaks;
use crate::session;
use crate::settle::{settle, title};
use crate::world::{Habit, Ids, Policy, Program, Reads, State, World};

const TEXTS: [&str; 8] = [
    "S: a\n\n1\n",
    "S: b\n\n22\n",
    "S: c\n\n.\nz\n",
    "S: d\n\n..\n",
    "S: e\n\n1\n",
    "S: f\n\n",
    "S: g\n",
    "S: h\n\n333\n",
];
/// Ids that several messages have are not among them, but for rules that delete at once: where messages are
/// kept, nobody can know that another one has taken the id and the size of one that was removed.
const IDS: [Ids; 6] = [Ids::Unique, Ids::None, Ids::SecondEmpty, Ids::OnOff, Ids::OffOn, Ids::EmptyInTurns];
const POLICIES: [Policy; 10] = [
    Policy::Keep,
    Policy::Delete,
    Policy::DeleteAfterADay,
    Policy::DeleteADayAfterFirstSight,
    Policy::KeepOne,
    Policy::KeepOctets,
    Policy::PreviewsThenWhole,
    Policy::HeadersThenWhole,
    Policy::All,
    Policy::DryRunThenDelete,
];
const SERVERS: [Habit; 7] = [
    Habit::Honest,
    Habit::Honest,
    Habit::RefusesQuit,
    Habit::Refuses("RETR", "-ERR no\r\n"),
    Habit::Refuses("RETR", "-ERR [SYS/TEMP] later\r\n"),
    Habit::Refuses("DELE", "-ERR no\r\n"),
    Habit::Refuses("UIDL", "-ERR no\r\n"),
];
const READS: [Reads; 4] = [Reads::Whole, Reads::Lines, Reads::HalfLines, Reads::Octets];

/// A world of honest servers whose messages differ in their headers.
fn world(random: &mut Random) -> World {
    let mut any = |of: usize| random.below(of);
    let start = any(TEXTS.len());
    let text = |i: usize| TEXTS[(start + i) % TEXTS.len()];
    let here = any(5);
    let (mut ids, policy) = (IDS[any(IDS.len())], POLICIES[any(POLICIES.len())]);
    if policy == Policy::Delete && any(2) > 0 {
        ids = [Ids::Same, Ids::Reused][any(2)];
    }
    World {
        mail: (0..here).map(text).collect(),
        coming: (here..here + 3).map(text).collect(),
        ids,
        server: SERVERS[any(SERVERS.len())],
        top: any(4) > 0,
        pipelining: any(2) > 0,
        policy,
        program: Program { skips_unasked: any(2) > 0, batch: any(2) > 0, refuses: any(4) == 0 },
        reads: READS[any(READS.len())],
        sessions: 8,
        events: 6,
        ..World::new("by luck")
    }
}

/// A history; its text goes into `text`.
fn history(seed: u64, mut text: Option<&mut String>) -> Breaks {
    let mut random = Random::new(seed);
    let world = world(&mut random);
    let (mut state, mut breaks) = (State::new(&world), Breaks::new());
    for _ in 0..=random.below(8) {
        for _ in 0..random.below(3) {
            let events = state.events(&world);
            let (after, event) = events[random.below(events.len())].clone();
            if let Some(text) = &mut text {
                **text += &format!("-- {event}\n");
            }
            state = after;
        }
        let rarity = 4 + random.below(60);
        let mut choices = Choices::luck(&mut random, rarity);
        choices = if text.is_some() { choices.with_log() } else { choices };
        let Ok(end) = session::run::<Real>(&world, &state, false, &mut choices) else {
            unreachable!("nothing is merged here")
        };
        if let Some(text) = &mut text {
            **text += &format!("{}\n{}", title(&state), choices.into_log());
        }
        breaks.extend(end.breaks);
        state = end.state;
    }
    breaks.extend(settle::<Real>(&world, &state, text.as_deref_mut()));
    if let Some(text) = text {
        *text = format!("{world:?}\n{text}");
    }
    breaks
}

#[test]
fn histories_by_luck_break_no_promise() {
    let setting = |name: &str, other| std::env::var(name).map_or(other, |value| value.parse().expect(name));
    let first = setting("LUCK_SEED", 1);
    let count = setting("LUCK_HISTORIES", if cfg!(debug_assertions) { 500 } else { 100_000 });
    assert!(count > 0, "LUCK_HISTORIES is 0");
    for seed in first..first + count {
        let breaks = history(seed, None);
        if !breaks.is_empty() {
            let mut text = String::new();
            history(seed, Some(&mut text));
            panic!("LUCK_SEED={seed} breaks {breaks:?}:\n{text}");
        }
    }
}
