//! What the benchmarks share: mail of several shapes, lists of commands and replies, and references written by hand.

pub mod corpus;
pub mod hand;
pub mod serve;
