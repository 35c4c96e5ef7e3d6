//! Fuzz target: operations on a server session, which are bytes, time, and answers of every kind in any
//! order.

use std::time::Duration;

use pop3_proto::server::{
    Body, Config, Domain, Event, Fill, MechanismList, Need, Reason, Server, Ticket, kind,
};
use pop3_proto::{Code, Expire, FixedBuf, Limits, LoginDelay, Mechanism, Security, Time};

use crate::cursor::Cursor;
use crate::mailbox::Mailbox;

const MECHANISMS: MechanismList =
    MechanismList::of(&[Mechanism::PLAIN, Mechanism::LOGIN, Mechanism::CRAM_MD5, Mechanism::SCRAM_SHA_256]);

/// `data` is a row of decisions, a byte each. Where octets are wanted (what the client sends, the text of an
/// answer, a challenge, a message), a byte holds their number, and they follow.
pub fn server_ops(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let flags = cursor.octet();
    let on = |bit: u8| flags & (1 << bit) != 0;
    let mut config = Config::new();
    config.limits =
        Limits::for_window(512).with_max_errors(20).with_max_early_errors(8).with_max_login_failures(5);
    config.allow_plaintext_login = on(0);
    config.stls = on(1);
    config.mechanisms = if on(2) { MECHANISMS } else { MechanismList::NONE };
    config.utf8 = on(3);
    config.utf8_user = on(3);
    config.lang = on(4);
    config.apop = Domain::new("h.example");
    config.auth_list = on(2);
    config.utf8_after_login = on(3);
    config.replace_nul = on(5);
    config.ensure_header_end = on(6);
    config.unknown_commands = on(5);
    config.bare_lf = on(6);
    config.implementation = Some("fuzzed".into());
    config.expire = Some(Expire { days: None, per_user: true });
    config.login_delay = Some(LoginDelay { seconds: 60, per_user: true });
    config.capabilities = "X-ONE\nX-TWO with parameters".into();
    let mut server = Server::new(&config, if on(7) { Security::Tls } else { Security::Plain });
    if cursor.octet().is_multiple_of(2) {
        server = server.with_apop([1, 2]);
    }
    let mut host = Host { server, kept: None, update: false };
    let mut now = Time::ZERO;
    let mut rx = FixedBuf::<512>::new();
    let mut tx = FixedBuf::<600>::new();
    let mut sent = Vec::new();
    while !cursor.is_empty() {
        match cursor.octet() % 8 {
            0 => now = now.after(Duration::from_secs(u64::from(cursor.octet()) * 10)),
            1 => host.server.handle_timeout(now),
            2 => {
                if let Some(kept) = host.kept.take() {
                    host.answer(kept, &mut cursor, &mut tx, &mut sent);
                }
            }
            _ => {
                let octets = cursor.run();
                let space = rx.space();
                let n = octets.len().min(space.len());
                space[..n].copy_from_slice(&octets[..n]);
                rx.commit(n);
            }
        }
        for _ in 0..64 {
            let need = host.server.poll(now, rx.unread(), &mut tx);
            let event = host.server.receive(now, rx.unread(), &mut tx);
            assert_eq!(
                need == Need::Event,
                !matches!(event, Event::NeedInput | Event::NeedOutput),
                "{need:?} {event:?}"
            );
            let stop = matches!(event, Event::NeedInput | Event::Waiting);
            if let Event::Closed(reason) = event {
                drain(&mut tx, &mut sent);
                check_output(&sent);
                assert_eq!(host.server.handover().is_some(), reason == Reason::StartTls);
                if !host.update {
                    assert_eq!(host.server.removals().count(), 0, "removed without QUIT");
                }
                assert!(
                    matches!(host.server.receive(now, rx.unread(), &mut tx), Event::Closed(again) if again == reason)
                );
                assert!(tx.is_empty(), "words after the last words");
                return;
            }
            host.event(event, &mut cursor, &mut tx, &mut sent);
            drain(&mut tx, &mut sent);
            if stop {
                break;
            }
        }
    }
}

struct Host<'c> {
    server: Server<&'c Config, Mailbox>,
    kept: Option<Kept>,
    /// Whether marked messages were to be removed.
    update: bool,
}

enum Kept {
    Login(Ticket<kind::Login>),
    Sasl(Ticket<kind::Sasl>),
    Body(Vec<u8>, Ticket<kind::Body>),
    Quit(Ticket<kind::Quit>),
    Other(Ticket<kind::Other>),
}

