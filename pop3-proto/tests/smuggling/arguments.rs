//! No argument that a client passes can end its line early or start another.

use std::collections::VecDeque;

use pop3_proto::client::{Client, Event as Got, Part, Profile, SendError};
use pop3_proto::encode::{self, EncodeError};
use pop3_proto::{ApopDigest, Base64, Command, Secret, Security};

use crate::common::show;
use crate::pair::{Heard, listen};
use crate::{greeted, odd_arguments};

/// Covers crlf-nul-in-command-arguments.
/// Proves 1939-7-22.
#[test]
fn cr_lf_and_nul_in_any_argument_of_a_command_are_refused_and_nothing_is_written() {
    for bad in [b'\r', b'\n', 0] {
        for arg in [
            vec![bad],
            vec![bad, b'x'],
            vec![b'x', bad],
            vec![b'x', bad, b'x'],
            vec![b'x', b'\r', b'\n', bad],
        ] {
            let verb = [&b"XY"[..], &arg].concat();
            let text = String::from_utf8(arg.clone()).unwrap();
            let commands = [
                Command::User(&arg),
                Command::Pass(Secret::new(&arg)),
                Command::Apop { name: &arg, digest: ApopDigest::new([7; 16]) },
                Command::Auth { mechanism: &arg, initial: None },
                Command::Auth { mechanism: &arg, initial: Some(Base64::EMPTY) },
                Command::Lang(Some(&arg)),
                Command::Other { verb: &verb, args: None },
                Command::Other { verb: &arg, args: None },
                Command::Other { verb: b"XTND", args: Some(&arg) },
            ];
            for command in commands {
                let (mut client, mut out) = (greeted(Profile::LENIENT, Security::Plain), b"before".to_vec());
                assert_eq!(client.send(&command, &mut out), Err(SendError::BadArgument), "{command:?}");
                assert_eq!(
                    client.send_multiline(&command, &mut out),
                    Err(SendError::BadArgument),
                    "{command:?}"
                );
                assert_eq!(client.auth(&text, None, &mut out), Err(SendError::BadArgument));
                assert_eq!(client.auth(&text, Some(b"x"), &mut out), Err(SendError::BadArgument));
                assert_eq!(out, b"before");
                assert!(client.is_idle() && client.can_send());
                assert_eq!(client.send(&Command::Noop, &mut out).unwrap().get(), 0);
                assert_eq!(out, b"beforeNOOP\r\n");
            }
        }
    }
}

/// Covers crlf-nul-in-command-arguments.
/// Proves 5034-4-01, 5034-4-07.
#[test]
fn what_a_client_says_in_an_exchange_is_base64_whatever_it_holds() {
    let (mut client, mut out) = (greeted(Profile::LENIENT, Security::Plain), Vec::new());
    client.auth("PLAIN", Some(b"\0a\r\nDELE 1\r\n\0b"), &mut out).unwrap();
    assert_eq!(out, b"AUTH PLAIN AGENCkRFTEUgMQ0KAGI=\r\n");
    assert!(matches!(client.receive(&mut &b"+ \r\n"[..]), Ok(Got::Reply { part: Part::Challenge(_), .. })));
    out.clear();
    client.respond(b"\r\nQUIT\r\n\0", &mut out).unwrap();
    assert_eq!(out, b"DQpRVUlUDQoA\r\n");
}

#[test]
fn a_known_verb_dressed_as_another_cannot_turn_a_message_into_replies() {
    for (verb, args) in
        [(&b"RETR"[..], Some(&b"1"[..])), (b"retr", Some(b"1")), (b"TOP", Some(b"1 0")), (b"LIST", None)]
    {
        let (mut client, mut out) = (greeted(Profile::LENIENT, Security::Plain), Vec::new());
        let command = Command::Other { verb, args };
        if client.send(&command, &mut out).is_err() {
            assert_eq!(out, b"");
            continue;
        }
        let mut heard = VecDeque::new();
        listen(&mut client, b"+OK\r\n1 1\r\n+OK forged\r\n.\r\n", &[usize::MAX], &mut heard, |_, _| {});
        let replies =
            heard.iter().filter(|one| matches!(one, Heard::Event(e) if e.contains("Unsolicited"))).count();
        assert_eq!(replies, 0, "the lines of the answer to {command:?} are taken for replies: {heard:?}");
    }
}

// ----- every byte that is no visible ASCII character

