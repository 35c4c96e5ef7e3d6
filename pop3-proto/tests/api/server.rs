//! A server session in the loops of its embedder: the loops never stall, the timers are right, and so is the
//! table of legality.

use std::time::Duration;

use pop3_proto::server::session::{Event as Said, Session};
use pop3_proto::server::{Config, Event, Index, Legality, Need, Phase, Phrase, Reason, Server, legality};
use pop3_proto::{FixedBuf, MsgNo, Output as _, Security, Time, Uid, Verb};

use crate::common::Mailbox;
use crate::{answers, config};

#[test]
fn a_loop_that_knows_no_event_refuses_everything_and_never_stalls() {
    let config = config();
    let mut session = Session::new(&config, Security::Plain);
    let mut window = &b"USER a\r\nPASS b\r\nAPOP a 00000000000000000000000000000000\r\nSTAT\r\nQUIT\r\n"[..];
    let mut out = Vec::new();
    let mut closed = None;
    for _ in 0..100 {
        if let Said::Closed(reason) = session.receive(Time::ZERO, &mut window, &mut out) {
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
    let mut session = Session::new(&config, Security::Plain);
    let input = b"CAPA\r\nUSER a\r\nPASS b\r\nNOOP\r\nSTAT\r\nLIST\r\nRETR 1\r\nbad\r\nTOP 1 1\r\nQUIT\r\n";
    let (mut start, mut out) = (0, FixedBuf::<512>::new());
    for end in 0..=input.len() {
        loop {
            let mut window = &input[start..end];
            let need = session.poll(Time::ZERO, &mut window, &mut out);
            let event = session.receive(Time::ZERO, &mut window, &mut out);
            start = end - window.len();
            match event {
                Said::NeedInput => {
                    assert_eq!(need, Need::Input);
                    out.clear();
                    break;
                }
                Said::NeedOutput => {
                    assert_eq!(need, Need::Output);
                    out.clear();
                }
                Said::Closed(_) => break,
                Said::Login { reply, .. } => {
                    assert_eq!(need, Need::Event);
                    reply.accept(&mut session, &mut out, "");
                }
                _ => assert_eq!(need, Need::Event),
            }
        }
    }
    assert_eq!(session.phase(), Phase::Transaction);
}

/// Proves 1939-4-09.
#[test]
fn a_listing_of_any_length_takes_no_more_room_than_there_is() {
    let config = config();
    let mut server = Server::new(&config, Security::Plain);
    let messages = vec![&b"x\n"[..]; 5000];
    let mut out = FixedBuf::<512>::new();
    let (mut window, mut sent) = (&b"USER a\r\nPASS b\r\nLIST\r\nUIDL\r\nQUIT\r\n"[..], Vec::new());
    loop {
        match server.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedInput | Event::NeedOutput => {}
            Event::Login { reply, .. } => {
                reply.accept(&mut server, &mut out, Mailbox::of(&messages), "");
            }
            Event::Quit { reply, .. } => reply.ok(&mut server, &mut out, ""),
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

/// Proves 1939-3-25.
#[test]
fn time_saturates_and_the_inactivity_timer_is_at_least_ten_minutes() {
    let mut config = config();
    config.autologout = Duration::from_secs(1);
    config.login_time = Duration::MAX;
    let mut session = Session::new(&config, Security::Plain);
    assert_eq!(session.poll_timeout(), None);
    assert!(answers(&mut session, b"").starts_with("+OK"));
    assert_eq!(session.poll_timeout(), Some(Time::from_millis(600_000)));
    assert_eq!(Time::from_millis(u64::MAX).after(Duration::MAX), Time::from_millis(u64::MAX));
    assert_eq!(Time::ZERO.duration_since(Time::from_millis(5)), Duration::ZERO);
    assert_eq!(Time::from_elapsed(Duration::from_micros(1500)).as_millis(), 1);
}

#[test]
fn the_timer_waits_for_the_client_and_not_for_the_server() {
    let late = Time::from_millis(10_000_000);
    let mut config = config();
    config.stls = true;
    let mut session = Session::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"STLS\r\n"[..], Vec::new());
    let Said::Stls { reply } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut session, &mut out);
    // The handshake took some time, which does not count: the session inside TLS begins to wait only now.
    let mut session = Session::secured(session.handover().unwrap(), b"").unwrap();
    session.handle_timeout(late);
    let mut window = &b"USER a\r\nPASS b\r\nRETR 1\r\n"[..];
    let Said::Login { reply, .. } = session.receive(late, &mut window, &mut out) else { panic!() };
    reply.accept(&mut session, &mut out, "");
    let Said::Retr { reply, .. } = session.receive(late, &mut window, &mut out) else { panic!() };
    let body = reply.begin(&mut session, &mut out, "");
    // Sending the message took some time, which does not count either.
    let later = late.after(Duration::from_secs(6000));
    session.handle_timeout(later);
    body.end(&mut session);
    session.handle_timeout(later);
    assert!(matches!(session.receive(later, &mut window, &mut out), Said::NeedInput));
    assert_eq!(session.poll_timeout(), Some(later.after(Duration::from_secs(600))));
}

/// Proves 1939-3-21.
#[test]
fn the_table_of_legality_is_that_of_the_rfcs() {
    for verb in Verb::ALL.iter().copied() {
        let everywhere = matches!(verb, Verb::Quit | Verb::Capa | Verb::Lang);
        let login = matches!(verb, Verb::User | Verb::Apop | Verb::Auth | Verb::Stls | Verb::Utf8);
        let allowed: Vec<_> =
            Phase::ALL.iter().map(|phase| legality(*phase, verb) != Legality::Refuse).collect();
        let due = match verb {
            _ if everywhere => [true, true, true],
            Verb::Pass => [false, true, false],
            _ if login => [true, true, false],
            _ => [false, false, true],
        };
        assert_eq!(allowed, due, "{verb:?}");
    }
}

/// A result of the handshake may decide what is offered after it.
#[test]
fn a_session_inside_tls_may_have_a_configuration_of_its_own() {
    let mut in_clear = Config::new();
    in_clear.stls = true;
    let mut inside = Config::new();
    inside.implementation = Some("inside".into());
    let mut session = Session::new(&in_clear, Security::Plain);
    let mut out = Vec::new();
    let Said::Stls { reply } = session.receive(Time::ZERO, &mut &b"STLS\r\n"[..], &mut out) else { panic!() };
    reply.accept(&mut session, &mut out);
    assert!(matches!(session.receive(Time::ZERO, &mut &b""[..], &mut out), Said::Closed(Reason::StartTls)));
    let handover = session.handover().unwrap();
    let handover = handover.with_config(&inside);
    assert!(Session::secured(handover.clone(), b"x").is_err());
    let mut session = Session::secured(handover, b"").unwrap();
    let said = answers(&mut session, b"CAPA\r\n");
    assert!(said.contains("\r\nIMPLEMENTATION inside\r\n") && !said.contains("STLS"), "{said}");
}

/// What the program said about a guest holds inside TLS, too.
#[test]
fn a_server_that_is_read_only_is_so_after_stls() {
    let mut config = config();
    config.stls = true;
    for read_only in [true, false] {
        let mut server: Server<&Config, Mailbox> = Server::new(&config, Security::Plain);
        server.set_read_only(read_only);
        let mut out = Vec::new();
        let Event::Stls { reply } = server.receive(Time::ZERO, &mut &b"STLS\r\n"[..], &mut out) else {
            panic!()
        };
        reply.accept(&mut server, &mut out);
        let handover = server.handover().unwrap().with_config(&config);
        let mut server = Server::secured(handover, b"").unwrap();
        let mut window = &b"USER a\r\nPASS b\r\nDELE 1\r\n"[..];
        let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
        reply.accept(&mut server, &mut out, Mailbox::of(&[b"x\n"]), "");
        out.clear();
        assert!(matches!(server.receive(Time::ZERO, &mut window, &mut out), Event::NeedInput));
        assert_eq!(out.starts_with(b"-ERR "), read_only, "{}", out.escape_ascii());
    }
}

struct Many;

impl Index for Many {
    fn len(&self) -> u32 {
        5_000
    }

    fn octets(&self, n: MsgNo) -> u64 {
        u64::from(n.get()) * 1_000
    }

    fn uid(&self, _: MsgNo) -> Uid<'_> {
        Uid::new(b"whqtswO00WBw418f9t5JxYwZ").unwrap()
    }
}

/// A listing of any length leaves in pieces, even if the output would take all of it.
#[test]
fn a_listing_waits_for_room() {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    for (command, lines) in [("LIST", 5_002), ("UIDL", 5_002)] {
        let mut server = Server::new(&config, Security::Plain);
        let all = format!("USER a\r\nPASS b\r\n{command}\r\nQUIT\r\n");
        let (mut window, mut out, mut sent, mut flushes) = (all.as_bytes(), Vec::new(), Vec::new(), 0);
        loop {
            match server.receive(Time::ZERO, &mut window, &mut out) {
                Event::NeedOutput => {
                    assert!(out.len() <= 16 * 1024, "{command}: {} bytes at once", out.len());
                    sent.append(&mut out);
                    flushes += 1;
                }
                Event::Login { reply, .. } => {
                    reply.accept(&mut server, &mut out, Many, "ready");
                    sent.append(&mut out);
                }
                Event::Quit { .. } => break,
                event => panic!("{event:?}"),
            }
        }
        sent.append(&mut out);
        let begin = sent.windows(7).position(|text| text == b"+OK 500").unwrap();
        let listing = &sent[begin..];
        assert_eq!(listing.iter().filter(|octet| **octet == b'\n').count(), lines, "{command}");
        assert_eq!(flushes, listing.len() / (16 * 1024), "{command}");
    }
}

/// Numbers stay whole, however long the words around them are.
#[test]
fn words_of_more_than_40_octets_are_left_out() {
    fn long(phrase: Phrase) -> &'static str {
        match phrase {
            Phrase::Message => "Verwaltungsgerichtsverfahrensnachrichten",
            Phrase::Messages => "Verwaltungsgerichtsverfahrensnachrichten!",
            other => other.english(),
        }
    }
    let mut config = config();
    config.phrases = long;
    let mut server = Server::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\nDELE 1\r\nRSET\r\n"[..], Vec::new());
    loop {
        match server.receive(Time::ZERO, &mut window, &mut out) {
            Event::Login { reply, .. } => {
                reply.accept(&mut server, &mut out, Mailbox::of(&[b"x\n", b"y\n"]), "");
                out.clear();
            }
            Event::NeedInput => break,
            event => panic!("{event:?}"),
        }
    }
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, "+OK Verwaltungsgerichtsverfahrensnachrichten 1 deleted\r\n+OK 2  (6 octets)\r\n");
}

