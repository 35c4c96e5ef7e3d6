//! The report as one page of HTML that needs nothing else, neither from the network nor from a script.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pop3_proto::conformance::{Verdict, sections};

use crate::failure::Failure;
use crate::html_dialogue::talk;
use crate::report::{Case, Finding, Report, RowVerdict};
use crate::text;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// In the bar and in the filters.
const ORDER: [Verdict; 7] = [
    Verdict::Fail,
    Verdict::Deviation,
    Verdict::Inconclusive,
    Verdict::Pass,
    Verdict::Note,
    Verdict::NotApplicable,
    Verdict::NotRun,
];

pub(crate) fn whole(report: &Report) -> Result<String, Failure> {
    let json = serde_json::to_string(report).map_err(|error| Failure::usage("HTML", error))?;
    let title = format!("pop3check: {}", report.peer.host);
    let body = html! {
        (head(report))
        @if !report.survey.is_empty() {
            details.section {
                summary { b { "What was asked first" } }
                (talk(&report.survey, &[]))
            }
        }
        (filters())
        (failures(report))
        h2 { "Probes" }
        @for (name, cases) in by_section(report) { (section(report, name, &cases)) }
        h2 { "Requirements" }
        (rows(report))
        // In a script element only `</` and `<!` could end it, so no `<` stands there.
        script type="application/json" id="run" { (PreEscaped(json.replace('<', "\\u003c"))) }
        script { (PreEscaped(SCRIPT)) }
    };
    Ok(page(&title, &body))
}

/// A page with this title and body.
pub(crate) fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    };
    page.into_string() + "\n"
}

fn head(report: &Report) -> Markup {
    let (peer, facts) = (&report.peer, &report.facts);
    let stls = if facts.stls { " (STLS)" } else { "" };
    let total = report.probes.len().max(1);
    html! {
        dl {
            @if peer.client {
                dt { "Client" } dd { (peer.host) }
                dt { "Says" } dd { code { (peer.verbs.join(", ")) } }
            } @else {
            dt { "Server" }
            dd {
                (peer.host)
                @if let Some(port) = peer.clear { ", port " (port) (stls) }
                @if let Some(port) = peer.tls { ", port " (port) " (TLS)" }
            }
            dt { "Greeting" } dd { code { (facts.greeting) } }
            dt { "Implementation" } dd { (peer.implementation.as_deref().unwrap_or("not told")) }
            dt { "Account" }
            dd {
                @match &peer.user {
                    Some(user) => { (user) " (" (facts.ways.join("; ")) "), " (facts.messages) " messages" },
                    None => "none: what comes after a login is not judged",
                }
            }
            @if peer.user.is_some() {
                dt { "Known messages" }
                dd {
                    (facts.corpus.len()) " of " (facts.corpus.len() + facts.corpus_missing.len())
                    @if !facts.corpus_missing.is_empty() { ", not found: " (facts.corpus_missing.join(", ")) }
                }
            }
            }
            @for (name, lines) in &facts.capabilities {
                dt { "CAPA " (name.replace('-', " ")) } dd { code { (lines.join(" \u{b7} ")) } }
            }
            @for trouble in &report.troubles { dt { "Trouble" } dd { (trouble) } }
            @if !peer.client { dt { "Leave" } dd { (text::leave(report)) } }
            dt { "Run" }
            dd {
                (report.began) ", " (format!("{:.0} s", report.seconds)) ", seed " (report.seed)
                ", pop3check " (report.version) ", exit code " (report.exit)
            }
        }
        div.bar {
            @for (verdict, count) in counts(report) {
                span class=(verdict.as_str()) style=(format!("flex: {count} 0 {}%", count * 100 / total))
                    title=(format!("{count} {verdict}")) {}
            }
        }
        div.counts {
            @for (verdict, count) in counts(report) {
                span.word.(verdict.as_str()) { (count) " " (text::word(verdict)) }
            }
        }
    }
}

