//! Mistakes of the program that logs in. A mistake is reported, and nothing weaker hides it. If a mechanism
//! cannot carry the name or the password, the next one that the server announces is tried, and no other.

use pop3_proto::Secret;
use pop3_proto::login::{Method, RefusalKind};
use pop3_proto::sasl::Why;
use pop3_proto::sasl::client::Credentials;

use crate::credentials::{TIM, USER, everything};
use crate::outcome::{End, Outcome};
use crate::script::{base64, tls};

const IN: &str = "S: +OK\nC: CAPA\nL:";

fn offering(list: &str) -> String {
    format!("S: +OK\nC: CAPA\nL: {list}")
}

#[track_caller]
fn says(outcome: &Outcome, words: &str) {
    let End::Failed(failure) = outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!(failure.to_string(), words);
}

#[test]
fn without_a_nonce_scram_ends_it() {
    let one = tls(USER).channel(|channel| channel.nonce = None);
    for (list, method) in [
        ("SASL SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN, USER", Method::ScramSha256),
        ("SASL SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN, USER", Method::ScramSha1),
    ] {
        let outcome = one.plays(&offering(list)).unusable(method, Why::Nonce).said("").learned_nothing();
        assert_eq!(outcome.method, None);
        says(
            &outcome,
            &format!(
                "{} cannot be used: the channel has no nonce: the program passed something that cannot be used",
                method.as_str()
            ),
        );
    }
    // No other method needs a nonce.
    one.plays(&format!("{}\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\n{IN}", offering("SASL PLAIN, USER"))).logs_in();
}

#[test]
fn memory_that_is_too_small_at_the_start_ends_it() {
    // PLAIN takes 22 bytes; SCRAM takes 36 for its first message, and 3 for the header once more.
    let mut one = tls(USER);
    for octets in [22, 30, 38] {
        one.memory = octets;
        one.plays(&offering("SASL SCRAM-SHA-256 PLAIN LOGIN, USER"))
            .unusable(Method::ScramSha256, Why::Memory)
            .learned_nothing();
        one.plays(&format!("{}\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\n{IN}", offering("SASL PLAIN, USER")))
            .logs_in();
    }
    one.memory = 39;
    one.plays(&format!(
        "{}\nC: AUTH SCRAM-SHA-256 {{n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}}\nS: -ERR [AUTH] no",
        offering("SASL SCRAM-SHA-256 PLAIN LOGIN, USER")
    ))
    .refused(RefusalKind::Credentials, Method::ScramSha256);
}

#[test]
fn memory_that_is_too_small_in_the_middle_ends_it() {
    let challenge = format!("<{}@h>", "1".repeat(596));
    for answer in ["-ERR", "-ERR cancelled", "-ERR [AUTH] no"] {
        let mut one = tls(TIM);
        one.memory = 600;
        one.plays(&format!(
            "{}\nC: AUTH CRAM-MD5\nS: + {{{challenge}}}\nC: *\nS: {answer}",
            offering("SASL CRAM-MD5 PLAIN LOGIN, USER")
        ))
        .unusable(Method::CramMd5, Why::Memory)
        .said("")
        .learned_nothing();
    }
    let mut one = tls(USER);
    one.memory = 80;
    one.plays(&format!(
        "{}
         C: AUTH SCRAM-SHA-256 {{n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}}
         S: + {{r=rOprNGfwEbeRWgbNEkqO7677x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}}
         C: *
         S: -ERR",
        offering("SASL SCRAM-SHA-256 PLAIN LOGIN, USER")
    ))
    .unusable(Method::ScramSha256, Why::Memory)
    .learned_nothing();
}

/// A server that hangs up on `*` did not make the mistake, and with more memory the method would be as good
/// as before.
#[test]
fn a_hang_up_after_the_own_mistake_brings_no_weaker_method_next_time() {
    let challenge = format!("<{}@h>", "1".repeat(596));
    let mut one = tls(TIM);
    one.memory = 600;
    one.plays(&format!(
        "{}\nC: AUTH CRAM-MD5\nS: + {{{challenge}}}\nC: *\nEOF",
        offering("SASL CRAM-MD5 PLAIN LOGIN, USER")
    ))
    .unusable(Method::CramMd5, Why::Memory)
    .learned_nothing();
}

#[test]
fn a_token_that_is_none_ends_it() {
    for token in ["", "t0k en", "t0ken\n", "t0\u{e9}"] {
        let mut one = everything();
        (one.certificate, one.token) = (false, Some(Secret::new(token.as_bytes())));
        for (list, method) in [
            ("SASL OAUTHBEARER XOAUTH2 SCRAM-SHA-256 PLAIN, USER", Method::OauthBearer),
            ("SASL XOAUTH2 SCRAM-SHA-256 PLAIN, USER", Method::Xoauth2),
        ] {
            tls(one).plays(&offering(list)).unusable(method, Why::Token).learned_nothing();
        }
    }
}

