//! Reads a greeting: a status line that may contain an APOP timestamp anywhere in its text.

use super::error::ReplyError;
use super::reply::status_line;
use crate::types::{ApopTimestamp, Deviation, Deviations, Greeting, Status};

/// Reads the line with which a server opens the session (RFC 1939 section 4, RFC 2449 section 3), without its
/// line end.
///
/// Notes what [`status_line`] notes, and [`BadTimestamp`](Deviation::BadTimestamp) for a `<...>` part that is
/// not a msg-id.
///
/// # Errors
///
/// Those of [`status_line`].
pub fn greeting<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<Greeting<'i>, ReplyError> {
    let line = status_line(line, seen)?;
    let mut greeting = Greeting { line, timestamp: None };
    if line.status == Status::Ok
        && let Some(bracketed) = bracketed(line.text.as_bytes())
    {
        greeting.timestamp = core::str::from_utf8(bracketed).ok().and_then(ApopTimestamp::new);
        if greeting.timestamp.is_none() {
            seen.insert(Deviation::BadTimestamp);
        }
    }
    Ok(greeting)
}

/// From the first `<` to the next `>`.
fn bracketed(text: &[u8]) -> Option<&[u8]> {
    let open = text.iter().position(|b| *b == b'<')?;
    let from = text.get(open..)?;
    let close = from.iter().position(|b| *b == b'>')?;
    from.get(..=close)
}
