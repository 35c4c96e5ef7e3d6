//! Runs the rows through criterion, which shows distributions, throughput and the difference to the last run.

use criterion::{Criterion, Throughput};
use pop3_proto_benches::{Section, Unit, rows};

/// Rows that take longer than this for one pass are measured by `bench-table` only.
const LONGEST: std::time::Duration = std::time::Duration::from_millis(200);

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for mut case in Section::ALL.into_iter().flat_map(rows::of) {
        case.check();
        let mut group = criterion.benchmark_group(&case.name);
        group.throughput(match case.unit {
            Unit::Items(count) => Throughput::Elements(count),
            Unit::Octets(count) => Throughput::Bytes(count),
        });
        for mut candidate in case.candidates {
            if !candidate.is_slow(LONGEST) {
                group.bench_function(candidate.name, |b| b.iter(&mut candidate.run));
            }
        }
        group.finish();
    }
    criterion.final_summary();
}
