//! The server's side of ANONYMOUS (RFC 4505).

use pop3_proto::sasl::server::{Answer, Cause};

use crate::drive::{OVER, Seen, begin, challenge, failed, say, say_text, started, tell};

fn trace(text: &str) -> Seen {
    Seen::Anonymous(text.into())
}

/// Proves 4505-2-01.
#[test]
fn the_message_is_a_trace_or_nothing() {
    for (text, word) in [("c2lyaGM=", "sirhc"), ("", ""), ("c2lyaGNAZXhhbXBsZS5jb20=", "sirhc@example.com")] {
        assert_eq!(say_text(&mut started("ANONYMOUS"), text), trace(word));
        let mut late = started("anonymous");
        assert_eq!(begin(&mut late), challenge(""));
        assert_eq!(say_text(&mut late, text), trace(word));
    }
}

/// Proves 4505-2-02.
#[test]
fn a_trace_has_255_characters_at_most() {
    for one in ["a", "\u{e4}", "\u{4e00}", "\u{1d11e}"] {
        assert_eq!(say(&mut started("ANONYMOUS"), one.repeat(255)), trace(&one.repeat(255)));
        assert_eq!(say(&mut started("ANONYMOUS"), one.repeat(256)), failed(Cause::Text));
    }
    // An address may have any length.
    let address = format!("{}@example.com", "a".repeat(256));
    assert_eq!(say(&mut started("ANONYMOUS"), &address), trace(&address));
}

/// A trace is meant for logs, so one that would break their lines is refused; others are shown as they came.
#[test]
fn control_characters_and_broken_utf_8_fail() {
    for bad in
        [&b"a\0"[..], b"a\r\nb", b"\x1b[2J", b"\x7f", b"\xff", b"\xc0\x80", b"\xc2\x85", b"\xed\xa0\x80"]
    {
        let mut anonymous = started("ANONYMOUS");
        assert_eq!(say(&mut anonymous, bad), failed(Cause::Text), "{}", bad.escape_ascii());
        assert_eq!(say(&mut anonymous, "sirhc"), OVER, "over is over");
    }
    for kept in ["a  b", "\u{aa}", "a\u{ad}b", "\u{2168}"] {
        assert_eq!(say(&mut started("ANONYMOUS"), kept), trace(kept));
    }
}

/// No answer of the embedder lets a guest in as somebody else.
#[test]
fn there_is_no_question() {
    for answer in [Answer::Authorized(true), Answer::Password(true), Answer::Token(Ok("user"))] {
        let mut anonymous = started("ANONYMOUS");
        assert_eq!(tell(&mut anonymous, answer), OVER);
        let mut anonymous = started("ANONYMOUS");
        let _ = say(&mut anonymous, "sirhc");
        assert_eq!(tell(&mut anonymous, answer), OVER);
    }
}
