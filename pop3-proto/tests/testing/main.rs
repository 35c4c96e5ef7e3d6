//! The features `testing` (scripts, the pipe that breaks, the keeper) and `arbitrary` (values for fuzz
//! targets).
#![cfg(feature = "testing")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use pop3_proto::client::{Client, Event, Need, Part, Profile};
use pop3_proto::server::Config;
use pop3_proto::testing::{Keeper, Mismatch, Script, escape, pipe, unescape};
use pop3_proto::{Command, FixedBuf, MsgNo, Secret, Security};

const DIALOGUE: &str = r"# what an ordinary client says
S: +OK POP3 server ready\r\n
C: USER ann\r\n
S: +OK send PASS\r\n
C: PASS secret\r\n
S: +OK maildrop ready\r\n
C: RETR 1\r\nDELE 1\r\n
S: +OK message follows\r\nhi\r\n..\r\n.\r\n+OK message 1 deleted\r\n
C: QUIT\r\n
S: +OK bye\r\n";

fn keeper() -> Keeper {
    Keeper::new("ann", "secret").with_message("hi\n.\n")
}

/// The same dialogue at every cut, in both directions.
#[test]
fn a_script_plays_a_client_at_every_cut() {
    let script = Script::parse(DIALOGUE).unwrap();
    for cut in [0, 1, 2, 3, 7, usize::MAX] {
        let (ours, theirs) = pipe();
        let keeper = keeper();
        let removed = thread::scope(|scope| {
            let server = scope.spawn(|| keeper.serve(theirs.cut(cut)).unwrap());
            script.play_client(ours.cut(cut), cut).unwrap();
            server.join().unwrap()
        });
        assert_eq!(removed, [MsgNo::FIRST]);
    }
}

#[test]
fn a_script_plays_a_server_and_says_where_a_client_is_wrong() {
    let script = Script::parse("S: +OK ready\\r\\n\nC: QUIT\\r\\n\nS: +OK bye\\r\\n").unwrap();
    let (ours, mut client) = pipe();
    client.write_all(b"QUIT\r\n").unwrap();
    script.play_server(ours, 3).unwrap();
    let mut heard = String::new();
    client.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "+OK ready\r\n+OK bye\r\n");

    let (ours, mut client) = pipe();
    client.write_all(b"QUAT\r\n").unwrap();
    let error = script.play_server(ours, 3).unwrap_err();
    assert_eq!(error.to_string(), r#"line 2: "QUIT\r\n" was due, "QUAT\r\n" came"#);

    let (ours, client) = pipe();
    drop(client);
    match script.play_server(ours, 3).unwrap_err() {
        Mismatch::Io { line: 1, error } => assert_eq!(error.kind(), ErrorKind::BrokenPipe),
        other => panic!("{other}"),
    }
}

#[test]
fn lines_that_are_none_are_named() {
    let error = Script::parse("S: +OK\\r\\n\n\nC: \\q\n").unwrap_err();
    assert_eq!(
        (error.line, error.to_string().as_str()),
        (3, r"line 3: neither a line of a dialogue nor a key of yours, or an unknown escape: C: \q")
    );
    let script = Script::parse("  user: ann secret\nTLS\n# C: \\q\n").unwrap();
    assert_eq!(script.values("user").collect::<Vec<_>>(), ["ann secret"]);
    assert_eq!(script.lines()[1].key, "TLS");
}

#[test]
fn a_key_that_is_nearly_one_is_an_error() {
    for text in ["s: +OK\\r\\n", "c: NOOP", "S : +OK", "C NOOP\\r\\n", "S"] {
        let error = Script::parse(&format!("S: +OK\\r\\n\n{text}")).unwrap_err();
        assert_eq!((error.line, error.text.as_str()), (2, text));
    }
    let script = Script::parse("covers: x\nCAPA").unwrap();
    assert_eq!(script.lines().len(), 2, "all other keys are the caller's");
}