/// Every answer that the session gives by itself can be seen, also by those who call `poll` first, and the
/// answers are the same.
#[test]
fn answers_given_alone_are_reported_if_asked_for() {
    let said = "NOSUCH\r\nUSER ann\r\nPASS secret\r\nCAPA\r\nSTAT\r\nLIST 2\r\nDELE 1\r\nRETR 1\r\nRETR 2\r\nUIDL\r\n\
        RSET\r\nUSER x\r\nSTLS\r\nQUIT\r\n";
    let run = |report: bool, poll: bool| {
        let mut config = config();
        config.report_answers = report;
        let mut server = Server::new(&config, Security::Plain);
        let (mut window, mut out, mut seen) = (said.as_bytes(), Vec::new(), Vec::new());
        loop {
            if poll {
                let _ = server.poll(Time::ZERO, &mut window, &mut out);
            }
            match server.receive(Time::ZERO, &mut window, &mut out) {
                Event::Answered { command, refusal } => {
                    let command = command.map_or("?".to_owned(), |command| command.to_string());
                    seen.push((command, refusal.map(Phrase::english)));
                }
                Event::Login { reply, .. } => {
                    reply.accept(&mut server, &mut out, Mailbox::of(&[b"one", b"two"]), "");
                }
                Event::Retr { reply, .. } => reply.send_all(&mut server, &mut out, "", b"two"),
                Event::Quit { reply } => reply.ok(&mut server, &mut out, ""),
                Event::Closed(_) => return (String::from_utf8(out).unwrap(), seen),
                event => panic!("{event:?}"),
            }
        }
    };
    let (silent, nothing) = run(false, false);
    assert_eq!(nothing, []);
    let due = [
        ("?", Some("unknown command")),
        ("USER ann", None),
        ("CAPA", None),
        ("STAT", None),
        ("LIST 2", None),
        ("DELE 1", None),
        ("RETR 1", Some("message is deleted")),
        ("UIDL", None),
        ("RSET", None),
        ("USER x", Some("already logged in")),
        ("STLS", Some("already logged in")),
    ];
    for poll in [false, true] {
        let (text, seen) = run(true, poll);
        assert_eq!(text, silent);
        assert_eq!(seen, due.map(|(command, refusal)| (command.to_owned(), refusal)));
    }
}

/// Whatever a ticket answers, it answers to its own session.
#[test]
fn a_ticket_shown_to_another_session_does_nothing() {
    let config = config();
    let (mut one, mut other) = (Server::new(&config, Security::Plain), Server::new(&config, Security::Plain));
    let (mut out, mut others) = (Vec::new(), Vec::new());
    let login = |server: &mut Server<_, Mailbox>, out: &mut Vec<u8>| {
        let event = server.receive(Time::ZERO, &mut &b"USER a\r\nPASS b\r\n"[..], out);
        out.clear();
        let Event::Login { reply, .. } = event else { panic!() };
        reply
    };
    let mine = login(&mut one, &mut out);
    let theirs = login(&mut other, &mut others);
    mine.accept(&mut other, &mut others, Mailbox::of(&[b"not yours"]), "welcome");
    assert_eq!((&others[..], other.phase(), other.index().is_none()), (&b""[..], Phase::Authorization, true));
    theirs.accept(&mut other, &mut others, Mailbox::of(&[]), "welcome");
    assert_eq!((&others[..], other.phase()), (&b"+OK welcome\r\n"[..], Phase::Transaction));
}