#[test]
fn a_token_that_no_line_can_carry_ends_it() {
    // With 24 bytes around it this token makes 12,285 bytes, which are 16,380 in base64.
    let fits = "t".repeat(12_261);
    let message = format!("n,a=user,\x01auth=Bearer {fits}\x01\x01");
    assert_eq!(message.len(), 12_285);
    let message = base64(message.as_bytes());
    for (token, is_taken) in [(&fits, true), (&"t".repeat(12_262), false)] {
        let mut credentials = USER;
        credentials.token = Some(Secret::new(token.as_bytes()));
        let mut one = tls(credentials);
        one.memory = 16_384;
        let front = offering("SASL OAUTHBEARER XOAUTH2 SCRAM-SHA-256 PLAIN, USER");
        match is_taken {
            true => {
                one.plays(&format!("{front}\nC: AUTH OAUTHBEARER\nS: +\\x20\nC: {message}\n{IN}")).logs_in()
            }
            false => one.plays(&front).unusable(Method::OauthBearer, Why::TooLong).learned_nothing(),
        };
    }
}

#[test]
fn a_text_that_a_mechanism_cannot_carry_brings_the_next_one_that_is_announced() {
    // A password that is not UTF-8. The session itself may send it.
    let one = tls(Credentials::password("user", Secret::new(b"p\xE4ss")))
        .client(|client| client.with_eight_bit_logins(true));
    one.plays(&format!(
        "{}\nC: AUTH PLAIN {{\\0user\\0p\\xe4ss}}\n{IN}",
        offering("SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN, USER")
    ))
    .logs_in()
    .learned_nothing();
    one.plays(&format!(
        "{}\nC: USER user\nS: +OK\nC: PASS p\\xe4ss\n{IN}",
        offering("SASL SCRAM-SHA-256 SCRAM-SHA-1, USER")
    ))
    .logs_in()
    .learned_nothing();
    // Without a list of capabilities USER counts as announced; with a list it does not.
    one.plays(&offering("SASL SCRAM-SHA-256 SCRAM-SHA-1"))
        .unusable(Method::ScramSha256, Why::Text)
        .learned_nothing();
    let outcome = one.plays(&offering("SASL SCRAM-SHA-1")).unusable(Method::ScramSha1, Why::Text);
    says(
        &outcome,
        "scram-sha-1 cannot be used: the name or password is empty or has characters that cannot be sent: \
         the program passed something that cannot be used",
    );
}

/// A refusal by the server counts for more than a method that could not be tried.
#[test]
fn after_a_refusal_the_refusal_is_told() {
    tls(Credentials::password("user", Secret::new(b"p\xE4ss")))
        .plays(&format!(
            "{}\nC: AUTH PLAIN {{\\0user\\0p\\xe4ss}}\nS: -ERR not here\nC: AUTH PLAIN\nS: -ERR",
            offering("SASL SCRAM-SHA-256 PLAIN")
        ))
        .refused(RefusalKind::Credentials, Method::Plain)
        .said("not here");
}

#[test]
fn credentials_that_a_mechanism_cannot_show_bring_the_next_one_that_is_announced() {
    let mut deputy = USER;
    deputy.acting_as = Some("adm");
    tls(deputy)
        .plays(&format!(
            "{}\nC: AUTH PLAIN {{adm\\0user\\0pencil}}\n{IN}",
            offering("SASL CRAM-MD5 PLAIN LOGIN, USER")
        ))
        .logs_in()
        .learned_nothing();
    tls(deputy)
        .plays(&offering("SASL CRAM-MD5 LOGIN, USER"))
        .unusable(Method::CramMd5, Why::Credentials)
        .learned_nothing();
    // The token would be tried unannounced if there were no mechanism that is announced and cannot be used.
    deputy.token = Some(Secret::new(b"t0ken"));
    tls(deputy)
        .plays(&offering("SASL CRAM-MD5 LOGIN, USER"))
        .unusable(Method::CramMd5, Why::Credentials)
        .learned_nothing();
    tls(deputy)
        .plays(&format!(
            "{}\nC: AUTH OAUTHBEARER\nS: +\\x20\nC: {{n,a=adm,\x01auth=Bearer t0ken\x01\x01}}\n{IN}",
            offering("USER")
        ))
        .logs_in();
}

/// A channel without bindings makes -PLUS no candidate, so that [`Why::Channel`] is never the end of a login.
#[test]
fn without_a_binding_the_plus_forms_are_passed_over() {
    tls(USER)
        .plays(&format!(
            "{}\nC: AUTH SCRAM-SHA-256 {{n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}}\nS: -ERR [AUTH] no",
            offering("SASL SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 PLAIN, USER")
        ))
        .refused(RefusalKind::Credentials, Method::ScramSha256);
    tls(USER)
        .plays(&format!(
            "{}\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\n{IN}",
            offering("SASL SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS PLAIN, USER")
        ))
        .logs_in();
    for method in [Method::ScramSha256Plus, Method::ScramSha1Plus] {
        tls(USER)
            .methods(&[method])
            .plays(&offering("SASL SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS PLAIN, USER"))
            .no_method();
    }
}
