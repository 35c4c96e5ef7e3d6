//! No reply, however long, leaves a tail that passes for another one or for the front of a message.

use std::collections::VecDeque;

use pop3_proto::client::{Client, Event as Got, Part, Profile, ProtocolError};
use pop3_proto::{Command, Deviation, Limits, Security, Status, encode};

use crate::pair::{Heard, listen};
use crate::{CUTS, ONE, event, retr_and_stat, retr_and_stat_heard};

fn small() -> Client {
    let mut client = Client::new(Profile::LENIENT, Security::Plain).with_limits(Limits::for_window(512));
    assert!(matches!(client.receive(&mut &b"+OK ready\r\n"[..]), Ok(Got::Greeting(_))));
    client
}

/// Covers line-length-off-by-one, endless-line.
#[test]
fn an_over_long_status_line_leaves_no_tail_in_the_message() {
    let mail = b"Subject: x\r\n\r\nbody\r\n";
    for tail in ["", ".", "..", "\r", "\r.", "+OK forged"] {
        for len in (500..520).chain([1000, 1022, 1023, 1024, 5000]) {
            let status = format!("+OK {}{tail}\r\n", "x".repeat(len));
            let octets = [status.as_bytes(), mail, b".\r\n"].concat();
            for cut in [usize::MAX, 1, 511, 512, 513] {
                let (mut client, mut heard) = (small(), VecDeque::new());
                client.send(&Command::Retr(ONE), &mut Vec::new()).unwrap();
                listen(&mut client, &octets, &[cut], &mut heard, |_, _| {});
                let heard: Vec<_> = heard.iter().skip(1).collect();
                let due = [&Heard::Data(mail.to_vec()), &event("Reply(Id(0), End)")];
                assert_eq!(heard, due, "{len} bytes and {tail:?} in cuts of {cut}");
            }
        }
    }
}

/// Covers line-length-off-by-one.
#[test]
fn an_over_long_line_of_a_listing_leaves_no_tail_that_is_a_line() {
    for tail in ["\r", ".", "\r.\r", "+OK 9 9", "-ERR"] {
        for len in (500..520).chain([1000, 1023, 5000]) {
            let octets = format!("+OK\r\n1 {}{tail}\r\n2 two\r\n.\r\n", "x".repeat(len));
            for cut in [usize::MAX, 1, 511, 512] {
                let (mut client, mut heard) = (small(), VecDeque::new());
                client.send(&Command::Uidl(None), &mut Vec::new()).unwrap();
                listen(&mut client, octets.as_bytes(), &[cut], &mut heard, |_, _| {});
                let heard: Vec<_> = heard.iter().skip(2).collect();
                let due = [&event("Reply(Id(0), UidItem(UidLine(2, \"two\")))"), &event("Reply(Id(0), End)")];
                assert_eq!(heard, due, "{len} bytes and {tail:?} in cuts of {cut}");
            }
        }
    }
}

/// Covers line-length-off-by-one.
#[test]
fn an_over_long_reply_leaves_no_tail_that_answers_the_next_command() {
    for status in ["+OK", "-ERR"] {
        for tail in ["", "\r", "+OK forged", "\r+OK forged"] {
            let octets = format!("{status} {}{tail}\r\n-ERR second\r\n", "x".repeat(900));
            for cut in [usize::MAX, 1, 511, 512] {
                let (mut client, mut heard) = (small(), VecDeque::new());
                client.send(&Command::Noop, &mut Vec::new()).unwrap();
                listen(&mut client, octets.as_bytes(), &[cut], &mut heard, |client, event| {
                    if let Got::Reply { id, .. } = event
                        && id.get() == 0
                    {
                        client.send(&Command::Noop, &mut Vec::new()).unwrap();
                    }
                });
                assert_eq!(heard.len(), 2);
                let second = "Reply(Id(1), Err(Refusal { code: None, text: Text(\"second\") }))";
                assert_eq!(heard[1], event(second), "{status} and {tail:?} in cuts of {cut}");
            }
        }
    }
}

/// Covers invalid-base64-challenge, long-challenge, over-long-exchange-line.
#[test]
fn a_challenge_that_was_cut_does_not_pass_for_a_whole_one() {
    for len in [520, 1024, 4000] {
        let octets = format!("+ {}\r\n", "A".repeat(len));
        for cut in [usize::MAX, 1] {
            let (mut client, mut heard) = (small(), VecDeque::new());
            client.auth("LOGIN", None, &mut Vec::new()).unwrap();
            let mut whole = false;
            listen(&mut client, octets.as_bytes(), &[cut], &mut heard, |_, event| {
                whole |= matches!(event, Got::Reply { part: Part::Challenge(_), .. });
            });
            assert!(!whole, "the front of {len} bytes came as a challenge: {heard:?}");
        }
    }
}

/// Covers halves-over-the-edge-of-tls.
#[test]
fn an_over_long_answer_to_stls_leaves_no_tail_that_counts_as_tls() {
    let octets = format!("+OK {}\r\n", "x".repeat(900));
    for cut in [usize::MAX, 1, 511, 512] {
        let mut client = small();
        client.send(&Command::Stls, &mut Vec::new()).unwrap();
        let (mut window, mut left) = (Vec::new(), octets.as_bytes());
        while !left.is_empty() {
            let (now, later) = left.split_at(left.len().min(cut));
            window.extend_from_slice(now);
            left = later;
            let mut unread = &window[..];
            let event = client.receive(&mut unread);
            let after = unread.to_vec();
            match event {
                Ok(Got::NeedInput) => {}
                Err(error) => {
                    assert_eq!(error, ProtocolError::PlaintextAfterStls);
                    assert!(client.handover().is_none());
                    break;
                }
                Ok(_) => {
                    let handover = client.handover().expect("accepted");
                    assert!(handover.secured(&after).is_err(), "the end of the line is still to come");
                    break;
                }
            }
            window = after;
        }
    }
}

/// Proves 1939-9-01.
#[test]
fn a_text_in_a_status_line_never_frames_anything() {
    for text in ["1 messages\\.", "0 octets", ". ", "-ERR", "+OK", "[AUTH]"] {
        let mut line = Vec::new();
        encode::status_line(Status::Ok, None, text, &mut line).unwrap();
        let octets = [&line[..], b"a\r\n.\r\n+OK 2 320\r\n"].concat();
        for cut in CUTS {
            let heard = retr_and_stat(Profile::STRICT, &octets, cut);
            assert_eq!(heard[1..3], [Heard::Data(b"a\r\n".to_vec()), event("Reply(Id(1), End)")], "{text}");
            assert_eq!(heard.len(), 4);
        }
    }
}

/// Covers bare-line-ends-in-replies.
#[test]
fn a_status_line_that_ends_in_a_bare_lf_does_not_let_a_body_end_so() {
    let octets = b"+OK\na\r\nb\n.\n+OK 2 320\n.\r\n\r\n.\r\n+OK 2 320\r\n";
    for cut in CUTS {
        let due = retr_and_stat_heard("", b"a\r\nb\n.\n+OK 2 320\n.\r\n\r\n");
        assert_eq!(retr_and_stat(Profile::LENIENT, octets, cut), due);
    }
    // Where the first line ends so, too, the whole body would.
    let octets = b"+OK\na\n.\n+OK 2 320\n";
    for cut in CUTS {
        let heard = retr_and_stat(Profile::LENIENT, octets, cut);
        assert_eq!(heard.last(), Some(&Heard::Error(ProtocolError::Deviation(Deviation::BareLfBody))));
        assert!(!heard.iter().any(|heard| matches!(heard, Heard::Data(_))), "{heard:?}");
    }
}
