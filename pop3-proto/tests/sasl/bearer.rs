//! The server's side of OAUTHBEARER (RFC 7628) and XOAUTH2 (vendors' documents).

use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::sasl::server::{Answer, Cause, Exchange};

use crate::drive::{
    OVER, WHY, authorize, base64, begin, challenge, check_token, done, failed, oauthbearer, on_port, say,
    say_text, started, started_on, tell,
};

const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

/// The message of RFC 7628 section 4.1, and the same for the ports of POP3.
const OAUTHBEARER: [(u16, &str); 3] = [
    (
        143,
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRj\
         Mk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
    ),
    (
        110,
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTEwAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRj\
         Mk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
    ),
    (
        995,
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9OTk1AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRj\
         Mk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
    ),
];

/// RFC 7628 section 4.3, a client that wants to learn where to get a token.
const DISCOVERY: &str =
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9AQE=";

/// Base64 text, name and token, of Google's and Microsoft's documents.
const XOAUTH2: [(&str, &str, &str); 2] = [
    (
        "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZ\
         Mjl0Q2cBAQ==",
        "someuser@example.com",
        "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
    ),
    (
        "dXNlcj10ZXN0QGNvbnRvc28ub25taWNyb3NvZnQuY29tAWF1dGg9QmVhcmVyIEV3QkFBbDNCQUFVRkZwVUFvN0ozVmUwYmpMQldaV0Nj\
         bFJDM0VvQUEBAQ==",
        "test@contoso.onmicrosoft.com",
        "EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA",
    ),
];

/// Proves 7628-3.1-01.
#[test]
fn the_message_names_host_port_token_and_user() {
    for (port, text) in OAUTHBEARER {
        let message = format!(
            "n,a=user@example.com,\x01host=server.example.com\x01port={port}\x01auth=Bearer {TOKEN}\x01\x01"
        );
        assert_eq!(base64(message), text.as_bytes());
        for empty_first in [false, true] {
            let mut bearer = started_on("oauthbearer", &on_port(port));
            if empty_first {
                assert_eq!(begin(&mut bearer), challenge(""));
            }
            assert_eq!(say_text(&mut bearer, text), check_token(Some("user@example.com"), TOKEN));
            assert_eq!(
                tell(&mut bearer, Answer::Token(Ok("user@exam\u{ad}ple.com"))),
                done("user@example.com")
            );
            assert_eq!(tell(&mut bearer, Answer::Token(Ok("user@example.com"))), OVER, "over is over");
        }
    }
}

/// Proves 0-xoauth2-01.
#[test]
fn the_messages_of_google_and_microsoft() {
    for (text, name, token) in XOAUTH2 {
        assert_eq!(base64(format!("user={name}\x01auth=Bearer {token}\x01\x01")), text.as_bytes());
        for empty_first in [false, true] {
            let mut bearer = started("xoauth2");
            if empty_first {
                assert_eq!(begin(&mut bearer), challenge(""));
            }
            assert_eq!(say_text(&mut bearer, text), check_token(Some(name), token));
            assert_eq!(tell(&mut bearer, Answer::Token(Ok(name))), done(name));
        }
    }
}

/// The token says who the client is; the name in the message says as whom it wants to act.
///
/// Proves 4422-3.4.1-01, 4422-3.6-01.
#[test]
fn another_name_than_the_tokens_has_to_be_allowed() {
    let other = format!("n,a=us=2Cer=3D,\x01auth=Bearer {TOKEN}\x01\x01");
    for (mechanism, message) in
        [("OAUTHBEARER", &*other), ("XOAUTH2", &*format!("user=us,er=\x01auth=Bearer {TOKEN}\x01\x01"))]
    {
        for (allowed, end) in [(true, done("us,er=")), (false, failed(Cause::Credentials))] {
            let mut bearer = started(mechanism);
            assert_eq!(say(&mut bearer, message), check_token(Some("us,er="), TOKEN));
            assert_eq!(tell(&mut bearer, Answer::Token(Ok("admin"))), authorize("admin", "us,er="));
            assert_eq!(tell(&mut bearer, Answer::Authorized(allowed)), end, "{mechanism}");
        }
    }
    let mut bearer = oauthbearer();
    assert_eq!(say(&mut bearer, format!("n,,\x01auth=Bearer {TOKEN}\x01\x01")), check_token(None, TOKEN));
    assert_eq!(tell(&mut bearer, Answer::Token(Ok("admin"))), done("admin"), "no name, no question");
    for unfit in ["", "\u{ad}", "a\0b"] {
        let mut bearer = oauthbearer();
        let _ = say(&mut bearer, format!("n,,\x01auth=Bearer {TOKEN}\x01\x01"));
        assert_eq!(tell(&mut bearer, Answer::Token(Ok(unfit))), failed(Cause::Text), "{unfit:?}");
    }
}

