//! The whole grammar of commands, and the errors for lines that break it.

use nom::bytes::complete::{tag, take_till};
use nom::combinator::{rest, verify};
use nom::sequence::separated_pair;
use nom::{IResult, Parser as _};

use super::error::CommandError;
use super::number::{msg_no, number as number_of_lines};
use crate::base64::Base64;
use crate::secret::Secret;
use crate::types::{ApopDigest, Command, MsgNo, is_language_range, is_mechanism_name};
use crate::word::has_control;

/// Reads any command. Whatever this function returns for a line, [`read`](super::command::read) returns.
pub(super) fn any_command(line: &[u8], strict: bool) -> Result<Command<'_>, CommandError> {
    if has_control(line) {
        return Err(CommandError::Octet);
    }
    let Some((first, after)) = line.split_first_chunk::<4>() else { return other(line) };
    match &capitals(*first).to_be_bytes() {
        b"TOP " => top(after, strict),
        verb if matches!(after, [] | [b' ', ..]) => known(verb, after.get(1..), line, strict),
        _ => other(line),
    }
}

fn known<'a>(
    verb: &[u8; 4],
    args: Option<&'a [u8]>,
    line: &'a [u8],
    strict: bool,
) -> Result<Command<'a>, CommandError> {
    match verb {
        b"USER" => return required(args).map(Command::User),
        b"PASS" => return required(args).map(|password| Command::Pass(Secret::new(password))),
        b"APOP" => return apop(required(args)?),
        b"AUTH" => return auth(args),
        b"LANG" => return optional(args, language).map(Command::Lang),
        _ => {}
    }
    let args = if strict { args } else { args.map(lenient).filter(|args| !args.is_empty()) };
    match verb {
        b"RETR" => message(args).map(Command::Retr),
        b"DELE" => message(args).map(Command::Dele),
        b"LIST" => optional(args, message).map(Command::List),
        b"UIDL" => optional(args, message).map(Command::Uidl),
        b"STAT" => none(args, Command::Stat),
        b"NOOP" => none(args, Command::Noop),
        b"RSET" => none(args, Command::Rset),
        b"QUIT" => none(args, Command::Quit),
        b"CAPA" => none(args, Command::Capa),
        b"STLS" => none(args, Command::Stls),
        b"UTF8" => none(args, Command::Utf8),
        _ => other(line),
    }
}

/// The only lenience there is: a number, or nothing, without the spaces around it and the zeros in front of
/// it. The rules of the strict grammar then apply to what is left.
fn lenient(args: &[u8]) -> &[u8] {
    let mut args = args.trim_ascii();
    while let [b'0', digits @ ..] = args
        && matches!(digits, [b'0'..=b'9', ..])
    {
        args = digits;
    }
    args
}

fn none<'a>(args: Option<&[u8]>, command: Command<'a>) -> Result<Command<'a>, CommandError> {
    if args.is_none() { Ok(command) } else { Err(CommandError::Extra) }
}

fn required(args: Option<&[u8]>) -> Result<&[u8], CommandError> {
    match args {
        None | Some([]) => Err(CommandError::Missing),
        Some(args) => Ok(args),
    }
}

fn optional<'a, T>(
    args: Option<&'a [u8]>,
    read: impl FnOnce(Option<&'a [u8]>) -> Result<T, CommandError>,
) -> Result<Option<T>, CommandError> {
    match args {
        None => Ok(None),
        args => read(args).map(Some),
    }
}

/// Runs a nom parser over a whole argument. If anything is left over, there is one argument too many.
fn all<'a, T>(
    args: &'a [u8],
    mut read: impl FnMut(&'a [u8]) -> IResult<&'a [u8], T, ()>,
    error: CommandError,
) -> Result<T, CommandError> {
    match read(args) {
        Ok(([], value)) => Ok(value),
        Ok(([b' ', ..], _)) => Err(CommandError::Extra),
        _ => Err(error),
    }
}

