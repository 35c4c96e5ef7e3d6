//! Logins that meet challenges which are none, or which do not end.

use pop3_proto::login::{Method, Reason, RefusalKind, Tls};

use crate::credentials::{BEARER, TIM, USER};
use crate::outcome::End;
use crate::script::{plain, tls};

const IN: &str = "S: +OK\nC: CAPA\nL:";

/// Covers quirk-33, quirk-34.
#[test]
fn whatever_asks_for_the_first_message_gets_it() {
    for (method, name, message) in [
        (Method::Plain, "PLAIN", "AHVzZXIAcGVuY2ls"),
        (Method::ScramSha256, "SCRAM-SHA-256", "{n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}"),
    ] {
        for challenge in ["+\\x20", "+", "+ go ahead", "+ Send your credentials now!", "+ AAA=BBB", "+go"] {
            tls(USER)
                .methods(&[method])
                .plays(&format!(
                    "S: +OK\nC: CAPA\nL: USER\nC: AUTH {name}\nS: {challenge}\nC: {message}\nS: -ERR [AUTH]"
                ))
                .refused(RefusalKind::Credentials, method);
        }
    }
}

/// Covers quirk-33, quirk-34.
#[test]
fn whatever_asks_for_a_token_gets_it() {
    for challenge in ["+\\x20", "+", "+ OK, go ahead", "+ Bearer"] {
        tls(BEARER)
            .methods(&[Method::Xoauth2])
            .plays(&format!(
                "S: +OK
                 C: CAPA
                 L: SASL XOAUTH2
                 C: AUTH XOAUTH2
                 S: {challenge}
                 C: {{user=user@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01}}
                 {IN}"
            ))
            .logs_in();
    }
}

/// Covers quirk-35.
#[test]
fn a_server_that_asks_for_the_name_when_told_plain_gets_name_and_password() {
    const LOGIN: &str = "S: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGVuY2ls";
    tls(USER)
        .plays(&format!("S: +OK\nC: CAPA\nL: SASL PLAIN\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\n{LOGIN}\n{IN}"))
        .logs_in();
    tls(USER)
        .methods(&[Method::Plain])
        .plays(&format!("S: +OK\nC: CAPA\nL: USER\nC: AUTH PLAIN\n{LOGIN}\n{IN}"))
        .logs_in();
    let mut deputy = USER;
    deputy.acting_as = Some("adm");
    tls(deputy)
        .methods(&[Method::Plain])
        .plays(
            "S: +OK
             C: CAPA
             L: SASL PLAIN
             C: AUTH PLAIN {adm\\0user\\0pencil}
             S: + VXNlcm5hbWU6
             C: *
             S: -ERR",
        )
        .refused(RefusalKind::Policy, Method::Plain);
}

/// Covers quirk-32.
#[test]
fn the_words_after_ok_do_not_matter() {
    for answer in ["+OK", "+OK\\x20", "+OK dj1ybUY5cHFW", "+OK [X] yes"] {
        tls(USER)
            .plays(&format!(
                "S: +OK\nC: CAPA\nL: SASL PLAIN\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: {answer}\nC: CAPA\nL:"
            ))
            .logs_in();
    }
}

/// Proves 5034-4-15, 5034-4-16, 5034-4-17, 5034-4-08.
/// Covers invalid-base64-challenge.
#[test]
fn a_challenge_that_does_not_decode_is_cancelled() {
    for challenge in ["+ !!!", "+ <1.2@h.example>", "+ =AAA", "+ AAA=BBB", "+ QUJD\\x01", "+QUJD", "+ QUI"] {
        tls(TIM)
            .plays(&format!(
                "S: +OK
                 C: CAPA
                 L: SASL CRAM-MD5 PLAIN
                 C: AUTH CRAM-MD5
                 S: {challenge}
                 C: *
                 S: -ERR cancelled
                 C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
                 {IN}"
            ))
            .logs_in()
            .learned_to_avoid(&[Method::CramMd5]);
    }
}

