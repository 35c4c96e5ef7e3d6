//! `BodyEnd` against a naive twin, which searches the whole body for CRLF.CRLF.

use pop3_proto::dot::BodyEnd;
use proptest::prelude::*;

use crate::messages::{message, rich, sizes};
use crate::pieces::pieces;

/// The length of the body with its end. A body comes after the CRLF of the status line, so a dot may be its
/// first byte.
fn body_len(wire: &[u8]) -> Option<usize> {
    let line_end = b"\r\n";
    let after_status = [line_end, wire].concat();
    let start = after_status.windows(5).position(|bytes| bytes == b"\r\n.\r\n")?;
    Some(start + 5 - line_end.len())
}

/// How many bytes are taken of `wire` in pieces of these sizes, and whether the body is over then.
fn taken(wire: &[u8], sizes: &[usize]) -> (usize, bool) {
    let (mut end, mut count) = (BodyEnd::new(), 0);
    for piece in pieces(wire, sizes) {
        let (mut window, was_over) = (piece, end.is_over());
        let front = end.take(&mut window);
        assert_eq!([front, window].concat(), piece, "a byte was lost, doubled or changed");
        assert!(end.is_over() || window.is_empty(), "bytes were left before the end");
        assert!(!was_over || front.is_empty(), "bytes were taken after the end");
        count += front.len();
    }
    (count, end.is_over())
}

/// `wire` may have an end or not.
pub(crate) fn check_body_end(wire: &[u8], sizes: &[usize]) {
    let due = body_len(wire).map_or((wire.len(), false), |len| (len, true));
    assert_eq!(taken(wire, sizes), due, "{} in pieces of {sizes:?}", wire.escape_ascii());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Covers dots-at-chunk-edges, bare-line-ends-in-replies.
    /// Proves 1939-3-16, 1939-3-17.
    #[test]
    fn the_end_of_a_body_is_found_to_the_byte_at_any_cut(
        soup in message(),
        end in prop_oneof![Just(&b"\r\n.\r\n"[..]), Just(&b""[..])],
        after in rich(12),
        sizes in sizes(),
    ) {
        let wire = [&soup[..], end, &after].concat();
        check_body_end(&wire, &sizes);
        check_body_end(&wire, &[1]);
        check_body_end(&wire, &[usize::MAX]);
    }
}
