//! What a refusal of a login means, by its code or by its words, and what is tried after it.

use pop3_proto::login::{Method, Reason, RefusalKind};

use crate::credentials::{TIM, USER};
use crate::outcome::End;
use crate::scram::Said;
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

const COMMAND_REFUSED: [&str; 24] = [
    "invalid command",
    "Invalid command in current state.",
    "Invalid syntax",
    "invalid authentication mechanism",
    "invalid",
    "unknown command AUTH",
    "Command not recognized",
    "not supported",
    "Unsupported authentication method",
    "unrecognised authentication type",
    "SASL disabled",
    "disabled",
    "not allowed",
    "command not permitted",
    "AUTH is not enabled",
    "AUTH temporarily unavailable",
    "mechanism locked",
    "incorrect syntax",
    "Incorrect number of arguments",
    "bad parameter: password",
    "line length exceeded",
    "line too long, try again",
    "authentication failed: unsupported mechanism",
    "no user may use this command",
];

/// Words about the command decide nothing, even though the password was on its line.
/// Covers quirk-151.
#[test]
fn words_about_the_command_bring_the_next_method() {
    for words in COMMAND_REFUSED {
        tls(USER)
            .plays(&format!(
                "S: +OK\nC: CAPA\nL: SASL PLAIN, USER\n{PLAIN}S: -ERR {words}
                 C: AUTH PLAIN\nS: -ERR {words}
                 C: USER user\nS: +OK\nC: PASS pencil\nS: +OK\nC: CAPA\nL:"
            ))
            .logs_in()
            .learned_to_avoid(&[Method::Plain]);
    }
}

/// Where nothing was sent that could be wrong, nobody is told that it is, and no words are the end.
#[test]
fn before_credentials_were_sent_no_words_are_final_and_none_are_blamed() {
    let words = [
        "invalid",
        "Authentication failed",
        "wrong password",
        "locked",
        "try again later",
        "account disabled",
    ];
    for words in COMMAND_REFUSED.iter().chain(&words) {
        for (list, auth) in [
            ("CRAM-MD5", "C: AUTH CRAM-MD5"),
            ("LOGIN", "C: AUTH LOGIN"),
            ("SCRAM-SHA-1", "C: AUTH SCRAM-SHA-1\nS: +\x20\nC: {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}"),
        ] {
            // SCRAM goes in two steps if it is the only method and not announced.
            let announced = list != "SCRAM-SHA-1";
            let method = Method::by_name(list).unwrap();
            let sasl = if announced { format!("SASL {list}, ") } else { String::new() };
            if announced {
                tls(USER)
                    .plays(&format!(
                        "S: +OK\nC: CAPA\nL: {sasl}USER\n{auth}\nS: -ERR {words}
                         C: USER user\nS: +OK\nC: PASS pencil\nS: +OK\nC: CAPA\nL:"
                    ))
                    .logs_in()
                    .learned_to_avoid(&[method]);
            }
            let outcome = tls(USER)
                .methods(&[method])
                .plays(&format!("S: +OK\nC: CAPA\nL: {sasl}USER\n{auth}\nS: -ERR {words}"));
            let End::Failed(failure) = outcome.end else { panic!("{:?}", outcome.end) };
            assert_eq!(failure.reason, Reason::Refused(method), "{words}");
            assert_ne!(failure.kind, RefusalKind::Credentials, "{words}");
            assert_eq!(outcome.words, **words);
        }
    }
}

/// Dovecot says `[AUTH]` of a mechanism that it does not have.
#[test]
fn a_code_about_credentials_with_words_about_the_mechanism_is_final_only_where_some_were_shown() {
    let no = "-ERR [AUTH] Unsupported authentication mechanism.";
    for auth in ["AUTH CRAM-MD5", "AUTH LOGIN"] {
        let name = auth.strip_prefix("AUTH ").unwrap();
        tls(USER)
            .plays(&format!(
                "S: +OK\nC: CAPA\nL: SASL {name}, USER\nC: {auth}\nS: {no}
                 C: USER user\nS: +OK\nC: PASS pencil\nS: +OK\nC: CAPA\nL:"
            ))
            .logs_in();
        tls(USER)
            .methods(&[Method::by_name(name).unwrap()])
            .plays(&format!("S: +OK\nC: CAPA\nL: SASL {name}\nC: {auth}\nS: {no}"))
            .refused(RefusalKind::Policy, Method::by_name(name).unwrap());
    }
    tls(USER).plays(&format!("{FRONT}{PLAIN}S: {no}")).refused(RefusalKind::Credentials, Method::Plain);
}

/// A greeting that refuses service refuses no password.
#[test]
fn no_greeting_blames_the_credentials() {
    for words in ["invalid", "Authentication failed", "wrong password", "[AUTH] no"] {
        tls(USER).plays(&format!("S: -ERR {words}")).fails(RefusalKind::Later, Reason::Greeting, None);
    }
}

