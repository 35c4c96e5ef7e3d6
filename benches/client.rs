//! A client taking in listings and messages: beside the search for line ends, and the search for a dot behind one.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memchr::{memchr_iter, memmem};
use pop3_proto::client::{Client, Event, Part, Profile};
use pop3_proto::{Command, MsgNo, Security};
use pop3_proto_benches::{corpus, hand};

/// Takes in the reply to one command, `chunk` octets more at a time, and adds up what it says.
fn take_in(command: &Command<'_>, wire: &[u8], chunk: usize, out: &mut Vec<u8>) -> u64 {
    let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
    client.receive(&mut &b"+OK\r\n"[..]).expect("a greeting");
    out.clear();
    client.send(command, out).expect("room for a command");
    let (mut sum, mut start, mut end) = (0, 0, 0);
    while end < wire.len() {
        end = (end + chunk).min(wire.len());
        let mut window = &wire[start..end];
        loop {
            match client.receive(&mut window).expect("a reply by the rules") {
                Event::NeedInput => break,
                Event::Reply(_, Part::ScanItem(scan)) => sum += scan.octets,
                Event::Reply(_, Part::UidItem(line)) => sum += line.uid.len() as u64,
                Event::Reply(_, Part::Data(octets)) => sum += black_box(octets).len() as u64,
                _ => {}
            }
        }
        start = end - window.len();
    }
    assert!(client.is_idle());
    sum
}

fn replies(c: &mut Criterion) {
    let scans = corpus::scans(10_000);
    let list = [b"+OK\r\n".to_vec(), corpus::listing(scans.iter().map(|(n, o)| format!("{n} {o}")))].concat();
    let uidl =
        [b"+OK\r\n".to_vec(), corpus::listing((1..=10_000).map(|n| format!("{n} {n:08x}whqtswO00WBw")))]
            .concat();
    let mut out = Vec::new();
    let sum = scans.iter().map(|(_, octets)| octets).sum::<u64>();
    for chunk in [usize::MAX / 2, 1460, 1] {
        assert_eq!(take_in(&Command::List(None), &list, chunk, &mut out), sum);
        assert_eq!(take_in(&Command::Uidl(None), &uidl, chunk, &mut out), 20 * 10_000);
    }
    for (name, command, wire) in [("LIST", Command::List(None), &list), ("UIDL", Command::Uidl(None), &uidl)]
    {
        let mut group = c.benchmark_group(format!("client/{name}"));
        group.throughput(Throughput::Elements(10_000));
        group.bench_function("limit: memchr LF", |b| b.iter(|| memchr_iter(b'\n', black_box(wire)).count()));
        group.bench_function("pop3-proto, whole", |b| {
            b.iter(|| take_in(&command, black_box(wire), usize::MAX / 2, &mut out));
        });
        group.bench_function("pop3-proto, 1460 at a time", |b| {
            b.iter(|| take_in(&command, black_box(wire), 1460, &mut out))
        });
        group.finish();
    }

    let message = corpus::messages().swap_remove(0).1;
    let retr = [b"+OK\r\n".to_vec(), hand::stuff(&message)].concat();
    let command = Command::Retr(MsgNo::FIRST);
    for chunk in [64 * 1024, 1] {
        assert_eq!(take_in(&command, &retr, chunk, &mut out), message.len() as u64);
    }
    let mut group = c.benchmark_group("client/RETR of 1 MiB");
    group.throughput(Throughput::Bytes(retr.len() as u64));
    let finder = memmem::Finder::new(b"\n.");
    group.bench_function("limit: find LF dot", |b| b.iter(|| finder.find_iter(black_box(&retr)).count()));
    for chunk in [64 * 1024, 1460] {
        group.bench_function(format!("pop3-proto, {chunk} at a time"), |b| {
            b.iter(|| take_in(&command, black_box(&retr), chunk, &mut out));
        });
    }
    group.finish();
}

criterion_group!(benches, replies);
criterion_main!(benches);
