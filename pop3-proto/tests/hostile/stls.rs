//! Somebody in the middle of a connection that starts in clear gets no secret, whatever they do to STLS.

use pop3_proto::Security;
use pop3_proto::client::ProtocolError;
use pop3_proto::login::{Method, Methods, Policy, Reason, RefusalKind, Retry, Tls};
use pop3_proto::sasl::client::Credentials;

use crate::programs::Attempt;
use crate::secrets::{NAME, SOMEBODY, everything, holds, holds_a_secret};
use crate::wire::{Answer, End, GREETING, Outcome, Piece, ROOM, say};

const STAMP: &str = "<1896.697170952@h.example>";
const MECHANISMS: &str = "EXTERNAL OAUTHBEARER XOAUTH2 SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 \
                          CRAM-MD5 PLAIN LOGIN ANONYMOUS";

/// How somebody in the middle takes TLS away.
#[derive(Clone, Copy, Debug)]
enum Theft {
    /// The answer to CAPA comes without STLS in it.
    Stripped,
    /// The answer to CAPA is an empty list.
    Emptied,
    /// CAPA and STLS are refused.
    Denied,
    /// CAPA is answered with a line that is no reply.
    CapaJunk,
    /// STLS is refused.
    Refused,
    /// STLS is answered with a line that is no reply.
    StlsJunk,
    /// STLS is refused, and all later answers come at once with that.
    Prepared,
    /// The connection ends at CAPA, or at STLS.
    CapaCut,
    StlsCut,
}

const THEFTS: [Theft; 9] = [
    Theft::Stripped,
    Theft::Emptied,
    Theft::Denied,
    Theft::CapaJunk,
    Theft::Refused,
    Theft::StlsJunk,
    Theft::Prepared,
    Theft::CapaCut,
    Theft::StlsCut,
];

impl Theft {
    /// Whenever a login begins, the attacker asks for everything.
    fn answer(self, line: &str) -> Answer {
        let list = |stls: &str| say(&format!("+OK\r\n{stls}USER\r\nUTF8 USER\r\nSASL {MECHANISMS}\r\n.\r\n"));
        match (self, line) {
            (_, GREETING) => say(&format!("+OK ready {STAMP}\r\n")),
            (Self::Emptied, "CAPA") => say("+OK\r\n.\r\n"),
            (Self::Denied, "CAPA" | "STLS") => say("-ERR what?\r\n"),
            (Self::CapaJunk, "CAPA") | (Self::StlsJunk, "STLS") => say("HTTP/1.1 200 OK\r\n\r\n+OK\r\n"),
            (Self::CapaCut, "CAPA") | (Self::StlsCut, "STLS") => vec![Piece::Close],
            (Self::Stripped, "CAPA") => list(""),
            (_, "CAPA") => list("STLS\r\n"),
            (Self::Prepared, "STLS") => {
                say("-ERR no\r\n+OK\r\n+ \r\n+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n+OK\r\n")
            }
            (_, "STLS") => say("-ERR not now\r\n"),
            (_, line) if line.starts_with("USER") || line.starts_with("PASS") => say("+OK\r\n"),
            (_, line) if line.starts_with("APOP") || line == "*" || line == "UTF8" => say("-ERR\r\n"),
            // A challenge for every mechanism: PLAIN is asked for its message, and LOGIN for its two answers.
            (_, "AUTH PLAIN") => say("+ \r\n"),
            (_, line) if line.starts_with("AUTH CRAM-MD5") => say("+ PDFAaD4=\r\n"),
            _ => say("+ VXNlcm5hbWU6\r\n"),
        }
    }

    /// Asserts how a login ends that requires TLS.
    #[track_caller]
    fn ends(self, outcome: &Outcome) {
        match self {
            Self::Stripped | Self::Emptied => outcome.fails(RefusalKind::Policy, Reason::NoStls, None),
            Self::Denied | Self::Refused | Self::Prepared => {
                outcome.fails(RefusalKind::Policy, Reason::StlsRefused, None)
            }
            Self::CapaJunk | Self::StlsJunk => outcome.ends(End::Broken(ProtocolError::Status)),
            Self::CapaCut => outcome.fails(RefusalKind::Later, Reason::Closed, Some(Retry::WithoutCapa)),
            Self::StlsCut => outcome.fails(RefusalKind::Later, Reason::Closed, None),
        };
    }
}

