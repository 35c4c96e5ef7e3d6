//! The public types: how large they are, that they cross threads, and what they do not print.

use std::fmt::Debug;

use pop3_proto::client::{self, Client, ProtocolError};
use pop3_proto::dot::{Stuffer, Unstuffer};
use pop3_proto::server::session::Session;
use pop3_proto::server::{self, Config, Event, Server, Ticket, TooFewMarks, kind};
use pop3_proto::{Command, FixedBuf, Line, LineScanner, Security, Time};

use crate::common::Mailbox;
use crate::config;

#[test]
fn sizes_are_as_the_docs_say() {
    let sizes = [
        ("Session", size_of::<Session<&Config>>(), 416),
        ("Config", size_of::<Config>(), 1592),
        ("Client", size_of::<Client>(), 320),
        ("Ticket", size_of::<Ticket<kind::Login>>(), 8),
        ("server::Event", size_of::<Event<'_>>(), 48),
        ("client::Event", size_of::<client::Event<'_>>(), 56),
        ("Unstuffer", size_of::<Unstuffer>(), 1),
        ("Stuffer", size_of::<Stuffer>(), 2),
        ("LineScanner", size_of::<LineScanner>(), 24),
        ("Command", size_of::<Command<'_>>(), 40),
    ];
    for (name, size, most) in sizes {
        println!("{name}: {size} bytes");
        assert!(size <= most, "{name} has {size} bytes, not at most {most}");
    }
    // The front page, without its links.
    let page = include_str!("../../src/lib.rs").replace("//!", "");
    let page: Vec<_> = page.split(['(', ')']).step_by(2).collect();
    let page = page.concat().split_whitespace().collect::<Vec<_>>().join(" ");
    let says = "a [`Session`] takes 416 bytes, a [`Client`] 320 with its queue of 16, a [`Ticket`] 8, \
                a server's [`Event`] 48 and a client's [`Event`] 56, a [`Config`] 1,592.";
    assert!(page.contains(says), "{page}");
}

#[test]
fn sessions_and_tickets_cross_threads_and_errors_are_errors() {
    fn send<T: Send>() {}
    fn error<T: core::error::Error + Send + Sync + 'static>() {}
    send::<Session<&Config>>();
    send::<Server<std::sync::Arc<Config>, Mailbox>>();
    send::<Client>();
    send::<Ticket<kind::Quit>>();
    send::<server::Body>();
    error::<ProtocolError>();
    error::<client::SendError>();
    error::<pop3_proto::Full>();
    error::<pop3_proto::parse::CommandError>();
    assert!(!std::mem::needs_drop::<Ticket<kind::Login>>(), "leaving with ? is silent");
    assert!(!std::mem::needs_drop::<Event<'_>>());
}

#[test]
fn marks_need_a_bit_a_message() {
    let config = config();
    for (messages, due) in [(8, Ok(())), (9, Err(TooFewMarks))] {
        let mut server: Server<&Config, Mailbox, [u8; 1]> = Server::new(&config, Security::Plain);
        let (mut window, mut out) = (&b"USER a\r\nPASS b\r\nSTAT\r\n"[..], Vec::new());
        let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
        out.clear();
        let mailbox = Mailbox::of(&vec![&b""[..]; messages]);
        // Marks that are set already are cleared.
        assert_eq!(reply.accept_with(&mut server, &mut out, mailbox, [0xFF], "ready"), due);
        assert_eq!(server.index().is_some(), due.is_ok());
        assert!(matches!(server.receive(Time::ZERO, &mut window, &mut out), Event::NeedInput));
        let said = String::from_utf8(out).unwrap();
        match due {
            Ok(()) => assert_eq!(said, "+OK ready\r\n+OK 8 0\r\n"),
            Err(TooFewMarks) => assert_eq!(said, "-ERR [SYS/PERM] not available\r\n-ERR log in first\r\n"),
        }
    }
}

#[test]
fn secrets_do_not_print() {
    let line = b"PASS tanstaaf";
    let command = pop3_proto::parse::command(line).unwrap();
    let auth = pop3_proto::parse::command(b"AUTH PLAIN AHVzZXIAcGVuY2ls").unwrap();
    let apop = pop3_proto::parse::command(b"APOP mrose c4c9334bac560ecc979e58001b3e22fb").unwrap();
    let mut rx = FixedBuf::<64>::new();
    rx.space()[..line.len()].copy_from_slice(line);
    rx.commit(line.len());
    let shown: [&dyn Debug; 4] = [&command, &auth, &apop, &rx];
    for one in shown {
        let text = format!("{one:?}");
        assert!(
            !text.contains("tanstaaf")
                && !text.contains("AHVz")
                && !text.contains("c4c9")
                && !text.contains("116, 97"),
            "{text}"
        );
    }
}

#[test]
fn the_scanner_reports_each_line_once() {
    let mut scanner = LineScanner::new(10);
    let mut window = &b"12345678\r\n123456789\r\na\nb\r\n\r\n"[..];
    assert_eq!(scanner.next(&mut window), Line::Complete(b"12345678"));
    assert_eq!(scanner.next(&mut window), Line::TooLong);
    assert_eq!(scanner.next(&mut window), Line::BareLf);
    assert_eq!(scanner.next(&mut window), Line::Complete(b""));
    assert_eq!(scanner.next(&mut window), Line::Partial);
}
