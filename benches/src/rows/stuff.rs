//! Message bodies as a server sends them.

use std::hint::black_box;

use memchr::memmem::Finder;
use pop3_proto::dot::{Stuffer, wire_size};

use crate::{Case, Target, Unit, corpus, hand};

const DETECT: &str = "limit: find LF dot";
/// It keeps no state between pieces, so it is left out where pieces are smaller.
const MACHINE: &str = "byte machine";
const LARGE: usize = 64 * 1024;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (shape, crlf) in corpus::messages() {
        let lf: &'static [u8] = crlf.iter().copied().filter(|b| *b != b'\r').collect::<Vec<_>>().leak();
        let crlf: &'static [u8] = crlf.leak();
        for (source, message) in [("CRLF", crlf), ("LF", lf)] {
            for (chunk, size) in [(LARGE, "64 KiB"), (512, "512"), (1, "1")] {
                let case = slices(format!("stuff {shape}, {source}, {size}"), message, chunk, Stuffer::new);
                cases.push(with_targets(case, shape, source, chunk));
            }
        }
        let case = slices(format!("stuff {shape}, known to be CRLF, 64 KiB"), crlf, LARGE, Stuffer::crlf);
        let clean = matches!(shape, "text" | "base64");
        cases.push(if clean { case.target(Target::Speed(0.80, DETECT)) } else { case });
        let unit = Unit::Octets(lf.len() as u64);
        cases.push(
            Case::new(format!("measure {shape}, LF"), unit)
                .with("count by bytes", move || {
                    let bare =
                        black_box(lf).windows(2).filter(|pair| pair[1] == b'\n' && pair[0] != b'\r').count();
                    (lf.len() + bare) as u64 + u64::from(lf[0] == b'\n')
                })
                .ours(move || wire_size(black_box(lf)))
                .same(&["count by bytes"]),
        );
    }
    cases
}

fn with_targets(case: Case, shape: &str, source: &str, chunk: usize) -> Case {
    match (shape, source, chunk) {
        ("text" | "base64", "CRLF", 65_536) => case.target(Target::Speed(0.25, DETECT)),
        ("text" | "base64", "LF", 65_536) => case.target(Target::Speed(3.0, MACHINE)),
        ("empty-lines", _, 65_536) => case.target(Target::Speed(0.50, MACHINE)),
        _ => case,
    }
}

fn slices(name: String, message: &'static [u8], chunk: usize, new: fn() -> Stuffer) -> Case {
    let finder = Finder::new(b"\n.");
    let mut copy = Vec::with_capacity(2 * message.len());
    let case = Case::new(name, Unit::Octets(message.len() as u64))
        .with(DETECT, move || {
            black_box(message)
                .chunks(chunk)
                .map(|piece| finder.find_iter(black_box(piece)).count() as u64)
                .sum()
        })
        .with("pop3-proto, copied", move || {
            copy.clear();
            stuff(new(), black_box(message), chunk, |run| copy.extend_from_slice(run));
            copy.len() as u64
        })
        .ours(move || {
            let mut octets = 0;
            stuff(new(), black_box(message), chunk, |run| octets += black_box(run).len() as u64);
            octets
        })
        .same(&["pop3-proto, copied"]);
    if chunk < LARGE {
        return case;
    }
    let mut by_hand = Vec::with_capacity(2 * message.len());
    let machine = move || {
        by_hand.clear();
        hand::body::stuff(black_box(message), &mut by_hand);
        by_hand.len() as u64
    };
    case.with(MACHINE, machine).same(&[MACHINE])
}

#[inline]
fn stuff(mut stuffer: Stuffer, message: &[u8], chunk: usize, mut each: impl FnMut(&[u8])) {
    for mut piece in message.chunks(chunk) {
        while let Some(run) = stuffer.next(&mut piece) {
            each(run);
        }
    }
    each(stuffer.finish());
}
