//! The download planner: what it asks for, what it deletes, and what its record holds, with exact bytes both
//! ways.

#![cfg(all(feature = "fetch", feature = "serde", feature = "sasl"))]

#[path = "../common/mod.rs"]
mod common;

mod away;
mod bounds;
mod broken;
mod clock;
mod digests;
mod drive;
mod entries;
mod headers;
mod ids;
mod imports;
mod known;
mod liar;
mod lies;
mod listings;
mod lost;
mod previews;
mod queue;
mod record;
mod refusals;
mod rules;
mod step;
mod weigh;
