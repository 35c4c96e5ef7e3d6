//! Rows about pipelining: several commands in one segment, and answers that leave in as few segments.

use pop3_proto::server::{Config, Event, Fill, Need, Server};
use pop3_proto::{FixedBuf, Security, Time};

use crate::common::{Mailbox, show};

/// A session that is logged in; everything that it had to send has been sent.
fn logged_in<'c>(config: &'c Config, messages: &[&[u8]]) -> Server<&'c Config, Mailbox> {
    let mut server = Server::new(config, Security::Tls);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\n"[..], Vec::new());
    let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut server, &mut out, Mailbox::of(messages), "");
    server
}

/// What goes out in answer to `said`, flush by flush, through an output of 512 bytes.
fn flushes(messages: &[&[u8]], said: &str) -> Vec<Vec<u8>> {
    let config = Config::new();
    let mut server = logged_in(&config, messages);
    let (mut window, mut out, mut sent) = (said.as_bytes(), FixedBuf::<512>::new(), Vec::new());
    let flush = |out: &mut FixedBuf<512>, sent: &mut Vec<Vec<u8>>| {
        sent.push(out.bytes().to_vec());
        out.clear();
    };
    loop {
        match server.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedInput => {
                flush(&mut out, &mut sent);
                sent.retain(|octets| !octets.is_empty());
                return sent;
            }
            Event::NeedOutput => flush(&mut out, &mut sent),
            Event::Retr { number: n, reply } => {
                let mut message = messages[n.index()];
                let mut body = reply.begin(&mut server, &mut out, "");
                while body.fill(&mut message, &mut out) == Fill::Flush {
                    flush(&mut out, &mut sent);
                }
                body.end(&mut server);
            }
            event => panic!("{event:?}"),
        }
    }
}

/// Proves 2449-6.6-01.
#[test]
fn a_hundred_retrs_in_one_segment_are_answered_one_after_the_other() {
    let messages: Vec<_> =
        (0..100).map(|n| format!("Subject: {n}\n\n.{}\n", "x".repeat(11 * n)).into_bytes()).collect();
    let said: String = (1..=100).rev().map(|n| format!("RETR {n}\r\n")).collect();
    let heard = flushes(&messages.iter().map(|m| &m[..]).collect::<Vec<_>>(), &said).concat();
    let due = |n: usize| format!("+OK\r\nSubject: {n}\r\n\r\n..{}\r\n.\r\n", "x".repeat(11 * n));
    assert_eq!(show(&heard), show((0..100).rev().map(due).collect::<String>().as_bytes()));
}

/// node-pop3 takes a reply for complete where one read ends in CRLF, a dot and CRLF, or consists of the dot
/// line alone.
#[test]
fn the_dot_leaves_together_with_the_tail_of_the_data() {
    let config = Config::new();
    for (front, tail, due) in [
        ("head\n", "\n", "\\r\\n.\\r\\n"),
        ("head\n\n", ".tail\n", "..tail\\r\\n.\\r\\n"),
        ("head\n\n", "tail", "tail\\r\\n.\\r\\n"),
        ("head\n\n", "tail\r", "tail\\r\\r\\n.\\r\\n"),
        ("head\n\ntail", "", "\\r\\n.\\r\\n"),
        ("head\n\ntail\n", "", ".\\r\\n"),
    ] {
        for said in ["RETR 1\r\n", "TOP 1 9\r\n"] {
            let mut server = logged_in(&config, &[[front, tail].concat().as_bytes()]);
            let (mut window, mut out) = (said.as_bytes(), Vec::new());
            let event = server.receive(Time::ZERO, &mut window, &mut out);
            let (Event::Retr { reply, .. } | Event::Top { reply, .. }) = event else { panic!("{event:?}") };
            let mut body = reply.begin(&mut server, &mut out, "");
            assert_eq!(body.fill(&mut front.as_bytes(), &mut out), Fill::Done);
            out.clear();
            assert_eq!(body.fill(&mut tail.as_bytes(), &mut out), Fill::Done);
            body.end(&mut server);
            let need = server.poll(Time::ZERO, &mut window, &mut out);
            assert_eq!((need, show(&out)), (Need::Input, due.to_owned()), "{front:?} {tail:?}");
        }
    }
    for (said, listing) in [("LIST\r\n", "1 3\\r\\n2 0"), ("UIDL\r\n", "1 uid-1\\r\\n2 uid-2")] {
        let mut server = logged_in(&config, &[b"a", b""]);
        let mut out = Vec::new();
        let event = server.receive(Time::ZERO, &mut said.as_bytes(), &mut out);
        assert!(matches!(event, Event::NeedInput));
        assert_eq!(show(&out), format!("+OK 2 messages (3 octets)\\r\\n{listing}\\r\\n.\\r\\n"));
    }
    for len in 0..1100 {
        let message = ["a\n".repeat(len % 2).as_bytes(), &b"x".repeat(len)].concat();
        let sent = flushes(&[&message], "RETR 1\r\n");
        let last = sent.last().unwrap();
        assert!(last.ends_with(b"\r\n.\r\n") || last == b".\r\n", "{len}: {}", show(last));
    }
}