fn people() -> [Credentials<'static>; 3] {
    let mut deputy = everything();
    deputy.acting_as = Some("somebody-else");
    [SOMEBODY, everything(), deputy]
}

fn all_methods(policy: &mut Policy) {
    policy.methods = Methods::DEFAULT.with(Method::Apop);
    policy.attempts = u8::MAX;
    policy.utf8 = true;
}

/// Whatever else the policy permits, until TLS is up nothing goes out but CAPA and STLS.
/// Covers stls-stripped, secrets-beside-stls.
/// Proves 2595-2.2-01, 8314-5.2-02.
#[test]
fn where_tls_is_required_nothing_but_capa_and_stls_is_said_in_clear() {
    for theft in THEFTS {
        for credentials in people() {
            for allow_plaintext_secrets in [false, true] {
                let attempt = Attempt::in_clear(credentials).policy(|policy| {
                    all_methods(policy);
                    policy.allow_plaintext_secrets = allow_plaintext_secrets;
                });
                let outcome = attempt.against(|line, _| theft.answer(line));
                theft.ends(outcome.fits(ROOM));
                let said = str::from_utf8(&outcome.said).unwrap();
                assert!(["CAPA\r\n", "CAPA\r\nSTLS\r\n"].contains(&said), "{theft:?}: {said}");
            }
        }
    }
}

/// Covers stls-stripped.
/// Proves 2595-2.2-02.
#[test]
fn without_leave_no_password_token_or_apop_digest_is_said_in_clear_under_any_policy() {
    for theft in THEFTS {
        for credentials in people() {
            for tls in [Tls::Required, Tls::IfOffered, Tls::Never] {
                let attempt = Attempt::in_clear(credentials).policy(|policy| {
                    all_methods(policy);
                    policy.tls = tls;
                });
                let outcome = attempt.against(|line, _| theft.answer(line));
                outcome.fits(ROOM);
                let shown = outcome.said.escape_ascii().to_string();
                assert!(!holds_a_secret(&outcome.said, STAMP), "{theft:?} {tls:?}: {shown}");
                let verbs =
                    ["USER", "PASS", "APOP", "AUTH PLAIN", "AUTH LOGIN", "AUTH XOAUTH2", "AUTH OAUTH"];
                let bare = shown.split("\\r\\n").find(|line| verbs.iter().any(|verb| line.starts_with(verb)));
                assert_eq!(bare, None, "{theft:?} {tls:?}");
                assert_ne!(outcome.end, End::In, "{theft:?} {tls:?}");
            }
        }
    }
}

/// SCRAM and CRAM-MD5 begin with the user name; if they are not allowed, the name is not sent.
/// Covers stls-stripped.
#[test]
fn without_leave_and_without_the_methods_that_say_it_the_name_stays_unsaid_in_clear() {
    let named = [Method::ScramSha256, Method::ScramSha1, Method::CramMd5];
    for theft in THEFTS {
        for credentials in people() {
            for tls in [Tls::IfOffered, Tls::Never] {
                let attempt = Attempt::in_clear(credentials).policy(|policy| {
                    all_methods(policy);
                    policy.methods = named.iter().fold(policy.methods, |all, method| all.without(*method));
                    policy.tls = tls;
                });
                let outcome = attempt.against(|line, _| theft.answer(line));
                let said = outcome.said.escape_ascii().to_string();
                for name in [NAME, "somebody-else"] {
                    assert!(!holds(&outcome.said, name.as_bytes()), "{theft:?} {tls:?}: {said}");
                }
            }
        }
    }
}

/// The search for secrets can find some: where the policy permits it, the same server gets everything.
#[test]
fn with_leave_the_same_server_gets_the_password() {
    for method in [Method::Plain, Method::Login, Method::User, Method::Apop] {
        let attempt = Attempt::in_clear(SOMEBODY).policy(|policy| {
            *policy = Policy::CLEAR;
            policy.methods = Methods::only(method);
        });
        let outcome = attempt.against(|line, _| match (method, line) {
            (Method::Login, line) if line.starts_with("c29") => say("+ UGFzc3dvcmQ6\r\n"),
            _ => Theft::Stripped.answer(line),
        });
        assert!(holds(&outcome.said, NAME.as_bytes()), "{method:?}");
        assert!(holds_a_secret(&outcome.said, STAMP), "{method:?}: {}", outcome.said.escape_ascii());
    }
}

