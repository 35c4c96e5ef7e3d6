//! Every target over its committed corpus, and over cut and mixed forms of it.

use std::collections::BTreeSet;
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

/// Each target has a file for libFuzzer, which is also what `.ci/fuzz` goes by, an entry in the manifest, and
/// a corpus.
#[test]
fn every_target_has_all_its_parts_and_there_are_no_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str| -> BTreeSet<String> {
        let paths = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let due: BTreeSet<_> = TARGETS.iter().map(|(name, _)| String::from(*name)).collect();
    assert_eq!(names("fuzz_targets"), due);
    assert_eq!(names("corpus"), due);
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, bins) = manifest.split_once("[[bin]]").unwrap();
    let bins = bins.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    assert_eq!(bins.map(String::from).collect::<BTreeSet<_>>(), due);
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}
