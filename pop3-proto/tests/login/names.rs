//! Logins with names and passwords that hold more than letters and digits.

use pop3_proto::Secret;
use pop3_proto::login::{Method, Policy, RefusalKind};
use pop3_proto::sasl::Why;
use pop3_proto::sasl::client::Credentials;

use crate::script::{Try, plain, tls};

const IN: &str = "S: +OK\nC: CAPA\nL:";

fn who<'c>(name: &'c str, password: &'c [u8]) -> Try<'c> {
    tls(Credentials::password(name, Secret::new(password)))
}

/// Proves 6856-2.2-03.
/// Covers eight-bit-octets-in-arguments.
#[test]
fn user_and_pass_are_ascii_unless_the_server_announces_more() {
    for list in ["USER", "USER, UTF8"] {
        let front = format!("S: +OK\nC: CAPA\nL: {list}");
        who("\u{fc}ser", b"pencil").plays(&front).no_method();
        // The name is not sent if the password cannot follow.
        who("user", "p\u{e4}ss".as_bytes()).plays(&front).no_method();
    }
    who("\u{fc}ser", b"pencil").plays("S: +OK\nC: CAPA\nS: -ERR").no_method();
}

/// Proves 1939-7-17, 6856-2.2-02.
#[test]
fn user_and_pass_are_utf_8_where_the_server_announces_it() {
    who("\u{fc}ser", "p\u{e4}ss".as_bytes())
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: USER, UTF8 USER\nC: USER \\xc3\\xbcser\nS: +OK\nC: PASS p\\xc3\\xa4ss\n{IN}"
        ))
        .logs_in();
}

/// Covers quirk-44.
#[test]
fn with_leave_any_octets_go_to_a_server_that_announces_nothing() {
    who("\u{fc}ser", b"p\xE4ss")
        .client(|client| client.with_eight_bit_logins(true))
        .plays("S: +OK\nC: CAPA\nS: -ERR\nC: USER \\xc3\\xbcser\nS: +OK\nC: PASS p\\xe4ss\nS: +OK")
        .logs_in();
}

/// Proves 6856-2.2-09, 4616-2-01.
#[test]
fn mechanisms_say_utf_8_by_themselves() {
    who("\u{fc}ser", "p\u{e4}ss".as_bytes())
        .plays(&format!("S: +OK\nC: CAPA\nL: SASL PLAIN, USER\nC: AUTH PLAIN AMO8c2VyAHDDpHNz\n{IN}"))
        .logs_in();
    who("\u{fc}ser", "p\u{e4}ss".as_bytes())
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL LOGIN
             C: AUTH LOGIN
             S: + VXNlcm5hbWU6
             C: w7xzZXI=
             S: + UGFzc3dvcmQ6
             C: cMOkc3M=
             {IN}"
        ))
        .logs_in();
}

/// Covers quirk-120.
#[test]
fn spaces_are_sent_as_they_are() {
    who("two words", b" pass  word ")
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: USER\nC: USER two words\nS: +OK\nC: PASS\\x20 pass  word\\x20\n{IN}"
        ))
        .logs_in();
    who("user@example.com", b"pass word")
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: SASL PLAIN\nC: AUTH PLAIN AHVzZXJAZXhhbXBsZS5jb20AcGFzcyB3b3Jk\n{IN}"
        ))
        .logs_in();
}

/// Proves 1939-7-22.
/// Covers crlf-nul-in-command-arguments.
#[test]
fn what_would_end_a_line_is_not_sent() {
    for bad in ["", "a\r\nDELE 1", "a\nb", "a\rb", "a\0b", "\r\n", "a\x01", "a\x7f"] {
        for clear in [false, true] {
            let one = |name, password| match clear {
                false => who(name, password),
                true => plain(who(name, password).credentials).policy(|policy| *policy = Policy::CLEAR),
            };
            let greeting = "S: +OK <1.2@h.example>\nC: CAPA\nL: USER";
            one(bad, b"pencil").plays(greeting).no_method();
            one("user", bad.as_bytes()).plays(greeting).no_method();
            one(bad, b"pencil").methods(&[Method::Apop]).plays(greeting).no_method();
        }
    }
}

/// Proves 4616-2-02, 4422-3.4.1-01.
/// Covers crlf-nul-in-command-arguments.
#[test]
fn nul_is_not_sent_in_any_mechanism() {
    let list = "S: +OK\nC: CAPA\nL: SASL EXTERNAL PLAIN LOGIN SCRAM-SHA-256";
    let only = |one: Try<'_>, method| {
        one.policy(|policy| policy.try_unannounced = false).plays(list).unusable(method, Why::Text);
    };
    only(who("us\0er", b"pencil"), Method::ScramSha256);
    only(Try { credentials: Credentials::certificate(Some("ad\0m")), ..who("", b"") }, Method::External);
    let mut deputy = Credentials::password("user", Secret::new(b"pencil"));
    deputy.acting_as = Some("ad\0m");
    only(tls(deputy), Method::ScramSha256);
    only(who("user", b"pen\0cil"), Method::ScramSha256);
}

/// A mechanism that cannot take the name or the password leaves its place to the next.
#[test]
fn what_scram_cannot_prepare_goes_by_a_weaker_method() {
    // A character that SASLprep forbids, and a password that is not UTF-8.
    who("user", b"p\xE4ss")
        .plays(&format!(
            "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256 PLAIN\nC: AUTH PLAIN {{\\0user\\0p\\xe4ss}}\n{IN}"
        ))
        .logs_in()
        .learned_nothing();
    who("user", "p\u{E000}".as_bytes())
        .plays("S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256 PLAIN\nC: AUTH PLAIN {\\0user\\0p\u{E000}}\nS: -ERR [AUTH]")
        .refused(RefusalKind::Credentials, Method::Plain);
}
