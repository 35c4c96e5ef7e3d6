//! What the benchmarks share: inputs, code written by hand, other crates, and the rows that compare them.
//!
//! Everything runs through the public API of the crate. A [`Case`] is one row of the tables: candidates that
//! do the same work in different ways and are checked to give the same result, and the targets that the crate
//! has to reach.

pub mod case;
pub mod compare;
pub mod corpus;
pub mod hand;
pub mod rows;

pub use case::{Candidate, Case, OURS, Section, Target, Unit};
