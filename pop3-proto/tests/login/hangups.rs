//! Servers that hang up in the middle of a login, and what the next connection does about it.

use pop3_proto::login::{Method, Reason, RefusalKind, Retry, ServerNotes};

use crate::credentials::{TIM, USER};
use crate::outcome::Outcome;
use crate::script::tls;

#[track_caller]
fn closed(outcome: Outcome, method: Method, retry: Option<Retry>) -> Outcome {
    outcome.fails(RefusalKind::Credentials, Reason::ClosedDuring(method), retry)
}

/// Covers quirk-110.
#[test]
fn hanging_up_on_a_shown_password_says_that_it_is_wrong() {
    for (list, exchange, method) in [
        ("USER", "C: USER tim\nS: +OK\nC: PASS tanstaaftanstaaf", Method::User),
        ("SASL PLAIN, USER", "C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm", Method::Plain),
        (
            "SASL LOGIN, USER",
            "C: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: dGlt\nS: + UGFzc3dvcmQ6\nC: dGFuc3RhYWZ0YW5zdGFhZg==",
            Method::Login,
        ),
    ] {
        for end in ["EOF", "S| -ER\nEOF"] {
            let outcome = tls(TIM).plays(&format!("S: +OK\nC: CAPA\nL: {list}\n{exchange}\n{end}"));
            closed(outcome, method, None).learned_nothing();
        }
    }
}

/// The server has not seen the password, so nothing is known about it.
#[test]
fn hanging_up_on_the_name_does_not_say_that_the_password_is_wrong() {
    for end in ["EOF", "S| +O\nEOF"] {
        tls(TIM)
            .plays(&format!("S: +OK\nC: CAPA\nL: USER\nC: USER tim\n{end}"))
            .fails(RefusalKind::Later, Reason::ClosedDuring(Method::User), None)
            .learned_nothing();
    }
}

const CRAM_MD5: [&str; 3] = [
    "C: AUTH CRAM-MD5\nEOF",
    "C: AUTH CRAM-MD5\n\
     S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\n\
     C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\nEOF",
    "C: AUTH CRAM-MD5\nS: + !!!\nC: *\nEOF",
];

/// Wrong credentials are blamed only where some were sent.
fn blamed(exchange: &str) -> RefusalKind {
    if exchange.contains("C: dGlt") { RefusalKind::Credentials } else { RefusalKind::Later }
}

/// Covers quirk-41.
#[test]
fn hanging_up_on_cram_md5_brings_the_password_on_the_next_connection_only_with_leave() {
    let front = "S: +OK\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\n";
    for exchange in CRAM_MD5 {
        let reason = Reason::ClosedDuring(Method::CramMd5);
        let dialogue = format!("{front}{exchange}");
        tls(TIM).plays(&dialogue).fails(blamed(exchange), reason, None).learned_nothing();
        let one = tls(TIM).policy(|policy| policy.password_after_hang_up = true);
        let outcome = one
            .plays(&dialogue)
            .fails(blamed(exchange), reason, Some(Retry::NextMethod))
            .learned_hang_ups(&[Method::CramMd5]);
        one.knowing(outcome.learned)
            .plays(&format!("{front}C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nS: +OK\nC: CAPA\nL:"))
            .logs_in()
            .learned_hang_ups(&[Method::CramMd5]);
    }
}

/// Covers quirk-41.
#[test]
fn hanging_up_on_scram_brings_another_method_that_hides_the_password() {
    let front = "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-1 CRAM-MD5 PLAIN\n";
    let scram = "C: AUTH SCRAM-SHA-1 {n,,n=tim,r=rOprNGfwEbeRWgbNEkqO7677}\n";
    let reason = Reason::ClosedDuring(Method::ScramSha1);
    let retry = Some(Retry::WithoutInitialResponse);
    let outcome = tls(TIM).plays(&format!("{front}{scram}EOF")).fails(RefusalKind::Later, reason, retry);
    let mut learned = ServerNotes::default();
    learned.in_tls.two_step = true;
    assert_eq!(outcome.learned, learned);
    let outcome = tls(TIM).knowing(learned).plays(&format!("{front}C: AUTH SCRAM-SHA-1\nEOF")).fails(
        RefusalKind::Later,
        reason,
        Some(Retry::NextMethod),
    );
    learned.in_tls.hung_up.insert(Method::ScramSha1);
    assert_eq!(outcome.learned, learned);
    let one = tls(TIM).knowing(learned);
    for exchange in CRAM_MD5 {
        let outcome = one.plays(&format!("{front}{exchange}"));
        assert_eq!(outcome.learned, learned);
        outcome.fails(blamed(exchange), Reason::ClosedDuring(Method::CramMd5), None);
    }
    // A refusal is a word of the server, which has shown its certificate. It does not make up for a hang-up.
    one.plays(&format!("{front}C: AUTH CRAM-MD5\nS: -ERR")).refused(RefusalKind::Policy, Method::CramMd5);
}

