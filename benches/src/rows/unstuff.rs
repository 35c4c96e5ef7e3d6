//! Message bodies as a client receives them.

use std::hint::black_box;

use memchr::memmem::Finder;
use pop3_proto::dot::{Chunk, Unstuffer};
use smtp_proto::request::receiver::DataReceiver;

use crate::{Case, Target, Unit, corpus, hand};

const DETECT: &str = "limit: find LF dot";
const MACHINE: &str = "byte machine";
const SMTP: &str = "smtp-proto, copied";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (shape, message) in corpus::messages() {
        let mut wire = Vec::new();
        hand::body::stuff(&message, &mut wire);
        let wire: &'static [u8] = wire.leak();
        for (chunk, size) in [(64 * 1024, "64 KiB"), (512, "512"), (1, "1")] {
            let case = slices(format!("unstuff {shape}, {size}"), wire, chunk);
            cases.push(with_targets(case, shape, chunk));
        }
        let case = copied(format!("unstuff {shape}, 64 KiB, copied out"), wire);
        cases.push(if matches!(shape, "text" | "base64") {
            case.target(Target::Speed(0.40, DETECT))
        } else {
            case
        });
    }
    cases
}

fn with_targets(case: Case, shape: &str, chunk: usize) -> Case {
    let clean = matches!(shape, "text" | "base64");
    match (shape, chunk) {
        ("text", 65_536) => case
            .target(Target::Speed(0.80, DETECT))
            .target(Target::Speed(1.4, SMTP))
            .target(Target::Speed(20.0, MACHINE))
            .budget(0.36),
        ("base64", 65_536) => {
            case.target(Target::Speed(0.80, DETECT)).target(Target::Speed(1.4, SMTP)).budget(0.31)
        }
        ("dots-every-line", 65_536) => {
            case.target(Target::Speed(0.50, DETECT)).target(Target::Speed(2.0, SMTP)).budget(3.2)
        }
        ("only-dots", 65_536) => {
            case.target(Target::Speed(0.60, MACHINE)).target(Target::Speed(2.0, SMTP)).budget(21.0)
        }
        ("empty-lines", 65_536) => case.target(Target::Speed(0.80, DETECT)),
        (_, 512) if clean => case.target(Target::Speed(0.40, DETECT)),
        (_, 1) => case.target(Target::Speed(0.30, MACHINE)),
        _ => case,
    }
}

/// Passes every run of message bytes to `each`.
#[inline]
pub(super) fn unstuff(wire: &[u8], chunk: usize, mut each: impl FnMut(&[u8])) {
    let mut unstuffer = Unstuffer::new();
    for mut piece in wire.chunks(chunk) {
        while let Chunk::Data(run) = unstuffer.next(&mut piece) {
            each(run);
        }
    }
}

fn slices(name: String, wire: &'static [u8], chunk: usize) -> Case {
    let ours = move || {
        let mut octets = 0;
        unstuff(black_box(wire), chunk, |run| octets += black_box(run).len() as u64);
        octets
    };
    let case = peers(Case::new(name, Unit::Octets(wire.len() as u64)), wire, chunk).ours(ours);
    case.same(&[MACHINE])
}

fn copied(name: String, wire: &'static [u8]) -> Case {
    let chunk = 64 * 1024;
    let mut copy = Vec::with_capacity(wire.len());
    let ours = move || {
        copy.clear();
        unstuff(black_box(wire), chunk, |run| copy.extend_from_slice(run));
        copy.len() as u64
    };
    let mut target = vec![0_u8; wire.len()];
    let case = Case::new(name, Unit::Octets(wire.len() as u64));
    peers(case, wire, chunk)
        .with("limit: memcpy", move || {
            target.copy_from_slice(black_box(wire));
            u64::from(black_box(&target)[0])
        })
        .ours(ours)
        .same(&[MACHINE])
}

fn peers(case: Case, wire: &'static [u8], chunk: usize) -> Case {
    let finder = Finder::new(b"\n.");
    let (mut copy, mut smtp) = (Vec::with_capacity(wire.len()), Vec::with_capacity(wire.len()));
    case.with(DETECT, move || {
        black_box(wire).chunks(chunk).map(|piece| finder.find_iter(black_box(piece)).count() as u64).sum()
    })
    .with(MACHINE, move || {
        copy.clear();
        let mut machine = hand::body::Machine::default();
        for piece in black_box(wire).chunks(chunk) {
            machine.take(piece, &mut copy);
        }
        copy.len() as u64
    })
    .with(SMTP, move || {
        smtp.clear();
        let mut receiver = DataReceiver::new();
        for piece in black_box(wire).chunks(chunk) {
            if receiver.ingest(&mut piece.iter(), &mut smtp) {
                break;
            }
        }
        smtp.len() as u64
    })
}
