//! Reads a command line. Its first four bytes select the command.

use super::error::CommandError;
use super::grammar::{any_command, capitals};
use super::number::{last_number, msg_no_at};
use crate::secret::Secret;
use crate::types::{Command, MsgNo};
use crate::word::has_control;

/// Reads one command (RFC 1939 section 3, RFC 2449 section 3), given without its CRLF.
///
/// USER and PASS take the rest of the line, including 8-bit bytes. No argument may contain a control
/// character. Unknown verbs of three or four characters become [`Command::Other`].
///
/// Verbs that take nothing but numbers, and those that take no argument, are read leniently, as other servers
/// do: spaces before, between and after the numbers or after the verb, and zeros in front of a number, change
/// nothing (`QUIT `, `LIST  1`, `RETR 01`). Names, passwords and the arguments of AUTH, APOP and LANG are
/// taken as they are. [`strict_command`] refuses additional spaces, and zeros in front of a message
/// number.
///
/// # Errors
///
/// [`CommandError`], which says which rule the line breaks.
#[inline]
pub fn command(line: &[u8]) -> Result<Command<'_>, CommandError> {
    read(line, false)
}

/// Reads one command as [`command`](command()) does, but with single spaces where RFC 1939 section 3 has
/// them, none elsewhere, and no zero in front of a message number.
///
/// # Errors
///
/// [`CommandError`], which says which rule the line breaks.
#[inline]
pub fn strict_command(line: &[u8]) -> Result<Command<'_>, CommandError> {
    read(line, true)
}

#[inline]
pub(crate) fn read(line: &[u8], strict: bool) -> Result<Command<'_>, CommandError> {
    match fast(line) {
        Some(command) => Ok(command),
        None => any_command(line, strict),
    }
}

/// Reads the most frequent commands, if they are well-formed. One comparison of words finds the verb, and
/// none of these forms can contain a control character that was not checked for.
#[inline(always)]
fn fast(line: &[u8]) -> Option<Command<'_>> {
    let alone = line.len() == 4;
    match capitals(*line.first_chunk()?) {
        verb @ (RETR | DELE | LIST | UIDL) if !alone => {
            let number = message(line)?;
            Some(match verb {
                RETR => Command::Retr(number),
                DELE => Command::Dele(number),
                LIST => Command::List(Some(number)),
                _ => Command::Uidl(Some(number)),
            })
        }
        TOP => top(line),
        USER => text(line).map(Command::User),
        PASS => text(line).map(|password| Command::Pass(Secret::new(password))),
        verb if alone => Some(match verb {
            LIST => Command::List(None),
            UIDL => Command::Uidl(None),
            STAT => Command::Stat,
            NOOP => Command::Noop,
            RSET => Command::Rset,
            QUIT => Command::Quit,
            CAPA => Command::Capa,
            STLS => Command::Stls,
            UTF8 => Command::Utf8,
            _ => return None,
        }),
        _ => None,
    }
}

const RETR: u32 = capitals(*b"RETR");
const DELE: u32 = capitals(*b"DELE");
const LIST: u32 = capitals(*b"LIST");
const UIDL: u32 = capitals(*b"UIDL");
const TOP: u32 = capitals(*b"TOP ");
const USER: u32 = capitals(*b"USER");
const PASS: u32 = capitals(*b"PASS");
const STAT: u32 = capitals(*b"STAT");
const NOOP: u32 = capitals(*b"NOOP");
const RSET: u32 = capitals(*b"RSET");
const QUIT: u32 = capitals(*b"QUIT");
const CAPA: u32 = capitals(*b"CAPA");
const STLS: u32 = capitals(*b"STLS");
const UTF8: u32 = capitals(*b"UTF8");

/// A verb of four letters followed by one message number, and nothing else.
#[inline]
fn message(line: &[u8]) -> Option<MsgNo> {
    let [b' ', b'1'..=b'9', ..] = line.get(4..)? else { return None };
    MsgNo::new(u32::try_from(last_number(line, 5)?).ok()?)
}

#[inline]
fn top(line: &[u8]) -> Option<Command<'_>> {
    let [b'1'..=b'9', ..] = line.get(4..)? else { return None };
    let (number, space) = msg_no_at(line, 4)?;
    if line.get(space) != Some(&b' ') {
        return None;
    }
    Some(Command::Top { number, lines: last_number(line, space.wrapping_add(1))? })
}

#[inline]
fn text(line: &[u8]) -> Option<&[u8]> {
    let [b' ', text @ ..] = line.get(4..)? else { return None };
    (!text.is_empty() && !has_control(text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;
    use std::{format, vec};

    use proptest::prelude::*;

    use super::{Command, CommandError, any_command, read};

    /// Lines that resemble the forms that [`fast`](super::fast) knows.
    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let verb = prop_oneof![
            prop::sample::select(vec![
                "RETR", "dele", "LIST", "UiDL", "TOP", "USER", "PASS", "STAT", "noop", "RSET", "QUIT",
                "CAPA", "STLS", "UTF8", "APOP", "AUTH", "LANG", "XTND", "RETRO", "TO",
            ])
            .prop_map(|verb| verb.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..6),
        ];
        let argument = prop_oneof![
            "[0-9]{0,12}".prop_map(String::into_bytes),
            "[ 0-9a-z=+/]{0,12}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        let after =
            prop::collection::vec((prop::sample::select(vec![&b""[..], b" ", b" ", b"  "]), argument), 0..3);
        (verb, after).prop_map(|(verb, after)| {
            after.into_iter().fold(verb, |line, (space, argument)| [&line, space, &argument].concat())
        })
    }

    /// Everything that a result contains; `Debug` does not show a password.
    fn said(result: Result<Command<'_>, CommandError>) -> String {
        match result {
            Ok(Command::Pass(password)) => format!("PASS {}", password.expose().escape_ascii()),
            result => format!("{result:?}"),
        }
    }

    proptest! {
        #[test]
        fn what_is_usual_is_what_the_grammar_says(line in lines()) {
            for strict in [false, true] {
                let (short, whole) = (read(&line, strict), any_command(&line, strict));
                prop_assert_eq!(said(short), said(whole), "{}", line.escape_ascii());
            }
        }
    }

    #[test]
    fn every_end_of_a_usual_line_is_what_the_grammar_says() {
        let whole: [&[u8]; 6] = [
            b"RETR 12345678901",
            b"TOP 1234567890 12345678901",
            b"USER a\x7Fb",
            b"PASS \x80 b\x1F",
            b"LIST 0",
            b"STAT ",
        ];
        for line in whole.into_iter().flat_map(|line| (0..=line.len()).map(|len| &line[..len])) {
            for strict in [false, true] {
                let (short, whole) = (read(line, strict), any_command(line, strict));
                assert_eq!(said(short), said(whole), "{}", line.escape_ascii());
            }
        }
    }
}