/// LOGIN that the server does not even begin shows nothing, and what comes next hides no less.
#[test]
fn hanging_up_on_a_method_that_would_show_the_password_brings_the_next_of_its_kind() {
    let front = "S: +OK\nC: CAPA\nL: SASL LOGIN, USER\n";
    let reason = Reason::ClosedDuring(Method::Login);
    let outcome = tls(TIM)
        .plays(&format!("{front}C: AUTH LOGIN\nEOF"))
        .fails(RefusalKind::Later, reason, Some(Retry::NextMethod))
        .learned_hang_ups(&[Method::Login]);
    tls(TIM)
        .knowing(outcome.learned)
        .plays(&format!("{front}C: USER tim\nS: +OK\nC: PASS tanstaaftanstaaf\nS: +OK\nC: CAPA\nL:"))
        .logs_in();
}

/// Covers quirk-03.
#[test]
fn hanging_up_on_apop_brings_the_password_on_the_next_connection_only_with_leave() {
    let one = tls(USER).policy(|policy| policy.methods = policy.methods.with(Method::Apop));
    let front = "S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: USER\n";
    let apop = format!("{front}C: APOP user ec87818fbba45646df08ce6d6a516815\nEOF");
    closed(one.plays(&apop), Method::Apop, None).learned_nothing();
    let one = one.policy(|policy| policy.password_after_hang_up = true);
    let outcome =
        closed(one.plays(&apop), Method::Apop, Some(Retry::NextMethod)).learned_hang_ups(&[Method::Apop]);
    one.knowing(outcome.learned)
        .plays(&format!("{front}C: USER user\nS: +OK\nC: PASS pencil\nS: +OK\nC: CAPA\nL:"))
        .logs_in()
        .learned_hang_ups(&[Method::Apop]);
}

/// The server refuses, and closes before it reads what comes next, so the password was not looked at.
///
/// Covers quirk-03.
#[test]
fn a_server_that_refuses_a_method_and_closes_gets_the_next_one_on_the_next_connection() {
    let front = "S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\n";
    let plain = "C: AUTH PLAIN AHVzZXIAcGVuY2ls\n";
    for (method, line, blamed) in [
        (Method::Apop, "C: APOP user ec87818fbba45646df08ce6d6a516815\n", RefusalKind::Credentials),
        (Method::CramMd5, "C: AUTH CRAM-MD5\n", RefusalKind::Policy),
    ] {
        let one = tls(USER).methods(&[method, Method::Plain]);
        let outcome = one
            .plays(&format!("{front}{line}S: -ERR failed\n{plain}EOF"))
            .fails(blamed, Reason::Refused(method), Some(Retry::NextMethod))
            .learned_to_avoid(&[method]);
        one.knowing(outcome.learned)
            .plays(&format!("{front}{plain}S: +OK\nC: CAPA\nL:"))
            .logs_in()
            .learned_to_avoid(&[method]);
    }
}

/// Where several methods make the server hang up, each connection tries one method fewer.
#[test]
fn connections_come_to_an_end() {
    let front = "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN\n";
    let mut one = tls(TIM).policy(|policy| policy.password_after_hang_up = true);
    let first = "C: AUTH SCRAM-SHA-256 {n,,n=tim,r=rOprNGfwEbeRWgbNEkqO7677}";
    for (line, method, retry) in [
        (first, Method::ScramSha256, Retry::WithoutInitialResponse),
        ("C: AUTH SCRAM-SHA-256", Method::ScramSha256, Retry::NextMethod),
        ("C: AUTH SCRAM-SHA-1", Method::ScramSha1, Retry::NextMethod),
        ("C: AUTH CRAM-MD5", Method::CramMd5, Retry::NextMethod),
    ] {
        let outcome = one.plays(&format!("{front}{line}\nEOF")).fails(
            RefusalKind::Later,
            Reason::ClosedDuring(method),
            Some(retry),
        );
        assert_eq!(outcome.learned.in_tls.hung_up.contains(method), retry == Retry::NextMethod);
        one = one.knowing(outcome.learned);
    }
    let rest = "C: AUTH PLAIN\nS: +\x20\nC: AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nEOF";
    let outcome = one.plays(&format!("{front}{rest}"));
    closed(outcome, Method::Plain, None);
}
