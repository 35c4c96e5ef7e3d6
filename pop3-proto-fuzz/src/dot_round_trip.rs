//! Fuzz target: the dot codecs against naive ones, in pieces of any size.

use pop3_proto::dot::{Chunk, Stuffer, TopLimit, Unstuffer, WireSize};

use crate::cursor::Cursor;
use crate::twins;

/// The first two bytes choose the size of the pieces on each side, the third the lines of a TOP; the rest is
/// the message.
pub fn dot_round_trip(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let (out_piece, in_piece) = (1 + usize::from(cursor.octet()), 1 + usize::from(cursor.octet()));
    let lines = u64::from(cursor.octet() % 8);
    let message = cursor.rest();

    let (mut stuffer, mut size, mut wire) = (Stuffer::new(), WireSize::new(), Vec::new());
    for mut piece in message.chunks(out_piece) {
        size.add(piece);
        while let Some(run) = stuffer.next(&mut piece) {
            wire.extend_from_slice(run);
        }
    }
    wire.extend_from_slice(stuffer.finish());
    let mail = twins::crlf_form(message);
    assert_eq!(wire, twins::stuff(&mail));
    assert_eq!(size.octets(), mail.len() as u64);

    wire.extend_from_slice(b"+OK next\r\n");
    let (got, rest) = unstuff(&wire, in_piece);
    assert_eq!(got, mail);
    assert_eq!(rest, b"+OK next\r\n");

    // The message is now taken for bytes that came over the wire.
    let (got, rest) = unstuff(message, in_piece);
    let (naive, naive_rest) = naive_unstuff(message);
    assert_eq!((got, rest), (naive, naive_rest));

    let (mut top, mut taken) = (TopLimit::new(lines), Vec::new());
    for piece in message.chunks(out_piece) {
        taken.extend_from_slice(top.front(piece));
    }
    assert_eq!(taken, twins::top(message, lines));
}

fn unstuff(wire: &[u8], piece: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut unstuffer, mut got, mut left) = (Unstuffer::new(), Vec::new(), Vec::new());
    let mut ended = false;
    for mut piece in wire.chunks(piece) {
        while !ended {
            match unstuffer.next(&mut piece) {
                Chunk::Data(run) => {
                    assert!(!run.is_empty());
                    got.extend_from_slice(run);
                }
                Chunk::Partial => break,
                Chunk::End => ended = true,
            }
        }
        left.extend_from_slice(piece);
    }
    (got, left)
}

/// The bytes of the message as far as they are certain, and what is left after its end.
fn naive_unstuff(wire: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut mail, mut at, mut line_start) = (Vec::new(), 0, true);
    while at < wire.len() {
        if line_start && wire[at] == b'.' {
            match &wire[at..] {
                [b'.', b'\r', b'\n', rest @ ..] => return (mail, rest.to_vec()),
                [b'.'] | [b'.', b'\r'] => return (mail, Vec::new()),
                _ => at += 1,
            }
        }
        let octet = wire[at];
        line_start = octet == b'\n' && at > 0 && wire[at - 1] == b'\r';
        mail.push(octet);
        at += 1;
    }
    (mail, Vec::new())
}
