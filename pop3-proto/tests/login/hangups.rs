//! Servers that hang up in the middle of a login, and what the next connection does about it.

use pop3_proto::login::{Method, Reason, RefusalKind, Retry};

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

/// Covers quirk-41.
#[test]
fn hanging_up_on_cram_md5_brings_the_next_method_on_the_next_connection() {
    let front = "S: +OK\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\n";
    for exchange in [
        "C: AUTH CRAM-MD5\nEOF",
        "C: AUTH CRAM-MD5\n\
         S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\n\
         C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\nEOF",
        "C: AUTH CRAM-MD5\nS: + !!!\nC: *\nEOF",
    ] {
        let outcome =
            closed(tls(TIM).plays(&format!("{front}{exchange}")), Method::CramMd5, Some(Retry::NextMethod))
                .learned_to_avoid(&[Method::CramMd5]);
        tls(TIM)
            .knowing(outcome.learned)
            .plays(&format!("{front}C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nS: +OK\nC: CAPA\nL:"))
            .logs_in()
            .learned_to_avoid(&[Method::CramMd5]);
    }
}

/// Covers quirk-03.
#[test]
fn hanging_up_on_apop_brings_the_next_method_on_the_next_connection() {
    let one = tls(USER).policy(|policy| policy.methods = policy.methods.with(Method::Apop));
    let front = "S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: USER\n";
    let apop = "C: APOP user ec87818fbba45646df08ce6d6a516815\n";
    let outcome = closed(one.plays(&format!("{front}{apop}EOF")), Method::Apop, Some(Retry::NextMethod))
        .learned_to_avoid(&[Method::Apop]);
    one.knowing(outcome.learned)
        .plays(&format!("{front}C: USER user\nS: +OK\nC: PASS pencil\nS: +OK\nC: CAPA\nL:"))
        .logs_in()
        .learned_to_avoid(&[Method::Apop]);
}

/// The server refuses, and closes before it reads what comes next, so the password was not looked at.
///
/// Covers quirk-03.
#[test]
fn a_server_that_refuses_a_method_and_closes_gets_the_next_one_on_the_next_connection() {
    let front = "S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\n";
    let plain = "C: AUTH PLAIN AHVzZXIAcGVuY2ls\n";
    for (method, line) in [
        (Method::Apop, "C: APOP user ec87818fbba45646df08ce6d6a516815\n"),
        (Method::CramMd5, "C: AUTH CRAM-MD5\n"),
    ] {
        let one = tls(USER).methods(&[method, Method::Plain]);
        let outcome = one
            .plays(&format!("{front}{line}S: -ERR failed\n{plain}EOF"))
            .fails(RefusalKind::Credentials, Reason::Refused(method), Some(Retry::NextMethod))
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
    let mut one = tls(TIM);
    for (line, method) in [
        ("C: AUTH SCRAM-SHA-256 {n,,n=tim,r=rOprNGfwEbeRWgbNEkqO7677}", Method::ScramSha256),
        ("C: AUTH SCRAM-SHA-1 {n,,n=tim,r=rOprNGfwEbeRWgbNEkqO7677}", Method::ScramSha1),
        ("C: AUTH CRAM-MD5", Method::CramMd5),
    ] {
        let outcome = closed(one.plays(&format!("{front}{line}\nEOF")), method, Some(Retry::NextMethod));
        assert!(outcome.learned.failed.contains(method));
        one = one.knowing(outcome.learned);
    }
    let outcome = one.plays(&format!("{front}C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nEOF"));
    closed(outcome, Method::Plain, None);
}
