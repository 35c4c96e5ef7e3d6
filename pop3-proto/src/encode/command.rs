//! Writes commands, and prevents injection: no argument can end its line early or start another line.

use core::fmt;

use super::put;
use crate::base64;
use crate::buf::{Full, Output};
use crate::decimal::ReverseBuf;
use crate::limits::COMMAND_LINE;
use crate::types::{Command, Verb, is_language_range, is_mechanism_name};
use crate::word::has_control;

/// Why a command was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output has no room for the line: flush it, then try again.
    Full,
    /// An argument is empty, contains CR, LF, NUL or another control character, or does not have the form
    /// that its command needs.
    BadArgument,
    /// The line would be longer than 255 octets (RFC 2449 section 4).
    TooLong,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the output is full: flush it first",
            Self::BadArgument => "an argument that the wire cannot carry",
            Self::TooLong => "a command line above 255 octets",
        })
    }
}

impl core::error::Error for EncodeError {}

impl From<Full> for EncodeError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// Appends the command with its CRLF, all at once.
///
/// An AUTH line with an initial response has the same limit as other lines. If it would be longer than 255
/// octets, send AUTH with the mechanism only, and the response after the empty challenge (RFC 5034 section 4).
///
/// # Errors
///
/// [`EncodeError`] if the command cannot be written. Nothing was appended then.
#[inline]
pub fn command(command: &Command<'_>, out: &mut impl Output) -> Result<(), EncodeError> {
    let verb = command.verb().as_str().as_bytes();
    match *command {
        Command::User(name) => line(out, &[verb, b" ", text(name)?]),
        Command::Pass(password) => line(out, &[verb, b" ", text(password.expose())?]),
        Command::Apop { name, digest } => line(out, &[verb, b" ", word(name)?, b" ", &digest.to_hex()]),
        Command::Auth { mechanism, initial: None } => line(out, &[verb, b" ", mechanism_name(mechanism)?]),
        Command::Auth { mechanism, initial: Some(initial) } => {
            let initial = if initial.as_bytes().is_empty() { b"=" } else { initial.as_bytes() };
            line(out, &[verb, b" ", mechanism_name(mechanism)?, b" ", initial])
        }
        Command::Lang(Some(range)) if is_language_range(range) => line(out, &[verb, b" ", range]),
        Command::Lang(Some(_)) => Err(EncodeError::BadArgument),
        Command::List(Some(number))
        | Command::Retr(number)
        | Command::Dele(number)
        | Command::Uidl(Some(number)) => numbers(out, verb, &[u64::from(number.get())]),
        Command::Top { number, lines } => numbers(out, verb, &[u64::from(number.get()), lines]),
        Command::Other { verb, args: None } => line(out, &[keyword(verb)?]),
        Command::Other { verb, args: Some(args) } => line(out, &[keyword(verb)?, b" ", clean(args)?]),
        Command::AuthList
        | Command::Stls
        | Command::Capa
        | Command::Utf8
        | Command::Lang(None)
        | Command::Stat
        | Command::List(None)
        | Command::Noop
        | Command::Rset
        | Command::Uidl(None)
        | Command::Quit => numbers(out, verb, &[]),
    }
}

/// Writes `AUTH mechanism initial-response` from raw bytes; `Some(b"")` is written as `=`.
pub(crate) fn auth(
    mechanism: &[u8],
    initial: Option<&[u8]>,
    out: &mut impl Output,
) -> Result<(), EncodeError> {
    let Some(data) = initial.filter(|data| !data.is_empty()) else {
        let initial = initial.map(|_| base64::Base64::EMPTY);
        return command(&Command::Auth { mechanism, initial }, out);
    };
    let name = mechanism_name(mechanism)?;
    let len = b"AUTH  \r\n".len().wrapping_add(name.len()).saturating_add(base64::encoded_len(data.len()));
    if len > COMMAND_LINE {
        return Err(EncodeError::TooLong);
    }
    if len > out.room() {
        return Err(EncodeError::Full);
    }
    put(out, &[b"AUTH ", name, b" "])?;
    base64::put(data, out)?;
    Ok(out.put(b"\r\n")?)
}

#[inline]
fn line(out: &mut impl Output, parts: &[&[u8]]) -> Result<(), EncodeError> {
    let mut len = 2_usize;
    for part in parts {
        len = len.saturating_add(part.len());
    }
    if len > COMMAND_LINE {
        return Err(EncodeError::TooLong);
    }
    if len > out.room() {
        return Err(EncodeError::Full);
    }
    for part in parts {
        out.put(part)?;
    }
    Ok(out.put(b"\r\n")?)
}

/// Writes a line of a verb and at most two numbers. Such a line cannot contain a bad argument.
#[inline]
fn numbers(out: &mut impl Output, verb: &[u8], numbers: &[u64]) -> Result<(), EncodeError> {
    let mut line = ReverseBuf::<{ b"VERB   \r\n".len() + 20 + 20 }>::empty();
    line.text(b"\r\n");
    for number in numbers.iter().rev() {
        line.number(*number);
        line.octet(b' ');
    }
    line.text(verb);
    Ok(put(out, &[line.as_bytes()])?)
}

fn clean(bytes: &[u8]) -> Result<&[u8], EncodeError> {
    if has_control(bytes) { Err(EncodeError::BadArgument) } else { Ok(bytes) }
}

fn text(bytes: &[u8]) -> Result<&[u8], EncodeError> {
    if bytes.is_empty() { Err(EncodeError::BadArgument) } else { clean(bytes) }
}

fn word(bytes: &[u8]) -> Result<&[u8], EncodeError> {
    if bytes.contains(&b' ') { Err(EncodeError::BadArgument) } else { text(bytes) }
}

/// Refuses a verb that the crate knows, in any letter case: its reply would have a form that the caller does
/// not expect.
fn keyword(verb: &[u8]) -> Result<&[u8], EncodeError> {
    let known = Verb::ALL.iter().any(|known| known.as_str().as_bytes().eq_ignore_ascii_case(verb));
    let fits = matches!(verb.len(), 3 | 4) && verb.is_ascii() && !known;
    if fits { word(verb) } else { Err(EncodeError::BadArgument) }
}

fn mechanism_name(name: &[u8]) -> Result<&[u8], EncodeError> {
    if is_mechanism_name(name) { Ok(name) } else { Err(EncodeError::BadArgument) }
}
