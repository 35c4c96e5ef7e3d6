//! A ticket answers its own command, once, in time; whatever else is tried with it, nothing false reaches the
//! client.

#![cfg(feature = "alloc")]

use std::time::Duration;

use pop3_proto::client::{Client, Event as Got, Part, Profile, ProtocolError};
use pop3_proto::server::session::{Event as Said, Session};
use pop3_proto::server::{Config, Dialogue, Event, Fill, Phase, Reason, Server, Ticket, Words, kind};
use pop3_proto::{Code, Command, Deviation, Full, Limits, MsgNo, Output, Security, Time};

mod common;

use common::Mailbox;

const LOGIN: &[u8] = b"USER a\r\nPASS b\r\n";

fn config() -> Config {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    config.stls = true;
    config
}

/// Runs a session up to the next event that somebody has to answer.
fn next<'i>(session: &mut Session<&Config>, now: Time, window: &mut &'i [u8], out: &mut Vec<u8>) -> Said<'i> {
    session.receive(now, window, out)
}

/// A session in TRANSACTION.
fn logged_in<'c>(config: &'c Config, out: &mut Vec<u8>) -> Session<&'c Config> {
    let mut session = Session::new(config, Security::Plain);
    let mut window = LOGIN;
    let Said::Login { reply, .. } = next(&mut session, Time::ZERO, &mut window, out) else { panic!() };
    reply.accept(&mut session, out, "");
    out.clear();
    session
}

#[test]
fn a_body_begun_with_a_void_ticket_writes_nothing() {
    let config = config();
    let mut out = Vec::new();
    let mut session = logged_in(&config, &mut out);
    let mut window = &b"RETR 1\r\nLIST\r\n"[..];
    let Said::Retr { reply, .. } = next(&mut session, Time::ZERO, &mut window, &mut out) else { panic!() };
    let Said::ListAll { reply: list } = next(&mut session, Time::ZERO, &mut window, &mut out) else {
        panic!()
    };
    assert_eq!(out, b"-ERR not available\r\n");
    out.clear();
    let mut body = reply.begin(&mut session, &mut out, "too late");
    let mut message = &b"+OK forged\r\n-ERR x\r\n"[..];
    assert_eq!(body.fill(&mut message, &mut out), Fill::Done);
    assert!(message.is_empty(), "the loop of the embedder ends");
    assert_eq!(body.next(&mut &b"more"[..]), None);
    body.end(&mut session);
    assert_eq!(out, b"");
    session.handle_timeout(Time::from_millis(u64::MAX));
    let kept = list.defer(&mut session);
    assert!(matches!(next(&mut session, Time::ZERO, &mut window, &mut out), Said::Waiting));
    assert!(matches!(
        next(&mut session, Time::from_millis(600_000), &mut window, &mut out),
        Said::Closed(Reason::Autologout)
    ));
    let mut listing = kept.begin(&mut session, &mut out, "too late");
    assert_eq!(listing.item(&mut out, MsgNo::FIRST, 1), Ok(()));
    listing.end(&mut session);
    assert_eq!(out, b"", "nothing is said after the end");
}

/// Covers state-carried-into-tls.
#[test]
fn a_ticket_from_before_tls_does_nothing_inside_it() {
    let config = config();
    let mut out = Vec::new();
    let mut session = Session::new(&config, Security::Plain);
    let mut window = &b"USER a\r\nPASS b\r\nSTLS\r\n"[..];
    let Said::Login { reply: old, .. } = next(&mut session, Time::ZERO, &mut window, &mut out) else {
        panic!()
    };
    let Said::Stls { reply } = next(&mut session, Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut session, &mut out);
    let mut session = Session::secured(session.handover().unwrap(), b"").unwrap();
    let mut window = &b"USER victim\r\nPASS guess\r\n"[..];
    let Said::Login { .. } = next(&mut session, Time::ZERO, &mut window, &mut out) else { panic!() };
    out.clear();
    old.accept(&mut session, &mut out, "welcome");
    assert_eq!((session.phase(), &out[..]), (Phase::Authorization, &b""[..]));
}

