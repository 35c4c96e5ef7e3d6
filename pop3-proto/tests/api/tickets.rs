//! Tickets of a server session: each answers once, and only in time.

use pop3_proto::server::session::{Event as Said, Session};
use pop3_proto::server::{Credentials, Event, Fill, Phase, Reason, Server};
use pop3_proto::{Code, MsgNo, Security, Stat, Time};

use crate::common::Mailbox;
use crate::config;

#[test]
fn a_ticket_of_the_past_does_nothing() {
    let config = config();
    let mut session = Session::new(&config, Security::Plain);
    let mut out = Vec::new();
    let mut window = &b"USER a\r\nPASS b\r\n"[..];
    let Said::Login { reply, .. } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    // The next call refuses the command; whoever still holds its ticket comes too late.
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Said::NeedInput));
    out.clear();
    reply.accept(&mut session, &mut out, "too late");
    assert!(out.is_empty());
    assert_eq!(session.phase(), Phase::Authorization);
}

#[test]
fn a_kept_ticket_waits_and_timers_run() {
    let config = config();
    let mut session = Session::new(&config, Security::Plain);
    let mut out = Vec::new();
    let mut window = &b"USER a\r\nPASS b\r\nSTAT\r\n"[..];
    let Said::Login { reply, credentials } = session.receive(Time::ZERO, &mut window, &mut out) else {
        panic!()
    };
    assert!(matches!(credentials, Credentials::Password(password) if password.expose() == b"b"));
    let reply = reply.defer(&mut session);
    for _ in 0..3 {
        assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Said::Waiting));
    }
    assert_eq!(session.poll_timeout(), Some(Time::from_millis(180_000)), "the time for the login");
    out.clear();
    std::thread::scope(|scope| scope.spawn(|| reply.accept(&mut session, &mut out, "hello")).join().unwrap());
    assert_eq!(out, b"+OK hello\r\n");
    let Said::Stat { reply } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    let kept = reply.defer(&mut session);
    session.handle_timeout(Time::from_millis(600_000));
    assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Said::Closed(Reason::Autologout)));
    out.clear();
    kept.ok(&mut session, &mut out, Stat { count: 1, octets: 1 });
    assert!(out.is_empty(), "nothing is said after the end");
}

#[test]
fn a_body_that_is_not_ended_closes_without_its_dot() {
    let config = config();
    let mut server = Server::new(&config, Security::Plain);
    let mut out = Vec::new();
    let mut window = &b"USER a\r\nPASS b\r\nRETR 1\r\nNOOP\r\n"[..];
    let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut server, &mut out, Mailbox::of(&[b"one\ntwo\n"]), "");
    let Event::Retr { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    out.clear();
    let mut body = reply.begin(&mut server, &mut out, "");
    assert_eq!(body.fill(&mut &b"one\n"[..], &mut out), Fill::Done);
    drop(body); // reading the rest failed
    let event = server.receive(Time::ZERO, &mut window, &mut out);
    assert!(matches!(event, Event::Closed(Reason::Unfinished)));
    assert_eq!(out, b"+OK\r\none\r\n");
    assert_eq!(server.removals().count(), 0);
}

#[test]
fn a_refusal_carries_the_code_of_the_reason() {
    let config = config();
    let mut session = Session::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\n"[..], Vec::new());
    let Said::Login { reply, .. } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    assert_eq!(session.user(), Some(&b"a"[..]));
    out.clear();
    reply.err(&mut session, &mut out, Code::InUse, "another session");
    assert_eq!(out, b"-ERR [IN-USE] another session\r\n");
    assert_eq!(session.user(), None);
    assert_eq!(MsgNo::new(0), None);
}
