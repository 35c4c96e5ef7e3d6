//! The splitting of input into lines, against a naive twin.

use pop3_proto::{Line, LineScanner};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::sizes;

#[derive(Debug, PartialEq)]
enum Found {
    Complete(Vec<u8>),
    TooLong,
    BareLf,
}

/// The naive twin: a line ends at CRLF, or at LF if that is accepted; only then are its length and its bytes
/// looked at.
fn lines(stream: &[u8], limit: usize, accept: bool) -> Vec<Found> {
    let (mut found, mut rest) = (Vec::new(), stream);
    let end: &[u8] = if accept { b"\n" } else { b"\r\n" };
    while let Some(at) = rest.windows(end.len()).position(|window| window == end) {
        let (text, after) = (&rest[..at], &rest[at + end.len()..]);
        found.push(match text {
            _ if at + end.len() > limit => Found::TooLong,
            text if accept => Found::Complete(text.strip_suffix(b"\r").unwrap_or(text).to_vec()),
            text if text.contains(&b'\n') => Found::BareLf,
            text => Found::Complete(text.to_vec()),
        });
        rest = after;
    }
    found
}

fn scanned(stream: &[u8], limit: usize, accept: bool, sizes: &[usize]) -> Vec<Found> {
    let mut scanner = LineScanner::new(limit).accept_bare_lf(accept);
    let (mut found, mut window, mut rest) = (Vec::new(), Vec::new(), stream);
    for size in sizes.iter().cycle() {
        let (now, later) = rest.split_at(rest.len().min(*size));
        window.extend_from_slice(now);
        rest = later;
        let mut unread = &window[..];
        loop {
            found.push(match scanner.next(&mut unread) {
                Line::Complete(text) => Found::Complete(text.to_vec()),
                Line::TooLong => Found::TooLong,
                Line::BareLf => Found::BareLf,
                Line::Partial => break,
            });
        }
        window = unread.to_vec();
        assert!(window.len() < limit, "{} bytes are kept of lines of {limit}", window.len());
        if rest.is_empty() {
            break;
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Covers endless-line.
    #[test]
    fn any_cut_gives_the_same_lines_and_they_are_the_right_ones(
        stream in vec(prop_oneof![4 => select(b"\r\n"), 3 => Just(b'a'), 1 => any::<u8>()], 0..80),
        limit in prop_oneof![2_usize..12, 12_usize..60],
        accept in any::<bool>(),
        sizes in sizes(),
    ) {
        let due = lines(&stream, limit, accept);
        prop_assert_eq!(&scanned(&stream, limit, accept, &sizes), &due);
        prop_assert_eq!(&scanned(&stream, limit, accept, &[1]), &due);
        prop_assert_eq!(&scanned(&stream, limit, accept, &[usize::MAX]), &due);
    }
}
