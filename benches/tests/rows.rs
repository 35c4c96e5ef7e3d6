//! All candidates of a row do the same work.

use pop3_proto::dot::{Chunk, Stuffer, Unstuffer};
use pop3_proto_benches::{Section, corpus, hand, rows};

#[test]
fn candidates_of_a_row_see_the_same() {
    for mut case in Section::ALL.into_iter().flat_map(rows::of) {
        case.check();
    }
}

/// Compares byte by byte, where the rows compare only lengths.
#[test]
fn bodies_are_those_of_the_byte_machine() {
    for (shape, message) in corpus::messages() {
        let (mut wire, mut sent, mut got) = (Vec::new(), Vec::new(), Vec::new());
        hand::body::stuff(&message, &mut wire);
        let lf: Vec<u8> = message.iter().copied().filter(|octet| *octet != b'\r').collect();
        for (mut stuffer, stored) in
            [(Stuffer::new(), &message), (Stuffer::new(), &lf), (Stuffer::crlf(), &message)]
        {
            sent.clear();
            let mut rest = &stored[..];
            while let Some(run) = stuffer.next(&mut rest) {
                sent.extend_from_slice(run);
            }
            sent.extend_from_slice(stuffer.finish());
            assert!(sent == wire, "{shape}");
        }
        let (mut unstuffer, mut window) = (Unstuffer::new(), &wire[..]);
        while let Chunk::Data(run) = unstuffer.next(&mut window) {
            got.extend_from_slice(run);
        }
        assert!(got == message, "{shape}");
    }
}
