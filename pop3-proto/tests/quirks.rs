//! What a client does about odd servers, where no transcript can show it: what it does not send, what it says
//! while nothing comes, and how it reads a refusal.

#![cfg(feature = "alloc")]

use pop3_proto::client::{
    Client, Event, Need, Part, Profile, ProtocolError, Refusal, RefusalKind, SendError,
};
use pop3_proto::{Command, Deviations, FixedBuf, MsgNo, Output, Secret, Security, parse};

/// A client that knows a server with PIPELINING.
fn pipelining(allowed: bool) -> Client {
    let mut client = Client::new(Profile::STRICT, Security::Tls).with_pipelining(allowed);
    let mut window = &b"+OK\r\n+OK\r\nPIPELINING\r\n.\r\n"[..];
    assert!(matches!(client.receive(&mut window), Ok(Event::Greeting(_))));
    client.send(&Command::Capa, &mut Vec::new()).unwrap();
    while !client.is_idle() {
        client.receive(&mut window).unwrap();
    }
    assert!(client.capabilities().pipelining());
    client
}

/// Covers quirk-135.
#[test]
fn pipelining_can_be_left_off_where_it_is_announced() {
    let mut client = pipelining(false);
    let mut out = Vec::new();
    client.send(&Command::Retr(MsgNo::FIRST), &mut out).unwrap();
    assert!(!client.can_send());
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::Busy));
    assert_eq!(out, b"RETR 1\r\n");
    let mut window = &b"+OK\r\n.\r\n"[..];
    assert!(matches!(client.receive(&mut window), Ok(Event::Reply { part: Part::Begin(_), .. })));
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::Busy), "the message is still to come");
    assert!(matches!(client.receive(&mut window), Ok(Event::Reply { part: Part::End, .. })));
    client.send(&Command::Noop, &mut out).unwrap();

    let mut client = pipelining(true);
    client.send(&Command::Retr(MsgNo::FIRST), &mut Vec::new()).unwrap();
    client.send(&Command::Noop, &mut Vec::new()).unwrap();
}

/// The longest commands that can have others after them, and the longest of all as the last.
/// Covers quirk-127.
#[test]
fn what_is_on_its_way_is_bounded_by_count_and_by_octets() {
    let mut client = pipelining(true);
    let mut out = Vec::new();
    let longest = Command::Top { number: MsgNo::new(u32::MAX).unwrap(), lines: u64::MAX };
    for _ in 0..15 {
        client.send(&longest, &mut out).unwrap();
    }
    assert_eq!(out.len(), 15 * 37);
    client.send(&Command::Pass(Secret::new(&[b'p'; 248])), &mut out).unwrap();
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::Busy));
    assert_eq!(out.len(), 15 * 37 + 255);
}

/// Covers quirk-125.
#[test]
fn a_command_is_written_whole_or_not_at_all() {
    let mut client = pipelining(true);
    let command = Command::Top { number: MsgNo::new(12).unwrap(), lines: 345 };
    let line = b"TOP 12 345\r\n";
    for room in 0..=line.len() {
        let mut out: FixedBuf<512> = FixedBuf::new();
        out.put(&[b'-'; 512][room..]).unwrap();
        let before = out.bytes().len();
        match client.send(&command, &mut out) {
            Ok(_) => assert_eq!(&out.bytes()[before..], line),
            Err(error) => {
                assert_eq!((error, out.bytes().len()), (SendError::Full, before), "room for {room}");
                assert!(client.is_idle() && room < line.len());
            }
        }
    }
    assert!(!client.is_idle());
}

/// Covers quirk-111.
#[test]
fn silence_is_an_answer_that_is_due() {
    let mut client = pipelining(false);
    assert_eq!((client.poll(&mut &b""[..]), client.end_of_input()), (Need::Input, Ok(())));
    client.send(&Command::Noop, &mut Vec::new()).unwrap();
    for silence in ["", "+", "+OK", "+OK\r"] {
        let mut window = silence.as_bytes();
        assert_eq!(client.poll(&mut window), Need::Input, "{silence:?}");
        assert_eq!(client.receive(&mut window), Ok(Event::NeedInput));
        assert!(!client.is_idle() && !client.can_send());
        assert_eq!(client.end_of_input(), Err(ProtocolError::Truncated));
    }
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Event::Reply { part: Part::Ok(_), .. })));
    assert!(client.is_idle() && client.end_of_input().is_ok());
}

/// Covers quirk-106, quirk-107, quirk-116.
#[test]
fn a_refusal_without_a_code_is_told_by_its_words() {
    let trouble = |line: &str| {
        let mut seen = Deviations::NONE;
        let read = parse::status_line(line.as_bytes(), &mut seen).unwrap();
        RefusalKind::classify(&Refusal { code: read.code, text: read.text })
    };
    for (line, is) in [
        ("-ERR maildrop is locked", Some(RefusalKind::Busy)),
        ("-ERR Lock busy", Some(RefusalKind::Busy)),
        ("-ERR LOCK: mailbox in use by another session", Some(RefusalKind::Busy)),
        ("-ERR please wait", Some(RefusalKind::Later)),
        ("-ERR POP Service is currently unavailable", Some(RefusalKind::Later)),
        ("-ERR authorization failed", None),
        ("-ERR", None),
        // A response code is no guess.
        ("-ERR [AUTH] the lock is busy", Some(RefusalKind::Credentials)),
        ("-ERR [IN-USE] Service unavailable", Some(RefusalKind::Busy)),
        ("-ERR [SYS/TEMP] Lockdown in sector 4", Some(RefusalKind::Later)),
    ] {
        assert_eq!(trouble(line), is, "{line}");
    }
}