#[test]
fn a_peer_that_says_too_little_is_told_by_a_read_timeout() {
    let (ours, theirs) = pipe();
    let script = Script::parse(r"S: +OK hello\r\n").unwrap();
    let mismatch = script.play_client(ours.read_timeout(Duration::from_millis(20)), 1).unwrap_err();
    assert!(
        matches!(&mismatch, Mismatch::Io { line: 1, error } if error.kind() == ErrorKind::TimedOut),
        "{mismatch}"
    );
    drop(theirs);
}

#[test]
fn escapes_go_both_ways_for_every_byte() {
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(unescape(&escape(&all)).unwrap(), all);
    for bad in ["\\", "\\x", "\\x1", "\\xg1", "\\z"] {
        assert_eq!(unescape(bad), None, "{bad}");
    }
}

#[test]
fn a_pipe_cuts_delays_and_breaks() {
    let (mut one, other) = pipe();
    let mut other = other.cut(4).delay(Duration::from_millis(20)).break_after(6);
    one.write_all(b"0123456789").unwrap();
    let (mut heard, start) = ([0; 10], Instant::now());
    assert_eq!(other.read(&mut heard).unwrap(), 4);
    assert!(start.elapsed() >= Duration::from_millis(20));
    assert_eq!(other.read(&mut heard).unwrap(), 2);
    assert_eq!(&heard[..2], b"45");
    assert_eq!(other.read(&mut heard).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(one.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    let (one, mut other) = pipe();
    drop(one);
    assert_eq!(other.read(&mut heard).unwrap(), 0, "the end");
}

/// A client of one's own against the keeper, through a connection that breaks at every byte: what QUIT has
/// not answered stays.
#[test]
fn a_keeper_serves_a_client_over_a_connection_that_breaks_anywhere() {
    let keeper = keeper();
    let whole = session(&keeper, u64::MAX);
    assert_eq!(whole, (Ok(b"hi\r\n.\r\n".to_vec()), vec![MsgNo::FIRST]));
    let mut kept = 0;
    for bytes in 0..48 {
        let (got, removed) = session(&keeper, bytes);
        assert!(got.is_err() || removed == [MsgNo::FIRST], "{bytes}: {got:?} {removed:?}");
        kept += u32::from(removed.is_empty());
    }
    assert!(kept > 40, "only {kept} sessions were cut before QUIT was read");
}

/// What the client got, and what was removed, if the server reads this many bytes.
fn session(keeper: &Keeper, bytes: u64) -> (Result<Vec<u8>, ErrorKind>, Vec<MsgNo>) {
    let (mut io, server) = pipe();
    thread::scope(|scope| {
        let server = scope.spawn(|| keeper.serve(server.cut(3).break_after(bytes)).unwrap_or_default());
        let got = fetch(&mut io);
        drop(io);
        (got, server.join().unwrap())
    })
}

fn fetch(io: &mut (impl std::io::Read + std::io::Write)) -> Result<Vec<u8>, ErrorKind> {
    let mut client = Client::new(Profile::STRICT, Security::Plain);
    let (mut rx, mut tx, mut mail) = (FixedBuf::<512>::new(), Vec::new(), Vec::new());
    let mut script = [
        Command::User(b"ann"),
        Command::Pass(Secret::new(b"secret")),
        Command::Retr(MsgNo::FIRST),
        Command::Dele(MsgNo::FIRST),
        Command::Quit,
    ]
    .into_iter();
    loop {
        while client.poll(rx.unread()) == Need::Input {
            if client.can_send()
                && let Some(command) = script.next()
            {
                client.send(&command, &mut tx).unwrap();
            }
            io.write_all(&tx).map_err(|error| error.kind())?;
            tx.clear();
            match io.read(rx.space()).map_err(|error| error.kind())? {
                0 => return Err(ErrorKind::UnexpectedEof),
                n => rx.commit(n),
            }
        }
        match client.receive(rx.unread()).unwrap() {
            Event::Reply { part: Part::Data(bytes), .. } => mail.extend_from_slice(bytes),
            Event::Reply { part: Part::Err(refusal), .. } => panic!("{refusal:?}"),
            Event::Closed => return Ok(mail),
            _ => {}
        }
    }
}

#[test]
fn a_keeper_may_have_another_configuration_and_ids() {
    let mut config = Config::new();
    (config.allow_plaintext_login, config.uidl) = (true, false);
    let keeper = keeper().with_config(config);
    let script = Script::parse(
        "S: +OK POP3 server ready\\r\\n\nC: USER ann\\r\\nPASS wrong\\r\\nUIDL\\r\\nUSER ann\\r\\nPASS secret\\r\\nUIDL\\r\\n\n\
         S: +OK send PASS\\r\\n-ERR [AUTH] wrong name or password\\r\\n-ERR log in first\\r\\n+OK send PASS\\r\\n+OK maildrop ready\\r\\n\
         -ERR UIDL is not available\\r\\n",
    )
    .unwrap();
    let (ours, theirs) = pipe();
    let removed = thread::scope(|scope| {
        let server = scope.spawn(|| keeper.serve(theirs).unwrap());
        script.play_client(ours, usize::MAX).unwrap();
        server.join().unwrap()
    });
    assert_eq!(removed, []);
}

#[test]
fn debug_of_a_keeper_shows_neither_the_password_nor_the_messages() {
    let keeper = Keeper::new("ann", "secret").with_message("hi");
    assert_eq!(format!("{keeper:?}"), r#"Keeper { user: "ann", messages: 1, .. }"#);
}

#[cfg(feature = "arbitrary")]
mod arbitrary {
    use arbitrary::{Arbitrary as _, Unstructured};
    use pop3_proto::encode::{self, EncodeError};
    use pop3_proto::{Capability, Command, Deviations, StatusLine, UidLine, parse};
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        /// Each command that can be encoded is parsed as the same command, and every kind of command comes
        /// up.
        #[test]
        fn commands_are_of_every_kind_and_most_can_be_sent(bytes in vec(any::<u8>(), 0..4000)) {
            let mut u = Unstructured::new(&bytes);
            while !u.is_empty() {
                let Ok(command) = Command::arbitrary(&mut u) else { break };
                let mut line = Vec::new();
                match encode::command(&command, &mut line) {
                    Ok(()) => {
                        let text = line.strip_suffix(b"\r\n").unwrap();
                        prop_assert!(!text.iter().any(u8::is_ascii_control));
                        prop_assert_eq!(parse::command(text), Ok(command));
                    }
                    Err(error) => prop_assert!(matches!(error, EncodeError::BadArgument | EncodeError::TooLong)),
                }
            }
        }

        #[test]
        fn lines_of_replies_can_be_made(bytes in vec(any::<u8>(), 0..400)) {
            let mut u = Unstructured::new(&bytes);
            while !u.is_empty() {
                let (Ok(status), Ok(capability), Ok(line)) =
                    (StatusLine::arbitrary(&mut u), Capability::arbitrary(&mut u), UidLine::arbitrary(&mut u))
                else {
                    break;
                };
                let mut out = Vec::new();
                encode::capability(&capability, &mut out).unwrap();
                let text = String::from_utf8_lossy(status.text.as_bytes()).into_owned();
                encode::status_line(status.status, status.known_code(), &text, &mut out).unwrap();
                let last = out.split(|b| *b == b'\n').rev().nth(1).unwrap();
                let read = parse::status_line(last.strip_suffix(b"\r").unwrap(), &mut Deviations::default()).unwrap();
                prop_assert_eq!(read.status, status.status);
                prop_assert!(line.uid.len() <= 80);
            }
        }
    }

    #[test]
    fn every_verb_comes_up() {
        let mut state = 1_u32;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .take(200_000)
        .collect();
        let mut u = Unstructured::new(&bytes);
        let mut seen = std::collections::BTreeSet::new();
        while !u.is_empty() {
            let Ok(command) = Command::arbitrary(&mut u) else { break };
            seen.insert(command.verb() as u8);
        }
        assert_eq!(seen.len(), 18);
    }
}
