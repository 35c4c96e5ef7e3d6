//! What a refusal of a login means, by its code or by its words, and what is tried after it.

use pop3_proto::login::{Method, Reason, RefusalKind};

use crate::credentials::{TIM, USER};
use crate::script::tls;

const FRONT: &str = "S: +OK\nC: CAPA\nL: RESP-CODES, USER, SASL PLAIN LOGIN\n";
const PLAIN: &str = "C: AUTH PLAIN AHVzZXIAcGVuY2ls\n";

/// What a refusal of PLAIN means if no other method is left.
#[track_caller]
fn final_word(refusal: &str, trouble: RefusalKind, words: &str) {
    tls(USER)
        .plays(&format!("{FRONT}{PLAIN}S: -ERR {refusal}"))
        .refused(trouble, Method::Plain)
        .said(words)
        .learned_nothing();
}

/// Proves 2449-8.1.2-02, 3206-4-02, 3206-4-03.
#[test]
fn a_code_is_believed_and_nothing_else_is_tried() {
    for (code, trouble) in [
        ("AUTH", RefusalKind::Credentials),
        ("IN-USE", RefusalKind::Busy),
        ("in-use", RefusalKind::Busy),
        ("LOGIN-DELAY", RefusalKind::Later),
        ("SYS/TEMP", RefusalKind::Later),
        ("sys/Temp", RefusalKind::Later),
        ("SYS/TEMP/DISK", RefusalKind::Later),
        ("SYS/PERM", RefusalKind::Permanent),
    ] {
        final_word(&format!("[{code}] words"), trouble, "words");
        // Words about another trouble change nothing.
        final_word(&format!("[{code}] maildrop locked, wait"), trouble, "maildrop locked, wait");
    }
}

/// Proves 2449-8.1.2-02, 3206-4-02.
#[test]
fn a_code_counts_for_user_pass_and_apop_as_well() {
    let front = "S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: USER\n";
    for (code, trouble) in [
        ("AUTH", RefusalKind::Credentials),
        ("IN-USE", RefusalKind::Busy),
        ("SYS/PERM", RefusalKind::Permanent),
    ] {
        tls(USER).plays(&format!("{front}C: USER user\nS: -ERR [{code}] x")).refused(trouble, Method::User);
        tls(USER)
            .plays(&format!("{front}C: USER user\nS: +OK\nC: PASS pencil\nS: -ERR [{code}] x"))
            .refused(trouble, Method::User);
        tls(USER)
            .policy(|policy| policy.methods = policy.methods.with(Method::Apop))
            .plays(&format!("{front}C: APOP user ec87818fbba45646df08ce6d6a516815\nS: -ERR [{code}] x"))
            .refused(trouble, Method::Apop);
    }
}

/// Covers quirk-106, quirk-107, quirk-116.
#[test]
fn old_servers_say_it_in_words() {
    for (words, trouble) in [
        ("maildrop already locked", RefusalKind::Busy),
        ("Lock busy", RefusalKind::Busy),
        ("POP3 LOCK busy!  Is another session active?", RefusalKind::Busy),
        ("mailbox in use", RefusalKind::Busy),
        ("Can't get lock. Mailbox in use", RefusalKind::Busy),
        ("Service is temporarily unavailable", RefusalKind::Later),
        ("service UNAVAILABLE", RefusalKind::Later),
        ("please wait a minute before you log in again", RefusalKind::Later),
        ("too many connections", RefusalKind::Later),
        ("Account locked", RefusalKind::Permanent),
        ("your account is locked, call us", RefusalKind::Permanent),
        ("account disabled", RefusalKind::Permanent),
        ("POP3 is not enabled for this user", RefusalKind::Permanent),
    ] {
        final_word(words, trouble, words);
    }
}

/// Covers quirk-116.
#[test]
fn a_lock_down_is_no_lock_on_the_maildrop() {
    final_word("Lockdown in sector 4", RefusalKind::Later, "Lockdown in sector 4");
}

