//! The dot codecs against naive twins of a few lines each, over messages that are mostly line ends and dots.

#![cfg(feature = "alloc")]

#[path = "../common/mod.rs"]
mod common;

mod body;
mod body_end;
mod exact;
mod messages;
mod pieces;
mod short;

use pop3_proto::dot::{Stuffer, wire_size};
use proptest::prelude::*;
use proptest::sample::select;

use common::twins::{crlf_form, stuff, top, unstuff};
use messages::{lines, long, message, rich, sizes};
use pieces::{counted, limited, stuffed, unstuffed};

const HEADER_ENDS: [&[u8]; 6] = [b"\n\n", b"\r\n\r\n", b"\n\r\n", b"\r\n\n", b"\r\r\n", b""];

fn check_message(stored: &[u8], after: &[u8], sizes: &[usize]) {
    let mail = crlf_form(stored);
    let mut wire = stuff(&mail);
    assert!(stuffed(Stuffer::new(), stored, sizes) == wire, "stuffing {}", stored.escape_ascii());
    assert_eq!(wire_size(stored), mail.len() as u64, "size of {}", stored.escape_ascii());
    assert_eq!(counted(stored, sizes), mail.len() as u64, "size in pieces of {}", stored.escape_ascii());
    let len = wire.len();
    wire.extend_from_slice(after);
    assert!(unstuffed(&wire, sizes) == (mail, len), "unstuffing {}", wire.escape_ascii());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Covers dots-at-chunk-edges, cr-without-lf.
    /// Proves 1939-5-15, 1939-11-03.
    #[test]
    fn a_stored_message_goes_over_the_wire_and_back(
        stored in message(),
        after in rich(12),
        sizes in sizes(),
    ) {
        check_message(&stored, &after, &sizes);
        check_message(&stored, &after, &[usize::MAX]);
    }

    /// Covers dots-at-chunk-edges, bare-line-ends-in-replies.
    /// Proves 1939-3-15.
    #[test]
    fn any_octets_are_unstuffed_as_lines_are(soup in message(), after in rich(12), sizes in sizes()) {
        let wire = [&soup[..], b"\r\n.\r\n", &after].concat();
        let (mail, rest) = unstuff(&wire).unwrap();
        let due = (mail, wire.len() - rest.len());
        prop_assert_eq!(&unstuffed(&wire, &sizes), &due);
        prop_assert_eq!(&unstuffed(&wire, &[usize::MAX]), &due);
        prop_assert_eq!(&unstuffed(&wire, &[1]), &due);
    }

    #[test]
    fn a_message_known_to_have_crlf_goes_out_like_any_other(stored in message(), sizes in sizes()) {
        let mail = crlf_form(&stored);
        prop_assert_eq!(stuffed(Stuffer::crlf(), &mail, &sizes), stuff(&mail));
        prop_assert_eq!(stuffed(Stuffer::crlf(), &mail, &[1]), stuff(&mail));
    }

    /// A bare LF in a message that is said to have none stays: nothing is lost, and no dot after it ends the
    /// body for any reader.
    ///
    /// Covers bare-line-ends-in-replies.
    #[test]
    fn a_bare_lf_in_a_message_known_to_have_crlf_ends_nothing(stored in message(), sizes in sizes()) {
        let wire = stuffed(Stuffer::crlf(), &stored, &sizes);
        let ending = if stored.is_empty() || stored.ends_with(b"\r\n") { &b".\r\n"[..] } else { b"\r\n.\r\n" };
        let body = wire.strip_suffix(ending).unwrap();
        let plain = body.strip_prefix(b".").filter(|_| stored.starts_with(b".")).unwrap_or(body);
        let mut due = Vec::new();
        for (at, octet) in stored.iter().enumerate() {
            if *octet == b'.' && at > 0 && stored[at - 1] == b'\n' {
                due.push(b'.');
            }
            due.push(*octet);
        }
        prop_assert_eq!(plain.escape_ascii().to_string(), due.escape_ascii().to_string());
    }

    #[test]
    fn a_message_in_wire_form_goes_out_untouched(stored in message(), sizes in sizes()) {
        let wire = stuff(&crlf_form(&stored));
        let body = wire.strip_suffix(b".\r\n").unwrap();
        prop_assert_eq!(stuffed(Stuffer::pre_stuffed(), body, &sizes), wire);
    }

    /// Proves 1939-7-04.
    #[test]
    fn top_shows_the_header_the_empty_line_and_so_many_lines(
        header in prop_oneof![Just(Vec::new()), lines(6), rich(20), long()],
        body in message(),
        end in select(&HEADER_ENDS),
        count in prop_oneof![0_u64..8, Just(u64::MAX)],
        sizes in sizes(),
    ) {
        let stored = [&header[..], end, &body].concat();
        let due = top(&stored, count);
        prop_assert_eq!(&limited(&stored, count, &sizes), due);
        prop_assert_eq!(&limited(&stored, count, &[usize::MAX]), due);
        prop_assert_eq!(&limited(&stored, count, &[1]), due);
    }
}
