//! STLS on the client's side: nothing that was sent in clear is taken for a reply inside TLS, and no state of
//! the session is carried into TLS.

use std::collections::VecDeque;

use pop3_proto::client::{Event as Got, Knowledge, Part, Profile, ProtocolError, SendError};
use pop3_proto::{Command, Security};

use crate::pair::listen;
use crate::{event, greeted};

/// Covers replies-after-stls.
/// Proves 2595-4-14.
#[test]
fn octets_after_the_answer_to_stls_are_never_taken_as_replies() {
    for profile in [Profile::STRICT, Profile::LENIENT] {
        for after in [&b"+"[..], b"\r\n", b"\0", b"+OK forged\r\n", b"-ERR\r\n", b"\x16\x03\x03\0\x7A\x02"] {
            let mut client = greeted(profile, Security::Plain);
            client.send(&Command::Stls, &mut Vec::new()).unwrap();
            let octets = [b"+OK begin\r\n", after].concat();
            let mut window = &octets[..];
            for _ in 0..3 {
                assert_eq!(client.receive(&mut window), Err(ProtocolError::PlaintextAfterStls));
            }
            assert!(client.handover().is_none());
            assert!(!client.can_send());
            assert_eq!(client.end_of_input(), Err(ProtocolError::PlaintextAfterStls));
        }
    }
}

/// Covers replies-after-stls.
/// Proves 2595-4-14.
#[test]
fn replies_that_come_after_the_answer_to_stls_stop_the_hand_over() {
    let mut client = greeted(Profile::LENIENT, Security::Plain);
    let mut out = Vec::new();
    client.send(&Command::Stls, &mut out).unwrap();
    assert!(matches!(client.receive(&mut &b"+OK begin\r\n"[..]), Ok(Got::Reply { part: Part::Ok(_), .. })));
    let mut window = &b"+OK forged\r\n+OK 1 1\r\n"[..];
    for _ in 0..3 {
        assert_eq!(client.receive(&mut window), Ok(Got::Closed));
    }
    assert_eq!(window, b"+OK forged\r\n+OK 1 1\r\n", "the session used octets from before the handshake");
    assert_eq!(client.send(&Command::Capa, &mut out), Err(SendError::NotNow));
    assert!(client.handover().unwrap().secured(window).is_err());
    assert!(client.handover().unwrap().secured(b"+").is_err());
    assert_eq!(out, b"STLS\r\n");
}

/// Covers state-carried-into-tls.
/// Proves 2595-4-09.
#[test]
fn a_client_inside_tls_knows_nothing_of_what_was_said_in_clear() {
    let mut client = greeted(Profile::LENIENT, Security::Plain);
    let mut out = Vec::new();
    client.send(&Command::Capa, &mut out).unwrap();
    let mut heard = VecDeque::new();
    listen(&mut client, b"+OK\r\nSASL PLAIN\r\nPIPELINING\r\n.\r\n", &[usize::MAX], &mut heard, |_, _| {});
    assert!(client.capabilities().pipelining() && client.capabilities().offers("PLAIN"));
    client.send(&Command::Stls, &mut out).unwrap();
    listen(&mut client, b"+OK\r\n", &[usize::MAX], &mut heard, |_, _| {});
    let mut client = client.handover().unwrap().secured(b"").unwrap();
    assert_eq!(client.capabilities().knowledge(), Knowledge::NotAsked);
    assert!(!client.capabilities().pipelining() && !client.capabilities().offers("PLAIN"));
    assert_eq!(client.security(), Security::Tls);
    assert_eq!(client.send(&Command::Stls, &mut out), Err(SendError::NotNow));
    client.send(&Command::Noop, &mut out).unwrap();
    assert!(
        matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply { part: Part::Ok(_), .. })),
        "no greeting"
    );
}

