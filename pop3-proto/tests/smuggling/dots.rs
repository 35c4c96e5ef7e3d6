//! Only CRLF, dot, CRLF ends a message or a listing; whatever comes near it is data, in both directions.

use std::collections::VecDeque;

use pop3_proto::client::{Profile, ProtocolError};
use pop3_proto::{Command, Deviation, Security};

use crate::common::twins::{crlf_form, unstuff};
use crate::common::{Mailbox, show};
use crate::pair::{Heard, listen};
use crate::{CUTS, event, greeted, logged_in, open_config, retr_and_stat, retr_and_stat_heard};

const NEAR: [&[u8]; 24] = [
    b"\n.\r\n",
    b"\n.\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r.\r\n",
    b"\r.\r",
    b"\n.\r",
    b"\r\n.\0\r\n",
    b"\r\n. \r\n",
    b"\r\n.\t\r\n",
    b"\r\n.\xA0\r\n",
    b"\r\n\r.\r\n",
    b"\n\r.\r\n",
    b"\0\n.\r\n",
    b"\r\0\n.\r\n",
    b"\r\n\0.\r\n",
    b"\r\n..\r\n",
    b"\r\n...\r\n",
    b"\r\n.\r.\r\n",
    b"\r\n.+OK\r\n",
    b"\n\n.\n\n",
    b"\r\n+OK 1 1\r\n",
    b"\r\n-ERR no\r\n",
];

/// The message in a body that ends where its bytes end.
fn unstuffed(wire: &[u8]) -> Vec<u8> {
    let (mail, rest) = unstuff(wire).unwrap();
    assert_eq!(rest, b"");
    mail
}

/// Covers bare-line-ends-in-replies, dot-lines-inside, cr-without-lf.
/// Proves 1939-3-17.
#[test]
fn near_terminators_in_what_a_server_sends_are_data() {
    for near in NEAR {
        let body = [b"Subject: x\r\n\r\na", near, b"b\r\n.\r\n"].concat();
        let octets = [b"+OK\r\n", &body[..], b"+OK 2 320\r\n"].concat();
        let due = retr_and_stat_heard("", &unstuffed(&body));
        for profile in [Profile::LENIENT, Profile::LENIENT.accept(Deviation::BareLfBody)] {
            for cut in CUTS {
                assert_eq!(
                    retr_and_stat(profile, &octets, cut),
                    due,
                    "{} in cuts of {cut}",
                    near.escape_ascii()
                );
            }
        }
    }
}

/// Covers bare-line-ends-in-replies, dot-lines-inside.
#[test]
fn a_strict_client_takes_no_dot_that_is_not_stuffed_and_ends_nothing_early() {
    for near in NEAR {
        let body = [b"Subject: x\r\n\r\na", near, b"b\r\n.\r\n"].concat();
        let octets = [b"+OK\r\n", &body[..], b"+OK 2 320\r\n"].concat();
        let mail = unstuffed(&body);
        let text = body.strip_suffix(b".\r\n").unwrap();
        let odd = text.windows(4).any(|w| w.starts_with(b"\r\n.") && w[3] != b'.');
        for cut in CUTS {
            let heard = retr_and_stat(Profile::STRICT, &octets, cut);
            if odd {
                let error = Heard::Error(ProtocolError::Deviation(Deviation::UnstuffedDot));
                assert_eq!(heard.last(), Some(&error), "{}", near.escape_ascii());
                assert_eq!(heard.len(), 3, "{heard:?}");
                assert!(matches!(&heard[1], Heard::Data(front) if mail.starts_with(front)), "{heard:?}");
            } else {
                assert_eq!(heard, retr_and_stat_heard("", &mail), "{}", near.escape_ascii());
            }
        }
    }
}

