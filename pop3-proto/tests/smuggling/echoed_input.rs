//! Input of a client that the server echoes in a reply: it cannot forge another reply.

use pop3_proto::Security;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::answers::check_lines;
use crate::common::show;
use crate::pair::{Host, base64};
use crate::{logged_in, mailbox, open_config};

/// Covers decoded-credentials-echoed, quirk-42.
#[test]
fn what_a_client_says_cannot_forge_a_reply_when_it_is_echoed() {
    let config = open_config();
    for (decoded, due) in [
        ("a\r\n+OK forged", "-ERR a??+OK forged\r\n"),
        ("[AUTH] x", "-ERR (AUTH] x\r\n"),
        ("[SYS/TEMP]", "-ERR (SYS/TEMP]\r\n"),
        ("\0tim\0pass", "-ERR ?tim?pass\r\n"),
        ("\r\n.\r\n", "-ERR ??.??\r\n"),
        ("\u{e9}\n", "-ERR ??\r\n"),
        ("\u{1b}[2J", "-ERR ?[2J\r\n"),
    ] {
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(b"");
        host.take();
        host.hear(format!("AUTH PLAIN {}\r\n", base64(decoded.as_bytes())).as_bytes());
        assert_eq!(show(&host.take()), show(due.as_bytes()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Covers decoded-credentials-echoed.
    #[test]
    fn any_response_that_is_echoed_makes_one_line_without_a_code(
        front in select(&["", "[", "[AUTH]", "\r\n", "\n", " "]),
        data in vec(prop_oneof![select(b"\r\n\0[] +-.<>"), any::<u8>()], 0..60),
        utf8 in any::<bool>(),
    ) {
        let mut config = open_config();
        config.utf8 = true;
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(if utf8 { b"UTF8\r\n" } else { b"" });
        host.take();
        let data = [front.as_bytes(), b"x", &data].concat();
        host.hear(format!("AUTH LOGIN\r\n{}\r\n", base64(&data)).as_bytes());
        let said = host.take();
        let refusal = said.strip_prefix(b"+ \r\n").unwrap();
        check_lines(refusal, 1);
        prop_assert!(refusal.starts_with(b"-ERR "));
    }

    /// Covers crlf-nul-in-reply-texts.
    /// Proves 2449-6.4-01.
    #[test]
    fn any_line_that_is_echoed_makes_one_line_without_a_code(
        front in select(&["[X]", "[AU]", "+OK", "-ERR", "....", "<1@h>"]),
        rest in vec(prop_oneof![2 => 0x20_u8..=0x7E, 1 => select(b"[]<>. +-"), 1 => 0x80_u8..], 0..60),
    ) {
        let mut config = open_config();
        config.unknown_commands = true;
        let mut host = logged_in(&config, mailbox());
        host.hear(&[front.as_bytes(), b" ", &rest, b"\r\n"].concat());
        check_lines(&host.take(), 1);
    }
}
