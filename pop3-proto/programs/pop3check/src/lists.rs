//! Files in TOML: settings, and lists of what is known and what is left out.

use std::fmt::Write as _;
use std::path::Path;

use pop3_programs_common::text::Text;
use pop3_proto::conformance::{Day, Known, Probe, Skip, Verdict};
use serde::Deserialize;

use crate::failure::Failure;
use crate::options::{Leaves, Options};

/// The most octets of a file.
const LONGEST: u64 = 4 * 1024 * 1024;

/// A file of settings. A list has the last two alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) server: Options,
    pub(crate) leave: Leaves,
    pub(crate) known: Vec<KnownEntry>,
    pub(crate) skip: Vec<SkipEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownEntry {
    probe: String,
    verdict: String,
    #[serde(default)]
    reason: String,
    until: Option<toml::value::Datetime>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkipEntry {
    select: String,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Lists {
    known: Vec<KnownEntry>,
    skip: Vec<SkipEntry>,
}

impl File {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        parse(path)
    }

    /// Takes the entries of a list, too.
    pub(crate) fn add_list(&mut self, path: &Path) -> Result<(), Failure> {
        let lists: Lists = parse(path)?;
        self.known.extend(lists.known);
        self.skip.extend(lists.skip);
        Ok(())
    }
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Failure> {
    let text = Text::read(path, LONGEST).map_err(|error| Failure::Usage(error.to_string()))?;
    toml::from_str(text.as_str()).map_err(|error| {
        let before = error.span().and_then(|span| text.as_str().get(..span.start)).unwrap_or_default();
        let line = before.bytes().filter(|octet| *octet == b'\n').count() + 1;
        Failure::Usage(text.error(line, error.message()).to_string())
    })
}

/// Checks what is known.
pub(crate) fn known(entries: Vec<KnownEntry>, probes: &[Probe]) -> Result<Vec<Known>, Failure> {
    let mut list = Vec::new();
    for entry in entries {
        let verdict = Verdict::from_word(&entry.verdict);
        let verdict =
            verdict.ok_or_else(|| Failure::usage(&entry.probe, format!("no verdict {:?}", entry.verdict)))?;
        let until = match &entry.until {
            None => None,
            Some(date) => Some(Day::parse(&date.to_string()).ok_or_else(|| {
                Failure::usage(&entry.probe, format!("until = {date} is no day such as 2027-06-30"))
            })?),
        };
        list.push(Known { probe: entry.probe, verdict, reason: entry.reason, until });
    }
    Known::check(&list, probes).map_err(|error| Failure::usage("known", error))?;
    Ok(list)
}

/// Checks what is left out: the entries of a file, and those of the command line.
pub(crate) fn skips(
    entries: &[SkipEntry],
    options: &[String],
    probes: &[Probe],
) -> Result<Vec<Skip>, Failure> {
    let written = options.iter().map(|option| option.split_once('=').unwrap_or((option, "")));
    let entries = entries.iter().map(|entry| (entry.select.as_str(), entry.reason.as_str()));
    entries
        .chain(written)
        .map(|(select, reason)| {
            Skip::new(select, reason, probes).map_err(|error| Failure::usage("skip", error))
        })
        .collect()
}

/// The list as text. `TODO` is refused when it is read.
pub(crate) fn write_known(list: &[Known]) -> String {
    let mut text = String::from(
        "# What is known not to pass, for --known. Say why in each `reason`; `until = 2027-06-30` lets the\n\
         # verdict count again from that day on.\n",
    );
    for known in list {
        let quoted = |words: &str| toml::Value::String(words.to_owned()).to_string();
        let _ = write!(
            text,
            "\n[[known]]\nprobe = {}\nverdict = {}\nreason = {}\n",
            quoted(&known.probe),
            quoted(known.verdict.as_str()),
            quoted(&known.reason)
        );
        if let Some(until) = known.until {
            let _ = writeln!(text, "until = {until}");
        }
    }
    text
}
