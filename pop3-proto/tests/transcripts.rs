//! Plays every file in `tests/transcripts/` at several cuts of the input; the README there describes the
//! format.

#![cfg(feature = "testing")]

#[path = "transcript/client.rs"]
mod client;
mod common;
#[path = "transcript/host.rs"]
mod host;
#[path = "transcript/server.rs"]
mod server;
#[path = "transcript/settings.rs"]
mod settings;

use std::fs;
use std::path::Path;

use client::fetch;
use server::serve;
use settings::Transcript;

const CUTS: [usize; 6] = [usize::MAX, 1, 2, 3, 7, 64];

#[test]
fn every_transcript_plays_at_every_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut count = 0;
    let mut failed = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "txt")) {
        let text = fs::read_to_string(&path).unwrap();
        let script = Transcript::parse(&text);
        let cuts = if script.has("cut", "all") { &CUTS[..1] } else { &CUTS[..] };
        for &cut in cuts {
            let result = std::panic::catch_unwind(|| match script.value("role") {
                Some("server") => serve(&script, cut),
                Some("client") => fetch(&script, cut),
                other => panic!("role {other:?}"),
            });
            if result.is_err() {
                failed.push(format!("{} at cut {cut}", path.file_name().unwrap().display()));
                break;
            }
        }
        count += 1;
    }
    assert!(failed.is_empty(), "{} of {count} transcripts fail: {failed:#?}", failed.len());
    assert!(count >= 60, "only {count} transcripts were found");
}
