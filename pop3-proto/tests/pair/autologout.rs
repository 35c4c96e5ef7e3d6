//! Autologout: only whole commands keep a session alive.

use std::time::Duration;

use pop3_proto::server::session::{Event, Session};
use pop3_proto::server::{Config, MechanismList, Reason};
use pop3_proto::{Security, Time};

use crate::common::{Mailbox, show};
use crate::ends::Host;

const IDLE: Duration = Duration::from_secs(600);
const TRICKLE: Duration = Duration::from_secs(540);

/// Sends `before`, then `trickled`, one byte every nine minutes; the session has to close at 600 s without a
/// word.
fn check_autologout(before: &str, trickled: &str, driven: bool) {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    config.mechanisms = MechanismList::of(&[pop3_proto::Mechanism::PLAIN]);
    config.login_time = Duration::MAX;
    let start = Time::from_millis(7_000_000);
    let mut host = Host::new(&config, Security::Plain, Mailbox::of(&[b"one", b"two"]));
    host.now = start;
    host.hear(before.as_bytes());
    host.take();
    let events = host.log.len();
    let deadline = start.after(IDLE);
    for (i, octet) in (1..).zip(trickled.as_bytes()) {
        assert_eq!(host.server.poll_timeout(), Some(deadline), "the bytes moved the deadline");
        let now = start.after(TRICKLE * i);
        if now >= deadline {
            break;
        }
        host.now = now;
        host.hear(&[*octet]);
        assert_eq!(host.closed, None);
    }
    host.now = start.after(IDLE - Duration::from_millis(1));
    host.server.handle_timeout(host.now);
    host.hear(b"");
    assert_eq!(host.closed, None, "closed before its time");
    host.now = deadline;
    if driven {
        host.server.handle_timeout(deadline);
    }
    host.hear(b"");
    assert_eq!(host.closed, Some(Reason::Autologout));
    host.now = start.after(TRICKLE * 2);
    host.hear(b"\r\nQUIT\r\n");
    assert_eq!(host.closed, Some(Reason::Autologout));
    assert_eq!(show(&host.take()), "", "it goes without a word");
    assert_eq!(host.log.len(), events, "{:?}", host.log);
    assert_eq!(host.removed, None);
    assert_eq!(host.server.removals().count(), 0);
}

/// Covers silent-peer.
/// Proves 1939-3-25, 1939-3-27, 1939-3-28.
#[test]
fn an_octet_every_nine_minutes_does_not_keep_a_session_alive_and_removes_nothing() {
    let login = "USER tim\r\nPASS secret\r\n";
    for driven in [false, true] {
        check_autologout("", "QUIT\r\n", driven);
        check_autologout("USER tim\r\n", "PASS secret\r\n", driven);
        check_autologout("AUTH PLAIN\r\n", "Z29vZA==\r\n", driven);
        check_autologout(login, "NOOP\r\n", driven);
        check_autologout(&format!("{login}DELE 1\r\nDELE 2\r\n"), "QUIT\r\n", driven);
        check_autologout(&format!("{login}DELE 1\r\nQUI"), "T\r", driven);
        check_autologout(&format!("{login}DELE 1\r\n{}", "X".repeat(300)), "XXXX", driven);
        check_autologout(&format!("{login}RETR 1\r\nNOOP\n"), "\n\n\n", driven);
    }
}

/// Proves 1939-3-26.
#[test]
fn a_command_every_nine_minutes_keeps_a_session_alive() {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    let mut host = Host::new(&config, Security::Plain, Mailbox::of(&[b"one"]));
    host.hear(b"USER tim\r\nPASS secret\r\nDELE 1\r\n");
    for i in 1..=20 {
        host.now = Time::ZERO.after(TRICKLE * i);
        host.server.handle_timeout(host.now);
        host.hear(b"NOOP\r\n");
        assert_eq!(host.closed, None);
        assert_eq!(host.server.poll_timeout(), Some(host.now.after(IDLE)));
    }
    host.hear(b"QUIT\r\n");
    assert_eq!(host.closed, Some(Reason::Quit));
    assert_eq!(host.removed, Some(vec![1]));
}

/// A client that says something every minute, and a program that never asks what time it is: the time for the
/// login is over all the same, with the first bytes that come too late.
///
/// Covers places-held-without-login.
#[test]
fn the_time_for_the_login_is_over_whatever_the_client_says() {
    for said in ["CAPA\r\n", "USER tim\r\n", "QUUX\r\nNOOP\r\nUSER tim\r\n", "X"] {
        let mut config = Config::new();
        config.allow_plaintext_login = true;
        let mut host = Host::new(&config, Security::Plain, Mailbox::of(&[b"one"]));
        host.now = Time::from_millis(5_000_000);
        host.hear(b"");
        let due = host.now.after(Duration::from_secs(180));
        for _ in 0..3 {
            assert_eq!(host.server.poll_timeout(), Some(due), "{said:?}");
            assert_eq!(host.closed, None, "{said:?}");
            host.now = host.now.after(Duration::from_secs(60));
            host.hear(said.as_bytes());
        }
        assert_eq!(host.closed, Some(Reason::LoginTime), "{said:?}");
    }
}

#[test]
fn there_may_be_no_limit_for_the_login_and_a_kept_login_is_bound_by_it() {
    let mut config = Config::new();
    config.login_time = Duration::MAX;
    config.autologout = Duration::MAX;
    let mut host = Host::new(&config, Security::Tls, Mailbox::of(&[b"one"]));
    host.hear(b"USER tim\r\n");
    host.now = Time::from_millis(u64::MAX - 1);
    host.server.handle_timeout(host.now);
    host.hear(b"CAPA\r\n");
    assert_eq!(host.closed, None);

    let (config, mut out) = (Config::new(), Vec::new());
    let mut session = Session::new(&config, Security::Tls);
    let line = &b"USER tim\r\nPASS secret\r\n"[..];
    let Event::Login { reply, .. } = session.receive(Time::ZERO, &mut &line[..], &mut out) else { panic!() };
    let reply = reply.defer(&mut session);
    assert_eq!(session.poll_timeout(), Some(Time::from_millis(180_000)));
    session.handle_timeout(Time::from_millis(180_000));
    out.clear();
    reply.accept(&mut session, &mut out, "too late");
    let event = session.receive(Time::from_millis(180_000), &mut &b""[..], &mut out);
    assert!(matches!(event, Event::Closed(Reason::LoginTime)) && out.is_empty());
}
