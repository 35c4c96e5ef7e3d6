//! What the benchmarks share: inputs, references written by hand, peers, and the rows in which they stand side by side.
//!
//! Everything runs through the public API of the crate. A [`Case`] is one row of the tables: some code that does the same work in
//! different ways, checked to give the same result, and the targets that the crate has to reach beside it.

pub mod case;
pub mod compare;
pub mod corpus;
pub mod hand;
pub mod rows;

pub use case::{Candidate, Case, OURS, Section, Target, Unit};
