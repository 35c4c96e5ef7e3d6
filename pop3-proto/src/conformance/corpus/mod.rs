//! Known messages, so that a probe can compare what came with what was put in.
//!
//! Each message but two holds a marker, `pop3check NAME RUN CRC`, in a field or in its first body line. RUN has
//! four hexadecimal digits and CRC (CRC-32) eight. The
//! CRC covers what follows the line of the marker, with CR LF as line end and before dot-stuffing. What stands in
//! front of the marker is not compared, because delivery adds fields there.

mod marker;
mod shapes;

use alloc::vec::Vec;

pub(in crate::conformance) use marker::named;
pub use marker::{recognised, tail};

/// The names of all known messages. Those that begin with `spare-` may be removed.
pub const NAMES: [&str; 32] = [
    "plain",
    "lf",
    "crlf",
    "mixed",
    "dots",
    "first-dot",
    "first-line-dot",
    "final-dot",
    "final-dot-line",
    "no-final-line-end",
    "near-ends",
    "popish",
    "edges",
    "long-line",
    "long-dots",
    "eight-bit",
    "nul",
    "utf8-header",
    "empty",
    "only-line-end",
    "no-body",
    "header-and-blank",
    "body-only",
    "many-fields",
    "equal-a",
    "equal-b",
    "big",
    "spare-1",
    "spare-2",
    "spare-3",
    "spare-4",
    "spare-5",
];

/// The message in its stored form, with LF as line end but for `crlf` and `mixed`; `None` if there is no such
/// name. All messages of one run have its number.
#[must_use]
pub fn stored(name: &str, run: u16) -> Option<Vec<u8>> {
    let known = NAMES.into_iter().find(|known| *known == name)?;
    Some(marker::sealed(shapes::shape(known), if known == "equal-b" { "equal-a" } else { known }, run))
}

/// The message as it goes over the wire before it is stuffed: each line ends in CR LF.
#[must_use]
pub fn wire(name: &str, run: u16) -> Option<Vec<u8>> {
    Some(marker::wire_form(&stored(name, run)?))
}

/// Whether the message with this name from [`NAMES`] comes out of SMTP as it went in, if the servers on the
/// way take octets beyond ASCII in the body and in the header. It does not if it lacks a whole header, the
/// empty line or its last line end, has NUL or a line of more than 998 octets, or tests line ends.
#[must_use]
pub fn is_deliverable(name: &str) -> bool {
    !matches!(
        name,
        "first-dot"
            | "first-line-dot"
            | "empty"
            | "only-line-end"
            | "body-only"
            | "nul"
            | "long-line"
            | "long-dots"
            | "near-ends"
            | "no-final-line-end"
            | "final-dot"
            | "no-body"
            | "lf"
            | "crlf"
            | "mixed"
    )
}
