//! The rows of the tables.

mod chunks;
mod commands;
mod neighbours;
mod replies;
mod sessions;
mod stuff;
mod unstuff;

pub use chunks::{Feed, Reply, feeds};

use crate::{Case, Section};

/// Makes the rows of a section and checks their candidates against each other.
#[must_use]
pub fn of(section: Section) -> Vec<Case> {
    match section {
        Section::Commands => commands::cases(),
        Section::Replies => replies::cases(),
        Section::Bodies => [unstuff::cases(), stuff::cases()].into_iter().flatten().collect(),
        Section::Sessions => sessions::cases(),
        Section::Chunks => chunks::cases(),
    }
}
