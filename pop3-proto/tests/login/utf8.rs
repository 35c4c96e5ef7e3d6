//! UTF8 in a login: it goes out after STLS and before the credentials, where it is offered and wanted.

use pop3_proto::login::{Policy, Tls};

use crate::credentials::USER;
use crate::script::{plain, tls};

const LOGIN: &str = "C: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: +OK\nC: CAPA\nL:";

#[test]
fn utf8_goes_out_before_the_login() {
    for list in ["UTF8", "UTF8 USER"] {
        for answer in ["+OK", "-ERR not now"] {
            tls(USER)
                .policy(|policy| policy.utf8 = true)
                .plays(&format!("S: +OK\nC: CAPA\nL: SASL PLAIN, {list}\nC: UTF8\nS: {answer}\n{LOGIN}"))
                .logs_in()
                .learned_nothing();
        }
    }
}

#[test]
fn utf8_is_not_sent_unwanted_or_unoffered() {
    tls(USER).plays(&format!("S: +OK\nC: CAPA\nL: SASL PLAIN, UTF8\n{LOGIN}")).logs_in();
    tls(USER)
        .policy(|policy| policy.utf8 = true)
        .plays(&format!("S: +OK\nC: CAPA\nL: SASL PLAIN\n{LOGIN}"))
        .logs_in();
}

/// Proves 6856-2.1-10.
#[test]
fn stls_goes_before_utf8() {
    for tls in [Tls::Required, Tls::IfOffered] {
        let one = plain(USER).policy(|policy| (policy.tls, policy.utf8) = (tls, true));
        one.plays(&format!(
            "S: +OK
             C: CAPA
             L: UTF8, STLS
             C: STLS
             S: +OK
             TLS
             C: CAPA
             L: UTF8, SASL PLAIN
             C: UTF8
             S: +OK
             {LOGIN}"
        ))
        .logs_in();
        // What was offered in clear is not offered any more.
        one.plays(&format!(
            "S: +OK\nC: CAPA\nL: UTF8, STLS\nC: STLS\nS: +OK\nTLS\nC: CAPA\nL: SASL PLAIN\n{LOGIN}"
        ))
        .logs_in();
    }
}

#[test]
fn where_stls_was_refused_utf8_goes_out_in_clear() {
    plain(USER)
        .policy(|policy| {
            (policy.utf8, policy.tls, policy.allow_plaintext_secrets) = (true, Tls::IfOffered, true)
        })
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: UTF8, STLS, SASL PLAIN\nC: STLS\nS: -ERR\nC: UTF8\nS: +OK\n{LOGIN}"
        ))
        .logs_in();
    plain(USER)
        .policy(|policy| {
            *policy = Policy::CLEAR;
            policy.utf8 = true;
        })
        .plays(&format!("S: +OK\nC: CAPA\nL: UTF8, STLS, SASL PLAIN\nC: UTF8\nS: +OK\n{LOGIN}"))
        .logs_in();
}