impl Host<'_> {
    fn event(
        &mut self,
        event: Event<'_>,
        cursor: &mut Cursor<'_>,
        tx: &mut FixedBuf<600>,
        sent: &mut Vec<u8>,
    ) {
        let server = &mut self.server;
        let kept = match event {
            Event::Login { reply, .. } => Kept::Login(reply),
            Event::Auth { reply, .. } | Event::SaslResponse { reply, .. } => Kept::Sasl(reply),
            Event::Retr { number: n, reply } | Event::Top { number: n, reply, .. } => {
                Kept::Body(server.index().map(|mail| mail.message(n).to_vec()).unwrap_or_default(), reply)
            }
            Event::Quit { reply } => {
                assert_eq!(server.removals().count(), 0, "marks that nobody is told of");
                Kept::Quit(reply)
            }
            Event::Update { reply } => {
                assert!(server.removals().count() > 0, "nothing to remove");
                self.update = true;
                Kept::Quit(reply)
            }
            Event::Other { reply, .. } => Kept::Other(reply),
            Event::Stls { reply } if cursor.octet().is_multiple_of(2) => return reply.accept(server, tx),
            Event::Utf8 { reply } => return reply.ok(server, tx, "\u{fc}tf"),
            Event::Lang { reply, .. } => return reply.ok(server, tx, "en", "English \u{e9}"),
            Event::LangAll { reply } => {
                let mut list = reply.begin(server, tx, "");
                list.item(tx, "en", "English").unwrap();
                return if !cursor.octet().is_multiple_of(8) {
                    list.end(server)
                };
            }
            _ => return,
        };
        match cursor.octet() % 8 {
            0 => {}
            1 => {
                self.kept = Some(match kept {
                    Kept::Login(reply) => Kept::Login(reply.defer(server)),
                    Kept::Sasl(reply) => Kept::Sasl(reply.defer(server)),
                    Kept::Body(mail, reply) => Kept::Body(mail, reply.defer(server)),
                    Kept::Quit(reply) => Kept::Quit(reply.defer(server)),
                    Kept::Other(reply) => Kept::Other(reply.defer(server)),
                });
            }
            _ => self.answer(kept, cursor, tx, sent),
        }
        drain(tx, sent);
    }

    fn answer(&mut self, kept: Kept, cursor: &mut Cursor<'_>, tx: &mut FixedBuf<600>, sent: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(cursor.run()).into_owned();
        let code =
            [None, Some(Code::Auth), Some(Code::InUse), Some(Code::SysTemp)][usize::from(cursor.octet() % 4)];
        let good = !cursor.octet().is_multiple_of(4);
        let server = &mut self.server;
        match kept {
            Kept::Login(reply) if good => {
                let (mail, more) = (cursor.run().to_vec(), cursor.run().to_vec());
                reply.accept(server, tx, Mailbox(vec![mail, b".\n".to_vec(), more]), &text);
            }
            Kept::Login(reply) => reply.err(server, tx, code, &text),
            Kept::Sasl(reply) if good => {
                if cursor.octet().is_multiple_of(2) {
                    let _ = reply.challenge(server, tx, cursor.run());
                } else {
                    reply.accept(server, tx, Mailbox(vec![cursor.run().to_vec()]), &text);
                }
            }
            Kept::Sasl(reply) => reply.err(server, tx, code, &text),
            Kept::Body(mail, reply) if good => {
                let mut body = reply.begin(server, tx, &text);
                write(&mut body, &mail, tx, sent);
                if !cursor.octet().is_multiple_of(8) {
                    body.end(server);
                }
            }
            Kept::Body(_, reply) => reply.err(server, tx, code, &text),
            Kept::Quit(reply) => {
                if good {
                    reply.ok(server, tx, &text);
                } else {
                    reply.err(server, tx, code, &text);
                }
                assert!(server.index().is_none(), "a lock outlives the answer to QUIT");
            }
            Kept::Other(reply) if good => reply.ok(server, tx, &text),
            Kept::Other(reply) => {
                let mut body = reply.begin(server, tx, &text);
                write(&mut body, text.as_bytes(), tx, sent);
                body.end(server);
            }
        }
    }
}

fn write(body: &mut Body, mail: &[u8], tx: &mut FixedBuf<600>, sent: &mut Vec<u8>) {
    let mut rest = mail;
    let mut rounds = 0;
    while body.fill(&mut rest, tx) == Fill::Flush {
        drain(tx, sent);
        rounds += 1;
        assert!(rounds < 1000, "a body that makes no way");
    }
}

fn drain(tx: &mut FixedBuf<600>, sent: &mut Vec<u8>) {
    sent.extend_from_slice(tx.bytes());
    tx.clear();
}

/// Asserts that the session begins with the greeting.
fn check_output(sent: &[u8]) {
    assert!(sent.is_empty() || sent.starts_with(b"+OK"), "{}", sent.escape_ascii());
}
