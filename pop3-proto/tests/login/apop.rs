//! Logins with APOP: only where the policy allows it and the greeting has a timestamp that is a msg-id.

use pop3_proto::Secret;
use pop3_proto::login::{Method, Policy, RefusalKind, Tls};
use pop3_proto::sasl::client::Credentials;

use crate::credentials::USER;
use crate::script::{Try, plain, tls};

const MROSE: Credentials<'_> = Credentials::password("mrose", Secret::new(b"tanstaaf"));
const GREETING: &str = "S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\n";
const IN: &str = "S: +OK\nC: CAPA\nL:";

fn apop(credentials: Credentials<'_>) -> Try<'_> {
    tls(credentials).policy(|policy| policy.methods = policy.methods.with(Method::Apop))
}

/// Proves 1939-7-28, 1939-7-29, 1939-7-32.
#[test]
fn the_digest_is_that_of_the_rfc() {
    apop(MROSE)
        .plays(&format!("{GREETING}L: USER\nC: APOP mrose c4c9334bac560ecc979e58001b3e22fb\n{IN}"))
        .logs_in();
    // The example of RFC 2384, as its erratum corrects it.
    apop(Credentials::password("rg", Secret::new(b"secret")))
        .plays(&format!(
            "S: +OK <1896.697170952@mail.eudora.com>
             C: CAPA
             L:
             C: APOP rg 8f5de26536bc248ba202a9ca612e71bd
             {IN}"
        ))
        .logs_in();
    // Every byte of the secret counts.
    apop(Credentials::password("rg", Secret::new(b" Pa ss ")))
        .plays(&format!(
            "S: +OK <1.2@h.example>\nC: CAPA\nL:\nC: APOP rg 73df56438ae67dc50470a64853d44347\n{IN}"
        ))
        .logs_in();
}

/// Proves 6856-2.2-06.
#[test]
fn a_secret_beyond_ascii_is_prepared() {
    apop(Credentials::password("rg", Secret::new("\u{2168}".as_bytes())))
        .plays(&format!(
            "S: +OK <1.2@h.example>\nC: CAPA\nL:\nC: APOP rg 782b437de2bbdcb9daa00cf0817ba5da\n{IN}"
        ))
        .logs_in();
}

/// Covers apop-unasked.
#[test]
fn nobody_uses_apop_unasked() {
    for answer in ["S: -ERR", "L:", "L: TOP", "L: USER"] {
        for one in [tls(MROSE), plain(MROSE).policy(|policy| *policy = Policy::CLEAR)] {
            one.plays(&format!("{GREETING}{answer}\nC: USER mrose\nS: -ERR no"))
                .refused(RefusalKind::Credentials, Method::User);
        }
    }
    plain(MROSE)
        .policy(|policy| policy.tls = Tls::Never)
        .plays(&format!("{GREETING}L: USER, SASL PLAIN"))
        .no_method();
}

/// Covers apop-unasked.
#[test]
fn in_clear_it_takes_leave_to_show_secrets() {
    let one = plain(MROSE).policy(|policy| {
        (policy.tls, policy.methods) = (Tls::Never, policy.methods.with(Method::Apop));
    });
    one.plays(&format!("{GREETING}L: USER")).no_method();
    one.policy(|policy| policy.allow_plaintext_secrets = true)
        .plays(&format!("{GREETING}L: USER\nC: APOP mrose c4c9334bac560ecc979e58001b3e22fb\n{IN}"))
        .logs_in();
}

/// Proves 1939-7-32.
/// Covers quirk-02, quirk-05, quirk-06, quirk-10, apop-timestamp-no-msg-id.
#[test]
fn without_a_well_formed_timestamp_there_is_no_apop() {
    for greeting in [
        "ready",
        "<a.b.c>",
        "<>",
        "<@>",
        "<1@>",
        "<@h>",
        "<1@h",
        "<1@h@i>",
        "<1 2@h>",
        "<1@h\\xe9>",
        "<1\\x01@h>",
        "1462299066.1311785279@host",
        "The Microsoft Exchange POP3 service is ready. [UABSADIAUABJADEAMgBDAEEAMAAxADAAMg==]",
        "SESSIONID=<cyrus-1>",
        "Maillennium POP3/PROXY server #120",
    ] {
        apop(MROSE)
            .plays(&format!("S: +OK {greeting}\nC: CAPA\nL: USER\nC: USER mrose\nS: -ERR [AUTH]"))
            .refused(RefusalKind::Credentials, Method::User);
    }
}

/// Covers quirk-01.
#[test]
fn the_timestamp_may_stand_anywhere_in_the_greeting() {
    for greeting in [
        "<1896.697170952@dbc.mtview.ca.us>",
        "x <1896.697170952@dbc.mtview.ca.us> POP3 ready",
        "x<1896.697170952@dbc.mtview.ca.us>y <1.2@h>",
    ] {
        apop(MROSE)
            .plays(&format!(
                "S: +OK {greeting}\nC: CAPA\nL:\nC: APOP mrose c4c9334bac560ecc979e58001b3e22fb\n{IN}"
            ))
            .logs_in();
    }
}

/// Covers quirk-10.
#[test]
fn only_the_greeting_holds_a_timestamp() {
    apop(MROSE)
        .plays(
            "S: +OK ready
             C: CAPA
             S: +OK <1896.697170952@dbc.mtview.ca.us>
             S: USER
             S: IMPLEMENTATION <1896.697170952@dbc.mtview.ca.us>
             S: .
             C: USER mrose
             S: +OK SESSIONID=<1896.697170952@dbc.mtview.ca.us>
             C: PASS tanstaaf
             S: -ERR [AUTH] <1896.697170952@dbc.mtview.ca.us>",
        )
        .refused(RefusalKind::Credentials, Method::User);
}

/// Somebody in the middle could change it, and bring the client to a weaker method inside TLS.
/// Covers state-carried-into-tls.
#[test]
fn a_timestamp_from_before_tls_serves_only_who_wants_nothing_else() {
    let front = "S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: STLS\nC: STLS\nS: +OK\nTLS\nC: CAPA\n";
    let one = plain(USER).policy(|policy| policy.methods = policy.methods.with(Method::Apop));
    one.plays(&format!("{front}L: SASL PLAIN\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: -ERR [AUTH]"))
        .refused(RefusalKind::Credentials, Method::Plain);
    plain(USER)
        .methods(&[Method::Apop])
        .plays(&format!("{front}L: USER\nC: APOP user ec87818fbba45646df08ce6d6a516815\nS: -ERR [AUTH]"))
        .refused(RefusalKind::Credentials, Method::Apop);
}

/// Covers quirk-04.
#[test]
fn after_a_refusal_user_and_pass_follow_on_the_same_connection() {
    apop(MROSE)
        .plays(&format!(
            "{GREETING}L: USER
             C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
             S: -ERR no such user
             C: USER mrose
             S: +OK
             C: PASS tanstaaf
             {IN}"
        ))
        .logs_in()
        .learned_to_avoid(&[Method::Apop]);
}

#[test]
fn it_stands_between_what_does_not_show_the_password_and_what_does() {
    let first = |list: &str, line: &str, method| {
        apop(USER)
            .plays(&format!("{GREETING}L: {list}\nC: {line}\nS: -ERR [AUTH]"))
            .refused(RefusalKind::Credentials, method);
    };
    first("SASL CRAM-MD5 PLAIN", "AUTH CRAM-MD5", Method::CramMd5);
    first("SASL PLAIN LOGIN, USER", "APOP user ec87818fbba45646df08ce6d6a516815", Method::Apop);
}

/// Proves 1939-7-22.
#[test]
fn a_name_with_a_space_cannot_be_sent() {
    apop(Credentials::password("m rose", Secret::new(b"tanstaaf")))
        .plays(&format!("{GREETING}L: USER\nC: USER m rose\nS: -ERR [AUTH]"))
        .refused(RefusalKind::Credentials, Method::User);
}
