//! Any cut of the input gives the same events and the same output, on both sides, also octet by octet.

#![cfg(feature = "alloc")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/pair.rs"]
mod pair;

mod client;
mod dialogues;
mod lines;
mod server;

use proptest::collection::vec;
use proptest::prelude::*;

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![4 => 1_usize..9, 2 => 9_usize..70, 1 => 200_usize..700], 1..12)
}

/// How the octets come.
#[derive(Clone, Copy)]
enum Cut<'s> {
    /// In pieces of these sizes, into a window without end.
    Sizes(&'s [usize]),
    /// As many as a receive buffer of so many octets takes; `poll` is never called.
    Window(usize),
}
