//! Tickets answer once, and in time.

use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{Credentials, Event, Phase, Reason, Server};
use pop3_proto::{Code, MsgNo, Security, Stat, Time};

use crate::common::Mailbox;
use crate::config;

#[test]
fn a_ticket_of_the_past_does_nothing() {
    let config = config();
    let mut session = Server::new(&config, Security::Plain);
    let mut out = Vec::new();
    let mut window = &b"USER a\r\nPASS b\r\n"[..];
    let Event::Login { reply, .. } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    // The next call refuses it; whoever still holds the ticket comes too late.
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Event::NeedInput));
    out.clear();
    reply.accept(&mut session, &mut out, "too late");
    assert!(out.is_empty());
    assert_eq!(session.phase(), Phase::Authorization);
}

#[test]
fn a_kept_ticket_waits_and_timers_run() {
    let config = config();
    let mut session = Server::new(&config, Security::Plain);
    let mut out = Vec::new();
    let mut window = &b"USER a\r\nPASS b\r\nSTAT\r\n"[..];
    let Event::Login { reply, credentials } = session.receive(Time::ZERO, &mut window, &mut out) else {
        panic!()
    };
    assert!(matches!(credentials, Credentials::Password(password) if password.expose() == b"b"));
    let reply = reply.defer(&mut session);
    for _ in 0..3 {
        assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Event::Waiting));
    }
    assert_eq!(session.poll_timeout(), Some(Time::from_millis(600_000)));
    out.clear();
    std::thread::scope(|scope| scope.spawn(|| reply.accept(&mut session, &mut out, "hello")).join().unwrap());
    assert_eq!(out, b"+OK hello\r\n");
    let Event::Stat(reply) = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    let kept = reply.defer(&mut session);
    session.handle_timeout(Time::from_millis(600_000));
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Event::Closed(Reason::Autologout)));
    out.clear();
    kept.ok(&mut session, &mut out, Stat { count: 1, octets: 1 });
    assert!(out.is_empty(), "nothing is said after the end");
}

#[test]
fn a_body_that_is_not_ended_closes_without_its_dot() {
    let config = config();
    let mut session = Server::new(&config, Security::Plain);
    let mut drop = Maildrop::closed();
    let mut out = Vec::new();
    let mut window = &b"USER a\r\nPASS b\r\nRETR 1\r\nNOOP\r\n"[..];
    let Event::Login { reply, .. } = drop.receive(&mut session, Time::ZERO, &mut window, &mut out) else {
        panic!()
    };
    drop.open(Mailbox::of(&[b"one\ntwo\n"]));
    reply.accept(&mut session, &mut out, "");
    let Event::Retr(_, reply) = drop.receive(&mut session, Time::ZERO, &mut window, &mut out) else {
        panic!()
    };
    out.clear();
    let mut body = reply.begin(&mut session, &mut out, "");
    body.fill(&mut &b"one\n"[..], &mut out);
    std::mem::drop(body); // reading the rest failed
    let event = drop.receive(&mut session, Time::ZERO, &mut window, &mut out);
    assert!(matches!(event, Event::Closed(Reason::Unfinished)));
    assert_eq!(out, b"+OK\r\none\r\n");
    assert_eq!(drop.removals().count(), 0);
}

#[test]
fn a_refusal_carries_the_code_of_the_reason() {
    let config = config();
    let mut session = Server::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\n"[..], Vec::new());
    let Event::Login { reply, .. } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    assert_eq!(session.user(), Some(&b"a"[..]));
    out.clear();
    reply.err(&mut session, &mut out, Code::InUse, "another session");
    assert_eq!(out, b"-ERR [IN-USE] another session\r\n");
    assert_eq!(session.user(), None);
    assert_eq!(MsgNo::new(0), None);
}
