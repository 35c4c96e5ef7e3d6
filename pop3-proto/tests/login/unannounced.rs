//! Methods that the server did not announce: they are tried last, without an initial response, or not at all.

use pop3_proto::login::{Method, Reason, RefusalKind};

use crate::credentials::{BEARER, EXPORTER, TIM, USER};
use crate::script::tls;

/// Proves 5034-3-02.
/// Covers quirk-11.
#[test]
fn without_a_list_a_password_goes_by_user_and_pass() {
    for answer in ["S: -ERR", "L: TOP", "L: USER"] {
        tls(TIM)
            .plays(&format!(
                "S: +OK\nC: CAPA\n{answer}\nC: USER tim\nS: +OK\nC: PASS tanstaaftanstaaf\nS: -ERR [AUTH]"
            ))
            .refused(RefusalKind::Credentials, Method::User);
    }
}

/// Proves 5034-3-03.
/// Covers quirk-16.
#[test]
fn an_unannounced_token_goes_without_an_initial_response() {
    for answer in ["S: -ERR", "L: TOP, USER", "L: SASL, USER", "L: SASL PLAIN"] {
        tls(BEARER)
            .plays(&format!(
                "S: +OK
                 C: CAPA
                 {answer}
                 C: AUTH OAUTHBEARER
                 S: -ERR unknown
                 C: AUTH XOAUTH2
                 S: +\\x20
                 C: {{user=user@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01}}
                 S: -ERR [AUTH]"
            ))
            .refused(RefusalKind::Credentials, Method::Xoauth2);
    }
}

/// Proves 5034-3-03.
/// Covers quirk-16.
#[test]
fn the_one_method_that_is_permitted_goes_without_an_initial_response() {
    for (method, exchange) in [
        (Method::Plain, "C: AUTH PLAIN\nS: +\\x20\nC: AHVzZXIAcGVuY2ls"),
        (Method::Login, "C: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGVuY2ls"),
        (
            Method::CramMd5,
            "C: AUTH CRAM-MD5\nS: + {<1.2@h.example>}\nC: {user 0bf206a6903a154e5d11f073f771d8df}",
        ),
        (Method::ScramSha256, "C: AUTH SCRAM-SHA-256\nS: +\\x20\nC: {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}"),
    ] {
        tls(USER)
            .methods(&[method])
            .plays(&format!("S: +OK\nC: CAPA\nL: USER\n{exchange}\nS: -ERR [AUTH]"))
            .refused(RefusalKind::Credentials, method);
    }
}

/// Proves 5034-3-02.
#[test]
fn a_policy_can_forbid_to_guess() {
    let strict = |credentials| tls(credentials).policy(|policy| policy.try_unannounced = false);
    for list in ["", "TOP", "SASL GSSAPI"] {
        strict(TIM).plays(&format!("S: +OK\nC: CAPA\nL: {list}")).no_method();
        strict(BEARER).plays(&format!("S: +OK\nC: CAPA\nL: USER, {list}")).no_method();
        let dialogue = format!("S: +OK\nC: CAPA\nL: {list}");
        strict(TIM)
            .methods(&[Method::Plain])
            .policy(|policy| policy.try_unannounced = false)
            .plays(&dialogue)
            .no_method();
    }
    // A server from the time before CAPA has USER.
    strict(TIM).plays("S: +OK\nC: CAPA\nS: -ERR\nC: USER tim\nS: -ERR no").fails(
        RefusalKind::Credentials,
        Reason::Refused(Method::User),
        None,
    );
    strict(BEARER).plays("S: +OK\nC: CAPA\nS: -ERR").no_method();
}

#[test]
fn the_plus_forms_are_never_guessed() {
    for method in [Method::ScramSha256Plus, Method::ScramSha1Plus] {
        for answer in ["S: -ERR", "L: SASL PLAIN SCRAM-SHA-256 SCRAM-SHA-1"] {
            tls(USER)
                .channel(|channel| channel.bindings = &[EXPORTER])
                .methods(&[method])
                .plays(&format!("S: +OK\nC: CAPA\n{answer}"))
                .no_method();
        }
    }
}

/// What was announced goes first, however weak.
#[test]
fn what_is_announced_goes_before_what_is_not() {
    tls(TIM)
        .plays(
            "S: +OK
             C: CAPA
             L: SASL LOGIN
             C: AUTH LOGIN
             S: -ERR no
             C: USER tim
             S: +OK
             C: PASS tanstaaftanstaaf
             S: +OK
             C: CAPA
             L:",
        )
        .logs_in()
        .learned_to_avoid(&[Method::Login]);
}
