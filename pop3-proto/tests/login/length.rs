//! How long the line of a login may be, and what is sent on more lines then.

use pop3_proto::Secret;
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::login::{Method, Policy, RefusalKind};
use pop3_proto::sasl::Why;
use pop3_proto::sasl::client::Credentials;

use crate::script::{base64, plain, tls};

const IN: &str = "S: +OK\nC: CAPA\nL:";

/// Proves 5034-4-10, 2449-4-01.
#[test]
fn an_initial_response_that_fits_255_octets_goes_out_with_auth() {
    let token = "t".repeat(153);
    let message = base64(format!("n,a=user,\x01auth=Bearer {token}\x01\x01").as_bytes());
    assert_eq!(format!("AUTH OAUTHBEARER {message}\r\n").len(), 255);
    tls(Credentials::token("user", Secret::new(token.as_bytes())))
        .plays(&format!("S: +OK\nC: CAPA\nL: SASL OAUTHBEARER\nC: AUTH OAUTHBEARER {message}\n{IN}"))
        .logs_in();

    let name = "n".repeat(145);
    let message = base64(format!("n,,n={name},r=rOprNGfwEbeRWgbNEkqO7677").as_bytes());
    assert_eq!(format!("AUTH SCRAM-SHA-1 {message}\r\n").len(), 255);
    tls(Credentials::password(&name, Secret::new(b"pencil")))
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-1\nC: AUTH SCRAM-SHA-1 {message}\nS: -ERR [AUTH] no"
        ))
        .refused(RefusalKind::Credentials, Method::ScramSha1);
}

/// Proves 5034-4-10, 7628-3-02.
#[test]
fn one_octet_more_waits_for_the_empty_challenge() {
    let token = "t".repeat(154);
    let message = base64(format!("n,a=user,\x01auth=Bearer {token}\x01\x01").as_bytes());
    tls(Credentials::token("user", Secret::new(token.as_bytes())))
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: SASL OAUTHBEARER\nC: AUTH OAUTHBEARER\nS: +\\x20\nC: {message}\n{IN}"
        ))
        .logs_in();

    let name = "n".repeat(146);
    let message = base64(format!("n,,n={name},r=rOprNGfwEbeRWgbNEkqO7677").as_bytes());
    tls(Credentials::password(&name, Secret::new(b"pencil")))
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-1\nC: AUTH SCRAM-SHA-1\nS: +\\x20\nC: {message}\nS: -ERR [AUTH] no"
        ))
        .refused(RefusalKind::Credentials, Method::ScramSha1);

    // A line of 253 bytes with AUTH PLAIN in front, then one of 257.
    for (octets, front) in [(172, "C: AUTH PLAIN "), (173, "C: AUTH PLAIN\nS: +\\x20\nC: ")] {
        let password = "p".repeat(octets + 2);
        let message = base64(format!("\0user\0{password}").as_bytes());
        tls(Credentials::password("user", Secret::new(password.as_bytes())))
            .plays(&format!("S: +OK\nC: CAPA\nL: SASL PLAIN\n{front}{message}\n{IN}"))
            .logs_in();
    }
}

/// Proves 5034-4-18, 0-xoauth2-01, 0-xoauth2-03.
/// Covers quirk-29, quirk-30.
#[test]
fn xoauth2_takes_two_steps_whatever_the_length_of_the_token() {
    for len in [1, 4096, 8192] {
        let token = "t".repeat(len);
        let message = base64(format!("user=user\x01auth=Bearer {token}\x01\x01").as_bytes());
        let mut one = tls(Credentials::token("user", Secret::new(token.as_bytes())));
        one.memory = SASL_MEMORY;
        one.plays(&format!(
            "S: +OK\nC: CAPA\nL: SASL XOAUTH2 PLAIN\nC: AUTH XOAUTH2\nS: +\\x20\nC: {message}\n{IN}"
        ))
        .logs_in();
    }
}

/// Proves 5034-4-18, 7628-3-02.
/// Covers quirk-30.
#[test]
fn oauthbearer_takes_long_tokens_after_the_empty_challenge() {
    let token = "t".repeat(4096);
    let message =
        base64(format!("n,a=user,\x01host=h\x01port=995\x01auth=Bearer {token}\x01\x01").as_bytes());
    let mut one = tls(Credentials::token("user", Secret::new(token.as_bytes())))
        .channel(|channel| channel.authority = Some(("h", 995)));
    one.memory = SASL_MEMORY;
    one.plays(&format!(
        "S: +OK\nC: CAPA\nL: SASL OAUTHBEARER\nC: AUTH OAUTHBEARER\nS: +\\x20\nC: {message}\n{IN}"
    ))
    .logs_in();
}

#[test]
fn a_token_that_the_memory_cannot_hold_is_not_begun() {
    let token = "t".repeat(4096);
    tls(Credentials::token("user", Secret::new(token.as_bytes())))
        .plays("S: +OK\nC: CAPA\nL: SASL OAUTHBEARER XOAUTH2")
        .unusable(Method::OauthBearer, Why::Memory);
}

/// Proves 2449-4-01.
#[test]
fn user_and_pass_lines_have_255_octets_at_most() {
    let (fits, too_long) = ("n".repeat(248), "n".repeat(249));
    let front = "S: +OK\nC: CAPA\nL: USER";
    tls(Credentials::password(&fits, Secret::new(fits.as_bytes())))
        .plays(&format!("{front}\nC: USER {fits}\nS: +OK\nC: PASS {fits}\n{IN}"))
        .logs_in();
    tls(Credentials::password(&too_long, Secret::new(b"pencil"))).plays(front).no_method();
    tls(Credentials::password("user", Secret::new(too_long.as_bytes())))
        .plays(&format!("{front}\nC: USER user\nS: +OK"))
        .no_method();
}

/// Proves 1939-3-08.
/// Covers quirk-11.
#[test]
fn a_server_that_refused_capa_gets_arguments_of_40_octets_at_most() {
    let (fits, too_long) = ("n".repeat(40), "n".repeat(41));
    let front = "S: +OK\nC: CAPA\nS: -ERR";
    let long = Credentials::password(&too_long, Secret::new(too_long.as_bytes()));
    for one in [tls, plain] {
        let clear = |credentials| one(credentials).policy(|policy| *policy = Policy::CLEAR);
        clear(Credentials::password(&fits, Secret::new(fits.as_bytes())))
            .plays(&format!("{front}\nC: USER {fits}\nS: +OK\nC: PASS {fits}\nS: +OK"))
            .logs_in();
        clear(long).plays(front).no_method();
        clear(long)
            .client(|client| client.with_long_arguments(true))
            .plays(&format!("{front}\nC: USER {too_long}\nS: +OK\nC: PASS {too_long}\nS: +OK"))
            .logs_in();
    }
}
