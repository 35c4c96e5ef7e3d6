//! Bodies: beside memcpy, the search for a dot behind a line end, a byte machine and smtp-proto.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memchr::memmem;
use pop3_proto::dot::{Chunk, Stuffer, Unstuffer, wire_size};
use pop3_proto_benches::{corpus, hand};
use smtp_proto::request::receiver::DataReceiver;

const CHUNKS: [usize; 3] = [64 * 1024, 512, 1];

fn unstuff(wire: &[u8], chunk: usize, mut each: impl FnMut(&[u8])) {
    let mut unstuffer = Unstuffer::new();
    for mut piece in wire.chunks(chunk) {
        while let Chunk::Data(run) = unstuffer.next(&mut piece) {
            each(run);
        }
    }
}

fn stuff(message: &[u8], chunk: usize, mut each: impl FnMut(&[u8])) {
    let mut stuffer = Stuffer::new();
    for mut piece in message.chunks(chunk) {
        while let Some(run) = stuffer.next(&mut piece) {
            each(run);
        }
    }
    each(stuffer.finish());
}

fn bodies(c: &mut Criterion) {
    for (name, message) in corpus::messages() {
        let wire = hand::stuff(&message);
        let lf = message.iter().copied().filter(|b| *b != b'\r').collect::<Vec<_>>();
        assert_eq!(wire_size(&lf), message.len() as u64);
        for chunk in CHUNKS {
            let (mut got, mut sent, mut sent_lf) = (Vec::new(), Vec::new(), Vec::new());
            unstuff(&wire, chunk, |run| got.extend_from_slice(run));
            stuff(&message, chunk, |run| sent.extend_from_slice(run));
            stuff(&lf, chunk, |run| sent_lf.extend_from_slice(run));
            assert!(got == message && sent == wire && sent_lf == wire, "{name} at {chunk}");
        }
        let mut by_hand = Vec::new();
        assert_eq!(hand::unstuff(&wire, &mut by_hand), wire.len());
        assert_eq!(by_hand, message);

        let mut group = c.benchmark_group(format!("dot/unstuff/{name}"));
        group.throughput(Throughput::Bytes(wire.len() as u64));
        let mut copy = Vec::with_capacity(wire.len());
        group.bench_function("limit: memcpy", |b| {
            b.iter(|| {
                copy.clear();
                copy.extend_from_slice(black_box(&wire));
            });
        });
        let finder = memmem::Finder::new(b"\n.");
        group.bench_function("limit: find LF dot", |b| {
            b.iter(|| {
                wire.chunks(CHUNKS[0]).map(|piece| finder.find_iter(black_box(piece)).count()).sum::<usize>()
            });
        });
        group.bench_function("byte machine", |b| {
            b.iter(|| {
                copy.clear();
                hand::unstuff(black_box(&wire), &mut copy)
            });
        });
        group.bench_function("smtp-proto, copied", |b| {
            b.iter(|| {
                copy.clear();
                let mut receiver = DataReceiver::new();
                for piece in wire.chunks(CHUNKS[0]) {
                    if receiver.ingest(&mut black_box(piece).iter(), &mut copy) {
                        break;
                    }
                }
            });
        });
        group.bench_function("pop3-proto, copied", |b| {
            b.iter(|| {
                copy.clear();
                unstuff(black_box(&wire), CHUNKS[0], |run| copy.extend_from_slice(run));
            });
        });
        for chunk in CHUNKS {
            group.bench_function(format!("pop3-proto, slices, {chunk} at a time"), |b| {
                b.iter(|| {
                    unstuff(black_box(&wire), chunk, |run| {
                        black_box(run);
                    })
                });
            });
        }
        group.finish();

        let mut group = c.benchmark_group(format!("dot/stuff/{name}"));
        group.throughput(Throughput::Bytes(message.len() as u64));
        group.bench_function("byte machine", |b| b.iter(|| hand::stuff(black_box(&message)).len()));
        group.bench_function("pop3-proto, CRLF source", |b| {
            b.iter(|| {
                stuff(black_box(&message), CHUNKS[0], |run| {
                    black_box(run);
                })
            });
        });
        group.bench_function("pop3-proto, LF source", |b| {
            b.iter(|| {
                stuff(black_box(&lf), CHUNKS[0], |run| {
                    black_box(run);
                })
            });
        });
        group.bench_function("wire size, LF source", |b| b.iter(|| wire_size(black_box(&lf))));
        group.finish();
    }
}

criterion_group!(benches, bodies);
criterion_main!(benches);
