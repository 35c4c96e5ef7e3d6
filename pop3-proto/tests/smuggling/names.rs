//! User names: up to the embedder's own words, no answer tells whether a name exists.

use pop3_proto::server::session::{Event as Said, Session};
use pop3_proto::server::{Config, Credentials, Domain, Reason};
use pop3_proto::{Code, Security, Time};

use crate::common::show;
use crate::pair::Host;
use crate::{GREETING, mailbox, open_config};

/// `tim` exists.
const NAMES: [&str; 8] = ["tim", "nobody", "TIM", "tim ", "root", "%", "a@b", "../tim"];

/// Covers names-told-by-user.
#[test]
fn the_answer_to_user_is_the_same_for_every_name_and_asks_nobody() {
    let clear = open_config();
    let mut closed = open_config();
    closed.allow_plaintext_login = false;
    let mut off = open_config();
    off.user = false;
    let long = "x".repeat(248);
    for name in NAMES.iter().copied().chain([&long[..]]) {
        for (config, answer) in [
            (&clear, "+OK send PASS"),
            (&closed, "-ERR plaintext login is not allowed without TLS"),
            (&off, "-ERR USER and PASS are not available"),
        ] {
            let mut host = Host::new(config, Security::Plain, mailbox());
            host.hear(format!("USER {name}\r\n").as_bytes());
            let due = format!("{GREETING}{answer}\r\n");
            assert_eq!(show(&host.take()), show(due.as_bytes()), "{name}");
            assert!(host.log.is_empty(), "{:?}", host.log);
        }
    }
}

/// What a session says to `line`, again and again until it closes; only `tim` with `secret` may log in.
fn tried(config: &Config, line: &str) -> (String, Option<Reason>) {
    let mut session = Session::new(config, Security::Plain).with_apop([1, 0]);
    let mut said = Vec::new();
    for _ in 0..20 {
        let mut window = line.as_bytes();
        loop {
            let mut out = Vec::new();
            let event = session.receive(Time::ZERO, &mut window, &mut out);
            said.append(&mut out);
            match event {
                Said::NeedInput => break,
                Said::Closed(reason) => return (show(&said), Some(reason)),
                Said::Login { credentials, reply } => match (session.user(), credentials) {
                    (Some(b"tim"), Credentials::Password(given)) if given.expose() == b"secret" => {
                        reply.accept(&mut session, &mut out, "");
                    }
                    _ => reply.err(&mut session, &mut out, Code::Auth, "wrong name or password"),
                },
                other => panic!("{other:?}"),
            }
            said.append(&mut out);
        }
    }
    (show(&said), None)
}

/// Covers names-told-by-refusals, passwords-by-trial.
#[test]
fn a_wrong_password_and_a_wrong_name_are_refused_in_the_same_words_and_as_often() {
    let mut config = open_config();
    config.apop = Domain::new("host");
    config.limits = config.limits.with_max_login_failures(3);
    let digest = "c4c9334bac560ecc979e58001b3e22fb";
    let refusal = "-ERR [AUTH] wrong name or password\r\n";
    let greeting = "+OK POP3 server ready <1.0@host>\r\n";
    for name in NAMES.iter().filter(|name| !name.ends_with(' ')) {
        let (said, reason) = tried(&config, &format!("USER {name}\r\nPASS wrong\r\n"));
        let due = [greeting, &format!("+OK send PASS\r\n{refusal}").repeat(3)].concat();
        assert_eq!((said, reason), (show(due.as_bytes()), Some(Reason::TooManyLogins)), "{name}");
        let (said, reason) = tried(&config, &format!("APOP {name} {digest}\r\n"));
        let due = [greeting, &refusal.repeat(3)].concat();
        assert_eq!((said, reason), (show(due.as_bytes()), Some(Reason::TooManyLogins)), "{name}");
    }
}
