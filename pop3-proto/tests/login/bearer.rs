//! Logins with tokens, and what a server says about a token that it refuses.

use pop3_proto::Secret;
use pop3_proto::login::{Method, Reason, RefusalKind};
use pop3_proto::sasl::Why;

use crate::credentials::{BEARER, everything};
use crate::script::tls;

const TOKEN: &str = "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
const WHY: &str = concat!(
    r#"{"status":"invalid_token","scope":"example_scope","#,
    r#""openid-configuration":"https://example.com/.well-known/openid-configuration"}"#
);

/// Proves 7628-3.1-01, 7628-3.1-03.
#[test]
fn oauthbearer_as_in_rfc_7628() {
    tls(BEARER)
        .channel(|channel| channel.authority = Some(("server.example.com", 110)))
        .plays(
            "S: +OK
             C: CAPA
             L: SASL OAUTHBEARER XOAUTH2
             C: AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTEwAWF1dGg9\
             QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB
             S: +OK
             C: CAPA
             L:",
        )
        .logs_in();
}

/// Proves 7628-3.2.3-01.
#[test]
fn a_failure_of_oauthbearer_is_acknowledged_with_one_octet_and_tells_why() {
    for (answer, words) in [("-ERR [AUTH] no", "no"), ("-ERR", "")] {
        let outcome = tls(BEARER)
            .methods(&[Method::OauthBearer])
            .plays(&format!(
                "S: +OK
                 C: CAPA
                 L: SASL OAUTHBEARER
                 C: AUTH OAUTHBEARER {{n,a=user@example.com,\x01{TOKEN}\x01\x01}}
                 S: + {{{WHY}}}
                 C: AQ==
                 S: {answer}"
            ))
            .refused(RefusalKind::Credentials, Method::OauthBearer)
            .said(words);
        assert_eq!(outcome.token_refusal.as_deref(), Some(WHY));
    }
}

/// Proves 0-xoauth2-01, 0-xoauth2-02.
/// Covers quirk-29, quirk-43.
#[test]
fn a_failure_of_xoauth2_is_acknowledged_with_an_empty_line_and_tells_why() {
    for (answer, words) in [("-ERR [AUTH] no", "no"), ("-ERR", "")] {
        let outcome = tls(BEARER)
            .methods(&[Method::Xoauth2])
            .plays(&format!(
                "S: +OK
                 C: CAPA
                 L: SASL XOAUTH2
                 C: AUTH XOAUTH2
                 S: +
                 C: {{user=user@example.com\x01{TOKEN}\x01\x01}}
                 S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
                 C:
                 S: {answer}"
            ))
            .refused(RefusalKind::Credentials, Method::Xoauth2)
            .said(words);
        let why = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;
        assert_eq!(outcome.token_refusal.as_deref(), Some(why));
    }
}

#[test]
fn a_token_that_was_refused_is_not_tried_in_another_way() {
    let outcome = tls(BEARER).plays(&format!(
        "S: +OK
         C: CAPA
         L: SASL XOAUTH2
         C: AUTH XOAUTH2
         S: +\\x20
         C: {{user=user@example.com\x01{TOKEN}\x01\x01}}
         S: + {{{WHY}}}
         C:
         S: -ERR no"
    ));
    assert_eq!(
        outcome.refused(RefusalKind::Credentials, Method::Xoauth2).token_refusal.as_deref(),
        Some(WHY)
    );
}

/// Proves 7628-3.2.3-01.
#[test]
fn ok_after_a_failure_is_no_login() {
    for (mechanism, acknowledgement) in [("OAUTHBEARER", "AQ=="), ("XOAUTH2", "")] {
        let method = Method::by_name(mechanism).unwrap();
        let token = match method {
            Method::Xoauth2 => format!("{{user=user@example.com\x01{TOKEN}\x01\x01}}"),
            _ => format!("{{n,a=user@example.com,\x01{TOKEN}\x01\x01}}"),
        };
        tls(BEARER)
            .methods(&[method])
            .plays(&format!(
                "S: +OK\nC: CAPA\nL:\nC: AUTH {mechanism}\nS: +\\x20\nC: {token}\n\
                 S: + {{{WHY}}}\nC: {acknowledgement}\nS: +OK welcome"
            ))
            .fails(RefusalKind::Policy, Reason::NotProved(method), None);
    }
}

/// A failure whose challenges go on and on.
#[test]
fn a_second_failure_is_cancelled() {
    tls(BEARER)
        .methods(&[Method::OauthBearer])
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL OAUTHBEARER
             C: AUTH OAUTHBEARER {{n,a=user@example.com,\x01{TOKEN}\x01\x01}}
             S: + {{{WHY}}}
             C: AQ==
             S: + {{{WHY}}}
             C: *
             S: -ERR"
        ))
        .refused(RefusalKind::Policy, Method::OauthBearer);
}

/// Proves 5034-4-15.
/// Covers invalid-base64-challenge.
#[test]
fn what_cannot_be_read_after_a_token_is_no_failure_to_acknowledge() {
    let outcome = tls(BEARER)
        .methods(&[Method::OauthBearer])
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL OAUTHBEARER
             C: AUTH OAUTHBEARER {{n,a=user@example.com,\x01{TOKEN}\x01\x01}}
             S: + not authorized
             C: *
             S: -ERR
             C: AUTH OAUTHBEARER
             S: -ERR"
        ))
        .refused(RefusalKind::Policy, Method::OauthBearer);
    assert_eq!(outcome.token_refusal, None);
}

/// Proves 5034-4-30.
#[test]
fn after_a_refused_token_the_password_has_its_turn() {
    tls(everything())
        .plays(
            "S: +OK
             C: CAPA
             L: SASL XOAUTH2 PLAIN
             C: AUTH XOAUTH2
             S: -ERR no
             C: AUTH PLAIN AHVzZXIAcGVuY2ls
             S: +OK
             C: CAPA
             L:",
        )
        .logs_in()
        .learned_to_avoid(&[Method::Xoauth2]);
}

/// A token or a name that could break out of its field is not sent.
#[test]
fn a_token_or_name_with_a_separator_is_not_sent() {
    let list = "S: +OK\nC: CAPA\nL: SASL OAUTHBEARER XOAUTH2";
    for token in ["", "a\x01host=evil", "a b", "a\r\nQUIT", "t\u{f6}ken"] {
        let mut one = BEARER;
        one.token = Some(Secret::new(token.as_bytes()));
        tls(one).plays(list).unusable(Method::OauthBearer, Why::Token);
    }
    let mut one = BEARER;
    one.name = "user\x01auth=Bearer x";
    tls(one).plays(list).unusable(Method::OauthBearer, Why::Text);
}
