//! Reads status lines, which start with `+OK` or `-ERR`, and challenges, which start with `+` and a space.

use super::error::ReplyError;
use crate::base64::Base64;
use crate::text::Text;
use crate::types::{Deviation, Deviations, ResponseCode, Status, StatusLine};

/// Reads a status line (RFC 1939 section 3, RFC 2449 sections 3 and 8), given without its line end.
///
/// Notes [`StatusCase`](Deviation::StatusCase) and [`StatusWord`](Deviation::StatusWord).
///
/// # Errors
///
/// [`ReplyError::Status`] if the line starts with nothing like a status indicator.
#[inline]
pub fn status_line<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<StatusLine<'i>, ReplyError> {
    let (status, after) = match line {
        [b'+', b'O', b'K', after @ ..] if matches!(after, [] | [b' ', ..]) => (Status::Ok, after),
        [b'-', b'E', b'R', b'R', after @ ..] if matches!(after, [] | [b' ', ..]) => (Status::Err, after),
        _ => indicator(line, seen)?,
    };
    let (code, text) = response_code(after.strip_prefix(b" ").unwrap_or(after));
    Ok(StatusLine { status, code, text: Text::new(text) })
}

/// Reads a server challenge, `+ ` and base64 (RFC 5034 section 4), given without its line end.
///
/// Notes [`BareContinuation`](Deviation::BareContinuation) for a `+` alone.
///
/// # Errors
///
/// [`ReplyError::Challenge`] for any other line. A client should then cancel the exchange.
pub fn challenge<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<Base64<'i>, ReplyError> {
    let text = match line {
        [b'+'] => {
            seen.insert(Deviation::BareContinuation);
            b""
        }
        [b'+', b' ', text @ ..] => text,
        _ => return Err(ReplyError::Challenge),
    };
    Base64::new(text).ok_or(ReplyError::Challenge)
}

/// `-` with any word is a refusal. `+` is a success only with `OK`, in any letter case and perhaps with letters
/// after it: a server that says `+ERR` has failed.
#[cold]
fn indicator<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<(Status, &'i [u8]), ReplyError> {
    let (status, due, after) = match line {
        [b'+', after @ ..] => (Status::Ok, &b"OK"[..], after),
        [b'-', after @ ..] => (Status::Err, &b"ERR"[..], after),
        _ => return Err(ReplyError::Status),
    };
    let end = after.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(after.len());
    let (word, text) = after.split_at_checked(end).unwrap_or_default();
    if word.is_empty() {
        return Err(ReplyError::Status);
    }
    let same = word.eq_ignore_ascii_case(due) && matches!(text, [] | [b' ', ..]);
    seen.insert(if same { Deviation::StatusCase } else { Deviation::StatusWord });
    let is_ok = status == Status::Ok && matches!(word, [b'O' | b'o', b'K' | b'k', ..]);
    Ok((if is_ok { Status::Ok } else { Status::Err }, text))
}

/// Splits off a response code from the very start of a text.
#[inline]
fn response_code(text: &[u8]) -> (Option<ResponseCode<'_>>, &[u8]) {
    let [b'[', inner @ ..] = text else { return (None, text) };
    let Some(end) = inner.iter().position(|b| *b == b']') else { return (None, text) };
    match inner.get(..end).and_then(ResponseCode::new) {
        None => (None, text),
        code => {
            let after = inner.get(end.wrapping_add(1)..).unwrap_or_default();
            (code, after.strip_prefix(b" ").unwrap_or(after))
        }
    }
}
