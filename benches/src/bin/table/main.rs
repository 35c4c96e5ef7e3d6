//! Prints the tables of `RESULTS.md`: every row, every candidate, and whether each target is met.
//!
//! Times are given for orientation only. Ratios are reliable, because candidates take turns.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use pop3_proto_benches::compare::{Figure, Plan, compare};
use pop3_proto_benches::{OURS, Section, Target, Unit, rows};

mod growth;
mod plots;

/// Compare the crate with limits of the machine, code written by hand, and other crates
#[derive(Debug, Parser)]
struct Args {
    /// Measure only these sections
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Section::ALL)]
    section: Vec<Section>,
    /// Measure only rows with this in their names
    #[arg(long, default_value = "")]
    row: String,
    /// How often each candidate takes a turn
    #[arg(long, value_name = "N", default_value_t = 41, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// How many milliseconds a turn takes at least
    #[arg(long, value_name = "N", default_value_t = 2)]
    turn: u64,
    /// Fail if a target is missed by more than this factor
    #[arg(long, value_name = "X")]
    slack: Option<f64>,
    /// Print instead how the cost grows with the size of the input
    #[arg(long)]
    growth: bool,
    /// Draw instead the cost against the sizes of reads and of mailboxes, into this folder
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if let Some(folder) = &args.plots {
        plots::draw(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.growth {
        growth::print();
        return Ok(ExitCode::SUCCESS);
    }
    let plan = Plan { rounds: args.rounds.into(), turn: Duration::from_millis(args.turn) };
    let mut verdicts = Vec::new();
    for section in &args.section {
        println!("\n| {section:?} | | {} | × {OURS} |\n| --- | --- | ---: | ---: |", measure(*section));
        for mut case in rows::of(*section) {
            if !case.name.contains(&args.row) {
                continue;
            }
            case.check();
            let figures = compare(&mut case, plan);
            for Figure { name, nanos, to_ours } in &figures {
                println!("| {} | {name} | {} | {to_ours:.2} |", case.name, show(case.unit, *nanos));
            }
            for target in case.targets {
                let other = figures.iter().find(|figure| figure.name == target.other()).expect("a candidate");
                verdicts.push(Verdict::new(case.name.clone(), target, 1.0 / other.to_ours));
            }
        }
    }
    println!("\n| row | target | reached | |\n| --- | --- | ---: | --- |");
    for Verdict { row, target, figure } in &verdicts {
        println!(
            "| {row} | {target} | {figure:.2} | {} |",
            if target.is_met(*figure, 1.0) { "met" } else { "missed" }
        );
    }
    anyhow::ensure!(args.slack.is_none() || !verdicts.is_empty(), "no row of these has a target");
    let failed =
        args.slack.is_some_and(|slack| verdicts.iter().any(|one| !one.target.is_met(one.figure, slack)));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Verdict {
    row: String,
    target: Target,
    figure: f64,
}

impl Verdict {
    const fn new(row: String, target: Target, time_ratio: f64) -> Self {
        Self { row, target, figure: target.figure(time_ratio) }
    }
}

const fn measure(section: Section) -> &'static str {
    match section {
        Section::Commands | Section::Replies => "ns each",
        Section::Bodies => "GB/s",
        Section::Sessions | Section::Chunks => "µs",
    }
}

fn show(unit: Unit, nanos: f64) -> String {
    match unit {
        Unit::Items(1) => format!("{:.2}", nanos / 1000.0),
        Unit::Items(_) => format!("{nanos:.1}"),
        Unit::Octets(_) => format!("{:.2}", 1.0 / nanos),
    }
}
