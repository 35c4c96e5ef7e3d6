//! Fuzz target: operations on a client session, which are commands, and whatever a server may send.

use pop3_proto::client::{Client, Event, Need, Part, Profile};
use pop3_proto::{ApopDigest, Command, Deviation, FixedBuf, Limits, MsgNo, Secret, Security};

use crate::cursor::Cursor;

/// `data` is a row of decisions, a byte each. After the byte that chooses a command come a byte for its
/// message number, and then its argument. An argument, like what the server sends, is a byte with the length
/// and then the bytes.
pub fn client_ops(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let profile = match cursor.octet() % 4 {
        0 => Profile::STRICT,
        1 => Profile::LENIENT.accept(Deviation::BareLfBody),
        _ => Profile::LENIENT,
    };
    let mut client: Client<8> =
        Client::with_queue(profile, Security::Plain).with_limits(Limits::for_window(256));
    let mut rx = FixedBuf::<256>::new();
    let mut tx = Vec::new();
    let mut challenged = false;
    while !cursor.is_empty() {
        let choice = cursor.octet();
        if choice.is_multiple_of(4) {
            command(choice / 4, &mut cursor, &mut client, &mut tx, challenged);
            check_lines(&tx);
            tx.clear();
        } else {
            let octets = cursor.run();
            let space = rx.space();
            let n = octets.len().min(space.len());
            space[..n].copy_from_slice(&octets[..n]);
            rx.commit(n);
        }
        for _ in 0..1024 {
            let need = client.poll(rx.unread());
            let event = client.receive(rx.unread());
            assert_eq!(need == Need::Input, matches!(event, Ok(Event::NeedInput)), "{need:?} {event:?}");
            if let Ok(Event::Reply { part, last, .. }) = event {
                assert_eq!(last, ends(&part), "{part:?}");
            }
            match event {
                Ok(Event::NeedInput) => break,
                Ok(Event::Reply { part: Part::Challenge(_) | Part::BadChallenge(_), .. }) => {
                    challenged = true
                }
                Ok(Event::Reply { part: Part::Data(octets), .. }) => assert!(!octets.is_empty()),
                Ok(Event::Closed) => {
                    assert!(client.is_closed() && client.end_of_input().is_ok());
                    if let Some(handover) = client.handover() {
                        client = handover.secured(b"").unwrap();
                        assert!(client.can_send());
                    }
                    return;
                }
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(client.receive(rx.unread()), Err(error), "an error is final");
                    assert_eq!(client.end_of_input(), Err(error));
                    assert!(!client.can_send());
                    return;
                }
            }
        }
    }
}

/// Whether nothing of the same reply follows.
const fn ends(part: &Part<'_>) -> bool {
    matches!(
        part,
        Part::Ok(_)
            | Part::Err(_)
            | Part::Stat(_)
            | Part::Scan(_)
            | Part::Uid(_)
            | Part::UnreadableReply(_)
            | Part::End
    )
}

fn command(choice: u8, cursor: &mut Cursor<'_>, client: &mut Client<8>, tx: &mut Vec<u8>, challenged: bool) {
    let number = MsgNo::new(u32::from(cursor.octet())).unwrap_or(MsgNo::FIRST);
    let text = cursor.run();
    let command = match choice % 24 {
        0 => Command::User(text),
        1 => Command::Pass(Secret::new(text)),
        2 => Command::Apop { name: text, digest: ApopDigest::new([7; 16]) },
        3 => Command::AuthList,
        4 => Command::Stls,
        5 => Command::Capa,
        6 => Command::Utf8,
        7 => Command::Lang(None),
        8 => Command::Lang(Some(text)),
        9 => Command::Stat,
        10 => Command::List(None),
        11 => Command::List(Some(number)),
        12 => Command::Retr(number),
        13 => Command::Dele(number),
        14 => Command::Noop,
        15 => Command::Rset,
        16 => Command::Top { number, lines: u64::from(cursor.octet()) },
        17 => Command::Uidl(None),
        18 => Command::Uidl(Some(number)),
        19 => Command::Quit,
        20 => Command::Other { verb: b"XFOO", args: Some(text) },
        21 => {
            let sent = client.auth("PLAIN", cursor.octet().is_multiple_of(2).then_some(text), tx);
            assert_eq!(sent.is_err(), tx.is_empty());
            return;
        }
        22 => {
            let sent = client.respond(text, tx);
            assert!(sent.is_err() || challenged);
            return;
        }
        _ => {
            let sent = client.cancel(tx);
            assert!(sent.is_err() || challenged);
            return;
        }
    };
    let could = client.can_send();
    let sent = client.send(&command, tx);
    assert_eq!(sent.is_err(), tx.is_empty());
    assert!(could || sent.is_err());
}

/// Asserts that one line was written, whatever the arguments were.
fn check_lines(tx: &[u8]) {
    if let Some((last, front)) = tx.split_last() {
        assert_eq!(*last, b'\n');
        assert!(
            front.ends_with(b"\r")
                && !front[..front.len() - 1].iter().any(|b| matches!(b, b'\r' | b'\n' | 0))
        );
    }
}
