//! The catalogues of the project, as the kit reads them: [`Row`]s of requirements, and what stands about each
//! [`Probe`](super::Probe).

use alloc::vec::Vec;

/// A requirement of the catalogue: what a verdict is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name: RFC, section, and a number within the section.
    pub id: &'static str,
    /// The number of the RFC; 0 stands for field practice.
    pub rfc: u16,
    /// The section of the RFC.
    pub section: &'static str,
    /// MUST, SHOULD or MAY, as the RFC says; IMPLIED if the RFC states it as plain fact.
    pub level: &'static str,
    /// What is required, in one sentence.
    pub title: &'static str,
}

/// What the catalogue says about a probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name, ROLE/SECTION/NAME. It never changes.
    pub id: &'static str,
    /// What is right, in one sentence.
    pub title: &'static str,
    /// 1 to 3, the most important probes first. Many of tier 3 need a special account, a capability that few
    /// peers have, or up to 2000 seconds.
    pub tier: u8,
    /// The ids of the [`Row`]s that it judges.
    pub rows: Vec<&'static str>,
    /// What it needs; see [`Need`](super::Need).
    pub needs: Vec<&'static str>,
    /// The dialogue.
    pub does: &'static str,
    /// What is seen of a peer that is right.
    pub pass: &'static str,
    /// What fails.
    pub fail: &'static str,
    /// What is a deviation.
    pub deviation: &'static str,
    /// What is reported as a note only.
    pub note: &'static str,
    /// When the probe does not apply or says nothing.
    pub otherwise: &'static str,
    /// The numbers of the quirks of real peers that it shows, such as `81`. The pattern `quirk-81` selects them.
    pub quirks: Vec<&'static str>,
    /// Ids from the catalogue of known security holes that it shows.
    pub holes: Vec<&'static str>,
}

const REQUIREMENTS: &str = include_str!("../../catalogue/requirements.toml");
const PROBES: &str = include_str!("../../catalogue/probes.toml");

/// All rows, in the order of the catalogue.
#[must_use]
pub fn rows() -> Vec<Row> {
    tables(REQUIREMENTS)
        .filter(|table| table.name == "requirement")
        .map(|table| Row {
            id: table.text("id"),
            rfc: table.value("rfc").parse().unwrap_or(0),
            section: table.text("section"),
            level: table.text("level"),
            title: table.text("title"),
        })
        .collect()
}

/// What the catalogue says about each probe, in its order.
#[must_use]
pub fn entries() -> Vec<Entry> {
    tables(PROBES)
        .filter(|table| table.name == "probe")
        .map(|table| Entry {
            id: table.text("id"),
            title: table.text("title"),
            tier: table.value("tier").parse().unwrap_or(0),
            rows: table.list("rows"),
            needs: table.list("needs"),
            does: table.text("does"),
            pass: table.text("pass"),
            fail: table.text("fail"),
            deviation: table.text("deviation"),
            note: table.text("note"),
            otherwise: table.text("otherwise"),
            quirks: table.list("quirks"),
            holes: table.list("holes"),
        })
        .collect()
}

/// The titles of the sections, each after its id, such as `server/retr`.
#[must_use]
pub fn sections() -> Vec<(&'static str, &'static str)> {
    let sections = tables(PROBES).filter(|table| table.name == "section");
    sections.map(|table| (table.text("id"), table.text("title"))).collect()
}

/// The words for what probes need, each with its meaning.
#[must_use]
pub fn needs() -> Vec<(&'static str, &'static str)> {
    let needs = tables(PROBES).filter(|table| table.name == "need");
    needs.map(|table| (table.text("name"), table.text("meaning"))).collect()
}

/// One `[[name]]` of a file, with the lines that follow it. The files of this project keep to a part of TOML:
/// each value stands on the line of its key.
struct Table {
    name: &'static str,
    lines: &'static str,
}

fn tables(text: &'static str) -> impl Iterator<Item = Table> {
    text.split("\n[[").skip(1).filter_map(|part| {
        let (name, lines) = part.split_once("]]\n")?;
        Some(Table { name, lines })
    })
}

impl Table {
    /// What stands after `key = `; empty if the table has no such key.
    fn value(&self, key: &str) -> &'static str {
        let after = |line: &'static str| line.strip_prefix(key)?.strip_prefix(" = ");
        self.lines.lines().find_map(after).unwrap_or("")
    }

    fn text(&self, key: &str) -> &'static str {
        unquoted(self.value(key))
    }

    fn list(&self, key: &str) -> Vec<&'static str> {
        let list = self.value(key).strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or("");
        list.split(", ").map(unquoted).filter(|word| !word.is_empty()).collect()
    }
}

fn unquoted(value: &'static str) -> &'static str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}
