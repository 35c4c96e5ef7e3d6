//! Helpers that feed the dot codecs in pieces.

use pop3_proto::dot::{Chunk, Stuffer, TopLimit, Unstuffer, WireSize};

pub(crate) fn pieces<'m>(mut octets: &'m [u8], sizes: &[usize]) -> Vec<&'m [u8]> {
    let mut all = Vec::new();
    for &size in sizes.iter().cycle() {
        if octets.is_empty() {
            break;
        }
        let (piece, rest) = octets.split_at(size.min(octets.len()));
        all.push(piece);
        octets = rest;
    }
    all
}

pub(crate) fn stuffed(mut stuffer: Stuffer, stored: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut wire = Vec::new();
    for mut piece in pieces(stored, sizes) {
        while let Some(run) = stuffer.next(&mut piece) {
            assert!(!run.is_empty(), "an empty run");
            wire.extend_from_slice(run);
        }
        assert!(piece.is_empty(), "the stuffer left bytes");
    }
    wire.extend_from_slice(stuffer.finish());
    wire
}

/// The message, and the number of bytes used; panics if the end did not come.
pub(crate) fn unstuffed(wire: &[u8], sizes: &[usize]) -> (Vec<u8>, usize) {
    let (mut unstuffer, mut mail, mut used) = (Unstuffer::new(), Vec::new(), 0);
    for piece in pieces(wire, sizes) {
        let mut window = piece;
        loop {
            match unstuffer.next(&mut window) {
                Chunk::Data(octets) => {
                    assert!(!octets.is_empty(), "empty data");
                    mail.extend_from_slice(octets);
                }
                Chunk::Partial => {
                    assert!(window.is_empty(), "partial with bytes left");
                    used += piece.len();
                    break;
                }
                Chunk::End => {
                    used += piece.len() - window.len();
                    let left = window.len();
                    assert_eq!(unstuffer.next(&mut window), Chunk::End);
                    assert_eq!(window.len(), left, "the end uses nothing more");
                    return (mail, used);
                }
            }
        }
    }
    panic!("no end in {}", wire.escape_ascii());
}

pub(crate) fn limited(stored: &[u8], lines: u64, sizes: &[usize]) -> Vec<u8> {
    let (mut limit, mut shown) = (TopLimit::new(lines), Vec::new());
    for piece in pieces(stored, sizes) {
        let before = limit.is_enough();
        let front = limit.front(piece);
        assert!(!before || front.is_empty(), "more after enough");
        assert!(front.len() == piece.len() || limit.is_enough(), "cut, and not enough");
        shown.extend_from_slice(front);
    }
    shown
}

pub(crate) fn counted(stored: &[u8], sizes: &[usize]) -> u64 {
    let mut size = WireSize::new();
    pieces(stored, sizes).into_iter().for_each(|piece| size.add(piece));
    size.octets()
}
