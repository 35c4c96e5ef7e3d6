//! A secret that was said in clear beside STLS is not acted on, before TLS or inside it.

use std::collections::VecDeque;

use pop3_proto::client::{Profile, SendError};
use pop3_proto::server::{Phase, Reason, Server};
use pop3_proto::{ApopDigest, Command, MsgNo, Secret, Security};

use crate::common::show;
use crate::pair::{Host, listen};
use crate::{CUTS, GREETING, greeted, is_secured, mailbox, open_config};

const NO_CLEAR: &str = "-ERR plaintext login is not allowed without TLS\r\n";
const BEGIN: &str = "+OK begin TLS negotiation\r\n";
const NOTHING_AFTER: &str = "-ERR no command may follow STLS before the TLS handshake\r\n";

/// Asserts that the session ended with STLS, that its answers were these, and that no login came of what it
/// received.
fn check_not_acted_on(host: &mut Host<'_>, answers: &str, said: &str) {
    let due = format!("{GREETING}{answers}");
    assert_eq!(show(&host.take()), show(due.as_bytes()), "{said:?}");
    assert!(host.log.iter().all(|event| event.starts_with("Stls {")), "{said:?}: {:?}", host.log);
    assert!(host.server.phase() != Phase::Transaction && host.server.index().is_none());
}

/// Covers secrets-beside-stls, login-in-clear.
#[test]
fn secrets_in_one_segment_with_stls_are_not_acted_on() {
    let mut config = open_config();
    config.allow_plaintext_login = false;
    config.stls = true;
    let after_user = "-ERR send USER first\r\n";
    for (said, answers) in [
        ("STLS\r\nUSER tim\r\nPASS secret\r\n", ""),
        ("STLS\r\nAUTH PLAIN Z29vZA==\r\n", ""),
        ("STLS\r\nAUTH PLAIN\r\nZ29vZA==\r\n", ""),
        ("STLS\r\nAUTH LOGIN\r\nbW9yZQ==\r\nZ29vZA==\r\n", ""),
        ("USER tim\r\nSTLS\r\nPASS secret\r\n", NO_CLEAR),
        ("AUTH PLAIN\r\nSTLS\r\nZ29vZA==\r\n", NO_CLEAR),
        ("USER tim\r\nPASS secret\r\nSTLS\r\nSTAT\r\n", &format!("{NO_CLEAR}{after_user}")),
    ] {
        for later in [false, true] {
            let mut host = Host::new(&config, Security::Plain, mailbox()).later(later);
            host.hear(said.as_bytes());
            check_not_acted_on(&mut host, &format!("{answers}{NOTHING_AFTER}"), said);
            assert_eq!(host.closed, Some(Reason::PlaintextAfterStls));
            assert!(host.server.handover().is_none());
        }
    }
}

/// Covers secrets-beside-stls, login-in-clear.
#[test]
fn secrets_in_front_of_stls_are_not_acted_on_at_any_cut() {
    let mut config = open_config();
    config.allow_plaintext_login = false;
    config.stls = true;
    for (said, answers) in [
        ("USER tim\r\nPASS secret\r\nSTLS\r\n", &[NO_CLEAR, "-ERR send USER first\r\n", BEGIN].concat()),
        ("AUTH PLAIN Z29vZA==\r\nSTLS\r\n", &[NO_CLEAR, BEGIN].concat()),
        ("AUTH PLAIN\r\nZ29vZA==\r\nSTLS\r\n", &[NO_CLEAR, "-ERR unknown command\r\n", BEGIN].concat()),
        (
            "AUTH LOGIN\r\nbW9yZQ==\r\nZ29vZA==\r\nSTLS\r\n",
            &[NO_CLEAR, "-ERR unknown command\r\n-ERR unknown command\r\n", BEGIN].concat(),
        ),
        ("USER tim\r\nSTLS\r\n", &[NO_CLEAR, BEGIN].concat()),
    ] {
        for cut in CUTS {
            let mut host = Host::new(&config, Security::Plain, mailbox());
            host.hear_in(said.as_bytes(), &[cut]);
            check_not_acted_on(&mut host, answers, said);
            assert_eq!(host.closed, Some(Reason::StartTls));
            let session = Server::secured(host.server.handover().unwrap(), b"").unwrap();
            let mut host = Host::of(session, mailbox());
            host.hear(b"PASS secret\r\nSTAT\r\nUSER tim\r\nPASS secret\r\n");
            let due = "-ERR send USER first\r\n-ERR log in first\r\n+OK send PASS\r\n+OK welcome\r\n";
            assert_eq!(show(&host.take()), show(due.as_bytes()));
        }
    }
}