/// The signature has shown that the password was right.
#[test]
fn words_against_a_password_that_was_proved_do_not_blame_it() {
    let Said { server_first, client_final, server_final, .. } = Said::sha_256("n,,", b"");
    for (answer, kind) in [
        ("invalid command", RefusalKind::Later),
        ("authentication failed", RefusalKind::Later),
        ("maildrop locked", RefusalKind::Busy),
        ("[AUTH] not for you", RefusalKind::Credentials),
        ("[SYS/PERM] no maildrop", RefusalKind::Permanent),
    ] {
        tls(USER)
            .plays(&format!(
                "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256 PLAIN, USER
                 C: AUTH SCRAM-SHA-256 {{n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}}
                 S: + {{{server_first}}}\nC: {{{client_final}}}\nS: + {{{server_final}}}\nC:\nS: -ERR {answer}"
            ))
            .refused(kind, Method::ScramSha256);
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
                "{FRONT}{PLAIN}S: -ERR{refusal}\nC: AUTH PLAIN\nS: -ERR{refusal}\nC: AUTH LOGIN\nS: -ERR{refusal}\nC: USER user\nS: -ERR{refusal}"
            ))
            .refused(RefusalKind::Credentials, Method::User)
            .said(words)
            .learned_nothing();
    }
}

/// The password was sent, and the server looked at it.
#[test]
fn a_password_that_is_called_wrong_is_not_shown_in_another_way() {
    for words in [
        "Authentication failed.",
        "Invalid login",
        "Wrong password, try again",
        "Logon failure: bad password",
        "invalid user name or password",
        "[X-FOO] incorrect credentials",
    ] {
        tls(USER)
            .plays(&format!("{FRONT}{PLAIN}S: -ERR {words}"))
            .refused(RefusalKind::Credentials, Method::Plain)
            .said(words.strip_prefix("[X-FOO] ").unwrap_or(words))
            .learned_nothing();
    }
}

/// Proves 3206-6-02.
#[test]
fn where_credentials_would_be_named_as_the_fault_they_are_not_if_they_are_not() {
    let front = "S: +OK\nC: CAPA\nL: RESP-CODES, AUTH-RESP-CODE, SASL PLAIN\n";
    let one = tls(USER).methods(&[Method::Plain]);
    one.plays(&format!("{front}{PLAIN}S: -ERR try later")).refused(RefusalKind::Later, Method::Plain);
    one.plays(&format!("{front}{PLAIN}S: -ERR wrong\nC: AUTH PLAIN\nS: -ERR"))
        .refused(RefusalKind::Later, Method::Plain);
    one.plays(&format!("{front}{PLAIN}S: -ERR [AUTH] wrong"))
        .refused(RefusalKind::Credentials, Method::Plain);
    one.plays(&format!("{front}{PLAIN}S: -ERR [SYS/PERM] x")).refused(RefusalKind::Permanent, Method::Plain);
    one.plays(&format!("{FRONT}{PLAIN}S: -ERR wrong\nC: AUTH PLAIN\nS: -ERR"))
        .refused(RefusalKind::Credentials, Method::Plain);
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
             C: AUTH PLAIN
             S: -ERR plaintext authentication disallowed
             C: USER tim
             S: -ERR cleartext login disabled",
        )
        .refused(RefusalKind::Policy, Method::User)
        .said("cleartext login disabled");
}

/// What counts is how often the server has refused something that it had seen.
#[test]
fn attempts_have_a_limit() {
    let lines = [
        "C: AUTH CRAM-MD5\nS: + {<1.2@h.example>}\nC: {user 0bf206a6903a154e5d11f073f771d8df}\nS: -ERR one\n",
        "C: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: -ERR no\n",
        "C: AUTH PLAIN\nS: +\x20\nC: AHVzZXIAcGVuY2ls\nS: -ERR two\n",
        "C: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGVuY2ls\nS: -ERR three\n",
        "C: USER user\nS: +OK\nC: PASS pencil\nS: -ERR four\n",
    ];
    let last = [Method::CramMd5, Method::Plain, Method::Plain, Method::Login, Method::User];
    for (attempts, method) in (1..).zip(last) {
        let front = "S: +OK\nC: CAPA\nL: USER, SASL SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN\n\
            C: AUTH SCRAM-SHA-1 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}\nS: -ERR no such mechanism\nC: AUTH SCRAM-SHA-1\nS: -ERR no such mechanism\n";
        let dialogue = format!("{front}{}", lines[..usize::from(attempts)].concat());
        tls(USER).policy(|policy| policy.attempts = attempts).plays(&dialogue).fails(
            RefusalKind::Credentials,
            Reason::Refused(method),
            None,
        );
        if attempts == 3 {
            tls(USER).plays(&dialogue).refused(RefusalKind::Credentials, method);
        }
    }
}

/// The words that are shown belong to the refusal that is told.
#[test]
fn the_words_are_those_of_the_refusal_that_counts() {
    tls(USER)
        .plays(&format!(
            "{FRONT}{PLAIN}S: -ERR no\nC: AUTH PLAIN\nS: -ERR\nC: AUTH LOGIN\nS: -ERR plaintext disabled\nC: USER user\nS: -ERR use TLS"
        ))
        .refused(RefusalKind::Credentials, Method::Plain)
        .said("no");
}

/// Covers texts-in-logs.
#[test]
fn words_are_kept_up_to_512_octets() {
    for len in [127, 128, 300, 511, 512, 513, 4000] {
        let words = "w".repeat(len);
        final_word(&format!("[AUTH] {words}"), RefusalKind::Credentials, &"w".repeat(len.min(512)));
    }
}

/// Covers quirk-158.
#[test]
fn a_plus_with_another_word_than_ok_lets_nobody_in() {
    let front = "S: +OK\nC: CAPA\nL: USER\nC: USER user\nS: +OK\nC: PASS pencil\n";
    tls(USER)
        .plays(&format!("{front}S: +ERR wrong password"))
        .refused(RefusalKind::Credentials, Method::User)
        .said("wrong password");
}
