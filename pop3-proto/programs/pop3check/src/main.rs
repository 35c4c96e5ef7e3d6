//! pop3check judges any POP3 server, by the probes of the conformance kit of pop3-proto, over sockets.
//!
//! The kit knows what to say and what is right ([`pop3_proto::conformance`]); this program adds connections, TLS,
//! accounts, lists of what is known, and reports. Run it with `--help`, or with `--man` for a manual page.

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use pop3_proto::conformance::Known;

mod args;
mod bar;
mod client;
mod closing;
mod compare;
mod deliver;
mod drive;
mod explain;
mod failure;
mod html;
mod html_dialogue;
mod judge;
mod junit;
mod known_mail;
mod link;
mod lists;
mod manual;
mod options;
mod outputs;
mod plan;
mod reasons;
mod record;
mod report;
mod round;
mod target;
mod text;
mod tls;
mod told;
mod who;

use args::{Arguments, Command, Say, Server};
use failure::Failure;
use judge::Weighed;
use outputs::{Outputs, say, say_aside};
use plan::{Judge, Plan};
use report::Report;
use round::Running;

fn main() -> ExitCode {
    let args = Arguments::parse();
    let done = match args.command {
        _ if args.man => manual::page(Arguments::command()).map(told),
        Some(Command::Server(args)) => server(&args),
        Some(Command::Client(args)) => client::client(&args),
        Some(Command::Corpus(args)) => known_mail::corpus(&args).map(told),
        Some(Command::List(args)) => explain::list(&args).map(told),
        Some(Command::Explain(args)) => explain::explain(&args.id).map(told),
        Some(Command::Report(args)) => again(&args).map(told),
        Some(Command::Compare(args)) => side_by_side(&args).map(told),
        None => Err(Failure::usage("command", "missing; see --help")),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("pop3check: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn server(args: &Server) -> Result<u8, Failure> {
    let running = Running::begin(&args.round)?;
    let plan = Plan::new(args)?;
    let reached = plan.target.reach(plan.connect_time())?;
    let judged = judge::judge(&plan, &reached, running.today, &running.bar).map_err(|(failure, said)| {
        running.show(&told::dialogue(&record::unreported(&said, &plan.who), &[], 0, usize::MAX));
        failure
    })?;
    let report = Report::new(&plan, &reached, &judged, running.began, running.seconds());
    running.end(&report, &known(&plan.judge, &judged.weighed))
}

fn as_text(report: &Report, how: Say) -> String {
    if how.quiet {
        return text::last(report).lines().next_back().map(|line| format!("{line}\n")).unwrap_or_default();
    }
    text::whole(report, how.verbose)
}

/// Prints a run that was kept.
fn again(args: &args::Report) -> Result<String, Failure> {
    colours(args.say);
    let outputs = Outputs::new(&[("--junit", &args.junit), ("--html", &args.html)])?;
    let report = kept(&args.run)?;
    outputs.write("--junit", || junit::whole(&report))?;
    outputs.write("--html", || html::whole(&report))?;
    let text = if args.text || outputs.is_empty() { as_text(&report, args.say) } else { String::new() };
    if outputs.has_standard() {
        say_aside(&text);
        return Ok(String::new());
    }
    Ok(text)
}

/// Prints several runs as a table.
fn side_by_side(args: &args::Compare) -> Result<String, Failure> {
    let outputs = Outputs::new(&[("--html", &args.html), ("--markdown", &args.markdown)])?;
    let read = |path: &std::path::PathBuf| Ok((path.clone(), kept(path)?));
    let columns = compare::columns(args.runs.iter().map(read).collect::<Result<_, Failure>>()?);
    outputs.write("--html", || Ok(compare::page(&columns, args.sections)))?;
    outputs.write("--markdown", || Ok(compare::markdown(&columns, args.sections)))?;
    Ok(if outputs.is_empty() { compare::markdown(&columns, args.sections) } else { String::new() })
}

fn json(report: &Report) -> Result<String, Failure> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|error| Failure::usage("JSON", error))
}

/// Reads a run that was kept with --json.
fn kept(path: &Path) -> Result<Report, Failure> {
    let bad = |why: &dyn std::fmt::Display| Failure::usage(path.display(), why);
    let text = std::fs::read(path).map_err(|error| bad(&error))?;
    let report = serde_json::from_slice(&text).and_then(Report::read).map_err(|error| bad(&error))?;
    if report.schema == report::SCHEMA {
        Ok(report)
    } else {
        Err(bad(&"no run of pop3check (schema pop3check/1)"))
    }
}

/// What counts in this run, and what was known before and still holds.
fn known(judge: &Judge, weighed: &[Weighed]) -> Vec<Known> {
    let is_stale = |id: &str| weighed.iter().any(|one| one.is_stale && one.probe.id() == id);
    let is_new = |id: &str| weighed.iter().any(|one| one.counts && !one.is_unmet && one.probe.id() == id);
    let kept = judge.known.iter().filter(|known| !is_stale(&known.probe) && !is_new(&known.probe));
    let mut list: Vec<Known> = kept.cloned().collect();
    for one in weighed.iter().filter(|one| one.counts && !one.is_unmet) {
        list.push(Known {
            probe: one.probe.id().to_owned(),
            verdict: one.outcome.verdict,
            reason: "TODO".to_owned(),
            until: None,
        });
    }
    list
}

fn told(text: String) -> u8 {
    say(&text);
    0
}

fn colours(say: Say) {
    if say.no_colour {
        console::set_colors_enabled(false);
    }
}
