//! The search: all sessions from all states, and in each session all answers of the oracle.
//!
//! Between sessions the state is data, compared exactly. Within a session a state is reached by running again
//! from the session's start with the same answers, and it is compared by a hash; see `Session::read`.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::choice::Choices;
use crate::planner::Planner;
use crate::promise::{Breaks, Promise};
use crate::session::{self, Ended};
use crate::settle::{settle, told};
use crate::world::{State, World};

/// What a search has found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// From how many different states sessions were explored, in how many runs, over how many states.
    pub(crate) sessions: usize,
    pub(crate) runs: usize,
    pub(crate) states: usize,
    /// How many different ends the sessions had.
    pub(crate) outcomes: usize,
    /// After how many of these ends each promise was broken.
    pub(crate) breaks: BTreeMap<Promise, usize>,
    /// The first way to break each of them, as wire text.
    pub(crate) traces: BTreeMap<Promise, String>,
}

struct Search<'w> {
    world: &'w World,
    found: Found,
    /// The states before a session. Each has its place in this list.
    nodes: Vec<(State, Way)>,
    known: HashSet<State>,
    /// What sessions in which nothing goes wrong make of a state.
    settled: HashMap<State, Breaks>,
}

/// How a state was reached.
enum Way {
    Start,
    Event(usize, &'static str),
    Session(usize, Vec<u8>),
}

/// Explores a world. Without `merging` no run stops where another one has gone on.
pub(crate) fn explore<P: Planner>(world: &World, merging: bool) -> Found {
    let mut search = Search {
        world,
        found: Found::default(),
        nodes: Vec::new(),
        known: HashSet::new(),
        settled: HashMap::new(),
    };
    search.add(State::new(world), Way::Start);
    let mut next = 0;
    while next < search.nodes.len() {
        search.sessions_from::<P>(next, merging);
        next += 1;
    }
    search.found.sessions = next;
    search.found
}

impl Search<'_> {
    /// Adds a state, and all that events make of it.
    fn add(&mut self, state: State, way: Way) {
        if state.session == self.world.sessions || !self.known.insert(state.clone()) {
            return;
        }
        let place = self.nodes.len();
        let events = state.events(self.world);
        self.nodes.push((state, way));
        for (after, event) in events {
            self.add(after, Way::Event(place, event));
        }
    }

    fn sessions_from<P: Planner>(&mut self, place: usize, merging: bool) {
        let (world, start) = (self.world, self.nodes[place].0.clone());
        let (mut seen, mut ends) = (HashSet::new(), HashSet::new());
        let mut script = Some(Vec::new());
        while let Some(answers) = script {
            let mut choices = Choices::script(&answers, merging.then_some(&mut seen));
            let end = session::run::<P>(world, &start, false, &mut choices);
            self.found.runs += 1;
            let answers = choices.answers();
            script = choices.next_script();
            if let Ok(Ended { state, breaks, .. }) = end
                && ends.insert((state.clone(), breaks.clone()))
            {
                self.end::<P>(place, answers, state, breaks);
            }
        }
        self.found.states += seen.len();
        self.found.outcomes += ends.len();
    }

    /// A session has ended in a way that is new.
    fn end<P: Planner>(&mut self, place: usize, answers: Vec<u8>, state: State, broken: Breaks) {
        let world = self.world;
        let later = self.settled.entry(state.clone()).or_insert_with(|| settle::<P>(world, &state, None));
        let all: Breaks = broken.union(later).copied().collect();
        for promise in all {
            *self.found.breaks.entry(promise).or_default() += 1;
            if !self.found.traces.contains_key(&promise) {
                let mut trace = self.trace::<P>(place, &answers);
                if !broken.contains(&promise) {
                    settle::<P>(world, &state, Some(&mut trace));
                }
                self.found.traces.insert(promise, format!("{promise:?}: {}\n{trace}", promise.words()));
            }
        }
        self.add(state, Way::Session(place, answers));
    }

    /// Runs all sessions on the way to an end again, and writes them down.
    fn trace<P: Planner>(&self, place: usize, answers: &[u8]) -> String {
        let (mut place, mut text) = (place, vec![told::<P>(self.world, &self.nodes[place].0, answers)]);
        loop {
            match &self.nodes[place].1 {
                Way::Start => break,
                Way::Event(before, event) => {
                    text.push(format!("-- {event}\n"));
                    place = *before;
                }
                Way::Session(before, answers) => {
                    text.push(told::<P>(self.world, &self.nodes[*before].0, answers));
                    place = *before;
                }
            }
        }
        text.reverse();
        text.concat()
    }
}