fn counts(report: &Report) -> Vec<(Verdict, usize)> {
    let counts = ORDER.into_iter().map(|verdict| (verdict, report.count(verdict)));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// What fails or counts, with the way to it.
fn failures(report: &Report) -> Markup {
    let is_told = |case: &&Case| case.verdict == Verdict::Fail && case.known.is_none() || case.counts;
    let cases: Vec<&Case> = report.probes.iter().filter(is_told).collect();
    html! {
        @if !cases.is_empty() {
            h2 { "What fails" }
            ul { @for case in cases {
                li.(case.verdict.as_str()) {
                    span.word { (text::word(case.verdict)) } " "
                    a href=(format!("#{}", case.id)) { (case.id) } " " (case.title)
                }
            } }
        }
    }
}

fn filters() -> Markup {
    html! {
        div.filters hidden {
            @for verdict in ORDER {
                label { input type="checkbox" value=(verdict.as_str()) checked; " " (text::word(verdict)) }
            }
            label { input type="checkbox" value="none" checked; " not judged" }
            select aria-label="level" {
                option value="" { "all levels" }
                @for level in ["MUST", "SHOULD", "MAY", "IMPLIED"] { option value=(level) { (level) } }
            }
            button type="button" { "open or close all" }
        }
    }
}

fn by_section(report: &Report) -> Vec<(&str, Vec<&Case>)> {
    let mut sections: Vec<(&str, Vec<&Case>)> = Vec::new();
    for case in &report.probes {
        match sections.iter_mut().find(|(name, _)| *name == case.section()) {
            Some((_, cases)) => cases.push(case),
            None => sections.push((case.section(), vec![case])),
        }
    }
    sections
}

fn section(report: &Report, name: &str, cases: &[&Case]) -> Markup {
    let title = sections().into_iter().find(|(id, _)| *id == name).map_or("", |(_, title)| title);
    let is_open = cases.iter().any(|case| case.verdict == Verdict::Fail || case.counts);
    let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count();
    html! {
        details.section open[is_open] {
            summary {
                b { (name) } " " span.dim { (title) } " "
                @for verdict in ORDER {
                    @let count = count(verdict);
                    @if count > 0 { " " span.word.(verdict.as_str()) { (count) " " (text::word(verdict)) } }
                }
            }
            @for case in cases { (probe(report, case)) }
        }
    }
}

fn probe(report: &Report, case: &Case) -> Markup {
    let verdict = case.verdict.as_str();
    let level = |finding: &Finding| text::row(report, &finding.row).map_or("", |row| row.level.as_str());
    let levels: Vec<&str> = case.judgements.iter().map(level).collect();
    let is_open = case.verdict == Verdict::Fail && case.known.is_none() || case.counts;
    let decided: Vec<usize> = case.worst().map(|finding| finding.at).collect();
    html! {
        details.probe.(verdict) id=(case.id) open[is_open] data-verdict=(verdict) data-levels=(levels.join(" ")) {
            summary {
                span.word { (text::word(case.verdict)) }
                span.mono { (case.name()) }
                span { (case.title) }
            }
            div {
                p.dim {
                    (case.id) ", tier " (case.tier)
                    @if case.counts { ", makes the exit code 1" }
                    @if case.runs > 1 { ", " (if case.unconfirmed.is_empty() { 2 } else { 1 }) " of 2 runs" }
                    @if case.runs > 0 { ", " (case.milliseconds) " ms" }
                    @for quirk in &case.quirks { ", quirk " (quirk) }
                    @for hole in &case.holes { ", hole " (hole) }
                }
                @if let Some(reason) = &case.known { p { "Known: " (reason) } }
                @if case.stale { p { "Known not to pass, and does: take the entry off the list." } }
                @if case.unmet { p { "Required, and could not be judged." } }
                ul { @for finding in &case.judgements { (self::finding(report, finding)) } }
                @if !case.dialogue.is_empty() { (talk(&case.dialogue, &decided)) }
                @if !case.unconfirmed.is_empty() {
                    p.dim { "The first run, which the second one did not confirm:" }
                    (talk(&case.unconfirmed, &[]))
                }
            }
        }
    }
}

fn finding(report: &Report, finding: &Finding) -> Markup {
    html! {
        li class=(finding.verdict.as_str()) {
            span.word { (text::word(finding.verdict)) } " "
            @match text::row(report, &finding.row) {
                Some(row) => { b { (row.id) } " " (row.level) ", " (text::place(row)) ": " (row.title) },
                None => b { (finding.row) },
            }
            @if !finding.words.is_empty() { br; span.words { (text::cut(&finding.words, 1_000)) } }
        }
    }
}

fn rows(report: &Report) -> Markup {
    let verdict = |row: &RowVerdict| row.verdict.map_or("none", Verdict::as_str);
    let told = |row: &RowVerdict| match row.verdict {
        Some(verdict) => text::word(verdict),
        None if row.shows => "not judged",
        None => "does not show on a server",
    };
    html! {
        details.section {
            summary { b { "All " (report.rows.len()) " rows" } " by RFC and section" }
            div.wide { table.rows {
                thead { tr { th { "Row" } th { "Where" } th { "Level" } th { "What" } th { "Verdict" } } }
                tbody {
                    @for row in &report.rows {
                        tr class=(verdict(row)) data-verdict=(verdict(row)) data-levels=(row.level) {
                            td.mono { (row.id) }
                            td { (text::place(row)) }
                            td { (row.level) }
                            td { (row.title) }
                            td { span.word { (told(row)) } }
                        }
                    }
                }
            } }
        }
    }
}