/// Covers first-dot.
#[test]
fn near_terminators_at_the_very_start_of_a_body_are_data() {
    for front in [
        &b".\n"[..],
        b".\r\r\n",
        b".\0\r\n",
        b". \r\n",
        b"\n.\r\n",
        b"\r.\r\n",
        b"..\r\n",
        b".+OK 9 9\r\n",
        b"+OK\r\n",
    ] {
        let body = [front, b"b\r\n.\r\n"].concat();
        let octets = [b"+OK\r\n", &body[..], b"+OK 2 320\r\n"].concat();
        let due = retr_and_stat_heard("", &unstuffed(&body));
        for cut in CUTS {
            assert_eq!(retr_and_stat(Profile::LENIENT, &octets, cut), due, "{} {cut}", front.escape_ascii());
        }
    }
}

/// Covers dot-lines-inside, first-dot, cr-without-lf.
/// Proves 1939-3-17, 1939-11-01.
#[test]
fn near_terminators_in_a_stored_message_cannot_end_the_reply() {
    for near in NEAR {
        for stored in [[b"Subject: x\r\n\r\na", near, b"b"].concat(), near.to_vec(), near[1..].to_vec()] {
            let config = open_config();
            let mut host = logged_in(&config, Mailbox::of(&[&stored]));
            host.hear(b"RETR 1\r\nNOOP\r\n");
            let said = host.take();
            let body =
                said.strip_prefix(b"+OK message follows\r\n").unwrap().strip_suffix(b"+OK\r\n").unwrap();
            assert_eq!(show(&unstuffed(body)), show(&crlf_form(&stored)));
            // Nor does it for a reader that ends lines at a bare LF.
            let lines: Vec<_> = body.split_inclusive(|b| *b == b'\n').collect();
            assert!(lines.iter().all(|line| line.ends_with(b"\r\n")), "{}", body.escape_ascii());
            assert_eq!(lines.iter().filter(|line| **line == b".\r\n").count(), 1, "{}", body.escape_ascii());
        }
    }
}

/// Covers dot-lines-inside.
#[test]
fn lines_of_a_message_that_look_like_replies_are_data_on_both_sides() {
    let stored = b"+OK\n-ERR [AUTH] no\n.\n..\n+ \n+OK 2 320\n.";
    let config = open_config();
    let mut host = logged_in(&config, Mailbox::of(&[stored]));
    host.hear(b"RETR 1\r\n");
    let mut octets = host.take();
    let wire = "+OK message follows\r\n+OK\r\n-ERR [AUTH] no\r\n..\r\n...\r\n+ \r\n+OK 2 320\r\n..\r\n.\r\n";
    assert_eq!(show(&octets), show(wire.as_bytes()));
    octets.extend_from_slice(b"+OK 2 320\r\n");
    for cut in CUTS {
        let due = retr_and_stat_heard("message follows", &crlf_form(stored));
        assert_eq!(retr_and_stat(Profile::STRICT, &octets, cut), due);
    }
}

/// Covers bare-line-ends-in-replies.
#[test]
fn lines_of_a_listing_that_look_like_replies_do_not_end_it() {
    for cut in CUTS {
        let mut client = greeted(Profile::LENIENT, Security::Plain);
        client.send(&Command::Uidl(None), &mut Vec::new()).unwrap();
        let mut heard = VecDeque::new();
        let octets = b"+OK\r\n-ERR no\r\n+OK\r\n..\r\n. \r\n.x\r\n1 .\r\n+ \r\n.\r\n";
        listen(&mut client, octets, &[cut], &mut heard, |_, _| {});
        let ends = heard.iter().filter(|one| **one == event("Reply(Id(0), End)")).count();
        assert_eq!(ends, 1);
        assert_eq!(heard.back(), Some(&event("Reply(Id(0), End)")));
        assert_eq!(heard[6], event("Reply(Id(0), UidItem(UidLine(1, \".\")))"), "{heard:?}");
        assert_eq!(heard.len(), 9);
        // Some servers end all lines in CR CR LF.
        client.send(&Command::Uidl(None), &mut Vec::new()).unwrap();
        heard.clear();
        listen(&mut client, b"+OK\r\r\n1 a\r\r\n.\r\r\n", &[cut], &mut heard, |_, _| {});
        assert_eq!(heard.back(), Some(&event("Reply(Id(1), End)")), "{heard:?}");
    }
}
