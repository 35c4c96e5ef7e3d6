//! The server's side of EXTERNAL (RFC 4422 appendix A).

use pop3_proto::sasl::server::{Answer, Cause, Exchange};
use pop3_proto::sasl::{Channel, Why};

use crate::drive::{
    OVER, authorize, begin, challenge, channel, done, exchange, failed, say, say_text, started_on, tell,
};

fn certified(name: &str) -> Channel<'_> {
    let mut channel = channel();
    channel.external = Some(name);
    channel
}

fn external(name: &str) -> Exchange<Vec<u8>> {
    started_on("EXTERNAL", &certified(name))
}

/// Proves 4422-A.1-01, 4422-3.4.1-01.
#[test]
fn an_empty_message_takes_the_name_of_the_certificate() {
    assert_eq!(say_text(&mut external("fred@example.com"), ""), done("fred@example.com"));
    let mut late = external("fred@example.com");
    assert_eq!(begin(&mut late), challenge(""));
    assert_eq!(say_text(&mut late, ""), done("fred@example.com"));
    assert_eq!(say_text(&mut late, ""), OVER, "no final data, no second time");
}

/// Proves 4422-A.1-01, 5034-4-21.
#[test]
fn the_own_name_is_no_question() {
    for own in ["fred@example.com", "fred@exam\u{ad}ple.com"] {
        assert_eq!(say(&mut external("fred@example.com"), own), done("fred@example.com"));
        assert_eq!(say(&mut external(own), "fred@example.com"), done("fred@example.com"));
    }
    let text = "ZnJlZEBleGFtcGxlLmNvbQ==";
    assert_eq!(say_text(&mut external("fred@example.com"), text), done("fred@example.com"));
}

/// Proves 4422-A.1-02, 4422-3.6-01.
#[test]
fn another_name_has_to_be_allowed() {
    for (answer, end) in [
        (Answer::Authorized(true), done("fred@example.com")),
        (Answer::Authorized(false), failed(Cause::Credentials)),
        (Answer::Password(true), OVER),
    ] {
        let mut external = external("admin");
        assert_eq!(
            say_text(&mut external, "ZnJlZEBleGFtcGxlLmNvbQ=="),
            authorize("admin", "fred@example.com")
        );
        assert_eq!(tell(&mut external, answer), end, "{answer:?}");
        assert_eq!(tell(&mut external, Answer::Authorized(true)), OVER, "over is over");
    }
}

/// Proves 4422-A.1-02.
#[test]
fn without_a_certificate_it_does_not_start() {
    let mut without = exchange();
    assert_eq!(without.start(b"EXTERNAL", &channel()), Err(Why::Channel));
    assert_eq!(say(&mut without, ""), OVER);
    for unfit in ["", "\u{ad}", "a\0b"] {
        assert_eq!(exchange().start(b"EXTERNAL", &certified(unfit)), Err(Why::Text), "{unfit:?}");
    }
}

/// Proves 4422-3.4.1-01, 5034-4-22.
#[test]
fn what_cannot_be_a_name_fails() {
    for bad in [&b"fr\0ed"[..], b"\0", b"\xff", "\u{ad}".as_bytes(), b"fred\r\n"] {
        let mut external = external("fred");
        assert_eq!(say(&mut external, bad), failed(Cause::Text), "{}", bad.escape_ascii());
        assert_eq!(say(&mut external, ""), OVER, "over is over");
    }
}
