//! From value to bytes to value, and the other way round; whatever the arguments are, an encoder writes one
//! line or nothing.

#![cfg(feature = "alloc")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/pair.rs"]
mod pair;

mod capabilities;
mod challenges;
mod commands;
mod edges;
mod owned_command;
mod parse_then_encode;
mod replies;
mod reply_shapes;

use pop3_proto::limits::REPLY_LINE;
use pop3_proto::{Deviations, Full, MsgNo, Output};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn number() -> impl Strategy<Value = MsgNo> {
    prop_oneof![1_u32..12, any::<u32>(), Just(u32::MAX)].prop_filter_map("zero", MsgNo::new)
}

fn big() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..20, any::<u64>(), Just(u64::from(u32::MAX) + 1), 99_999_990_u64..100_000_010]
}

fn mechanism() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    prop_oneof![Just(b"PLAIN".to_vec()), vec(select(&alphabet[..]), 1..=20)]
}

fn tag() -> impl Strategy<Value = String> {
    "[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,3}"
}

/// Any bytes where an argument takes bytes, mostly harmful ones.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![4 => 0x21_u8..=0x7E, 2 => select(b"\r\n\0 \t\x7F=."), 1 => any::<u8>()];
    prop_oneof![6 => vec(octet.clone(), 0..30), 1 => vec(octet, 200..300), 1 => vec(0x21_u8..=0x7E, 200..300)]
}

/// An output that refuses what is more than its room.
struct Tight {
    octets: Vec<u8>,
    room: usize,
}

const BEFORE: &[u8] = b"+OK said before\r\n";

impl Tight {
    fn with(room: usize) -> Self {
        Self { octets: BEFORE.to_vec(), room }
    }

    fn after(&self) -> &[u8] {
        self.octets.strip_prefix(BEFORE).expect("what was said before stays")
    }
}

impl Output for Tight {
    fn room(&self) -> usize {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(Full)?;
        self.octets.extend_from_slice(bytes);
        Ok(())
    }
}

fn room() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 0_usize..40, 2 => 40_usize..600, 2 => Just(512), 2 => Just(16 * 1024)]
}

/// Asserts that a failure wrote nothing, and a success one line of at most `limit` bytes that holds no CR, LF
/// or NUL.
fn one_line<E: std::fmt::Debug + PartialEq>(
    limit: usize,
    room: usize,
    write: impl Fn(&mut Tight) -> Result<(), E>,
) -> Result<Option<Vec<u8>>, TestCaseError> {
    let mut out = Tight::with(room);
    let written = write(&mut out);
    let line = out.after();
    if let Err(error) = written {
        prop_assert_eq!(line, b"", "bytes were written by a call that failed: {:?}", error);
        return Ok(None);
    }
    prop_assert!(line.len() <= limit, "{} bytes", line.len());
    let text = line.strip_suffix(b"\r\n");
    prop_assert!(text.is_some(), "no line end: {}", line.escape_ascii());
    let bad = text.unwrap().iter().any(|b| b"\r\n\0".contains(b));
    prop_assert!(!bad, "more than one line: {}", line.escape_ascii());
    Ok(Some(line.to_vec()))
}

/// As [`one_line`], with enough room.
fn whole_line<E: std::fmt::Debug + PartialEq>(
    write: impl Fn(&mut Tight) -> Result<(), E>,
) -> Result<Vec<u8>, TestCaseError> {
    one_line(REPLY_LINE, REPLY_LINE, write)?.ok_or_else(|| TestCaseError::fail("no line into 512 bytes"))
}

/// What `write` wrote, without its CRLF.
fn written<E: std::fmt::Debug>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).expect("room for everything");
    out.strip_suffix(b"\r\n").expect("one line").to_vec()
}

/// Parses the line, and panics if that fails or records a deviation.
fn read<'i, T, E: std::fmt::Debug>(
    line: &'i [u8],
    parse: impl FnOnce(&'i [u8], &mut Deviations) -> Result<T, E>,
) -> T {
    let mut seen = Deviations::NONE;
    let value = parse(line, &mut seen).unwrap_or_else(|e| panic!("{e:?} in {}", line.escape_ascii()));
    assert!(seen.is_empty(), "{seen:?} in {}", line.escape_ascii());
    value
}

fn after_ok(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"+OK ").unwrap_or_else(|| panic!("no +OK in {}", line.escape_ascii()))
}