/// Each argument that holds text: its command, the front of its line, and what stands after it. Names,
/// passwords, and the arguments of unknown verbs may hold non-ASCII bytes; the front is `None` where they may
/// not.
fn commands(argument: &[u8]) -> [(Command<'_>, Option<&'static str>, &'static str); 8] {
    let digest = ApopDigest::new([0xAB; 16]);
    let hex = " abababababababababababababababab";
    [
        (Command::User(argument), Some("USER "), ""),
        (Command::Pass(Secret::new(argument)), Some("PASS "), ""),
        (Command::Apop { name: argument, digest }, Some("APOP "), hex),
        (Command::Other { verb: b"XTND", args: Some(argument) }, Some("XTND "), ""),
        (Command::Other { verb: argument, args: None }, None, ""),
        (Command::Auth { mechanism: argument, initial: None }, None, ""),
        (Command::Auth { mechanism: argument, initial: Some(Base64::EMPTY) }, None, ""),
        (Command::Lang(Some(argument)), None, ""),
    ]
}

/// Covers crlf-nul-in-command-arguments, eight-bit-octets-in-arguments.
#[test]
fn the_encoder_writes_no_control_character_and_8_bit_octets_only_where_text_may_stand() {
    for (octet, argument) in odd_arguments() {
        for (command, front, after) in commands(&argument) {
            let mut out = b"before".to_vec();
            let written = encode::command(&command, &mut out);
            let (due, line) = match front.filter(|_| !octet.is_ascii()) {
                Some(front) => (Ok(()), [front.as_bytes(), &argument, after.as_bytes(), b"\r\n"].concat()),
                None => (Err(EncodeError::BadArgument), Vec::new()),
            };
            assert_eq!(written, due, "{octet:#04x} in {command:?}");
            assert_eq!(show(&out), show(&[b"before", &line[..]].concat()), "{command:?}");
        }
    }
}

/// A client whose server announced `UTF8 USER`, or nothing of UTF8; if it was announced, the client has sent
/// UTF8.
fn told_of_utf8(utf8: bool) -> Client {
    let mut client = greeted(Profile::STRICT, Security::Tls);
    let mut out = Vec::new();
    client.send(&Command::Capa, &mut out).unwrap();
    let told: &[u8] = if utf8 { b"+OK\r\nUTF8 USER\r\n.\r\n" } else { b"+OK\r\nUSER\r\n.\r\n" };
    listen(&mut client, told, &[usize::MAX], &mut VecDeque::new(), |_, _| {});
    if utf8 {
        client.send(&Command::Utf8, &mut out).unwrap();
        listen(&mut client, b"+OK\r\n", &[usize::MAX], &mut VecDeque::new(), |_, _| {});
    }
    assert!(client.can_send());
    client
}

/// Covers crlf-nul-in-command-arguments, eight-bit-octets-in-arguments.
#[test]
fn a_client_sends_no_control_character_whether_utf8_is_on_or_off() {
    for utf8 in [false, true] {
        let told = told_of_utf8(utf8);
        for (octet, argument) in odd_arguments() {
            for (command, front, _) in commands(&argument) {
                if front.is_some() && !octet.is_ascii() {
                    continue;
                }
                let (mut client, mut out) = (told.clone(), b"before".to_vec());
                assert_eq!(client.send(&command, &mut out), Err(SendError::BadArgument), "{command:?}");
                let multiline = client.send_multiline(&command, &mut out);
                assert_eq!(multiline, Err(SendError::BadArgument), "{command:?}");
                assert!(client.is_idle() && client.can_send());
                client.send(&Command::Noop, &mut out).unwrap();
                assert_eq!(out, b"beforeNOOP\r\n", "{octet:#04x} in {command:?}");
            }
        }
    }
}

/// Covers eight-bit-octets-in-arguments.
#[test]
fn a_client_sends_names_and_passwords_in_utf_8_where_they_are_announced() {
    for name in ["\u{e9}", "t\u{ef}m", "\u{80}", "\u{10ffff}"] {
        for (command, front, after) in commands(name.as_bytes()) {
            let (mut client, mut out) = (told_of_utf8(true), Vec::new());
            match front {
                Some(front) => {
                    client.send(&command, &mut out).unwrap();
                    assert_eq!(show(&out), show(format!("{front}{name}{after}\r\n").as_bytes()));
                }
                None => {
                    assert_eq!(client.send(&command, &mut out), Err(SendError::BadArgument), "{command:?}");
                    assert_eq!(out, b"");
                }
            }
        }
    }
}
