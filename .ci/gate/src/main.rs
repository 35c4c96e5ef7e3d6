//! `cargo gate`: runs the checks that need neither root nor other people's software, and stops at the first that fails.

use std::process::{Command, ExitCode};
use std::time::Instant;

/// Each is a cargo alias or a script, and can be run alone.
const CHECKS: &[&str] = &[
    "cargo gate-fmt",
    "cargo gate-lint",
    "cargo gate-lint-std",
    "cargo gate-lint-core",
    "cargo gate-lint-alloc",
    "cargo gate-lint-sasl",
    "cargo gate-lint-hashes",
    "cargo gate-lint-fetch",
    "cargo gate-lint-testing",
    "cargo gate-lint-programs",
    "cargo gate-lint-fuzz",
    "cargo gate-lint-benches",
    ".ci/docs",
    ".ci/dependencies",
    ".ci/licences",
    ".ci/scripts",
    "cargo gate-core",
    "cargo gate-alloc",
    ".ci/package",
    ".ci/semver",
];

fn main() -> ExitCode {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let start = Instant::now();
    for check in CHECKS {
        let begin = Instant::now();
        println!("=== {check}");
        let mut words = check.split(' ');
        let program = words.next().unwrap_or_default();
        let program = if program.starts_with('.') { format!("{root}/{program}") } else { program.to_owned() };
        match Command::new(program).args(words).current_dir(root).status() {
            Ok(status) if status.success() => println!("=== done in {} s", begin.elapsed().as_secs()),
            Ok(status) => {
                eprintln!("gate: {check}: {status}");
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("gate: {check}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("all checks passed in {} s", start.elapsed().as_secs());
    ExitCode::SUCCESS
}