/// An empty challenge would make the digest the same in every session, so it is not answered.
#[test]
fn cram_md5_without_a_challenge_is_cancelled() {
    for challenge in ["+", "+\\x20"] {
        plain(TIM)
            .policy(|policy| policy.tls = Tls::Never)
            .plays(&format!(
                "S: +OK\nC: CAPA\nL: SASL CRAM-MD5\nC: AUTH CRAM-MD5\nS: {challenge}\nC: *\nS: -ERR"
            ))
            .refused(RefusalKind::Policy, Method::CramMd5);
    }
}

#[test]
fn ok_to_a_cancelling_line_is_no_login() {
    tls(TIM)
        .plays("S: +OK\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\nC: AUTH CRAM-MD5\nS: + !!!\nC: *\nS: +OK welcome")
        .fails(RefusalKind::Policy, Reason::NotProved(Method::CramMd5), None);
}

#[test]
fn ok_before_anything_was_said_is_no_login() {
    for (method, name) in [
        (Method::Plain, "PLAIN"),
        (Method::Login, "LOGIN"),
        (Method::CramMd5, "CRAM-MD5"),
        (Method::ScramSha1, "SCRAM-SHA-1"),
    ] {
        tls(USER)
            .methods(&[method])
            .plays(&format!("S: +OK\nC: CAPA\nL: USER\nC: AUTH {name}\nS: +OK go ahead"))
            .fails(RefusalKind::Policy, Reason::NotProved(method), None);
    }
}

#[test]
fn a_challenge_after_the_last_message_is_cancelled() {
    for (list, exchange) in [
        ("PLAIN", "C: AUTH PLAIN AHVzZXIAcGVuY2ls"),
        ("LOGIN", "C: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGVuY2ls"),
    ] {
        let method = Method::by_name(list).unwrap();
        tls(USER)
            .methods(&[method])
            .plays(&format!("S: +OK\nC: CAPA\nL: SASL {list}\n{exchange}\nS: + e30=\nC: *\nS: -ERR"))
            .refused(RefusalKind::Policy, method);
    }
}

/// Covers long-challenge.
#[test]
fn challenges_without_end_are_not_answered() {
    let many = "S: +\\x20\n".repeat(200);
    let outcome = tls(USER).plays(&format!(
        "S: +OK
         C: CAPA
         L: SASL LOGIN
         C: AUTH LOGIN
         S: +\\x20
         C: dXNlcg==
         S: +\\x20
         C: cGVuY2ls
         S: +\\x20
         C: *
         {many}
         EOF"
    ));
    assert!(matches!(outcome.end, End::Failed(_)), "{:?}", outcome.end);
}

/// Proves 5034-4-15.
/// Covers long-challenge, over-long-exchange-line, endless-line.
#[test]
fn a_challenge_of_nearly_a_mebibyte_is_cancelled_and_its_tail_is_no_reply() {
    let long = "+OK welcome ".repeat(80_000);
    let rest = "C: *\nS| \\r\\n-ERR cancelled\\r\\n\nC: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
    tls(TIM)
        .plays_into(
            &format!("S: +OK\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\nC: AUTH CRAM-MD5\nS| + {long}\n{rest}\n{IN}"),
            512,
        )
        .logs_in();
}

/// Proves 5034-4-18.
/// Covers long-challenge.
#[test]
fn a_challenge_that_fills_the_memory_is_cancelled() {
    for (octets, answered) in [(1000, true), (1200, false), (8000, false)] {
        let challenge = format!("<{}@h>", "1".repeat(octets - 4));
        let dialogue = format!("S: +OK\nC: CAPA\nL: SASL CRAM-MD5\nC: AUTH CRAM-MD5\nS: + {{{challenge}}}\n");
        match answered {
            true => tls(TIM)
                .plays(&format!("{dialogue}C: {{tim {}}}\nS: -ERR [AUTH]", DIGEST_1000))
                .refused(RefusalKind::Credentials, Method::CramMd5),
            false => tls(TIM)
                .methods(&[Method::CramMd5])
                .plays(&format!("{dialogue}C: *\nS: -ERR [AUTH]"))
                .refused(RefusalKind::Policy, Method::CramMd5),
        };
    }
}

const DIGEST_1000: &str = "f9c12c89320bcd5b2959accc308c6825";
