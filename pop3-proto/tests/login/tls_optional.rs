//! Logins that do not require TLS: somebody in the middle can prevent TLS, and still gets no password.

use pop3_proto::Security;
use pop3_proto::login::{Method, Policy, RefusalKind, Tls};
use pop3_proto::sasl::client::Credentials;

use crate::credentials::{BEARER, TIM, everything};
use crate::script::{Try, plain};

fn if_offered(credentials: Credentials<'_>) -> Try<'_> {
    plain(credentials).policy(|policy| policy.tls = Tls::IfOffered)
}

/// Proves 8314-5.2-04, 2595-2.2-02.
#[test]
fn offered_tls_is_taken_and_the_login_is_inside_it() {
    let outcome = if_offered(TIM).plays(
        "S: +OK
         C: CAPA
         L: USER, SASL CRAM-MD5, STLS
         C: STLS
         S: +OK
         TLS
         C: CAPA
         L: SASL PLAIN
         C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
         S: +OK
         C: CAPA
         L:",
    );
    assert_eq!(outcome.logs_in().security, Security::Tls);
}

/// Proves 2595-2.2-02, 2595-4-17.
/// Covers quirk-103.
#[test]
fn in_clear_it_goes_on_with_what_shows_no_password() {
    for front in [
        "S: +OK\nC: CAPA\nL: USER, SASL PLAIN LOGIN CRAM-MD5",
        "S: +OK\nC: CAPA\nL: USER, SASL PLAIN LOGIN CRAM-MD5, STLS\nC: STLS\nS: -ERR not now",
    ] {
        let outcome = if_offered(TIM).plays(&format!(
            "{front}
             C: AUTH CRAM-MD5
             S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
             C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
             S: +OK
             C: CAPA
             L:"
        ));
        assert_eq!(outcome.logs_in().security, Security::Plain);
    }
}

/// Covers quirk-103, stls-stripped.
#[test]
fn in_clear_no_password_is_shown_and_none_is_hinted_at() {
    for front in [
        "S: +OK\nC: CAPA\nS: -ERR",
        "S: +OK\nC: CAPA\nL: USER, SASL PLAIN LOGIN",
        "S: +OK\nC: CAPA\nL: USER, SASL PLAIN LOGIN, STLS\nC: STLS\nS: -ERR",
    ] {
        if_offered(TIM).plays(front).no_method().learned_nothing();
    }
    // A refusal does not make the client use anything weaker.
    if_offered(TIM)
        .plays(
            "S: +OK <1896.697170952@dbc.mtview.ca.us>
             C: CAPA
             L: USER, SASL PLAIN LOGIN CRAM-MD5
             C: AUTH CRAM-MD5
             S: -ERR no",
        )
        .refused(RefusalKind::Policy, Method::CramMd5);
}

#[test]
fn with_leave_passwords_are_shown_in_clear() {
    if_offered(TIM)
        .policy(|policy| policy.allow_plaintext_secrets = true)
        .plays(
            "S: +OK
             C: CAPA
             L: SASL PLAIN
             C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
             S: +OK
             C: CAPA
             L:",
        )
        .logs_in();
}

/// Proves 7628-3-01.
#[test]
fn tokens_and_certificates_stay_inside_tls_whatever_the_policy() {
    for credentials in [BEARER, Credentials::certificate(None), Credentials::certificate(Some("adm"))] {
        for tls in [Tls::Never, Tls::IfOffered] {
            plain(credentials)
                .policy(|policy| (policy.tls, policy.allow_plaintext_secrets) = (tls, true))
                .plays("S: +OK\nC: CAPA\nL: SASL EXTERNAL OAUTHBEARER XOAUTH2")
                .no_method();
        }
    }
}

/// What goes out before the first challenge for each method alone, in clear, at a server that has all of
/// them.
#[test]
fn in_clear_each_method_goes_out_or_not() {
    const LIST: &str = "USER, SASL EXTERNAL OAUTHBEARER XOAUTH2 SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS \
                        SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN ANONYMOUS";
    for method in Method::ALL.iter().copied() {
        let first = match method {
            Method::ScramSha256 => "AUTH SCRAM-SHA-256 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}",
            Method::ScramSha1 => "AUTH SCRAM-SHA-1 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}",
            Method::CramMd5 => "AUTH CRAM-MD5",
            Method::Anonymous => "AUTH ANONYMOUS =",
            _ => "",
        };
        let shown = match method {
            Method::Apop => "APOP user ec87818fbba45646df08ce6d6a516815",
            Method::Plain => "AUTH PLAIN AHVzZXIAcGVuY2ls",
            Method::Login => "AUTH LOGIN",
            Method::User => "USER user",
            _ => first,
        };
        for (allow_plaintext_secrets, line) in [(false, first), (true, shown)] {
            let one = plain(everything())
                .policy(|policy| {
                    (policy.tls, policy.allow_plaintext_secrets) = (Tls::Never, allow_plaintext_secrets)
                })
                .methods(&[method]);
            let front = format!("S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: {LIST}\n");
            match line {
                "" => one.plays(&front).no_method(),
                line => one
                    .plays(&format!("{front}C: {line}\nS: -ERR [AUTH] no"))
                    .refused(RefusalKind::Credentials, method),
            };
        }
    }
}

/// Proves 2595-2.2-01.
#[test]
fn tls_is_not_asked_for_where_it_is_not_wanted() {
    plain(TIM)
        .policy(|policy| *policy = Policy::CLEAR)
        .plays(
            "S: +OK
             C: CAPA
             L: STLS, USER
             C: USER tim
             S: +OK
             C: PASS tanstaaftanstaaf
             S: +OK
             C: CAPA
             L:",
        )
        .logs_in();
}
