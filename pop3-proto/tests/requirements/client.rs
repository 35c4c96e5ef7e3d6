//! What binds the client.

use pop3_proto::client::{Client, Event as Got, Part, Profile, SendError};
use pop3_proto::{Base64, Command, MsgNo, Security};

/// A client that has heard this answer to CAPA.
fn asked(capabilities: &str) -> Client {
    let mut client: Client = Client::new(Profile::STRICT, Security::Plain);
    let wire = format!("+OK\r\n+OK\r\n{capabilities}.\r\n");
    let mut window = wire.as_bytes();
    assert!(matches!(client.receive(&mut window), Ok(Got::Greeting(_))));
    client.send(&Command::Capa, &mut Vec::new()).unwrap();
    while !client.is_idle() {
        client.receive(&mut window).unwrap();
    }
    client
}

/// Proves 2449-6.6-06, 2595-4-06.
#[test]
fn nothing_is_sent_behind_stls_or_an_open_auth() {
    let pipelining = "PIPELINING\r\nSTLS\r\nSASL PLAIN\r\n";
    let mut client = asked(pipelining);
    let mut out = Vec::new();
    client.send(&Command::Stls, &mut out).unwrap();
    assert!(!client.can_send());
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::Busy));
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply(_, Part::Ok(_)))));
    assert_eq!(client.send(&Command::Capa, &mut out), Err(SendError::NotNow));
    assert_eq!(out, b"STLS\r\n");

    let mut client = asked(pipelining);
    let mut out = Vec::new();
    client.auth("PLAIN", None, &mut out).unwrap();
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::NotNow));
    let mut window = &b"+ \r\n"[..];
    assert_eq!(client.receive(&mut window).map(is_challenge), Ok(true));
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::NotNow));
    client.respond(b"", &mut out).unwrap();
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::NotNow));
    assert_eq!(out, b"AUTH PLAIN\r\n\r\n");
    assert!(matches!(client.receive(&mut &b"-ERR\r\n"[..]), Ok(Got::Reply(_, Part::Err(_)))));
    client.send(&Command::Noop, &mut out).unwrap();

    // Nor do they go out behind commands that wait for their replies.
    let mut client = asked(pipelining);
    client.send(&Command::Noop, &mut Vec::new()).unwrap();
    assert_eq!(client.send(&Command::Stls, &mut Vec::new()), Err(SendError::Busy));
    assert_eq!(client.auth("PLAIN", None, &mut Vec::new()), Err(SendError::Busy));
}

fn is_challenge(event: Got<'_>) -> bool {
    matches!(event, Got::Reply(_, Part::Challenge(data)) if data == Base64::EMPTY)
}

/// Proves 2449-6.9-02.
#[test]
fn the_name_of_the_server_changes_nothing() {
    let (plain, named) = (asked("UIDL\r\n"), asked("IMPLEMENTATION Other-9.9\r\nUIDL\r\n"));
    assert_eq!(plain.capabilities(), named.capabilities());
    assert_eq!(plain.deviations(), named.deviations());
    assert_eq!(plain.can_send(), named.can_send());
}

/// Proves 1939-3-22.
#[test]
fn a_refused_command_takes_no_capability_away() {
    let mut client = asked("TOP\r\nUIDL\r\n");
    for command in [Command::Uidl(Some(MsgNo::FIRST)), Command::Top { number: MsgNo::FIRST, lines: 0 }] {
        client.send(&command, &mut Vec::new()).unwrap();
        assert!(matches!(client.receive(&mut &b"-ERR no\r\n"[..]), Ok(Got::Reply(_, Part::Err(_)))));
    }
    assert!(client.capabilities().uidl() && client.capabilities().top());
}