/// Proves 2449-6.4-02.
#[test]
fn what_says_nothing_brings_the_next_method_and_in_the_end_counts_as_wrong_credentials() {
    for (refusal, words) in [
        ("", ""),
        (" not here.", "not here."),
        (" [X-FOO] no way", "no way"),
        (" [hello", "[hello"),
        (" [AUTHX] no", "no"),
        (" no [AUTH] here", "no [AUTH] here"),
    ] {
        tls(USER)
            .plays(&format!(
                "{FRONT}{PLAIN}S: -ERR{refusal}\nC: AUTH LOGIN\nS: -ERR{refusal}\nC: USER user\nS: -ERR{refusal}"
            ))
            .refused(RefusalKind::Credentials, Method::User)
            .said(words)
            .learned_nothing();
    }
}

/// The password was sent, and the server looked at it.
#[test]
fn a_password_that_is_called_wrong_is_not_shown_in_another_way() {
    for words in ["Authentication failed.", "Invalid login", "Wrong password, try again"] {
        tls(USER)
            .plays(&format!("{FRONT}{PLAIN}S: -ERR {words}"))
            .refused(RefusalKind::Credentials, Method::Plain)
            .said(words)
            .learned_nothing();
    }
}

/// Proves 3206-6-02.
#[test]
fn where_credentials_would_be_named_as_the_fault_they_are_not_if_they_are_not() {
    let front = "S: +OK\nC: CAPA\nL: RESP-CODES, AUTH-RESP-CODE, SASL PLAIN\n";
    let one = tls(USER).methods(&[Method::Plain]);
    one.plays(&format!("{front}{PLAIN}S: -ERR try later")).refused(RefusalKind::Later, Method::Plain);
    one.plays(&format!("{front}{PLAIN}S: -ERR wrong")).refused(RefusalKind::Later, Method::Plain);
    one.plays(&format!("{front}{PLAIN}S: -ERR [AUTH] wrong"))
        .refused(RefusalKind::Credentials, Method::Plain);
    one.plays(&format!("{front}{PLAIN}S: -ERR [SYS/PERM] x")).refused(RefusalKind::Permanent, Method::Plain);
    one.plays(&format!("{FRONT}{PLAIN}S: -ERR wrong")).refused(RefusalKind::Credentials, Method::Plain);
}

#[test]
fn a_policy_of_the_server_brings_the_next_method() {
    tls(TIM)
        .plays(
            "S: +OK
             C: CAPA
             L: SASL PLAIN CRAM-MD5
             C: AUTH CRAM-MD5
             S: -ERR Plaintext only
             C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
             S: -ERR plaintext authentication disallowed
             C: USER tim
             S: -ERR cleartext login disabled",
        )
        .refused(RefusalKind::Policy, Method::User)
        .said("cleartext login disabled");
}

#[test]
fn attempts_have_a_limit() {
    let lines = [
        "C: AUTH SCRAM-SHA-1 {n,,n=tim,r=rOprNGfwEbeRWgbNEkqO7677}\nS: -ERR one\n",
        "C: AUTH CRAM-MD5\nS: -ERR two\n",
        "C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nS: -ERR three\n",
        "C: AUTH LOGIN\nS: -ERR four\n",
    ];
    let last = [Method::ScramSha1, Method::CramMd5, Method::Plain, Method::Login];
    for (attempts, method) in (1..).zip(last) {
        let front = "S: +OK\nC: CAPA\nL: USER, SASL SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN\n";
        let dialogue = format!("{front}{}", lines[..usize::from(attempts)].concat());
        tls(TIM).policy(|policy| policy.attempts = attempts).plays(&dialogue).fails(
            RefusalKind::Credentials,
            Reason::Refused(method),
            None,
        );
        if attempts == 3 {
            tls(TIM).plays(&dialogue).refused(RefusalKind::Credentials, method);
        }
    }
}

/// Covers texts-in-logs.
#[test]
fn words_are_kept_up_to_128_octets() {
    for len in [127, 128, 129, 400] {
        let words = "w".repeat(len);
        final_word(&format!("[AUTH] {words}"), RefusalKind::Credentials, &"w".repeat(len.min(128)));
    }
}
