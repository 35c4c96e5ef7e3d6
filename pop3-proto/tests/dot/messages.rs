//! Strategies for messages that are mostly line ends and dots, and for the sizes of their pieces.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const SIZES: [usize; 14] = [1, 2, 3, 5, 7, 8, 31, 63, 64, 65, 127, 128, 129, 4096];

pub(crate) fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(select(&SIZES), 1..5)
}

pub(crate) fn rich(max: usize) -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        4 => Just(b'\r'),
        4 => Just(b'\n'),
        4 => Just(b'.'),
        1 => Just(0_u8),
        1 => 0x80_u8..=0xFF,
        2 => select(b"a \t-"),
    ];
    vec(octet, 0..max)
}

pub(crate) fn lines(max: usize) -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&[u8]; 16] = [
        b"\r\n",
        b"\r\n",
        b"\n",
        b"\r\n.",
        b"\r\n..",
        b"\n.",
        b"\r\n.\r\n",
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r\n.\r\r\n",
        b"\r.\r\n",
        b"\r\n.\r",
        b"text",
        b".",
        b"\r",
    ];
    vec(select(&PARTS), 0..max).prop_map(|parts| parts.concat())
}

/// Line ends and dots close to the places where vectors, blocks and pages end.
pub(crate) fn long() -> impl Strategy<Value = Vec<u8>> {
    let filler = prop_oneof![0_usize..4, 58_usize..70, 120_usize..136, 186_usize..196, 4088_usize..4100];
    let part = (filler, prop_oneof![rich(8), lines(4)], any::<bool>()).prop_map(|(len, tail, lf)| {
        let mut part = vec![if lf { b'\n' } else { b'x' }; if lf { len.min(40) } else { len }];
        part.extend_from_slice(&tail);
        part
    });
    vec(part, 2..7).prop_map(|parts| {
        let mut message = parts.concat();
        while message.len() <= 300 {
            message.extend_from_slice(b"a line to make it long\r\n.");
        }
        message
    })
}

pub(crate) fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![rich(40), lines(12), long()]
}
