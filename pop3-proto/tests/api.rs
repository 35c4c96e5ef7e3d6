//! What the types promise: sizes, threads, tickets that answer once, and loops that never stall.

use std::fmt::Debug;
use std::time::Duration;

use pop3_proto::client::{self, Client, ProtocolError};
use pop3_proto::dot::{Stuffer, Unstuffer};
use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{
    self, Config, Credentials, Event, Legality, Need, Phase, Reason, Server, Ticket, kind, legality,
};
use pop3_proto::{
    Code, Command, FixedBuf, Line, LineScanner, MsgNo, Output as _, Secret, Security, Stat, Time, Verb,
};

mod common;

use common::Mailbox;

fn config() -> Config<'static> {
    let mut config = Config::new();
    config.clear_login = true;
    config
}

/// Shows `input` whole and returns what was answered until the session wants more.
fn answers(session: &mut Server<'_>, input: &[u8]) -> String {
    let (mut window, mut out) = (input, Vec::new());
    for _ in 0..1000 {
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedInput | Event::Closed(_) => return String::from_utf8(out).unwrap(),
            Event::Login { reply, .. } => reply.accept(session, &mut out, "welcome"),
            _ => {}
        }
    }
    panic!("the session does not come to rest");
}

#[test]
fn sizes_are_as_the_docs_say() {
    let sizes = [
        ("Server", size_of::<Server<'_>>(), 416),
        ("Client", size_of::<Client>(), 232),
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
fn a_loop_that_knows_no_event_refuses_everything_and_never_stalls() {
    let config = config();
    let mut session = Server::new(&config, Security::Plain);
    let mut window = &b"USER a\r\nPASS b\r\nAPOP a 00000000000000000000000000000000\r\nSTAT\r\nQUIT\r\n"[..];
    let mut out = Vec::new();
    let mut closed = None;
    for _ in 0..100 {
        if let Event::Closed(reason) = session.receive(Time::ZERO, &mut window, &mut out) {
            closed = Some(reason);
            break;
        }
    }
    assert_eq!(closed, Some(Reason::Quit));
    let text = String::from_utf8(out).unwrap();
    assert_eq!(
        text.lines().map(|line| &line[..3]).collect::<Vec<_>>(),
        ["+OK", "+OK", "-ER", "-ER", "-ER", "-ER"]
    );
}

#[test]
fn poll_agrees_with_receive_at_every_octet() {
    let config = config();
    let mut session = Server::new(&config, Security::Plain);
    let input = b"CAPA\r\nUSER a\r\nPASS b\r\nNOOP\r\nSTAT\r\nLIST\r\nRETR 1\r\nbad\r\nTOP 1 1\r\nQUIT\r\n";
    let (mut start, mut out) = (0, FixedBuf::<512>::new());
    for end in 0..=input.len() {
        loop {
            let mut window = &input[start..end];
            let need = session.poll(Time::ZERO, &mut window, &mut out);
            let event = session.receive(Time::ZERO, &mut window, &mut out);
            start = end - window.len();
            match event {
                Event::NeedInput => {
                    assert_eq!(need, Need::Input);
                    out.clear();
                    break;
                }
                Event::NeedOutput => {
                    assert_eq!(need, Need::Output);
                    out.clear();
                }
                Event::Closed(_) => break,
                Event::Login { reply, .. } => {
                    assert_eq!(need, Need::Event);
                    reply.accept(&mut session, &mut out, "");
                }
                _ => assert_eq!(need, Need::Event),
            }
        }
    }
    assert_eq!(session.phase(), Phase::Transaction);
}

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
    let reply = reply.later(&mut session);
    for _ in 0..3 {
        assert!(matches!(session.receive(Time::ZERO, &mut window, &mut out), Event::Waiting));
    }
    assert_eq!(session.poll_timeout(), Some(Time::from_millis(600_000)));
    out.clear();
    std::thread::scope(|scope| scope.spawn(|| reply.accept(&mut session, &mut out, "hello")).join().unwrap());
    assert_eq!(out, b"+OK hello\r\n");
    let Event::Stat(reply) = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    let kept = reply.later(&mut session);
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

/// Proves 1939-4-09.
#[test]
fn a_listing_of_any_length_takes_no_more_room_than_there_is() {
    let config = config();
    let mut session = Server::new(&config, Security::Plain);
    let mut drop = Maildrop::closed();
    let messages = vec![&b"x\n"[..]; 5000];
    let mut out = FixedBuf::<512>::new();
    let (mut window, mut sent) = (&b"USER a\r\nPASS b\r\nLIST\r\nUIDL\r\nQUIT\r\n"[..], Vec::new());
    loop {
        match drop.receive(&mut session, Time::ZERO, &mut window, &mut out) {
            Event::NeedInput | Event::NeedOutput => {}
            Event::Login { reply, .. } => {
                drop.open(Mailbox::of(&messages));
                reply.accept(&mut session, &mut out, "");
            }
            Event::Quit { reply, .. } => reply.ok(&mut session, &mut out, ""),
            Event::Closed(_) => break,
            _ => panic!(),
        }
        assert!(out.room() < 512 || out.is_empty());
        sent.extend_from_slice(out.bytes());
        out.clear();
    }
    sent.extend_from_slice(out.bytes());
    let text = String::from_utf8(sent).unwrap();
    let due = (1..=5000).map(|n| format!("{n} 3\r\n")).collect::<String>();
    assert!(text.contains(&format!("+OK 5000 messages (15000 octets)\r\n{due}.\r\n")));
    let due = (1..=5000).map(|n| format!("{n} uid-{n}\r\n")).collect::<String>();
    assert!(
        text.ends_with(&format!("+OK 5000 messages (15000 octets)\r\n{due}.\r\n+OK\r\n")),
        "{}",
        &text[text.len() - 80..]
    );
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
    rx.filled(line.len());
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

/// Proves 1939-3-25.
#[test]
fn time_saturates_and_the_inactivity_timer_is_at_least_ten_minutes() {
    let mut config = config();
    config.autologout = Duration::from_secs(1);
    let mut session = Server::new(&config, Security::Plain);
    assert_eq!(session.poll_timeout(), None);
    assert!(answers(&mut session, b"").starts_with("+OK"));
    assert_eq!(session.poll_timeout(), Some(Time::from_millis(600_000)));
    assert_eq!(Time::from_millis(u64::MAX).after(Duration::MAX), Time::from_millis(u64::MAX));
    assert_eq!(Time::ZERO.duration_since(Time::from_millis(5)), Duration::ZERO);
    assert_eq!(Time::since(Duration::from_micros(1500)).as_millis(), 1);
}

#[test]
fn the_timer_waits_for_the_client_and_not_for_the_server() {
    let late = Time::from_millis(10_000_000);
    let mut config = config();
    config.stls = true;
    let mut session = Server::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"STLS\r\n"[..], Vec::new());
    let Event::Stls(reply) = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut session, &mut out);
    // The handshake took its time; the session inside TLS has not begun to wait.
    let mut session = session.handover().unwrap().secured(b"").unwrap();
    session.handle_timeout(late);
    let mut window = &b"USER a\r\nPASS b\r\nRETR 1\r\n"[..];
    let Event::Login { reply, .. } = session.receive(late, &mut window, &mut out) else { panic!() };
    reply.accept(&mut session, &mut out, "");
    let Event::Retr(_, reply) = session.receive(late, &mut window, &mut out) else { panic!() };
    let body = reply.begin(&mut session, &mut out, "");
    // The message took its time, too.
    let later = late.after(Duration::from_secs(6000));
    session.handle_timeout(later);
    body.end(&mut session);
    session.handle_timeout(later);
    assert!(matches!(session.receive(later, &mut window, &mut out), Event::NeedInput));
    assert_eq!(session.poll_timeout(), Some(later.after(Duration::from_secs(600))));
}

/// Proves 1939-3-21.
#[test]
fn the_table_of_legality_is_that_of_the_rfcs() {
    for verb in Verb::ALL {
        let everywhere = matches!(verb, Verb::Quit | Verb::Capa | Verb::Lang);
        let login = matches!(verb, Verb::User | Verb::Apop | Verb::Auth | Verb::Stls | Verb::Utf8);
        let allowed = Phase::ALL.map(|phase| legality(phase, verb) != Legality::Refuse);
        let due = match verb {
            _ if everywhere => [true, true, true],
            Verb::Pass => [false, true, false],
            _ if login => [true, true, false],
            _ => [false, false, true],
        };
        assert_eq!(allowed, due, "{verb:?}");
    }
}

/// Proves 1939-3-02, 2449-6.6-03.
#[test]
fn commands_are_pipelined_only_when_announced_and_never_behind_a_login() {
    let mut client: Client<4> = Client::new(client::Profile::LENIENT, Security::Tls);
    let mut out = Vec::new();
    assert_eq!(client.send(&Command::Noop, &mut out), Err(client::SendError::NotNow), "before the greeting");
    let mut window = &b"+OK\r\n"[..];
    client.receive(&mut window).unwrap();
    client.send(&Command::Capa, &mut out).unwrap();
    assert!(!client.can_send());
    assert_eq!(client.send(&Command::Noop, &mut out), Err(client::SendError::Busy));
    let mut window = &b"+OK\r\nPIPELINING\r\n.\r\n"[..];
    while !window.is_empty() {
        client.receive(&mut window).unwrap();
    }
    for _ in 0..4 {
        client.send(&Command::Noop, &mut out).unwrap();
    }
    assert_eq!(client.send(&Command::Noop, &mut out), Err(client::SendError::Busy), "the queue is full");
    let mut window = &b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n"[..];
    while !window.is_empty() {
        client.receive(&mut window).unwrap();
    }
    client.send(&Command::User(b"a"), &mut out).unwrap();
    assert_eq!(client.send(&Command::Pass(Secret::new(b"b")), &mut out), Err(client::SendError::Busy));
}

/// Proves 1939-3-05, 1939-3-07, 6856-3.2-07.
#[test]
fn what_cannot_be_sent_leaves_everything_as_it_was() {
    let mut client: Client = Client::new(client::Profile::LENIENT, Security::Plain);
    let mut window = &b"+OK\r\n"[..];
    client.receive(&mut window).unwrap();
    let mut out = Vec::new();
    let long = [b'a'; 249];
    for (command, error) in [
        (Command::User(b"a\r\nDELE 1"), client::SendError::BadArgument),
        (Command::Pass(Secret::new(b"a\0")), client::SendError::BadArgument),
        (Command::User(b""), client::SendError::BadArgument),
        (Command::Lang(Some(b"en us")), client::SendError::BadArgument),
        (Command::Other { verb: b"HELLO", args: None }, client::SendError::BadArgument),
        (Command::User(&long), client::SendError::TooLong),
    ] {
        assert_eq!(client.send(&command, &mut out), Err(error), "{command:?}");
        assert!(out.is_empty() && client.can_send() && client.is_idle());
    }
    client.send(&Command::User(&long[..248]), &mut out).unwrap();
    assert_eq!(out.len(), 255);
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

/// What a handshake gives may decide what is offered behind it.
#[test]
fn a_session_inside_tls_may_have_a_configuration_of_its_own() {
    let mut in_clear = Config::new();
    in_clear.stls = true;
    let mut inside = Config::new();
    inside.implementation = Some("inside");
    let mut session = Server::new(&in_clear, Security::Plain);
    let mut out = Vec::new();
    let Event::Stls(reply) = session.receive(Time::ZERO, &mut &b"STLS\r\n"[..], &mut out) else { panic!() };
    reply.accept(&mut session, &mut out);
    assert!(matches!(session.receive(Time::ZERO, &mut &b""[..], &mut out), Event::Closed(Reason::StartTls)));
    let handover = session.handover().unwrap();
    assert!(handover.clone().secured_with(&inside, b"x").is_err());
    let mut session = handover.secured_with(&inside, b"").unwrap();
    let said = answers(&mut session, b"CAPA\r\n");
    assert!(said.contains("\r\nIMPLEMENTATION inside\r\n") && !said.contains("STLS"), "{said}");
}