fn message(args: Option<&[u8]>) -> Result<MsgNo, CommandError> {
    let args = required(args)?;
    all(args, msg_no_exact, CommandError::Number).map_err(|error| no_such_message(args, error))
}

fn msg_no_exact(input: &[u8]) -> IResult<&[u8], MsgNo, ()> {
    if input.first() == Some(&b'0') { Err(nom::Err::Error(())) } else { msg_no(input) }
}

/// Distinguishes a number that no message can have from something that is not a number.
fn no_such_message(args: &[u8], error: CommandError) -> CommandError {
    match args.iter().find(|b| !b.is_ascii_digit()) {
        None if args.iter().all(|b| *b == b'0') || args.first() != Some(&b'0') => CommandError::NoSuchMessage,
        Some(b' ') => CommandError::Extra,
        _ => error,
    }
}

fn top(args: &[u8], strict: bool) -> Result<Command<'_>, CommandError> {
    let args = if strict { args } else { lenient(args) };
    let space = args.iter().position(|b| *b == b' ').unwrap_or(args.len());
    let lines = required(args.get(space.wrapping_add(1)..))?;
    let number = message(args.get(..space))?;
    let lines = if strict { lines } else { lenient(lines) };
    Ok(Command::Top { number, lines: all(lines, number_of_lines, CommandError::Number)? })
}

fn apop(args: &[u8]) -> Result<Command<'_>, CommandError> {
    let word = || verify(take_till::<_, _, ()>(|b| b == b' '), |word: &[u8]| !word.is_empty());
    match separated_pair(word(), tag(" "), rest).parse_complete(args) {
        Ok((_, (name, digest))) => {
            let digest = ApopDigest::from_hex(digest).ok_or(CommandError::Digest)?;
            Ok(Command::Apop { name, digest })
        }
        Err(_) => Err(CommandError::Missing),
    }
}

fn auth(args: Option<&[u8]>) -> Result<Command<'_>, CommandError> {
    let args = match args {
        None | Some([]) => return Ok(Command::AuthList),
        Some(args) => args,
    };
    let (after, mechanism) =
        take_till::<_, _, ()>(|b| b == b' ').parse_complete(args).map_err(|_| CommandError::Mechanism)?;
    if !is_mechanism_name(mechanism) {
        return Err(CommandError::Mechanism);
    }
    let initial = match after.split_first() {
        None => None,
        Some((_, b"")) => return Err(CommandError::Base64),
        Some((_, b"=")) => Some(Base64::EMPTY),
        Some((_, text)) if text.contains(&b' ') => return Err(CommandError::Extra),
        Some((_, text)) => Some(Base64::new(text).ok_or(CommandError::Base64)?),
    };
    Ok(Command::Auth { mechanism, initial })
}

fn language(args: Option<&[u8]>) -> Result<&[u8], CommandError> {
    let range = required(args)?;
    if is_language_range(range) {
        Ok(range)
    } else if range.contains(&b' ') {
        Err(CommandError::Extra)
    } else {
        Err(CommandError::Language)
    }
}

/// Reads verbs of three or four characters that the crate does not know. Everything else is not a command.
fn other(line: &[u8]) -> Result<Command<'_>, CommandError> {
    let (verb, args) = match line.iter().position(|b| *b == b' ') {
        None => (line, None),
        Some(at) => (line.get(..at).unwrap_or_default(), line.get(at.wrapping_add(1)..)),
    };
    match verb {
        [] if line.is_empty() => Err(CommandError::Empty),
        [_, _, _] | [_, _, _, _] if verb.is_ascii() => {
            if verb.eq_ignore_ascii_case(b"TOP") {
                return Err(CommandError::Missing);
            }
            Ok(Command::Other { verb, args })
        }
        _ => Err(CommandError::Keyword),
    }
}

/// Converts four bytes to capitals. Only letters have bit 6 set, and only for them bit 5 is cleared.
#[inline]
pub(super) const fn capitals(word: [u8; 4]) -> u32 {
    let word = u32::from_be_bytes(word);
    word & !((word & 0x4040_4040) >> 1)
}
