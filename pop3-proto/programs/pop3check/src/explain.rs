//! `pop3check list` and `pop3check explain`: what the catalogue says.

use std::fmt::Write as _;

use pop3_proto::conformance::{Entry, Probe, Row, Select, Verdict, entries, needs, probes, rows, sections};
use serde_json::json;

use crate::args::List;
use crate::failure::Failure;

pub(crate) fn list(args: &List) -> Result<String, Failure> {
    let bad = |error| Failure::usage("SELECT", error);
    let selects: Vec<Select> =
        args.selects.iter().map(|text| Select::parse(text)).collect::<Result<_, _>>().map_err(bad)?;
    let all = probes();
    let chosen = Select::chosen(&selects, &all).map_err(bad)?;
    if args.json {
        let list: Vec<_> = chosen.iter().map(|probe| object(probe)).collect();
        return Ok(format!("{:#}\n", json!(list)));
    }
    let mut text = String::new();
    for probe in &chosen {
        let entry = probe.entry();
        let _ = writeln!(text, "{:<36} tier {}  {}", entry.id, entry.tier, entry.title);
        if args.needs && !entry.needs.is_empty() {
            let _ = writeln!(text, "{:<36}         needs {}", "", entry.needs.join(", "));
        }
    }
    let _ = writeln!(text, "{} probes", chosen.len());
    Ok(text)
}

fn object(probe: &Probe) -> serde_json::Value {
    let entry = probe.entry();
    json!({
        "id": entry.id,
        "title": entry.title,
        "tier": entry.tier,
        "rows": entry.rows,
        "needs": entry.needs,
        "quirks": entry.quirks,
        "holes": entry.holes,
    })
}

pub(crate) fn explain(id: &str) -> Result<String, Failure> {
    let (entries, rows) = (entries(), rows());
    if let Some(entry) = entries.iter().find(|entry| entry.id == id) {
        return Ok(probe(entry, &rows));
    }
    if let Some(row) = rows.iter().find(|row| row.id == id) {
        return Ok(self::row(row, &entries));
    }
    if let Some((_, title)) = sections().into_iter().find(|(section, _)| *section == id) {
        return Ok(section(id, title, &entries));
    }
    if let Some(verdict) = Verdict::from_word(id) {
        return Ok(format!("{verdict}: {}\n", meaning(verdict)));
    }
    let is_need = |name: &str| {
        let word = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        name == id || word(name) == word(id)
    };
    match needs().into_iter().find(|(name, _)| is_need(name)) {
        Some((name, meaning)) => Ok(need(name, meaning, &entries)),
        None => Err(Failure::usage(id, "no probe, section, row, verdict or need; see pop3check list")),
    }
}

fn probe(entry: &Entry, rows: &[Row]) -> String {
    let mut text = format!("{}   tier {}\n{}\n\n", entry.id, entry.tier, entry.title);
    for (name, words) in [
        ("does", entry.does),
        ("pass", entry.pass),
        ("fail", entry.fail),
        ("deviation", entry.deviation),
        ("note", entry.note),
        ("otherwise", entry.otherwise),
    ] {
        if !words.is_empty() {
            let _ = writeln!(text, "  {name:<10} {words}");
        }
    }
    if !entry.needs.is_empty() {
        let _ = writeln!(text, "  {:<10} {}", "needs", entry.needs.join(", "));
    }
    text += "\n";
    for id in &entry.rows {
        if let Some(row) = rows.iter().find(|row| row.id == *id) {
            text += &line(row);
        }
    }
    let mut also: Vec<String> = entry.quirks.iter().map(|quirk| format!("quirk {quirk}")).collect();
    also.extend(entry.holes.iter().map(|hole| format!("hole {hole}")));
    if !also.is_empty() {
        let _ = writeln!(text, "\n  see also {}", also.join(", "));
    }
    if !probes().iter().any(|probe| probe.id() == entry.id) {
        text += "\n  This probe is not in this program.\n";
    }
    text
}

fn line(row: &Row) -> String {
    let place = if row.rfc == 0 {
        "field practice".to_owned()
    } else {
        format!("RFC {} section {}", row.rfc, row.section)
    };
    format!("  {} {}, {place}: {}\n", row.id, row.level, row.title)
}

fn row(row: &Row, entries: &[Entry]) -> String {
    let mut text = line(row);
    for entry in entries.iter().filter(|entry| entry.rows.contains(&row.id)) {
        let _ = writeln!(text, "    {:<36} {}", entry.id, entry.title);
    }
    text
}

fn section(id: &str, title: &str, entries: &[Entry]) -> String {
    let mut text = format!("{id}   {title}\n\n");
    let is_in = |entry: &&Entry| entry.id.rsplit_once('/').is_some_and(|(section, _)| section == id);
    for entry in entries.iter().filter(is_in) {
        let _ = writeln!(text, "  {:<36} tier {}  {}", entry.id, entry.tier, entry.title);
    }
    text
}

fn need(name: &str, meaning: &str, entries: &[Entry]) -> String {
    let word = name.split(':').next().unwrap_or(name);
    let mut text = format!("{name}: {meaning}\n\n");
    let has = |entry: &&Entry| entry.needs.iter().any(|need| need.split(':').next() == Some(word));
    for entry in entries.iter().filter(has) {
        let _ = writeln!(text, "  {:<36} {}", entry.id, entry.title);
    }
    text
}

const fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "what has to be seen was seen",
        Verdict::Note => "a fact about something that is permitted either way",
        Verdict::NotApplicable => "the peer does not announce or offer what the probe is about",
        Verdict::NotRun => {
            "something is missing that you can give: an account, a permission, or a message in the maildrop; or the probe was left out, or this program cannot do what it asks for"
        }
        Verdict::Inconclusive => {
            "the dialogue did not get to its point, or came out differently the second time"
        }
        Verdict::Deviation => {
            "a SHOULD is not kept, or the peer is more lenient than a MUST permits, without harm to its user; exit code 1 with --strict or --fail-on deviation"
        }
        Verdict::Fail => "a requirement is not kept, and the peer's user can be hurt by it; exit code 1",
    }
}
