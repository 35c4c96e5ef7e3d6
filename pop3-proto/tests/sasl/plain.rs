//! The server's side of PLAIN (RFC 4616).

use pop3_proto::sasl::server::{Answer, Cause};

use crate::drive::{
    OVER, Seen, authorize, base64, begin, challenge, check_password, done, failed, say, say_text, started,
    tell,
};

/// Base64 text, authorization identity, authentication identity, password.
const ACCEPTED: [(&str, &str, &str, &str); 6] = [
    ("dGVzdAB0ZXN0AHRlc3Q=", "test", "test", "test"),
    ("AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "", "tim", "tanstaaftanstaaf"),
    ("VXJzZWwAS3VydAB4aXBqM3BsbXE=", "Ursel", "Kurt", "xipj3plmq"),
    ("AHVzZXIAcGVuY2ls", "", "user", "pencil"),
    ("AHVzZXJAZXhhbXBsZS5jb20AcGFzcyB3b3Jk", "", "user@example.com", "pass word"),
    ("AMO8c2VyAHDDpHNz", "", "\u{fc}ser", "p\u{e4}ss"),
];

/// Bytes, their base64 text, and what is wrong with them.
const REFUSED: [(&[u8], &str, Cause); 9] = [
    (b"", "", Cause::Response),
    (b"user", "dXNlcg==", Cause::Response),
    (b"\0user", "AHVzZXI=", Cause::Response),
    (b"\0\0pencil", "AABwZW5jaWw=", Cause::Text),
    (b"\0user\0", "AHVzZXIA", Cause::Text),
    (b"\0user\0pen\0cil", "AHVzZXIAcGVuAGNpbA==", Cause::Response),
    (b"\0us\xc3er\0pencil", "AHVzw2VyAHBlbmNpbA==", Cause::Text),
    (b"\0\xed\xa0\x80\0x", "AO2ggAB4", Cause::Text),
    (b"\0\xc0\x80\0x", "AMCAAHg=", Cause::Text),
];

/// Proves 4616-2-01, 4616-2-07, 4422-3.4.1-01.
#[test]
fn a_message_is_three_parts_and_the_first_may_be_empty() {
    for (text, authzid, authcid, password) in ACCEPTED {
        assert_eq!(base64([authzid, authcid, password].join("\0")), text.as_bytes());
        let mut plain = started("PLAIN");
        assert_eq!(say_text(&mut plain, text), check_password(authcid, password), "{text}");
        let end = match authzid {
            "" => done(authcid),
            same if same == authcid => done(authcid),
            other => authorize(authcid, other),
        };
        assert_eq!(tell(&mut plain, Answer::Password(true)), end, "{text}");
    }
}

/// Proves 4422-5-01.
#[test]
fn without_an_initial_response_the_first_challenge_is_empty() {
    for (text, _, authcid, password) in ACCEPTED {
        let mut plain = started("plain");
        assert_eq!(begin(&mut plain), challenge(""));
        assert_eq!(say_text(&mut plain, text), check_password(authcid, password), "{text}");
    }
}

/// Proves 4422-3.6-01.
#[test]
fn a_wrong_password_fails_whoever_is_to_be_acted_as() {
    for (text, ..) in ACCEPTED {
        let mut plain = started("PLAIN");
        let _ = say_text(&mut plain, text);
        assert_eq!(tell(&mut plain, Answer::Password(false)), failed(Cause::Credentials), "{text}");
    }
}

/// Proves 4616-2-02, 4616-2-04.
#[test]
fn ill_formed_messages_fail_without_a_question() {
    for (octets, text, cause) in REFUSED {
        assert_eq!(base64(octets), text.as_bytes());
        let mut plain = started("PLAIN");
        assert_eq!(say_text(&mut plain, text), failed(cause), "{}", octets.escape_ascii());
        let mut plain = started("PLAIN");
        let _ = begin(&mut plain);
        assert_eq!(say_text(&mut plain, text), failed(cause), "{}", octets.escape_ascii());
        assert_eq!(say(&mut plain, "\0user\0pencil"), OVER, "over is over");
    }
}

/// Proves 4616-2-02, 4422-3.4.1-01.
#[test]
fn a_nul_more_or_less_in_any_part_fails() {
    for message in ["\0", "\0\0\0", "a\0\0user\0pencil", "a\0b\0\0c", "a\0b\0c\0", "\0a\0b\0c", "a b c"] {
        assert_eq!(say(&mut started("PLAIN"), message), failed(Cause::Response), "{message:?}");
    }
    // There are three parts, and the name is empty.
    assert_eq!(say(&mut started("PLAIN"), "\0\0"), failed(Cause::Text));
}

/// Each part may have 255 bytes, also where all of them are beyond ASCII and have to be prepared.
///
/// Proves 4616-2-03.
#[test]
fn each_part_may_have_255_octets() {
    let (z, c, p) = ("z".repeat(255), "c".repeat(255), "p".repeat(255));
    let message = [&*z, &*c, &*p].join("\0");
    assert_eq!(message.len(), 767);
    let text = String::from_utf8(base64(&message)).unwrap();
    assert_eq!(text.len(), 1024);
    assert!(text.starts_with("enp6enp6enp6enp6") && text.ends_with("cHBwcHBwcHBwcHA="));
    let mut plain = started("PLAIN");
    assert_eq!(say_text(&mut plain, &text), check_password(&c, &p));
    assert_eq!(tell(&mut plain, Answer::Password(true)), authorize(&c, &z));
    assert_eq!(tell(&mut plain, Answer::Authorized(true)), done(&z));

    let parts = ["\u{4e00}", "\u{4e8c}", "\u{4e09}"].map(|one| one.repeat(85));
    let [z, c, p] = &parts;
    assert_eq!(z.len(), 255);
    let mut plain = started("PLAIN");
    assert_eq!(say(&mut plain, parts.join("\0")), check_password(c, p));
    assert_eq!(tell(&mut plain, Answer::Password(true)), authorize(c, z));
}

/// Soft hyphens vanish, compatibility forms become what they stand for. Both strings are prepared as stored
/// ones are: what Unicode 3.2 does not know is refused.
///
/// Proves 4616-2-08.
#[test]
fn names_and_passwords_are_prepared() {
    for (message, name, password) in [
        ("\0us\u{ad}er\0pen\u{ad}cil", "user", "pencil"),
        ("\0\u{aa}\0\u{2168}", "a", "IX"),
        ("\0u\u{308}\0a\u{a0}b", "\u{fc}", "a b"),
    ] {
        let mut plain = started("PLAIN");
        assert_eq!(say(&mut plain, message), check_password(name, password), "{message:?}");
        assert_eq!(tell(&mut plain, Answer::Password(true)), done(name));
    }
    assert_eq!(say(&mut started("PLAIN"), "\0user\0\u{221}"), failed(Cause::Text));
    assert_eq!(say(&mut started("PLAIN"), "\0\u{1f600}\0pencil"), failed(Cause::Text));
}

/// Proves 4616-2-06, 5034-4-22.
#[test]
fn what_cannot_be_prepared_fails() {
    for bad in ["\u{ad}", "\u{7}", "a\u{7f}", "\u{627}1", "\u{e000}", "\u{fffe}", "\u{200e}", "\u{2028}"] {
        for parts in [[bad, "user", "pencil"], ["", bad, "pencil"], ["", "user", bad]] {
            assert_eq!(say(&mut started("PLAIN"), parts.join("\0")), failed(Cause::Text), "{parts:?}");
        }
    }
}

/// Proves 4616-A-01.
#[test]
fn line_ends_in_a_message_fail_the_login() {
    for message in ["\0us\r\ner\0pencil", "\0user\0pen\r\ncil", "\0user\0pencil\n", "a\r\0user\0pencil"] {
        assert_eq!(say(&mut started("PLAIN"), message), failed(Cause::Text), "{message:?}");
    }
}

/// Proves 4616-2-07, 4422-3.6-01.
#[test]
fn acting_as_somebody_else_has_to_be_answered_yes() {
    let asked = || {
        let mut plain = started("PLAIN");
        assert_eq!(say(&mut plain, "Ursel\0Kurt\0xipj3plmq"), check_password("Kurt", "xipj3plmq"));
        assert_eq!(tell(&mut plain, Answer::Password(true)), authorize("Kurt", "Ursel"));
        plain
    };
    let mut plain = asked();
    assert_eq!(tell(&mut plain, Answer::Authorized(true)), done("Ursel"));
    assert_eq!(tell(&mut plain, Answer::Authorized(true)), OVER, "once");
    for (other, cause) in [
        (Answer::Authorized(false), Cause::Credentials),
        (Answer::Password(true), Cause::Answer),
        (Answer::Secret(None), Cause::Answer),
        (Answer::Token(Ok("Ursel")), Cause::Answer),
    ] {
        let mut plain = asked();
        assert_eq!(tell(&mut plain, other), failed(cause), "{other:?}");
        assert_eq!(tell(&mut plain, Answer::Authorized(true)), OVER, "after {other:?}");
    }
    assert_eq!(say(&mut asked(), "Ursel\0Kurt\0xipj3plmq"), OVER, "a response is no answer");
}

/// Proves 4616-2-07, 5034-4-21.
#[test]
fn the_same_name_once_prepared_is_nobody_else() {
    for message in
        ["user\0user\0pencil", "us\u{ad}er\0user\0pencil", "user\0us\u{ad}er\0pencil", "\u{aa}\0a\0pencil"]
    {
        let mut plain = started("PLAIN");
        let Seen::CheckPassword(name, _) = say(&mut plain, message) else { panic!("{message:?}") };
        assert_eq!(tell(&mut plain, Answer::Password(true)), done(&name), "{message:?}");
    }
    let mut plain = started("PLAIN");
    let _ = say(&mut plain, "User\0user\0pencil");
    assert_eq!(tell(&mut plain, Answer::Password(true)), authorize("user", "User"), "case counts");
}
