//! Runs one candidate of one row, so that a tool can count its instructions.
//!
//! Count a run of n passes and one of 3n. Half the difference is what n passes take, without the time to make
//! the input.

use std::hint::black_box;

use anyhow::Context as _;
use clap::Parser;
use pop3_proto_benches::{OURS, Section, rows};

/// Run one candidate of one row
#[derive(Debug, Parser)]
struct Args {
    /// The section of the row
    section: Section,
    /// The row; without it, list the rows of the section that have a budget: budget, items or bytes of a
    /// pass, row, other candidates
    row: Option<String>,
    /// The number of passes
    #[arg(default_value_t = 1)]
    passes: u32,
    /// The candidate
    #[arg(default_value = OURS)]
    candidate: String,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut cases = rows::of(args.section);
    let Some(row) = args.row else {
        for case in cases {
            if let Some(budget) = case.budget {
                print!("{budget}\t{}\t{}", case.unit.count(), case.name);
                for other in case.candidates.iter().filter(|candidate| candidate.name != OURS) {
                    print!("\t{}", other.name);
                }
                println!();
            }
        }
        return Ok(());
    };
    let case = cases.iter_mut().find(|case| case.name == row).context("no row of that name")?;
    let candidate = case.candidate(&args.candidate).context("no candidate of that name in that row")?;
    for _ in 0..args.passes {
        black_box((candidate.run)());
    }
    Ok(())
}