/// A bad token is answered with the reason; then, whatever the client says, the exchange fails.
///
/// Proves 7628-3.2.2-01.
#[test]
fn a_bad_token_gets_the_reason_and_then_fails() {
    for response in [&b"\x01"[..], b"", b"n,,\x01auth=Bearer good\x01\x01", b"{}"] {
        let mut bearer = oauthbearer();
        assert_eq!(say_text(&mut bearer, DISCOVERY), check_token(Some("user@example.com"), ""));
        assert_eq!(tell(&mut bearer, Answer::Token(Err(WHY))), challenge(WHY));
        assert_eq!(say(&mut bearer, response), failed(Cause::Credentials));
        assert_eq!(tell(&mut bearer, Answer::Token(Ok("user@example.com"))), OVER);

        let mut bearer = started("XOAUTH2");
        let _ = say_text(&mut bearer, XOAUTH2[0].0);
        let why = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;
        assert_eq!(tell(&mut bearer, Answer::Token(Err(why))), challenge(why));
        assert_eq!(say(&mut bearer, response), failed(Cause::Credentials));
        assert_eq!(tell(&mut bearer, Answer::Token(Ok("someuser@example.com"))), OVER);
    }
    let mut bearer = oauthbearer();
    let _ = say_text(&mut bearer, DISCOVERY);
    let _ = tell(&mut bearer, Answer::Token(Err(WHY)));
    assert_eq!(tell(&mut bearer, Answer::Token(Ok("user@example.com"))), OVER, "the reason is no question");
}

/// The example of RFC 7628 section 4.4, with `a=` where it has `user=` by mistake.
///
/// Proves 7628-3.1-01, 7628-3.2.2-01.
#[test]
fn the_example_of_section_4_4_as_mended() {
    let text = "bixhPXNvbWV1c2VyQGV4YW1wbGUuY29tLAFhdXRoPUJlYXJlciB2RjlkZnQ0cW1UYzJOdmIzUmxja0JoZEhSaGRtbHpkR0V1WTI5\
                dENnPT0BAQ==";
    let why = r#"{"status":"invalid_token","schemes":"bearer mac","scope":"https://mail.example.com/"}"#;
    let mut bearer = oauthbearer();
    let token = "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==";
    assert_eq!(say_text(&mut bearer, text), check_token(Some("someuser@example.com"), token));
    assert_eq!(tell(&mut bearer, Answer::Token(Err(why))), challenge(why));
    assert_eq!(say_text(&mut bearer, "AQ=="), failed(Cause::Credentials));
    assert_eq!(
        say(&mut oauthbearer(), "n,user=someuser@example.com,\x01auth=Bearer t\x01\x01"),
        failed(Cause::Response)
    );
}

/// Proves 7628-3.1-02, 7628-4-01.
#[test]
fn unknown_keys_are_skipped_and_the_scheme_has_no_case() {
    for good in [
        "x=1\x01auth=Bearer t\x01",
        "auth=Bearer t\x01x=1\x01",
        "mthd=POST\x01path=/\x01post=\x01qs=a=b&c=d\x01auth=Bearer t\x01",
        "auth=bearer t\x01",
        "auth=BEARER t\x01",
    ] {
        assert_eq!(say(&mut oauthbearer(), format!("n,,\x01{good}\x01")), check_token(None, "t"), "{good:?}");
    }
    assert_eq!(say(&mut started("XOAUTH2"), "user=a\x01auth=bearer t\x01\x01"), check_token(Some("a"), "t"));
}

/// Memory as long as the longest line holds its token.
#[test]
fn long_tokens() {
    assert_eq!(SASL_MEMORY, 12_288);
    for octets in [4096, 9000] {
        let token = "a1-._~+/Z".repeat(octets / 9);
        let mut bearer = Exchange::new(vec![0; SASL_MEMORY]);
        assert_eq!(bearer.start(b"OAUTHBEARER", &on_port(995)), Ok(()));
        let message = format!("n,a=user@example.com,\x01auth=Bearer {token}\x01\x01");
        assert_eq!(say(&mut bearer, message), check_token(Some("user@example.com"), &token));
        assert_eq!(tell(&mut bearer, Answer::Token(Ok("user@example.com"))), done("user@example.com"));
    }
}
