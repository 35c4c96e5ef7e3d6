//! A hostile server inside TLS that walks the client down from methods that hide the password to those that
//! show it.
//!
//! A server inside TLS has shown the right certificate, and by default the policy trusts it with the
//! password: after a refused method the next weaker one is tried. `Policy::methods` is the means against
//! that.

use std::cell::Cell;

use base64ct::{Base64, Encoding as _};
use pop3_proto::Security;
use pop3_proto::login::{Method, Methods, Policy, Reason, RefusalKind, Retry};

use crate::programs::{Attempt, NONCE};
use crate::secrets::{NAME, PASSWORD, SOMEBODY, holds, holds_a_secret};
use crate::wire::{Answer, End, GREETING, Piece, ROOM, say};

const STAMP: &str = "<1896.697170952@h.example>";

fn scram(policy: &mut Policy) {
    policy.methods = Methods::only(Method::ScramSha256).with(Method::ScramSha1);
}

/// The AUTH line of the SCRAM mechanism with this name, with its first message.
fn first(name: &str) -> String {
    let message = format!("n,,n={NAME},r={NONCE}");
    format!("AUTH {name} {}\r\n", Base64::encode_string(message.as_bytes()))
}

/// What the default policy allows.
#[test]
fn by_default_a_refusal_inside_tls_brings_the_method_that_shows_the_password() {
    let outcome = Attempt::in_tls(SOMEBODY).against(|line, _| match line {
        GREETING => say("+OK\r\n"),
        "CAPA" => say("+OK\r\nSASL SCRAM-SHA-256 PLAIN\r\n.\r\n"),
        line if line.starts_with("AUTH SCRAM") => say("-ERR not today\r\n"),
        _ => say("+OK\r\n"),
    });
    let said = str::from_utf8(&outcome.said).unwrap();
    let tried = format!("CAPA\r\n{}AUTH SCRAM-SHA-256\r\nAUTH PLAIN ", first("SCRAM-SHA-256"));
    assert!(said.starts_with(&tried), "{said}");
    assert!(holds(&outcome.said, PASSWORD));
}

/// A list without the strong methods is as good as a refusal.
#[test]
fn by_default_a_list_that_is_cut_inside_tls_brings_the_method_that_shows_the_password() {
    let outcome = Attempt::in_tls(SOMEBODY).against(|line, _| match line {
        GREETING | "PASS c0rrect-h0rse battery" => say("+OK\r\n"),
        "CAPA" => say("-ERR\r\n"),
        _ => say("+OK\r\n"),
    });
    assert!(holds(&outcome.said, PASSWORD), "{}", outcome.said.escape_ascii());
}

