//! Shows how the cost grows with the size of the input: readers with linear cost take the same time for each
//! byte.

use std::time::Instant;

use pop3_proto_benches::rows::{Feed, Reply, feeds};

/// The size of reads that one Ethernet packet carries.
const CHUNK: usize = 1460;
/// A reader that starts again at every read is left out where it would take longer than this.
const LONGEST_SECONDS: f64 = 60.0;

pub(super) fn print() {
    type Growing = fn(u64) -> Reply;
    let kinds: [(&str, &[u64], Growing); 6] = [
        ("LIST, messages", &[10_000, 40_000, 100_000, 1_000_000], |n| Reply::List(n as u32)),
        ("UIDL, messages", &[10_000, 40_000, 100_000, 1_000_000], |n| Reply::Uidl(n as u32)),
        ("CAPA, lines", &[1_000, 4_000, 16_000, 64_000], |n| Reply::Capa(n as u32)),
        ("RETR, bytes", &[65_536, 262_144, 1_048_576, 67_108_864], |n| Reply::Retr(n as usize)),
        ("one line, bytes", &[65_536, 262_144, 1_048_576, 67_108_864], |n| Reply::LongLine(n as usize)),
        ("commands", &[1_000, 4_000, 16_000, 64_000], |n| Reply::Commands(n as u32)),
    ];
    println!(
        "| at {CHUNK} bytes a read | size | reader | ms | ns a byte |\n| --- | ---: | --- | ---: | ---: |"
    );
    for (name, sizes, reply) in kinds {
        let mut gone: Vec<(&str, f64, f64)> = Vec::new();
        for &size in sizes {
            let reply = reply(size);
            let wire = reply.wire();
            for feed in feeds(reply) {
                // If the cost is quadratic, the time grows by the square of the factor.
                let before =
                    gone.iter().find(|(name, ..)| *name == feed.name).map_or(0.0, |(_, octets, seconds)| {
                        let factor = wire.len() as f64 / octets;
                        seconds * factor * if feed.starts_again { factor } else { 1.0 }
                    });
                if before > LONGEST_SECONDS {
                    println!("| {name} | {size} | {} | | |", feed.name);
                    continue;
                }
                let seconds = best(feed, reply, &wire, CHUNK);
                gone.retain(|(name, ..)| *name != feed.name);
                gone.push((feed.name, wire.len() as f64, seconds));
                let per_octet = seconds * 1e9 / wire.len() as f64;
                println!("| {name} | {size} | {} | {:.3} | {per_octet:.2} |", feed.name, seconds * 1e3);
            }
        }
    }
}

/// The best of some runs, or the one run of a slow reader.
pub(super) fn best(feed: Feed, reply: Reply, wire: &[u8], chunk: usize) -> f64 {
    let mut best = f64::MAX;
    let begin = Instant::now();
    for _ in 0..20 {
        let start = Instant::now();
        std::hint::black_box((feed.run)(reply, wire, chunk));
        best = best.min(start.elapsed().as_secs_f64());
        if begin.elapsed().as_secs_f64() > 0.5 {
            break;
        }
    }
    best
}
