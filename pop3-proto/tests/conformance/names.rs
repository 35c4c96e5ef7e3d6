//! Ids, rows, needs, quirks and holes of the catalogue of probes, and the probes in the code, agree.

use std::collections::BTreeSet;

use pop3_proto::conformance::{Facts, Need, Setup, Subject, Verdict, entries, probes, rows, sections};

#[test]
fn the_catalogue_of_probes_names_what_there_is() {
    let rows: BTreeSet<&str> = rows().iter().map(|row| row.id).collect();
    let sections: BTreeSet<&str> = sections().iter().map(|(id, _)| *id).collect();
    let mut ids = BTreeSet::new();
    for entry in entries() {
        assert!(ids.insert(entry.id), "{} stands there twice", entry.id);
        assert!(sections.contains(entry.id.rsplit_once('/').unwrap().0), "{}: no such section", entry.id);
        assert!((1..=3).contains(&entry.tier), "{}: tier {}", entry.id, entry.tier);
        assert!(!entry.rows.is_empty() && !entry.title.is_empty() && !entry.does.is_empty(), "{}", entry.id);
        assert!(!entry.pass.is_empty(), "{}: nothing passes", entry.id);
        for row in &entry.rows {
            assert!(rows.contains(row), "{}: no row {row}", entry.id);
        }
        for need in &entry.needs {
            let missing = match entry.id.starts_with("server/") {
                true => Need(need).missing(&Setup::default(), &Facts::default()),
                false => Need(need).missing_of(&Subject::default()),
            };
            let known = missing.is_none_or(|(_, words)| !words.ends_with("is not known here"));
            assert!(known, "{}: no need {need}", entry.id);
        }
    }
}

#[test]
fn every_probe_of_the_code_stands_in_the_catalogue() {
    let probes = probes();
    assert!(!probes.is_empty());
    let here: BTreeSet<&str> = probes.iter().map(|probe| probe.id()).collect();
    assert_eq!(here.len(), probes.len());
    assert_eq!(Verdict::from_word("not-run"), Some(Verdict::NotRun));
}