#[test]
fn a_ticket_of_another_kind_does_nothing() {
    let config = config();
    let mut out = Vec::new();
    let (mut one, mut other) =
        (Session::new(&config, Security::Plain), Session::new(&config, Security::Plain));
    let mut window = LOGIN;
    let Said::Login { reply, .. } = next(&mut one, Time::ZERO, &mut window, &mut out) else { panic!() };
    let mut window = &b"STLS\r\n"[..];
    let Said::Stls { .. } = next(&mut other, Time::ZERO, &mut window, &mut out) else { panic!() };
    out.clear();
    reply.accept(&mut other, &mut out, "welcome");
    assert_eq!((other.phase(), &out[..]), (Phase::Authorization, &b""[..]));
}

#[test]
fn a_body_that_did_not_fit_is_not_ended_as_if_it_had() {
    let config = config();
    let mut out = Vec::new();
    let mut session = logged_in(&config, &mut out);
    let mut window = &b"RETR 1\r\n"[..];
    let Said::Retr { reply, .. } = next(&mut session, Time::ZERO, &mut window, &mut out) else { panic!() };
    let mut body = reply.begin(&mut session, &mut out, "");
    let message = [b'x'; 20_000];
    let mut rest = &message[..];
    assert_eq!(body.fill(&mut rest, &mut out), Fill::Flush);
    assert!(!rest.is_empty());
    body.end(&mut session);
    assert!(matches!(
        next(&mut session, Time::ZERO, &mut window, &mut out),
        Said::Closed(Reason::Unfinished)
    ));
    assert!(!out.ends_with(b".\r\n"));
}

/// An output that claims to have room, and refuses what is put there.
struct Liar(Vec<u8>, usize);

impl Output for Liar {
    fn room(&self) -> usize {
        4096
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.1 = self.1.checked_sub(1).ok_or(Full)?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn an_output_that_lies_ends_the_session() {
    let config = config();
    for puts in 0..40 {
        let mut server = Server::new(&config, Security::Plain);
        let mut out = Liar(Vec::new(), puts);
        let mut window = &b"USER a\r\nPASS b\r\nRETR 1\r\nNOOP\r\nQUIT\r\n"[..];
        let reason = loop {
            match server.receive(Time::ZERO, &mut window, &mut out) {
                Event::Login { reply, .. } => {
                    reply.accept(&mut server, &mut out, Mailbox::of(&[b"one\n\n.two\nthree"]), "");
                }
                Event::Retr { reply, .. } => {
                    let mut body = reply.begin(&mut server, &mut out, "");
                    let _ = body.fill(&mut &b"one\n\n.two\nthree"[..], &mut out);
                    body.end(&mut server);
                }
                Event::Quit { reply } => reply.ok(&mut server, &mut out, ""),
                Event::Closed(reason) => break reason,
                event => panic!("{event:?}"),
            }
        };
        let whole = b"+OK POP3 server ready\r\n+OK send PASS\r\n+OK\r\n+OK\r\none\r\n\r\n..two\r\nthree\r\n.\r\n+OK\r\n+OK\r\n";
        assert!(whole.starts_with(&out.0), "{}", out.0.escape_ascii());
        assert_eq!(reason == Reason::Quit, out.0 == whole, "{puts} puts");
        assert!(reason == Reason::Quit || reason == Reason::OutputFailed);
    }
}

/// Proves 1939-6-03.
#[test]
fn removing_messages_may_take_as_long_as_it_takes() {
    let config = config();
    let mut out = Vec::new();
    let mut server = Server::new(&config, Security::Plain);
    let mut window = &b"USER a\r\nPASS b\r\nDELE 1\r\nQUIT\r\n"[..];
    let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut server, &mut out, Mailbox::of(&[b"x"]), "");
    let Event::Update { reply } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    let reply = reply.defer(&mut server);
    assert_eq!(server.poll_timeout(), None);
    let late = Time::ZERO.after(Duration::from_secs(100_000));
    server.handle_timeout(late);
    assert!(matches!(server.receive(late, &mut window, &mut out), Event::Waiting));
    assert_eq!(server.removals().collect::<Vec<_>>(), [MsgNo::FIRST]);
    out.clear();
    reply.ok(&mut server, &mut out, "bye");
    assert_eq!(out, b"+OK bye\r\n");
    assert!(
        server.index().is_none() && server.close().is_none(),
        "the lock is gone before the answer leaves"
    );
    assert_eq!(server.removals().count(), 0);
}

/// Proves 3206-4-04.
#[test]
fn code_may_be_generic_over_tickets_and_outputs() {
    fn refuse<K: kind::Kind>(reply: Ticket<K>, session: &mut impl Dialogue, mut out: &mut dyn Output) {
        reply.err(session, &mut out, Code::SysTemp, "not today");
    }
    let config = config();
    let mut out = Vec::new();
    let mut session = logged_in(&config, &mut out);
    let mut window = &b"STAT\r\nRSET\r\n"[..];
    let Said::Stat { reply } = next(&mut session, Time::ZERO, &mut window, &mut out) else { panic!() };
    refuse(reply, &mut session, &mut out);
    let Said::Rset { reply } = next(&mut session, Time::ZERO, &mut window, &mut out) else { panic!() };
    refuse(reply, &mut session, &mut out);
    assert_eq!(out, b"-ERR [SYS/TEMP] not today\r\n-ERR [SYS/TEMP] not today\r\n");
}

#[test]
fn any_number_of_capabilities_comes_to_an_end() {
    let mut config = config();
    config.capabilities = Words::new("X-ONE\n".repeat(1000).leak());
    let mut session = Session::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"CAPA\r\n"[..], Vec::new());
    for _ in 0..1000 {
        let mut tx = Vec::new();
        let event = session.receive(Time::ZERO, &mut window, &mut tx);
        out.append(&mut tx);
        if matches!(event, Said::NeedInput) {
            assert_eq!(out.windows(7).filter(|w| *w == b"X-ONE\r\n").count(), 1000);
            return assert!(out.ends_with(b"\r\n.\r\n"));
        }
    }
    panic!("no end");
}

