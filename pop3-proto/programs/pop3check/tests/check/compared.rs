//! Runs side by side.

use crate::server::{twisted, unstuffed};
use crate::support::Bench;

#[test]
fn runs_stand_side_by_side() {
    let bench = Bench::new();
    let right = twisted(&["plain", "first-dot"], |_| None);
    let wrong = twisted(&["plain", "first-dot"], |line| (line == "RETR 2").then(|| unstuffed("first-dot")));
    let select = "server/retr/first-dot server/lines/canonical server/stls/fresh-session";
    bench.judge(right.address, &format!("--json right.json {select}")).assert_code(0);
    bench.judge(wrong.address, &format!("--json wrong|x.json {select}")).assert_code(1);
    let table = bench.run_words(&["compare", "right.json", "wrong|x.json"]);
    table
        .assert_code(0)
        .assert_out("| probe | right | wrong\\|x |\n")
        .assert_out("| server/lines/canonical | \u{2713} | \u{2713} |\n")
        .assert_out("| server/retr/first-dot | \u{2713} | \u{2717} |\n")
        .assert_out("| server/stls/fresh-session | \u{2013} | \u{2013} |\n");
    let sections = bench.run_words(&["compare", "--sections", "right.json", "wrong|x.json"]);
    sections.assert_code(0).assert_out("| retr | 1 \u{2713} | 1 \u{2717} |\n");
    // Two files of the same name are told apart by their folders.
    std::fs::create_dir(bench.path("old")).unwrap();
    std::fs::copy(bench.path("right.json"), bench.path("old/right.json")).unwrap();
    let table = bench.run_words(&["compare", "right.json", "old/right.json"]);
    table.assert_code(0).assert_out("| probe | right.json | old/right.json |\n");
    bench.run_words(&["compare", "right.json", "wrong|x.json", "--html", "table.html"]).assert_code(0);
    let page = bench.read("table.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("server/retr/first-dot"), "{page}");
    assert!(!page.contains("http://") && !page.contains("https://"));
}
