//! Reading and writing lines: beside hand-written code and pop3-codec.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pop3_proto::{Command, Deviations, Scan, encode, parse};
use pop3_proto_benches::{corpus, hand};

fn commands(c: &mut Criterion) {
    let lines = corpus::commands();
    for line in &lines {
        let (command, (word, number)) = (parse::command(line).unwrap(), hand::command(line).unwrap());
        assert_eq!(command.verb().as_str(), String::from_utf8_lossy(&word.to_be_bytes()).trim_end());
        if let Command::Retr(n) | Command::Dele(n) | Command::Top { number: n, .. } = command {
            assert_eq!(u64::from(n.get()), number);
        }
    }
    let mut group = c.benchmark_group("parse/command");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("hand", |b| {
        b.iter(|| {
            lines
                .iter()
                .filter_map(|line| hand::command(black_box(line)))
                .map(|(w, n)| u64::from(w) ^ n)
                .fold(0, |a, b| a ^ b)
        });
    });
    group.bench_function("pop3-proto", |b| {
        b.iter(|| lines.iter().filter(|line| black_box(parse::command(black_box(line))).is_ok()).count());
    });
    let with_ends: Vec<Vec<u8>> = lines.iter().map(|line| [line, &b"\r\n"[..]].concat()).collect();
    group.bench_function("pop3-codec", |b| {
        b.iter(|| {
            with_ends
                .iter()
                .filter(|line| black_box(pop3_codec::parse::command(black_box(line))).is_ok())
                .count()
        });
    });
    let parsed: Vec<Command<'_>> = lines.iter().map(|line| parse::command(line).unwrap()).collect();
    let mut out = Vec::with_capacity(64 * 1024);
    group.bench_function("encode", |b| {
        b.iter(|| {
            out.clear();
            for command in &parsed {
                encode::command(black_box(command), &mut out).unwrap();
                if out.len() > 8192 {
                    out.clear();
                }
            }
            out.len()
        });
    });
    group.finish();
}

fn listings(c: &mut Criterion) {
    let scans = corpus::scans(10_000);
    let lines: Vec<String> = scans.iter().map(|(n, octets)| format!("{n} {octets}")).collect();
    for (line, (n, octets)) in lines.iter().zip(&scans) {
        let mut seen = Deviations::NONE;
        let Scan { number, octets: read } = parse::scan_item(line.as_bytes(), &mut seen).unwrap();
        assert_eq!((number.get(), read), (*n, *octets));
        assert_eq!(hand::scan(line.as_bytes()), Some((u64::from(*n), *octets)));
        assert!(seen.is_empty());
    }
    let mut group = c.benchmark_group("parse/list");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("hand, digit loop", |b| {
        b.iter(|| {
            lines
                .iter()
                .filter_map(|line| hand::scan(black_box(line.as_bytes())))
                .fold(0, |a, (n, o)| a ^ n ^ o)
        });
    });
    group.bench_function("pop3-proto", |b| {
        b.iter(|| {
            let mut seen = Deviations::NONE;
            let items =
                lines.iter().filter_map(|line| parse::scan_item(black_box(line.as_bytes()), &mut seen).ok());
            items.fold(0, |a, scan| a ^ u64::from(scan.number.get()) ^ scan.octets)
        });
    });
    group.finish();

    let uids: Vec<String> = (1..=10_000).map(|n| format!("{n} {n:08x}whqtswO00WBw418f9t5JxYwZ")).collect();
    let mut group = c.benchmark_group("parse/uidl");
    group.throughput(Throughput::Elements(uids.len() as u64));
    group.bench_function("pop3-proto", |b| {
        b.iter(|| {
            let mut seen = Deviations::NONE;
            uids.iter().filter(|line| parse::uid_item(black_box(line.as_bytes()), &mut seen).is_ok()).count()
        });
    });
    group.finish();

    let status: [&[u8]; 4] =
        [b"+OK", b"+OK 120 octets follow", b"-ERR no such message", b"-ERR [IN-USE] another session is open"];
    let mut group = c.benchmark_group("parse/status");
    group.throughput(Throughput::Elements(status.len() as u64));
    group.bench_function("limit: first octet", |b| {
        b.iter(|| status.iter().filter(|line| black_box(line)[0] == b'+').count())
    });
    group.bench_function("pop3-proto", |b| {
        b.iter(|| {
            let mut seen = Deviations::NONE;
            status
                .iter()
                .filter(|line| black_box(parse::status_line(black_box(line), &mut seen)).is_ok())
                .count()
        });
    });
    group.finish();
}

criterion_group!(benches, commands, listings);
criterion_main!(benches);
