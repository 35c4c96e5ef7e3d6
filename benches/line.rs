//! Finding lines: beside the search for LF alone.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memchr::memchr_iter;
use pop3_proto::{Line, LineScanner};
use pop3_proto_benches::corpus;

fn lines(wire: &[u8], chunk: usize) -> usize {
    let (mut scanner, mut count) = (LineScanner::new(255), 0);
    let (mut start, mut end) = (0, 0);
    while end < wire.len() {
        end = (end + chunk).min(wire.len());
        let mut window = &wire[start..end];
        while let Line::Complete(line) = scanner.next(&mut window) {
            count += usize::from(!black_box(line).is_empty());
        }
        start = end - window.len();
    }
    count
}

fn bench(c: &mut Criterion) {
    let wire: Vec<u8> =
        corpus::commands().into_iter().flat_map(|line| [line, b"\r\n".to_vec()].concat()).collect();
    for chunk in [usize::MAX / 2, 512, 1] {
        assert_eq!(lines(&wire, chunk), 1000);
    }
    let mut group = c.benchmark_group("line");
    group.throughput(Throughput::Bytes(wire.len() as u64));
    group.bench_function("limit: memchr LF", |b| b.iter(|| memchr_iter(b'\n', black_box(&wire)).count()));
    group.bench_function("LineScanner, whole", |b| b.iter(|| lines(black_box(&wire), usize::MAX / 2)));
    group.bench_function("LineScanner, 512 at a time", |b| b.iter(|| lines(black_box(&wire), 512)));
    group.bench_function("LineScanner, octet by octet", |b| b.iter(|| lines(black_box(&wire), 1)));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
