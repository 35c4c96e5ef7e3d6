//! The server's side of LOGIN, which no RFC defines.

use pop3_proto::sasl::server::{Answer, Cause, Exchange};

use crate::drive::{
    OVER, base64, begin, challenge, check_password, done, failed, say, say_text, started, tell,
};

/// An exchange that has sent both challenges.
fn named(name: &str) -> Exchange<Vec<u8>> {
    let mut login = started("LOGIN");
    assert_eq!(begin(&mut login), challenge("Username:"));
    assert_eq!(say(&mut login, name), challenge("Password:"));
    login
}

/// Proves 0-login-01.
#[test]
fn two_challenges_then_the_password_is_checked() {
    assert_eq!(base64("Username:"), b"VXNlcm5hbWU6");
    assert_eq!(base64("Password:"), b"UGFzc3dvcmQ6");
    for (good, end) in [(true, done("user")), (false, failed(Cause::Credentials))] {
        let mut login = started("login");
        assert_eq!(begin(&mut login), challenge("Username:"));
        assert_eq!(say_text(&mut login, "dXNlcg=="), challenge("Password:"));
        assert_eq!(say_text(&mut login, "cGVuY2ls"), check_password("user", "pencil"));
        assert_eq!(tell(&mut login, Answer::Password(good)), end);
        assert_eq!(tell(&mut login, Answer::Password(true)), OVER, "over is over");
    }
}

/// curl with `--sasl-ir` and others send the name in the AUTH line; Dovecot, Courier and Cyrus take it.
///
/// Proves 0-login-01.
#[test]
fn the_name_may_come_with_auth() {
    for (good, end) in [(true, done("user")), (false, failed(Cause::Credentials))] {
        let mut login = started("LOGIN");
        assert_eq!(say(&mut login, "user"), challenge("Password:"));
        assert_eq!(say(&mut login, "pencil"), check_password("user", "pencil"));
        assert_eq!(tell(&mut login, Answer::Password(good)), end);
    }
    for initial in ["", "\0user\0pencil"] {
        let mut login = started("LOGIN");
        assert_eq!(say(&mut login, initial), failed(Cause::Text));
        assert_eq!(begin(&mut login), OVER);
    }
}

#[test]
fn names_and_passwords_are_prepared() {
    let mut login = named("us\u{ad}er");
    assert_eq!(say(&mut login, "\u{2168}"), check_password("user", "IX"));
    assert_eq!(tell(&mut login, Answer::Password(true)), done("user"));
}

#[test]
fn what_cannot_be_prepared_fails() {
    for bad in [&b""[..], b"\xff", b"us\0er", b"us\r\ner", "\u{ad}".as_bytes(), "\u{7}".as_bytes()] {
        let mut login = started("LOGIN");
        let _ = begin(&mut login);
        assert_eq!(say(&mut login, bad), failed(Cause::Text), "name {}", bad.escape_ascii());
        assert_eq!(say(&mut named("user"), bad), failed(Cause::Text), "password {}", bad.escape_ascii());
    }
}

#[test]
fn nothing_but_the_answer_to_the_question_goes_on() {
    for other in
        [Answer::Authorized(true), Answer::Token(Ok("user")), Answer::Keys(None), Answer::Secret(None)]
    {
        let mut login = named("user");
        assert_eq!(tell(&mut login, other), OVER, "before the question, {other:?}");
        let mut login = named("user");
        let _ = say(&mut login, "pencil");
        assert_eq!(tell(&mut login, other), OVER, "to the question, {other:?}");
        assert_eq!(tell(&mut login, Answer::Password(true)), OVER, "after {other:?}");
    }
    assert_eq!(tell(&mut named("user"), Answer::Password(true)), OVER, "before the password");
}