#[test]
fn rset_costs_nothing_by_the_message() {
    struct Counting(std::cell::Cell<u32>);
    impl pop3_proto::server::Index for Counting {
        fn len(&self) -> u32 {
            10_000
        }
        fn octets(&self, _: MsgNo) -> u64 {
            self.0.set(self.0.get() + 1);
            1
        }
        fn uid(&self, _: MsgNo) -> pop3_proto::Uid<'_> {
            pop3_proto::Uid::new(b"u").unwrap()
        }
    }
    let config = config();
    let mut server = Server::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\nDELE 7\r\nRSET\r\nRSET\r\nSTAT\r\n"[..], Vec::new());
    let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut server, &mut out, Counting(0.into()), "");
    assert!(matches!(server.receive(Time::ZERO, &mut window, &mut out), Event::NeedInput));
    assert!(out.ends_with(b"+OK 10000 10000\r\n"));
    assert_eq!(server.index().unwrap().0.get(), 10_001, "all at the opening, one at DELE");
}

// ----- the client's side of half-said things

fn client_at(command: &Command<'_>, window: usize) -> Client {
    let mut client: Client =
        Client::new(Profile::LENIENT, Security::Tls).with_limits(Limits::for_window(window));
    assert!(matches!(client.receive(&mut &b"+OK\r\n"[..]), Ok(Got::Greeting(_))));
    client.send(command, &mut Vec::new()).unwrap();
    client
}

