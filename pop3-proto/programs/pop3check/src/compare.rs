//! `pop3check compare`: probes down, peers across.

use std::fmt::Write as _;
use std::path::PathBuf;

use maud::html;
use pop3_proto::conformance::Verdict;

use crate::html;
use crate::report::{Case, Report};

/// A run, under the name of its file.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) report: Report,
}

impl Column {
    fn case(&self, id: &str) -> Option<&Case> {
        self.report.probes.iter().find(|case| case.id == id)
    }
}

/// Names them after their files; after the paths, where two files have the same name.
pub(crate) fn columns(runs: Vec<(PathBuf, Report)>) -> Vec<Column> {
    let names: Vec<String> = runs
        .iter()
        .map(|(path, _)| path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned())
        .collect();
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let named = |((path, report), name): ((PathBuf, Report), &String)| Column {
        name: if is_unique(name) { name.clone() } else { path.display().to_string() },
        report,
    };
    runs.into_iter().zip(&names).map(named).collect()
}

const LEGEND: &str = "\u{2713} pass, \u{25cb} note, ~ deviation, \u{2717} fail, ? inconclusive, \
                      \u{2013} not applicable, \u{b7} not run";

const fn symbol(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "\u{2713}",
        Verdict::Note => "\u{25cb}",
        Verdict::NotApplicable => "\u{2013}",
        Verdict::NotRun => "\u{b7}",
        Verdict::Inconclusive => "?",
        Verdict::Deviation => "~",
        Verdict::Fail => "\u{2717}",
    }
}

/// A line of the table: its name, and for each peer what stands there and its class.
type Line = (String, Vec<(String, &'static str)>);

fn lines(columns: &[Column], by_section: bool) -> Vec<Line> {
    let mut names: Vec<&str> = Vec::new();
    for case in columns.iter().flat_map(|column| &column.report.probes) {
        let name = if by_section { case.section() } else { &case.id };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let line = |name: &&str| -> Line {
        let cells =
            columns.iter().map(|column| if by_section { counts(column, name) } else { cell(column, name) });
        let short = if by_section { name.split_once('/').map_or(*name, |(_, short)| short) } else { name };
        (short.to_owned(), cells.collect())
    };
    names.iter().map(line).collect()
}

fn cell(column: &Column, id: &str) -> (String, &'static str) {
    let verdict = column.case(id).map(|case| case.verdict);
    verdict.map_or((String::new(), ""), |verdict| (symbol(verdict).to_owned(), verdict.as_str()))
}

/// How many probes of the section have each verdict. What says nothing is told only if nothing else is.
fn counts(column: &Column, section: &str) -> (String, &'static str) {
    let cases: Vec<&Case> = column.report.probes.iter().filter(|case| case.section() == section).collect();
    let worst = cases.iter().map(|case| case.verdict).max();
    let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count();
    let told = |verdicts: &[Verdict]| -> Vec<String> {
        let counted =
            verdicts.iter().map(|verdict| (*verdict, count(*verdict))).filter(|(_, count)| *count > 0);
        counted.map(|(verdict, count)| format!("{count} {}", symbol(verdict))).collect()
    };
    let mut words =
        told(&[Verdict::Pass, Verdict::Note, Verdict::Deviation, Verdict::Fail, Verdict::Inconclusive]);
    if words.is_empty() {
        words = told(&[Verdict::NotApplicable, Verdict::NotRun]);
    }
    (words.join(" "), worst.map_or("", Verdict::as_str))
}

/// A table for a README.
pub(crate) fn markdown(columns: &[Column], by_section: bool) -> String {
    let quoted = |words: &str| words.replace('|', "\\|");
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let first = if by_section { "section" } else { "probe" };
    let mut text = format!("| {first} | {} |\n|---|{}\n", names.join(" | "), ":-:|".repeat(columns.len()));
    for (name, cells) in lines(columns, by_section) {
        let cells: Vec<String> = cells.into_iter().map(|(words, _)| words).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    let _ = writeln!(text, "\n{LEGEND}");
    text
}

/// The same as a page.
pub(crate) fn page(columns: &[Column], by_section: bool) -> String {
    let body = html! {
        p { (LEGEND) }
        div.wide { table.peers {
            thead { tr {
                th { @if by_section { "section" } @else { "probe" } }
                @for column in columns {
                    th title=(column.report.facts.greeting) {
                        (column.name) br;
                        span.dim { (column.report.peer.implementation.as_deref().unwrap_or_default()) }
                    }
                }
            } }
            tbody {
                @for (name, cells) in lines(columns, by_section) {
                    tr {
                        td.mono { (name) }
                        @for (words, class) in cells { td class=(class) title=(class) { (words) } }
                    }
                }
            }
        } }
    };
    html::page("pop3check: side by side", &body)
}
