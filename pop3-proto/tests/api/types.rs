//! The types themselves: sizes, threads, and what they do not print.

use std::fmt::Debug;

use pop3_proto::client::{self, Client, ProtocolError};
use pop3_proto::dot::{Stuffer, Unstuffer};
use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{self, Event, Server, Ticket, kind};
use pop3_proto::{Command, FixedBuf, Line, LineScanner};

use crate::common::Mailbox;

#[test]
fn sizes_are_as_the_docs_say() {
    let sizes = [
        ("Server", size_of::<Server<'_>>(), 416),
        ("Client", size_of::<Client>(), 240),
        ("Ticket", size_of::<Ticket<kind::Login>>(), 4),
        ("server::Event", size_of::<Event<'_>>(), 40),
        ("client::Event", size_of::<client::Event<'_>>(), 56),
        ("Unstuffer", size_of::<Unstuffer>(), 1),
        ("Stuffer", size_of::<Stuffer>(), 2),
        ("LineScanner", size_of::<LineScanner>(), 24),
        ("Command", size_of::<Command<'_>>(), 40),
    ];
    for (name, size, most) in sizes {
        println!("{name}: {size} octets");
        assert!(size <= most, "{name} has {size} octets, the docs say at most {most}");
    }
}

#[test]
fn sessions_and_tickets_cross_threads_and_errors_are_errors() {
    fn send<T: Send>() {}
    fn error<T: core::error::Error + Send + Sync + 'static>() {}
    send::<Server<'_>>();
    send::<Client>();
    send::<Ticket<kind::Quit>>();
    send::<server::Body>();
    send::<Maildrop<Mailbox, Vec<u8>>>();
    error::<ProtocolError>();
    error::<client::SendError>();
    error::<pop3_proto::Full>();
    error::<pop3_proto::parse::CommandError>();
    assert!(!std::mem::needs_drop::<Ticket<kind::Login>>(), "leaving with ? is silent");
    assert!(!std::mem::needs_drop::<Event<'_>>());
}

#[test]
fn marks_need_a_bit_a_message() {
    let mut drop: Maildrop<Mailbox, [u8; 1]> = Maildrop::closed();
    assert!(drop.open_with(Mailbox::of(&[&[][..]; 8]), [0xFF]).is_ok());
    assert!(drop.open_with(Mailbox::of(&[&[][..]; 9]), [0]).is_err());
    assert!(drop.index().is_none());
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