/// Covers unique-id-too-long.
#[test]
fn the_front_of_a_cut_line_does_not_pass_for_the_line() {
    let mut client = client_at(&Command::Uidl(None), 64);
    let wire = format!("+OK\r\n1 {}1\r\n2 short\r\n.\r\n", "u".repeat(67));
    let mut window = wire.as_bytes();
    let mut parts = Vec::new();
    while let Got::Reply { part, .. } = client.receive(&mut window).unwrap() {
        parts.push(part);
        if part == Part::End {
            break;
        }
    }
    assert!(
        matches!(parts[..], [Part::Begin(_), Part::UnreadableItem(front), Part::UidItem(_), Part::End] if front.len() == 62),
        "{parts:?}"
    );
    assert!(client.deviations().contains(Deviation::LongLine));

    let mut client = client_at(&Command::Capa, 64);
    let wire = format!("+OK\r\nSASL {} SCRAM-SHA-256-PLUS\r\n.\r\n", "X".repeat(62 - 5 - 14));
    let mut window = wire.as_bytes();
    while !client.is_idle() {
        let _ = client.receive(&mut window).unwrap();
    }
    assert!(!client.capabilities().sasl() && !client.capabilities().offers("SCRAM-SHA-256"));
}

#[test]
fn a_server_may_give_up_while_its_challenge_is_open() {
    let mut client: Client = Client::new(Profile::STRICT, Security::Tls);
    let mut window = &b"+OK\r\n+ \r\n-ERR [SYS/TEMP] gone\r\n"[..];
    let _ = client.receive(&mut window).unwrap();
    client.auth("PLAIN", None, &mut Vec::new()).unwrap();
    assert!(matches!(client.receive(&mut window), Ok(Got::Reply { part: Part::Challenge(_), .. })));
    let Ok(Got::Reply { part: Part::Err(refusal), .. }) = client.receive(&mut window) else { panic!() };
    assert_eq!(refusal.known_code(), Some(Code::SysTemp));
    assert!(client.can_send());
}

/// Covers long-challenge.
/// Proves 5034-4-18.
#[test]
fn a_challenge_may_be_longer_than_a_status_line() {
    let mut client: Client = Client::new(Profile::STRICT, Security::Tls);
    let _ = client.receive(&mut &b"+OK\r\n"[..]).unwrap();
    client.auth("GSSAPI", None, &mut Vec::new()).unwrap();
    let wire = format!("+ {}\r\n", "QUFB".repeat(1000));
    let mut window = wire.as_bytes();
    let Ok(Got::Reply { part: Part::Challenge(data), .. }) = client.receive(&mut window) else { panic!() };
    assert_eq!(data.decoded_len(), 3000);
    let long = format!("+OK {}\r\n", "x".repeat(507));
    client.respond(b"", &mut Vec::new()).unwrap();
    assert_eq!(client.receive(&mut long.as_bytes()), Err(ProtocolError::Deviation(Deviation::LongLine)));
}

/// Proves 1939-6-08.
#[test]
fn an_end_without_quit_is_not_clean_when_messages_were_marked() {
    let mut client = client_at(&Command::Dele(MsgNo::FIRST), 1024);
    let _ = client.receive(&mut &b"+OK\r\n"[..]).unwrap();
    assert_eq!(client.end_of_input(), Err(ProtocolError::Truncated));
    client.send(&Command::Quit, &mut Vec::new()).unwrap();
    assert_eq!(client.end_of_input(), Err(ProtocolError::OutcomeUnknown));
    let _ = client.receive(&mut &b"+OK\r\n"[..]).unwrap();
    assert_eq!(client.end_of_input(), Ok(()));
}

#[test]
fn no_text_of_a_success_is_lost() {
    let mut client = client_at(&Command::Noop, 1024);
    let Ok(Got::Reply { part: Part::Ok(text), .. }) =
        client.receive(&mut &b"+OK [X-WARN/QUOTA] 95% full\r\n"[..])
    else {
        panic!()
    };
    assert_eq!(text.as_bytes(), b"[X-WARN/QUOTA] 95% full");
}

#[test]
fn nothing_is_pipelined_after_a_verb_whose_answer_nobody_knows() {
    for command in
        [Command::AuthList, Command::Lang(Some(b"en")), Command::Other { verb: b"XTND", args: Some(b"XLST") }]
    {
        let mut client = client_at(&Command::Capa, 1024);
        let mut window = &b"+OK\r\nPIPELINING\r\n.\r\n"[..];
        while !client.is_idle() {
            let _ = client.receive(&mut window).unwrap();
        }
        client.send(&command, &mut Vec::new()).unwrap();
        assert!(!client.can_send(), "{command:?}");
    }
}
