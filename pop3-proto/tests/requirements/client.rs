//! Rows of `catalogue/requirements.toml` that bind the client.

use pop3_proto::client::{Client, Event as Got, Part, Profile, SendError};
use pop3_proto::{ApopDigest, Base64, Command, MsgNo, Secret, Security};

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
/// Covers quirk-104.
#[test]
fn nothing_is_sent_after_stls_or_an_open_auth() {
    let pipelining = "PIPELINING\r\nSTLS\r\nSASL PLAIN\r\n";
    let mut client = asked(pipelining);
    let mut out = Vec::new();
    client.send(&Command::Stls, &mut out).unwrap();
    assert!(!client.can_send());
    assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::Busy));
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply { part: Part::Ok(_), .. })));
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
    assert!(matches!(client.receive(&mut &b"-ERR\r\n"[..]), Ok(Got::Reply { part: Part::Err(_), .. })));
    client.send(&Command::Noop, &mut out).unwrap();

    // Nor are they sent after commands whose replies have not come yet.
    let mut client = asked(pipelining);
    client.send(&Command::Noop, &mut Vec::new()).unwrap();
    assert_eq!(client.send(&Command::Stls, &mut Vec::new()), Err(SendError::Busy));
    assert_eq!(client.auth("PLAIN", None, &mut Vec::new()), Err(SendError::Busy));
}

fn is_challenge(event: Got<'_>) -> bool {
    matches!(event, Got::Reply { part: Part::Challenge(data), .. } if data == Base64::EMPTY)
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
/// Covers quirk-76.
#[test]
fn a_refused_command_takes_no_capability_away() {
    let mut client = asked("TOP\r\nUIDL\r\n");
    for command in [Command::Uidl(Some(MsgNo::FIRST)), Command::Top { number: MsgNo::FIRST, lines: 0 }] {
        client.send(&command, &mut Vec::new()).unwrap();
        assert!(matches!(
            client.receive(&mut &b"-ERR no\r\n"[..]),
            Ok(Got::Reply { part: Part::Err(_), .. })
        ));
    }
    assert!(client.capabilities().uidl() && client.capabilities().top());
}

/// Proves 6856-2.2-03.
/// Covers quirk-44.
#[test]
fn no_octet_beyond_ascii_logs_in_before_utf8_user_is_announced() {
    let (name, password) = ("j\u{fc}rgen".as_bytes(), Secret::new("pa\u{df}".as_bytes()));
    let digest = ApopDigest::new([0; 16]);
    let commands = [Command::User(name), Command::Pass(password), Command::Apop { name, digest }];
    for capabilities in ["UTF8\r\n", "USER\r\n"] {
        let mut client = asked(capabilities);
        let mut out = Vec::new();
        for command in &commands {
            assert_eq!(client.send(command, &mut out), Err(SendError::NotAscii));
        }
        assert_eq!(out, b"");
        // The caller has to know which old servers take such bytes all the same.
        let mut daring = client.with_eight_bit_logins(true);
        daring.send(&commands[0], &mut out).unwrap();
        assert_eq!(out, b"USER j\xc3\xbcrgen\r\n");
    }
    let mut client = asked("UTF8 USER\r\n");
    let mut out = Vec::new();
    client.send(&commands[0], &mut out).unwrap();
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply { part: Part::Ok(_), .. })));
    client.send(&commands[1], &mut out).unwrap();
    assert_eq!(out, b"USER j\xc3\xbcrgen\r\nPASS pa\xc3\x9f\r\n");
}

/// Proves 6856-2.1-10.
#[test]
fn no_stls_after_utf8() {
    let mut client = asked("STLS\r\nUTF8\r\n");
    let mut out = Vec::new();
    client.send(&Command::Utf8, &mut out).unwrap();
    assert!(matches!(client.receive(&mut &b"-ERR no\r\n"[..]), Ok(Got::Reply { part: Part::Err(_), .. })));
    assert!(client.can_send());
    client.send(&Command::Utf8, &mut out).unwrap();
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply { part: Part::Ok(_), .. })));
    assert_eq!(client.send(&Command::Stls, &mut out), Err(SendError::NotNow));
    assert_eq!(out, b"UTF8\r\nUTF8\r\n");

    // A refused UTF8 changes nothing.
    let mut client = asked("STLS\r\n");
    client.send(&Command::Utf8, &mut Vec::new()).unwrap();
    assert!(matches!(client.receive(&mut &b"-ERR no\r\n"[..]), Ok(Got::Reply { part: Part::Err(_), .. })));
    client.send(&Command::Stls, &mut Vec::new()).unwrap();
}

/// Proves 1939-3-08.
#[test]
fn a_server_without_capa_gets_arguments_of_40_octets_at_most() {
    let mut client: Client = Client::new(Profile::STRICT, Security::Plain);
    let mut window = &b"+OK\r\n-ERR what?\r\n"[..];
    assert!(matches!(client.receive(&mut window), Ok(Got::Greeting(_))));
    client.send(&Command::Capa, &mut Vec::new()).unwrap();
    assert!(matches!(client.receive(&mut window), Ok(Got::Reply { part: Part::Err(_), .. })));

    let (longest, longer) = ([b'a'; 40], [b'a'; 41]);
    let mut out = Vec::new();
    assert_eq!(client.send(&Command::User(&longer), &mut out), Err(SendError::TooLong));
    assert_eq!(client.send(&Command::Pass(Secret::new(&longer)), &mut out), Err(SendError::TooLong));
    let digest = ApopDigest::new([0; 16]);
    assert_eq!(client.send(&Command::Apop { name: &longer, digest }, &mut out), Err(SendError::TooLong));
    assert_eq!(client.auth("PLAIN", Some(&[0; 31]), &mut out), Err(SendError::TooLong));
    assert_eq!(out, b"");
    client.send(&Command::User(&longest), &mut out).unwrap();
    assert_eq!(out, [b"USER ", &longest[..], b"\r\n"].concat());

    let mut daring = client.clone().with_long_arguments(true);
    assert!(matches!(daring.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply { part: Part::Ok(_), .. })));
    daring.send(&Command::Pass(Secret::new(&longer)), &mut Vec::new()).unwrap();
}