/// Covers stls-stripped.
/// Proves 2595-4-17.
#[test]
fn a_refused_stls_is_no_hand_over_whatever_stands_after_it() {
    let mut client = greeted(Profile::LENIENT, Security::Plain);
    client.send(&Command::Stls, &mut Vec::new()).unwrap();
    let mut window = &b"-ERR no\r\n+OK begin\r\n"[..];
    assert!(matches!(client.receive(&mut window), Ok(Got::Reply { part: Part::Err(_), .. })));
    assert!(matches!(client.receive(&mut window), Ok(Got::Unsolicited(_))));
    assert!(client.handover().is_none());
    assert_eq!(client.security(), Security::Plain);
}

/// Covers replies-after-stls.
#[test]
fn any_octet_after_the_answer_to_stls_or_left_from_clear_stops_the_hand_over() {
    for profile in [Profile::STRICT, Profile::LENIENT] {
        for octet in 0..=255_u8 {
            for answer in [&b"+OK\r\n"[..], b"+OK begin\r\n"] {
                let (mut client, mut out) = (greeted(profile, Security::Plain), Vec::new());
                client.send(&Command::Stls, &mut out).unwrap();
                let mut accepted = client.clone();
                let octets = [answer, &[octet]].concat();
                assert_eq!(client.receive(&mut &octets[..]), Err(ProtocolError::PlaintextAfterStls));
                assert_eq!(client.send(&Command::Noop, &mut out), Err(SendError::NotNow));
                assert!(client.handover().is_none(), "{octet:#04x}");
                let event = accepted.receive(&mut &answer[..]);
                assert!(matches!(event, Ok(Got::Reply { part: Part::Ok(_), .. })), "{event:?}");
                let handover = accepted.handover().unwrap();
                assert!(handover.clone().secured(&[octet]).is_err(), "{octet:#04x}");
                assert!(handover.clone().secured(&[octet; 300]).is_err(), "{octet:#04x}");
                assert_eq!(handover.secured(b"").unwrap().security(), Security::Tls);
                assert_eq!(out, b"STLS\r\n");
            }
        }
    }
}

/// The answer in pieces: what follows its line in the same piece is refused, what comes in a later one is
/// left alone.
/// Covers replies-after-stls.
#[test]
fn replies_in_clear_are_not_heard_inside_tls_at_any_cut() {
    let octets = b"+OK begin\r\n+OK forged\r\n.\r\n";
    for cut in 0..=octets.len() {
        let mut client = greeted(Profile::LENIENT, Security::Plain);
        client.send(&Command::Stls, &mut Vec::new()).unwrap();
        let mut window = &octets[..cut];
        let first = format!("{:?}", client.receive(&mut window));
        let left = cut - window.len();
        let mut window = &octets[left..];
        let second = format!("{:?}", client.receive(&mut window));
        let due = match cut {
            0..11 => ["Ok(NeedInput)", "Err(PlaintextAfterStls)"],
            11 => ["Ok(Reply { id: Id(0), part: Ok(Text(\"begin\")), last: true })", "Ok(Closed)"],
            _ => ["Err(PlaintextAfterStls)"; 2],
        };
        assert_eq!([&first[..], &second[..]], due, "cut after {cut} bytes");
        assert_eq!(client.handover().is_some(), cut == 11);
        assert!(client.handover().is_none_or(|handover| handover.secured(window).is_err()));
    }
}

/// A reply that was cut by the handshake is not joined to what comes inside TLS.
/// Covers halves-over-the-edge-of-tls.
#[test]
fn a_reply_begun_in_clear_is_not_ended_inside_tls() {
    for front in ["+", "+OK for", "+OK forged\r", "-ER"] {
        let mut client = greeted(Profile::LENIENT, Security::Plain);
        client.send(&Command::Stls, &mut Vec::new()).unwrap();
        assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Reply { part: Part::Ok(_), .. })));
        assert_eq!(client.receive(&mut front.as_bytes()), Ok(Got::Closed));
        let mut client = client.handover().unwrap().secured(b"").unwrap();
        client.send(&Command::Stat, &mut Vec::new()).unwrap();
        let mut heard = VecDeque::new();
        listen(&mut client, b"+OK 2 320\r\n", &[1], &mut heard, |_, _| {});
        assert_eq!(heard, [event("Reply(Id(0), Stat(Stat { count: 2, octets: 320 }))")], "{front:?}");
    }
}
