//! The dot codecs over every short message there is.

use crate::body_end::check_body_end;
use crate::check_message;
use crate::common::twins::{top, unstuff};
use crate::pieces::{limited, unstuffed};

/// Calls `each` with every word over the alphabet, up to this length.
fn words(alphabet: &[u8], max: u32, mut each: impl FnMut(&[u8])) {
    let base = alphabet.len();
    for len in 0..=max {
        for mut code in 0..base.pow(len) {
            let mut word = Vec::new();
            for _ in 0..len {
                word.push(alphabet[code % base]);
                code /= base;
            }
            each(&word);
        }
    }
}

/// Covers dots-at-chunk-edges, first-dot, dot-lines-inside.
#[test]
fn every_short_message_goes_over_the_wire_and_back_in_every_cut() {
    words(b"\r\n.x", 6, |stored| {
        for size in [1, 2, 3, usize::MAX] {
            check_message(stored, b".\r\n", &[size]);
        }
    });
}

/// Covers dots-at-chunk-edges, first-dot, bare-line-ends-in-replies.
/// Proves 1939-3-16.
#[test]
fn every_short_stream_is_unstuffed_as_lines_are() {
    words(b"\r\n.x", 7, |soup| {
        let wire = [soup, b"\r\n.\r\n.\r\n"].concat();
        let (mail, rest) = unstuff(&wire).unwrap();
        let due = (mail, wire.len() - rest.len());
        for size in [1, 2, usize::MAX] {
            assert!(unstuffed(&wire, &[size]) == due, "{} in cuts of {size}", wire.escape_ascii());
        }
    });
}

/// Covers dots-at-chunk-edges, first-dot, bare-line-ends-in-replies.
#[test]
fn the_end_of_every_short_body_is_found_to_the_byte() {
    words(b"\r\n.x", 8, |wire| {
        for size in [1, 2, 3, usize::MAX] {
            check_body_end(wire, &[size]);
        }
    });
}

#[test]
fn every_short_message_is_shown_by_top_as_lines_are() {
    words(b"\r\nx", 8, |stored| {
        for count in 0..3 {
            for size in [1, 2, usize::MAX] {
                let shown = limited(stored, count, &[size]);
                assert_eq!(shown, top(stored, count), "TOP {count} of {}", stored.escape_ascii());
            }
        }
    });
}
