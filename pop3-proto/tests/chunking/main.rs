//! However the input is cut, down to single bytes, both sides give the same events and the same output.

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

/// How the bytes arrive.
#[derive(Clone, Copy)]
enum Cut<'s> {
    /// In pieces of these sizes, into a window without end.
    Sizes(&'s [usize]),
    /// As many at a time as a receive buffer of this size takes; `poll` is never called.
    Window(usize),
}
