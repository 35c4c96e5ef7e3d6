//! A server's whole session in memory: beside the copying of its octets.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pop3_proto_benches::serve::{Copies, config, session};
use pop3_proto_benches::{corpus, hand};

const COMMANDS: &[u8] =
    b"CAPA\r\nUSER mrose\r\nPASS secret\r\nSTAT\r\nUIDL\r\nLIST\r\nRETR 1\r\nDELE 1\r\nRETR 2\r\nDELE 2\r\n\
RETR 3\r\nDELE 3\r\nRETR 4\r\nDELE 4\r\nRETR 5\r\nDELE 5\r\nTOP 6 1\r\nNOOP\r\nRSET\r\nQUIT\r\n";

fn sessions(c: &mut Criterion) {
    let config = config();
    let text = corpus::messages().swap_remove(0).1;
    for size in [200, 4096, 64 * 1024] {
        let end = text[..size].windows(2).rposition(|w| w == b"\r\n").map_or(size, |at| at + 2);
        let mail = Copies { count: 8, message: &text[..end] };
        let (mut out, mut tx) = (Vec::new(), Vec::new());
        session(&config, mail, COMMANDS, &mut out, &mut tx);
        assert!(out.ends_with(b"+OK bye\r\n"));
        let body = hand::stuff(mail.message);
        // Five by RETR, and by TOP one more: without an empty line all of it is header.
        assert_eq!(out.windows(body.len()).filter(|w| *w == body).count(), 6);
        let sent = out.clone();

        let mut group = c.benchmark_group(format!("server/20 commands, {size} octets a message"));
        group.throughput(Throughput::Bytes(sent.len() as u64));
        group.bench_function("limit: memcpy of what is sent", |b| {
            b.iter(|| {
                out.clear();
                out.extend_from_slice(black_box(&sent));
            });
        });
        group.bench_function("pop3-proto", |b| {
            b.iter(|| {
                out.clear();
                session(&config, mail, black_box(COMMANDS), &mut out, &mut tx)
            });
        });
        group.finish();
    }
}

criterion_group!(benches, sessions);
criterion_main!(benches);
