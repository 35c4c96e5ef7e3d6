//! The report as text.

use std::fmt::Write as _;

use console::{Style, StyledObject};
use pop3_proto::conformance::Verdict;

use crate::reasons;
use crate::report::{Case, Finding, Report, RowVerdict};
use crate::told;

pub(crate) fn whole(report: &Report, is_verbose: bool) -> String {
    let mut text = head(report);
    text += "\n";
    if is_verbose && !report.survey.is_empty() {
        text += "What was asked first:\n";
        text += &told::dialogue(&report.survey, &[], 0, usize::MAX);
        text += "\n";
    }
    text += &sections(report);
    let told = |case: &&Case| match case.verdict {
        Verdict::Fail => case.known.is_none() || is_verbose,
        Verdict::NotRun | Verdict::NotApplicable => is_verbose && !case.dialogue.is_empty() || case.counts,
        Verdict::Deviation | Verdict::Inconclusive => case.counts || is_verbose,
        Verdict::Pass | Verdict::Note => is_verbose,
    };
    for case in report.probes.iter().filter(told) {
        text += "\n";
        text += &told::single(report, case, is_verbose);
    }
    text += "\n";
    for trouble in &report.troubles {
        let _ = writeln!(text, "trouble: {trouble}");
    }
    text += &reasons::not_run(report);
    text += &last(report);
    text
}

fn head(report: &Report) -> String {
    let (peer, facts) = (&report.peer, &report.facts);
    if peer.client {
        return format!(
            "pop3check {}   client {}   {}\nsays {}\n",
            report.version,
            peer.host,
            report.began,
            peer.verbs.join(", ")
        );
    }
    let stls = if facts.stls { " (STLS)" } else { "" };
    let ports =
        [peer.clear.map(|port| format!("{port}{stls}")), peer.tls.map(|port| format!("{port} (TLS)"))];
    let ports: Vec<String> = ports.into_iter().flatten().collect();
    let implementation = peer.implementation.as_deref().unwrap_or("not told");
    let mut text = format!(
        "pop3check {}   server {}   {}   \"{}\"   IMPLEMENTATION {implementation}   {}\n",
        report.version,
        peer.host,
        ports.join(", "),
        cut(&facts.greeting, 120),
        report.began,
    );
    match &peer.user {
        Some(user) => {
            let ways = facts.ways.join("; ");
            let _ = write!(text, "account {user} ({ways})   {} messages", facts.messages);
            let known = facts.corpus.len();
            let _ = write!(text, ", corpus {known} of {}", known + facts.corpus_missing.len());
            if known > 0 && !facts.corpus_missing.is_empty() {
                let _ = write!(text, " (not found: {})", facts.corpus_missing.join(", "));
            }
        }
        None => text += "no account: what comes after a login is not judged (--user, --password-env)",
    }
    let _ = writeln!(text, "   leave: {}", leave(report));
    text
}

pub(crate) fn leave(report: &Report) -> String {
    let leave = &report.leave;
    let mut words = Vec::new();
    let mut add = |is_permitted: bool, word: String| {
        if is_permitted {
            words.push(word);
        }
    };
    add(leave.odd, "odd".into());
    add(leave.bad_logins > 0, format!("{} failed logins", leave.bad_logins));
    add(leave.delete_own, if leave.any_run { "removals of any run".into() } else { "own removals".into() });
    add(leave.flood, "flood".into());
    add(leave.slow_seconds > 0, format!("slow {} s", leave.slow_seconds));
    add(leave.only_corpus, "only known mail".into());
    if words.is_empty() { "gentle".into() } else { words.join(", ") }
}

fn sections(report: &Report) -> String {
    let mut names: Vec<&str> = Vec::new();
    for case in &report.probes {
        if !names.contains(&case.section()) {
            names.push(case.section());
        }
    }
    let mut text = String::new();
    for name in names {
        let cases: Vec<&Case> = report.probes.iter().filter(|case| case.section() == name).collect();
        let short = name.split_once('/').map_or(name, |(_, short)| short);
        let _ = write!(text, "  {short:<11}");
        let known = cases.iter().filter(|case| case.known.is_some()).count();
        for verdict in Verdict::ALL {
            let of_verdict = cases.iter().filter(|case| case.verdict == verdict && case.known.is_none());
            match of_verdict.count() {
                0 => {}
                count => {
                    let words = format!("{count:>4} {}", word(verdict));
                    let _ = write!(text, "{}", painted(words, verdict));
                }
            }
        }
        if known > 0 {
            let _ = write!(text, "{known:>4} known");
        }
        text += "\n";
        for case in cases.iter().filter(|case| is_marked(case)) {
            text += &marked(report, case);
        }
    }
    text
}

