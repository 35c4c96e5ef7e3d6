//! Exact bytes of messages that come near a dot line, and dots at every offset.

use pop3_proto::dot::{Stuffer, TopLimit};

use crate::check_message;
use crate::common::twins::{crlf_form, stuff};
use crate::pieces::{stuffed, unstuffed};

#[test]
fn top_says_enough_as_soon_as_the_last_line_ends() {
    let stored = b"Subject: x\r\n\r\none\r\ntwo\r\nthree\r\n";
    for (lines, end) in [(0, 14), (1, 19), (2, 24), (3, 31)] {
        let mut limit = TopLimit::new(lines);
        assert_eq!(limit.front(&stored[..end - 1]), &stored[..end - 1]);
        assert!(!limit.is_enough(), "{lines} lines, one byte early");
        assert_eq!(limit.front(&stored[end - 1..end]), b"\n");
        assert!(limit.is_enough(), "{lines} lines");
        assert_eq!(limit.front(&stored[end..]), b"");
    }
}

/// Covers bare-line-ends-in-replies, dot-lines-inside.
#[test]
fn near_terminators_are_data() {
    const NEAR: [&[u8]; 20] = [
        b"\n.\r\n",
        b"\n.\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n.\r\r\n",
        b"\r.\r\n",
        b"\r.\r",
        b"\r\n.\0\r\n",
        b"\r\n. \r\n",
        b"\r\n.\x0B\r\n",
        b"\r\n.\xA0\r\n",
        b"\n\r.\r\n",
        b"\r\n\r.\r\n",
        b"\r\n.\r\r",
        b"\0\n.\r\n",
        b"\r\0\n.\r\n",
        b"\r\n\0.\r\n",
        b"\r\r\n.\n",
        b"\n\n.\n\n",
        b"\r\n.\r.\r\n",
    ];
    for near in NEAR {
        for size in [1, 2, 3, 4, usize::MAX] {
            let wire = [b"a", near, b"b\r\n.\r\n+OK next\r\n"].concat();
            let (mail, used) = unstuffed(&wire, &[size]);
            assert_eq!(used, wire.len() - b"+OK next\r\n".len(), "{} ended early", wire.escape_ascii());
            assert!(mail.ends_with(b"b\r\n"), "{}", mail.escape_ascii());
        }
        let stored = [b"a", near, b"b"].concat();
        check_message(&stored, b"+OK next\r\n", &[usize::MAX]);
    }
}

/// Covers first-dot, dot-lines-inside.
#[test]
fn the_exact_octets_of_near_terminators_arrive() {
    for (wire, mail) in [
        (&b".\r\n"[..], &b""[..]),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...\r\n.\r\n", b"..\r\n"),
        (b"\n.\r\n\r\n.\r\n", b"\n.\r\n\r\n"),
        (b"a\r\n.\n\r\n.\r\n", b"a\r\n\n\r\n"),
        (b"a\r\n.\r\r\n.\r\n", b"a\r\n\r\r\n"),
        (b"a\r.\r\n.\r\n", b"a\r.\r\n"),
        (b".\rb\r\n.\r\n", b"\rb\r\n"),
        (b".\r.\r\n.\r\n", b"\r.\r\n"),
        (b"a\r\n.b\r\n.\r\n", b"a\r\nb\r\n"),
        (b".+OK\r\n.\r\n", b"+OK\r\n"),
    ] {
        for size in [1, 2, 3, usize::MAX] {
            assert_eq!(unstuffed(wire, &[size]), (mail.to_vec(), wire.len()), "{}", wire.escape_ascii());
        }
    }
}

/// Covers first-dot, dot-lines-inside, cr-without-lf.
/// Proves 1939-3-14.
#[test]
fn the_exact_wire_form_of_small_messages() {
    for (stored, wire) in [
        (&b""[..], &b".\r\n"[..]),
        (b".", b"..\r\n.\r\n"),
        (b"\n", b"\r\n.\r\n"),
        (b"\r", b"\r\r\n.\r\n"),
        (b".\n.\n", b"..\r\n..\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\n.\r\n..b", b"a\r\n..\r\n...b\r\n.\r\n"),
        (b"a\r.\nb\0\xFF", b"a\r.\r\nb\0\xFF\r\n.\r\n"),
        (b"a\r\r\n.", b"a\r\r\n..\r\n.\r\n"),
    ] {
        assert_eq!(stuff(&crlf_form(stored)), wire, "the twin, {}", stored.escape_ascii());
        for size in [1, 2, usize::MAX] {
            assert_eq!(stuffed(Stuffer::new(), stored, &[size]), wire, "{}", stored.escape_ascii());
        }
    }
}

/// Covers dots-at-chunk-edges.
#[test]
fn a_line_end_before_a_dot_is_found_at_every_offset() {
    for len in (0..300).chain(4080..4112) {
        for end in [&b"\r\n."[..], b"\n.", b"\r\n.\r\n", b"\r."] {
            let mut stored = vec![b'x'; len];
            stored.extend_from_slice(end);
            stored.extend_from_slice(b"tail");
            check_message(&stored, b".", &[usize::MAX]);
            check_message(&stored, b".", &[128]);
        }
    }
}
