//! ANONYMOUS: no identity is proved; the client may send a text about itself (RFC 4505).

use super::action::Move;
use super::cause::Cause;
use crate::sasl::memory::{Memory, Span};

/// The longest trace that is not an address, in characters (RFC 4505 section 2).
const TRACE: usize = 255;

#[derive(Debug)]
pub(super) struct Anonymous;

impl Anonymous {
    pub(super) fn step(&self, trace: Span, memory: &Memory<'_>) -> Result<Move, Cause> {
        let text = core::str::from_utf8(memory.get(trace)).map_err(|_| Cause::Text)?;
        let short = text.contains('@') || text.chars().count() <= TRACE;
        let fits = short && !text.chars().any(char::is_control);
        if fits { Ok(Move::Anonymous(trace)) } else { Err(Cause::Text) }
    }
}