fn is_marked(case: &Case) -> bool {
    let is_bad = matches!(case.verdict, Verdict::Fail | Verdict::Deviation | Verdict::Inconclusive);
    (is_bad && case.known.is_none()) || case.stale || case.unmet
}

/// What made the verdict, in one line for the same words.
fn marked(report: &Report, case: &Case) -> String {
    let mut text = String::new();
    let mut name = case.name();
    for (_, words, findings) in Case::told(case.worst()) {
        let words = match () {
            () if case.stale => "is known not to pass, and does; take the entry off the list",
            () if words.is_empty() => &case.title,
            () => words,
        };
        let unmet = if case.unmet { "required: " } else { "" };
        let words = cut(&format!("{unmet}{words}"), 78);
        let mark = painted(mark(case).to_owned(), case.verdict);
        let level = |finding: &&Finding| row(report, &finding.row).map_or("", |row| row.level.as_str());
        let rows: Vec<String> =
            findings.iter().map(|finding| format!("{} {}", finding.row, level(finding))).collect();
        let _ = writeln!(text, "    {mark} {name:<22} {words:<78} {}", rows.join(", ").trim_end());
        if case.stale {
            break;
        }
        name = "";
    }
    text
}

const fn mark(case: &Case) -> &'static str {
    match case.verdict {
        _ if case.stale => "!",
        Verdict::Fail => "x",
        Verdict::Deviation => "~",
        Verdict::Inconclusive => "?",
        _ => "-",
    }
}

/// The last line, and the one about rows.
pub(crate) fn last(report: &Report) -> String {
    let mut counts = Vec::new();
    for verdict in [
        Verdict::Pass,
        Verdict::Note,
        Verdict::Deviation,
        Verdict::Fail,
        Verdict::NotApplicable,
        Verdict::NotRun,
        Verdict::Inconclusive,
    ] {
        match report.count(verdict) {
            0 => {}
            count => counts.push(painted(format!("{count} {}", word(verdict)), verdict).to_string()),
        }
    }
    let must = |is_meant: &dyn Fn(&&RowVerdict) -> bool| {
        let rows = report.rows.iter().filter(|row| row.level == "MUST" && row.shows);
        rows.filter(is_meant).count()
    };
    let is_kept = |row: &&RowVerdict| matches!(row.verdict, Some(Verdict::Pass | Verdict::Note));
    let (all, kept, open) = (must(&|_| true), must(&is_kept), must(&|row| row.verdict.is_none()));
    let failed = must(&|row| row.verdict == Some(Verdict::Fail));
    let role = if report.peer.client { "client" } else { "server" };
    let mut text = format!(
        "MUST rows on a {role}: {all}; kept {kept}, not kept {} ({failed} of them failed), not judged in this run {open}.",
        all - kept - open
    );
    let count = |is_meant: &dyn Fn(&&Case) -> bool| report.probes.iter().filter(is_meant).count();
    let known = count(&|case| case.known.is_some());
    if known > 0 {
        let _ = write!(text, "   known: {known} as expected.");
    }
    text += "\n";
    let _ = write!(text, "{} probes: {}   {:.0} s", report.probes.len(), counts.join(", "), report.seconds);
    let (counting, stale) = (count(&|case| case.counts), count(&|case| case.stale));
    if counting > 0 {
        let _ = write!(text, "   {counting} that count");
    }
    if stale > 0 {
        let _ = write!(text, "   {stale} stale");
    }
    let _ = writeln!(text, "   exit {}", report.exit);
    text
}

pub(crate) fn row<'r>(report: &'r Report, id: &str) -> Option<&'r RowVerdict> {
    report.rows.iter().find(|row| row.id == id)
}

/// Where a row stands.
pub(crate) fn place(row: &RowVerdict) -> String {
    if row.rfc == 0 { "field practice".into() } else { format!("RFC {} section {}", row.rfc, row.section) }
}

/// The verdict as it stands in a line of text: what accuses the peer gravely is in capitals.
pub(crate) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "FAIL",
        Verdict::NotApplicable => "n/a",
        Verdict::NotRun => "not run",
        other => other.as_str(),
    }
}

pub(crate) fn painted(words: String, verdict: Verdict) -> StyledObject<String> {
    let paint = Style::new();
    let paint = match verdict {
        Verdict::Pass | Verdict::Note => paint.green(),
        Verdict::Fail => paint.red().bold(),
        Verdict::Deviation => paint.yellow(),
        Verdict::Inconclusive => paint.magenta(),
        Verdict::NotApplicable | Verdict::NotRun => paint.dim(),
    };
    paint.apply_to(words)
}

/// The front of the words, which are of ASCII or escaped.
pub(crate) fn cut(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        return words.to_owned();
    }
    let front: String = words.chars().take(most.saturating_sub(6)).collect();
    format!("{front} [...]")
}
