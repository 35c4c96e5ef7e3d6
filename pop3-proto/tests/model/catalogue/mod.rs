//! The worlds, by group. `World::new` says what each of them is, but for what is said here.

mod honest;
mod ids;
mod liars;
mod refusals;
mod windows;

use crate::world::Program;

pub(crate) use honest::honest;
pub(crate) use ids::ids;
pub(crate) use liars::liars;
pub(crate) use refusals::refusals;
pub(crate) use windows::windows;

/// A program that makes each message safe at once, and takes all of them.
const AT_ONCE: Program = Program { skips_unasked: false, batch: false, refuses: false };

/// Two messages with the same header, of two sizes and of one.
const ONE_HEADER: [&str; 2] = ["S: a\n\n1\n", "S: a\n\n22\n"];
const ONE_HEADER_AND_SIZE: [&str; 2] = ["S: a\n\n1\n", "S: a\n\n2\n"];

/// The rest is lost if its dot is not stuffed.
const LONE_DOT: &str = "S: a\n\n.\nz\n";
