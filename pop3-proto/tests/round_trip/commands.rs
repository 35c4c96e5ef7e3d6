//! Commands are encoded as the grammar has them, and parsed again.

use pop3_proto::client::{Client, Profile, SendError};
use pop3_proto::limits::COMMAND_LINE;
use pop3_proto::{FixedBuf, Output as _, Security, Verb, encode, parse};
use proptest::prelude::*;

use crate::owned_command::{OwnedCommand, command, command_line, hostile_command};
use crate::pair::base64;
use crate::{BEFORE, one_line, room};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Proves 1939-3-03, 1939-3-06, 1939-7-22, 2449-3-01.
    #[test]
    fn a_command_is_written_as_the_grammar_has_it_and_read_again(said in command()) {
        let mut out = BEFORE.to_vec();
        prop_assert_eq!(encode::command(&said.command(), &mut out), Ok(()));
        let wire = &out[BEFORE.len()..];
        prop_assert_eq!(wire.escape_ascii().to_string(), said.wire().escape_ascii().to_string());
        prop_assert!(wire.len() <= COMMAND_LINE);
        let read = parse::command(wire.strip_suffix(b"\r\n").unwrap());
        prop_assert_eq!(read.map(|command| OwnedCommand::of(&command)), Ok(said));
    }

    /// Spaces and zeros around numbers, and spaces after a verb without arguments, change nothing; the strict
    /// grammar refuses all but the canonical form. Everything else is read alike by both.
    ///
    /// Covers quirk-164.
    #[test]
    fn the_two_grammars_differ_in_spaces_and_zeros_around_numbers_only(
        said in command(), spaces in [0..3_usize, 0..3, 0..3], zeros in 0..3_usize,
    ) {
        let wire = said.wire();
        let line = std::str::from_utf8(wire.strip_suffix(b"\r\n").unwrap());
        let text = ["USER", "PASS", "APOP", "AUTH", "LANG"].iter().any(|verb| wire.starts_with(verb.as_bytes()));
        if let (Ok(line), false) = (line, text) {
            let mut parts = line.split(' ');
            let mut odd = parts.next().unwrap().to_owned();
            for (part, extra) in parts.zip(spaces) {
                odd += &format!("{} {}{part}", " ".repeat(extra), "0".repeat(zeros));
            }
            odd += &" ".repeat(spaces[2]);
            let read = parse::command(odd.as_bytes());
            let known = !matches!(said.command(), pop3_proto::Command::Other { .. });
            if known {
                prop_assert_eq!(read.map(|command| OwnedCommand::of(&command)), Ok(said), "{:?}", odd);
                let top_lines = line.starts_with("TOP") && odd.trim_start_matches("TOP ").starts_with(|c: char| c != '0');
                prop_assert!(parse::strict_command(odd.as_bytes()).is_err() || odd == line || top_lines, "{odd:?}");
            }
        } else {
            let [strict, lenient] = [parse::strict_command, parse::command].map(|read| read(&wire[..wire.len() - 2]));
            prop_assert_eq!(strict.map(|command| OwnedCommand::of(&command)), lenient.map(|command| OwnedCommand::of(&command)));
        }
    }

    /// Covers crlf-nul-in-command-arguments, quirk-125.
    #[test]
    fn a_command_with_hostile_arguments_is_one_line_or_nothing(said in hostile_command(), room in room()) {
        let line = one_line(COMMAND_LINE, room, |out| encode::command(&said.command(), out))?;
        if let Some(line) = line {
            prop_assert_eq!(&line, &said.wire());
            prop_assert!(!line[..line.len() - 2].iter().any(u8::is_ascii_control));
        }
        let mut buf: FixedBuf<512> = FixedBuf::new();
        buf.put(&vec![b'-'; 512 - room.min(512)]).unwrap();
        let before = buf.bytes().len();
        if encode::command(&said.command(), &mut buf).is_err() {
            prop_assert_eq!(buf.bytes().len(), before);
        }
    }

    #[test]
    fn a_line_that_reads_as_a_command_is_written_as_the_same_command(line in command_line()) {
        if let Ok(command) = parse::command(&line) {
            let said = OwnedCommand::of(&command);
            let mut out = Vec::new();
            match encode::command(&command, &mut out) {
                Err(error) => prop_assert!(line.len() > COMMAND_LINE - 2, "{:?} for {:?}", error, said),
                Ok(()) => {
                    let again = parse::command(out.strip_suffix(b"\r\n").unwrap());
                    prop_assert_eq!(again.map(|command| OwnedCommand::of(&command)), Ok(said));
                }
            }
        }
    }
}

/// Proves 2449-4-01.
#[test]
fn a_command_line_of_255_octets_is_written_and_one_more_is_not() {
    for (verb, most) in [(Verb::User, 248), (Verb::Pass, 248)] {
        for (len, good) in [(most, true), (most + 1, false)] {
            let arg = vec![b'a'; len];
            let said = if verb == Verb::User { OwnedCommand::User(arg) } else { OwnedCommand::Pass(arg) };
            let mut out = Vec::new();
            assert_eq!(encode::command(&said.command(), &mut out).is_ok(), good, "{verb:?} and {len}");
            assert_eq!(out.len(), if good { COMMAND_LINE } else { 0 });
        }
    }
}

/// Proves 5034-4-01, 5034-4-10.
#[test]
fn initial_responses_fit_up_to_the_octet_that_the_line_has_room_for() {
    for (mechanism, most) in [
        ("PLAIN", 180),
        ("LOGIN", 180),
        ("XOAUTH2", 180),
        ("EXTERNAL", 177),
        ("ANONYMOUS", 177),
        ("OAUTHBEARER", 177),
        ("SCRAM-SHA-1", 177),
        ("SCRAM-SHA-256", 174),
        ("SCRAM-SHA-512", 174),
        ("SCRAM-SHA-1-PLUS", 171),
        ("SCRAM-SHA-256-PLUS", 171),
    ] {
        let mut client: Client = Client::new(Profile::STRICT, Security::Tls);
        client.receive(&mut &b"+OK\r\n"[..]).unwrap();
        let mut out = Vec::new();
        let data = vec![0xA5; most + 1];
        assert_eq!(client.auth(mechanism, Some(&data), &mut out), Err(SendError::TooLong), "{mechanism}");
        assert_eq!(out, b"");
        client.auth(mechanism, Some(&data[..most]), &mut out).unwrap();
        assert!(out.len() <= COMMAND_LINE);
        assert_eq!(out, format!("AUTH {mechanism} {}\r\n", base64(&data[..most])).into_bytes());
    }
}