/// Answers to what the client will say inside TLS.
const INJECTED: [&str; 5] =
    ["+OK forged\r\n", "+", "+OK\r\nSASL PLAIN\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n", "-ERR\r\n", "\x16\x03\x03"];

/// Covers replies-after-stls, halves-over-the-edge-of-tls.
/// Proves 2595-4-14.
#[test]
fn replies_in_one_segment_with_the_answer_to_stls_end_the_session() {
    for injected in INJECTED {
        for reads_on in [false, true] {
            let mut attempt = Attempt::in_clear(everything());
            attempt.reads_on = reads_on;
            let outcome = attempt.against(|line, _| match line {
                GREETING => say("+OK\r\n"),
                "CAPA" => say("+OK\r\nSTLS\r\n.\r\n"),
                _ => say(&format!("+OK begin\r\n{injected}")),
            });
            outcome.ends(End::Broken(ProtocolError::PlaintextAfterStls)).said("CAPA\r\nSTLS\r\n").fits(ROOM);
        }
    }
}

/// Covers replies-after-stls, halves-over-the-edge-of-tls.
/// Proves 2595-4-14.
#[test]
fn replies_in_a_later_segment_stop_whoever_has_read_them_in_clear() {
    for injected in INJECTED {
        let outcome = Attempt::in_clear(everything()).reads_on().against(|line, _| match line {
            GREETING => say("+OK\r\n"),
            "CAPA" => say("+OK\r\nSTLS\r\n.\r\n"),
            _ => [say("+OK begin\r\n"), say(injected)].into_iter().flatten().collect(),
        });
        outcome.ends(End::Injected).said("CAPA\r\nSTLS\r\n").fits(ROOM);
    }
}

/// Replies that were sent in clear came too early, and mean nothing inside TLS.
/// Covers replies-after-stls, state-carried-into-tls, secrets-beside-stls.
#[test]
fn replies_prepared_before_the_handshake_are_not_heard_inside_tls() {
    let attempt = Attempt::in_clear(SOMEBODY).policy(|policy| policy.try_unannounced = false);
    let outcome = attempt.against(|line, security| match (line, security) {
        // The answers to CAPA and STLS come together with the greeting; they are taken, and lead to TLS as
        // they should.
        (GREETING, _) => say("+OK\r\n+OK\r\nSTLS\r\nSASL PLAIN LOGIN\r\nUSER\r\n.\r\n+OK begin\r\n"),
        ("CAPA", Security::Tls) => say("+OK\r\nSASL CRAM-MD5\r\n.\r\n"),
        (line, Security::Tls) if line.starts_with("AUTH") => say("+ PDFAaD4=\r\n"),
        (_, Security::Tls) => say("-ERR no\r\n"),
        (other, Security::Plain) => panic!("{other}"),
    });
    outcome.fails(RefusalKind::Credentials, Reason::Refused(Method::CramMd5), None);
    let said = str::from_utf8(&outcome.said).unwrap();
    assert!(said.starts_with("CAPA\r\nSTLS\r\nCAPA\r\nAUTH CRAM-MD5\r\n"), "{said}");
    assert_eq!(said.lines().count(), 5, "{said}");
    assert!(!holds_a_secret(&outcome.said, STAMP), "the list from inside TLS counts, and it has no PLAIN");
}

/// The front of a reply that was sent before the handshake is not joined to anything after it.
/// Covers halves-over-the-edge-of-tls.
#[test]
fn half_a_line_in_clear_stops_the_handshake_and_does_not_wait_for_its_rest() {
    for half in ["+OK be", "+OK begin", "+OK begin\r"] {
        let outcome = Attempt::in_clear(SOMEBODY).against(|line, _| match line {
            GREETING => say("+OK\r\n"),
            "CAPA" => say("+OK\r\nSTLS\r\n.\r\n"),
            _ => say(half),
        });
        outcome.ends(End::Silent).said("CAPA\r\nSTLS\r\n");
    }
}