/// Covers secrets-beside-stls, commands-after-stls.
#[test]
fn secrets_after_stls_are_not_acted_on_where_logins_in_clear_are_allowed_either() {
    let mut config = open_config();
    config.stls = true;
    for (said, answers) in [
        ("STLS\r\nUSER tim\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n", ""),
        ("USER tim\r\nSTLS\r\nPASS secret\r\n", "+OK send PASS\r\n"),
        ("STLS\r\nAUTH PLAIN Z29vZA==\r\n", ""),
    ] {
        let stls = said.find("STLS\r\n").unwrap() + 6;
        for cut in 0..=said.len() {
            let mut host = Host::new(&config, Security::Plain, mailbox());
            host.hear(&said.as_bytes()[..cut]);
            host.hear(&said.as_bytes()[cut..]);
            // If the cut falls right after STLS, there is nothing more to see than its line.
            let (end, reason) = match cut == stls {
                true => (BEGIN, Reason::StartTls),
                false => (NOTHING_AFTER, Reason::PlaintextAfterStls),
            };
            check_not_acted_on(&mut host, &format!("{answers}{end}"), said);
            assert_eq!((host.closed, host.removed.is_none()), (Some(reason), true));
            let handover = host.server.handover();
            assert!(handover.is_none_or(|handover| !is_secured(handover, &host.window)));
        }
    }
}

/// Covers secrets-beside-stls.
#[test]
fn a_client_says_nothing_after_stls_before_tls_is_up() {
    let one = MsgNo::FIRST;
    let commands = [
        Command::User(b"tim"),
        Command::Pass(Secret::new(b"secret")),
        Command::Apop { name: b"tim", digest: ApopDigest::new([7; 16]) },
        Command::Auth { mechanism: b"PLAIN", initial: None },
        Command::Capa,
        Command::Noop,
        Command::Retr(one),
        Command::Stls,
        Command::Quit,
    ];
    for profile in [Profile::STRICT, Profile::LENIENT] {
        let (mut client, mut out) = (greeted(profile, Security::Plain), Vec::new());
        client.send(&Command::Capa, &mut out).unwrap();
        let told = b"+OK\r\nPIPELINING\r\nSTLS\r\nSASL PLAIN\r\n.\r\n";
        listen(&mut client, told, &[usize::MAX], &mut VecDeque::new(), |_, _| {});
        client.send(&Command::Stls, &mut out).unwrap();
        let mut check = |client: &mut pop3_proto::client::Client, error| {
            assert!(!client.can_send());
            for command in &commands {
                assert_eq!(client.send(command, &mut out), Err(error), "{command:?}");
            }
            assert_eq!(client.auth("PLAIN", Some(b"\0tim\0secret"), &mut out), Err(error));
            assert_eq!(client.respond(b"\0tim\0secret", &mut out), Err(SendError::NotNow));
            assert_eq!(client.cancel(&mut out), Err(SendError::NotNow));
            assert_eq!(show(&out), show(b"CAPA\r\nSTLS\r\n"));
        };
        check(&mut client, SendError::Busy);
        let mut window = &b"+OK begin\r\n"[..];
        client.receive(&mut window).unwrap();
        check(&mut client, SendError::NotNow);
        assert!(client.handover().is_some());
    }
}

/// Covers secrets-beside-stls.
#[test]
fn a_client_says_stls_only_when_nothing_is_on_its_way() {
    for command in [Command::Noop, Command::Capa, Command::User(b"tim"), Command::Utf8] {
        let (mut client, mut out) = (greeted(Profile::LENIENT, Security::Plain), Vec::new());
        client.send(&Command::Capa, &mut out).unwrap();
        let told = b"+OK\r\nPIPELINING\r\nSTLS\r\n.\r\n";
        listen(&mut client, told, &[usize::MAX], &mut VecDeque::new(), |_, _| {});
        out.clear();
        client.send(&command, &mut out).unwrap();
        let sent = out.clone();
        assert_eq!(client.send(&Command::Stls, &mut out), Err(SendError::Busy), "{command:?}");
        assert_eq!(out, sent);
    }
}
