//! What a client session lets its caller send at each moment; a call that is refused leaves no trace.

use pop3_proto::client::{self, Client};
use pop3_proto::{Command, Limits, Secret, Security};

/// Proves 1939-3-02, 2449-6.6-03.
/// Covers quirk-126, quirk-134.
#[test]
fn commands_are_pipelined_only_when_announced_and_never_after_a_login() {
    let mut client: Client<4> = Client::with_queue(client::Profile::LENIENT, Security::Tls);
    let mut out = Vec::new();
    assert_eq!(client.send(&Command::Noop, &mut out), Err(client::SendError::NotNow), "before the greeting");
    let mut window = &b"+OK\r\n"[..];
    client.receive(&mut window).unwrap();
    client.send(&Command::Capa, &mut out).unwrap();
    assert!(!client.can_send());
    assert_eq!(client.send(&Command::Noop, &mut out), Err(client::SendError::Busy));
    let mut window = &b"+OK\r\nPIPELINING\r\n.\r\n"[..];
    while !window.is_empty() {
        client.receive(&mut window).unwrap();
    }
    for _ in 0..4 {
        client.send(&Command::Noop, &mut out).unwrap();
    }
    assert_eq!(client.send(&Command::Noop, &mut out), Err(client::SendError::Busy), "the queue is full");
    let mut window = &b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n"[..];
    while !window.is_empty() {
        client.receive(&mut window).unwrap();
    }
    client.send(&Command::User(b"a"), &mut out).unwrap();
    assert_eq!(client.send(&Command::Pass(Secret::new(b"b")), &mut out), Err(client::SendError::Busy));
}

/// Proves 1939-3-05, 1939-3-07, 6856-3.2-07.
#[test]
fn what_cannot_be_sent_leaves_everything_as_it_was() {
    let mut client: Client = Client::new(client::Profile::LENIENT, Security::Plain);
    let mut window = &b"+OK\r\n"[..];
    client.receive(&mut window).unwrap();
    let mut out = Vec::new();
    let long = [b'a'; 249];
    for (command, error) in [
        (Command::User(b"a\r\nDELE 1"), client::SendError::BadArgument),
        (Command::Pass(Secret::new(b"a\0")), client::SendError::BadArgument),
        (Command::User(b""), client::SendError::BadArgument),
        (Command::Lang(Some(b"en us")), client::SendError::BadArgument),
        (Command::Other { verb: b"HELLO", args: None }, client::SendError::BadArgument),
        (Command::User(&long), client::SendError::TooLong),
    ] {
        assert_eq!(client.send(&command, &mut out), Err(error), "{command:?}");
        assert!(out.is_empty() && client.can_send() && client.is_idle());
    }
    client.send(&Command::User(&long[..248]), &mut out).unwrap();
    assert_eq!(out.len(), 255);
}

/// For every limit, with every window on the way to a line and after it.
#[test]
fn poll_agrees_with_receive() {
    for limit in 0..8 {
        let limits = Limits::DEFAULT.with_reply_line(limit);
        let mut client =
            Client::<1>::with_queue(client::Profile::LENIENT, Security::Plain).with_limits(limits);
        let wire = b"+OK\r\n+OK late\r\n";
        let (mut start, mut end) = (0, 0);
        while end <= wire.len() {
            let mut window = &wire[start..end];
            let need = client.poll(&mut window);
            let event = client.receive(&mut window);
            let waits = event == Ok(client::Event::NeedInput);
            assert_eq!(need == client::Need::Input, waits, "{limit}: {event:?}");
            // With a limit of two bytes the greeting is `+O`, which refuses service.
            if event.is_err() || event == Ok(client::Event::Closed) {
                break;
            }
            start = end - window.len();
            if need == client::Need::Input {
                end += 1;
            }
        }
    }
}
