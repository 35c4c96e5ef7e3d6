//! The planner of downloads, explored exhaustively in small worlds: the real `Fetch`, `Client` and `Server`,
//! with every crash, every cut, other clients, and servers that refuse, hide and lie.
//!
//! How to read it, in this order:
//!
//! | file | holds |
//! | --- | --- |
//! | `world.rs`, `catalogue/` | what a world is; the worlds by name |
//! | `session.rs`, `hooks.rs`, `disk.rs` | the program under test: its loop, its steps, what a crash leaves |
//! | `link.rs`, `server.rs`, `lies.rs` | the connection, the server, and what a liar makes of its replies |
//! | `choice.rs` | the oracle: whatever the program does not decide is asked there |
//! | `explore.rs`, `key.rs`, `settle.rs` | the search over all answers; which states are the same; the end |
//! | `promise.rs`, `properties.rs`, `expected.rs` | the promises S1 to S10; how they are seen to hold; what breaks them, how often and why |
//! | `marks.rs`, `luck.rs` | the marks of a server to the fixed point; larger worlds by luck |
//! | `planner.rs`, `planted.rs` | the planner as it is called; planted faults, which the model has to catch |
//!
//! So a run is a function of the answers of the oracle. The search runs a session with the answers 0, 0, 0 and
//! so on, then changes the last answer, and so on until none is left. A run that comes to a state in which
//! another run was stops there. "Proved" means: for these worlds, this loop, and this notion of "same state".
//!
//! All worlds take a minute of two cores in a release build (`cargo model`); a debug build explores some of
//! them. With `MODEL=NAME` only the worlds whose names begin so are explored, and the first way to break each
//! promise is printed as wire text. A failure prints the new rows for `expected.rs`.

#![cfg(feature = "fetch")]

mod catalogue;
mod choice;
mod disk;
mod expected;
mod explore;
mod hooks;
mod key;
mod lies;
mod link;
mod luck;
mod marks;
mod planner;
mod planted;
mod promise;
mod properties;
mod server;
mod session;
mod settle;
mod world;

use std::time::Instant;

use expected::EXPECTED;
use explore::{Found, explore};
use planner::Real;
use world::World;

/// The worlds that a debug build explores, too.
const QUICK: [&str; 13] = [
    "honest-dry-run",
    "honest-no-message",
    "honest-one-message",
    "ids-same-one-header-previews",
    "windows-stat-zero-keep",
    "liar-bodies-reordered",
    "liar-list-tabbed-ids-none",
    "liar-mixed-three-empty",
    "liar-neighbour",
    "liar-plus-err",
    "liar-short-body",
    "liar-unstuffed",
    "liar-unstuffed-batch",
];

fn check(worlds: Vec<World>) {
    let only = std::env::var("MODEL").ok();
    let due = |world: &World| match &only {
        Some(only) => world.name.starts_with(only),
        None => !cfg!(debug_assertions) || QUICK.contains(&&*world.name),
    };
    let mut wrong = Vec::new();
    for world in worlds.iter().filter(|world| due(world)) {
        let start = Instant::now();
        let found = explore::<Real>(world, true);
        let Found { sessions, runs, states, outcomes, breaks, traces } = &found;
        let counts = format!("{sessions:5} sessions, {runs:6} runs, {states:6} states, {outcomes:5} ends");
        println!("{:40} {counts}, {:5.2} s {breaks:?}", world.name, start.elapsed().as_secs_f32());
        if only.is_some() {
            traces.values().for_each(|trace| println!("{trace}"));
        }
        let row = EXPECTED.iter().find(|(name, ..)| *name == world.name);
        let known = row.map_or(&[][..], |(_, known, _)| known);
        if breaks.iter().map(|(promise, times)| (*promise, *times)).ne(known.iter().copied()) {
            let why = row.map(|(_, _, why)| format!("{why:?}")).unwrap_or_default();
            wrong.push(format!("    (\"{}\", &{:?}, {why}),", world.name, breaks.iter().collect::<Vec<_>>()));
            let is_known = |promise| known.iter().any(|(other, _)| *other == promise);
            let new = traces.iter().filter(|(promise, _)| !is_known(**promise));
            new.for_each(|(_, trace)| println!("{}: {trace}", world.name));
        }
    }
    assert!(wrong.is_empty(), "these rows of EXPECTED have changed:\n{}", wrong.join("\n"));
}

#[test]
fn honest_servers_with_good_unique_ids() {
    check(catalogue::honest());
}

#[test]
fn servers_with_other_unique_ids() {
    check(catalogue::ids());
}

#[test]
fn servers_that_refuse() {
    check(catalogue::refusals());
}

#[test]
fn servers_that_show_a_part() {
    check(catalogue::windows());
}

#[test]
fn servers_that_lie() {
    check(catalogue::liars());
}

#[test]
fn every_expectation_and_every_quick_world_has_its_world() {
    let groups = [
        catalogue::honest(),
        catalogue::ids(),
        catalogue::refusals(),
        catalogue::windows(),
        catalogue::liars(),
    ];
    let names: Vec<String> = groups.into_iter().flatten().map(|world| world.name).collect();
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "each world has a name of its own");
    let rows = EXPECTED.iter().map(|(name, ..)| name);
    for name in rows.chain(&QUICK) {
        assert!(names.iter().any(|world| world == name), "no world is named {name}");
    }
    let honest = |name: &str| name.starts_with("honest-");
    assert!(!EXPECTED.iter().any(|(name, ..)| honest(name)), "honest worlds break nothing");
    println!("{} worlds", names.len());
}
