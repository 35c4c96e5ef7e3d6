//! One probe as text: what was judged, and the dialogue.

use std::fmt::Write as _;

use console::style;

use crate::report::{Case, Line, Report};
use crate::text;

/// How much of an entry of a dialogue is shown, unless all is asked for.
const SHOWN: usize = 200;

/// How many entries in front of the one that decided are shown, and how many after it.
const AROUND: (usize, usize) = (6, 1);

/// A probe with its rows and its dialogue.
pub(crate) fn single(report: &Report, case: &Case, is_verbose: bool) -> String {
    let word = text::word(case.verdict);
    let mut text = format!("{}  {}   {}", text::painted(word.to_owned(), case.verdict), case.id, case.title);
    if case.runs > 1 {
        let is_accused = case.verdict.is_accusation();
        let runs =
            if case.unconfirmed.is_empty() || is_accused { "   2 of 2 runs" } else { "   1 of 2 runs" };
        text += runs;
    }
    text += "\n";
    if let Some(reason) = &case.known {
        let _ = writeln!(text, "      known: {reason}");
    }
    let told = case.judgements.iter().filter(|finding| is_verbose || finding.verdict == case.verdict);
    for (verdict, words, findings) in Case::told(told) {
        for finding in findings {
            let _ = match text::row(report, &finding.row) {
                Some(row) => {
                    writeln!(text, "      {} {}, {}: {}", row.id, row.level, text::place(row), row.title)
                }
                None => writeln!(text, "      {}", finding.row),
            };
        }
        if !words.is_empty() {
            let _ = writeln!(text, "        {}: {}", text::word(verdict), text::cut(words, 1_000));
        }
    }
    let mut shown: Vec<usize> = case.worst().map(|finding| finding.at).collect();
    shown.sort_unstable();
    shown.dedup();
    if is_verbose {
        text += &dialogue(&case.dialogue, &shown, 0, usize::MAX);
        if !case.unconfirmed.is_empty() {
            text += "      the first run:\n";
            text += &dialogue(&case.unconfirmed, &[], 0, usize::MAX);
        }
    } else if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        // Several places that are far apart would show the whole dialogue; the first one is enough then.
        let last = if last - first > 20 { first } else { last };
        text += &dialogue(&case.dialogue, &shown, first.saturating_sub(AROUND.0), last + AROUND.1 + 1);
    }
    let mut also = case.quirks.iter().map(|quirk| format!("quirk {quirk}")).collect::<Vec<_>>();
    also.extend(case.holes.iter().map(|hole| format!("hole {hole}")));
    let also = if also.is_empty() { String::new() } else { format!("       see also {}", also.join(", ")) };
    let _ = writeln!(text, "      pop3check explain {}{also}", case.id);
    text
}

/// The entries of this range, with a mark at those that decided.
pub(crate) fn dialogue(lines: &[Line], decided: &[usize], from: usize, to: usize) -> String {
    let mut text = String::new();
    let mut link = 0;
    let most = if to == usize::MAX { 2_000 } else { SHOWN };
    for (at, line) in lines.iter().enumerate().skip(from).take(to.saturating_sub(from)) {
        let mark = if decided.contains(&at) { ">" } else { " " };
        let number = if line.link == link { String::new() } else { format!("#{}", line.link) };
        link = line.link;
        let seconds = line.milliseconds / 1000;
        let thousandths = line.milliseconds % 1000;
        let words = text::cut(&line.text, most);
        let octets =
            if words.len() < line.text.len() { format!(" ({} octets)", line.octets) } else { String::new() };
        let entry =
            format!("    {mark} {number:<3} {seconds:>3}.{thousandths:03}  {}  {words}{octets}", line.who);
        let entry = if mark == ">" { style(entry).bold() } else { style(entry) };
        let _ = writeln!(text, "{entry}");
    }
    text
}