/// Whatever the server does, the password is not sent.
/// Covers apop-unasked.
#[test]
fn with_methods_that_hide_the_password_no_server_gets_it() {
    type End = (RefusalKind, Reason, Option<Retry>);
    type Case = (&'static str, fn(&str) -> Answer, End, &'static [&'static str]);
    let lists = |line: &str| match line {
        GREETING => say(&format!("+OK {STAMP}\r\n")),
        _ => say(
            "+OK\r\nUSER\r\nSASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN XOAUTH2 ANONYMOUS\r\n.\r\n",
        ),
    };
    let (sha_256, sha_1) = (Method::ScramSha256, Method::ScramSha1);
    let both: &[&str] = &["SCRAM-SHA-256", "SCRAM-SHA-1"];
    let one: &[&str] = &["SCRAM-SHA-256"];
    let cases: [Case; 6] = [
        ("refuses each", |_| say("-ERR no\r\n"), (RefusalKind::Policy, Reason::Refused(sha_1), None), both),
        (
            "refuses with a code",
            |_| say("-ERR [AUTH] no\r\n"),
            (RefusalKind::Credentials, Reason::Refused(sha_256), None),
            one,
        ),
        (
            "wants plaintext, it says",
            |_| say("-ERR plaintext only\r\n"),
            (RefusalKind::Policy, Reason::Refused(sha_1), None),
            both,
        ),
        (
            "says yes at once",
            |_| say("+OK in\r\n"),
            (RefusalKind::Policy, Reason::NotProved(sha_256), None),
            one,
        ),
        (
            "asks for the password",
            |line| if line == "*" { say("-ERR\r\n") } else { say("+ UGFzc3dvcmQ6\r\n") },
            (RefusalKind::Policy, Reason::NotProved(sha_256), None),
            one,
        ),
        (
            "hangs up",
            |_| vec![Piece::Close],
            (RefusalKind::Later, Reason::ClosedDuring(sha_256), Some(Retry::WithoutInitialResponse)),
            one,
        ),
    ];
    for (name, answer, end, methods) in cases {
        let outcome = Attempt::in_tls(SOMEBODY).policy(scram).against(|line, _| match line {
            GREETING | "CAPA" => lists(line),
            line => answer(line),
        });
        outcome.fails(end.0, end.1, end.2).fits(ROOM);
        let said = String::from_utf8(outcome.said.clone()).unwrap();
        assert!(!holds_a_secret(&outcome.said, STAMP), "{name}: {said}");
        // A refusal without a reason brings the same mechanism in two steps.
        let both_forms = |method: &&str| match end.1 {
            Reason::Refused(_) if name != "refuses with a code" => {
                format!("{}AUTH {method}\r\n", first(method))
            }
            _ => first(method),
        };
        let firsts: String = methods.iter().map(both_forms).collect();
        let cancelled = if name == "asks for the password" { "*\r\n" } else { "" };
        assert_eq!(said, format!("CAPA\r\n{firsts}{cancelled}"), "{name}");
    }
}

/// Neither an empty list nor a missing one makes the client use a method that the policy does not name.
#[test]
fn with_methods_that_hide_the_password_a_list_that_is_cut_ends_the_login() {
    for list in ["+OK\r\n.\r\n", "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n", "-ERR\r\n"] {
        for security in [Security::Plain, Security::Tls] {
            let mut attempt = Attempt::in_tls(SOMEBODY).policy(scram);
            attempt.security = security;
            let outcome = attempt.against(|line, security| match (line, security) {
                ("CAPA", Security::Plain) => say("+OK\r\nSTLS\r\n.\r\n"),
                ("CAPA", Security::Tls) => say(list),
                _ => say(&format!("+OK {STAMP}\r\n")),
            });
            let due = if security == Security::Tls { "CAPA\r\n" } else { "CAPA\r\nSTLS\r\nCAPA\r\n" };
            outcome.fails(RefusalKind::Policy, Reason::NoMethod, None).said(due);
        }
    }
}

/// However many methods there are, the client shows this many proofs and passwords and no more.
#[test]
fn no_server_gets_more_attempts_than_the_policy_has() {
    for attempts in [1_u8, 2, 3, 4] {
        let attempt = Attempt::in_tls(SOMEBODY).policy(|policy| policy.attempts = attempts);
        let refused = Cell::new(0);
        let name = Base64::encode_string(NAME.as_bytes());
        let outcome = attempt.against(|line, _| match line {
            GREETING => say("+OK\r\n"),
            "CAPA" => say("+OK\r\nSASL SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN\r\nUSER\r\n.\r\n"),
            line if line.starts_with("AUTH SCRAM") => say("-ERR no\r\n"),
            "AUTH CRAM-MD5" => say("+ PDFAaD4=\r\n"),
            "AUTH PLAIN" => say("+ \r\n"),
            "AUTH LOGIN" => say("+ VXNlcm5hbWU6\r\n"),
            line if line == name => say("+ UGFzc3dvcmQ6\r\n"),
            line if line.starts_with("USER ") => say("+OK\r\n"),
            _ => {
                refused.set(refused.get() + 1);
                say("-ERR no\r\n")
            }
        });
        let End::Failed(failure) = outcome.end else { panic!("{:?}", outcome.end) };
        assert!(matches!(failure.reason, Reason::Refused(_)), "{failure:?}");
        assert_eq!(failure.kind, RefusalKind::Credentials);
        assert_eq!(refused.get(), attempts, "{}", outcome.said.escape_ascii());
    }
}
