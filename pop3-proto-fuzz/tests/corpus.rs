//! Every target over its committed corpus, and over cut and mixed forms of it.

use std::fs;
use std::path::Path;

use pop3_proto_fuzz::TARGETS;

#[test]
fn every_target_takes_its_corpus() {
    for (name, target) in TARGETS {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "{name} has no corpus");
        for seed in &seeds {
            target(seed);
            for len in 0..seed.len().min(256) {
                target(&seed[..len]);
            }
        }
    }
}

#[test]
fn every_target_takes_the_corpus_of_every_other() {
    for (_, target) in TARGETS {
        for seed in TARGETS.iter().flat_map(|(name, _)| corpus(name)) {
            target(&seed);
        }
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}
