//! Every requirement of the catalogue, and what proves it: `docs/requirements.md` is drawn from both, as
//! `docs/holes.md` and `docs/quirks.md` are from the catalogues of holes and quirks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

#[path = "coverage/holes.rs"]
mod holes;
#[path = "coverage/marks.rs"]
mod marks;
#[path = "coverage/quirks.rs"]
mod quirks;

use marks::Marks;

const CATALOGUE: &str = include_str!("../catalogue/requirements.toml");
const OPENING: &str = "# Requirements

What the RFCs and field practice ask of a POP3 server and of a POP3 client, row by row, and where this project
shows it. A row is *proved* by the tests, transcripts and interop checks that are named in it, *reasoned* if it
says why this crate cannot show it, and *open* otherwise. Level IMPLIED is what an RFC states as plain fact, or
what follows from its grammar; side says whom the row binds.

`tests/coverage.rs` draws this page from `catalogue/requirements.toml` and from the marks at the tests:
`UPDATE_DOCS=1 cargo test -p pop3-proto --test coverage`.
";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    requirement: Vec<Requirement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    id: String,
    /// The number of the RFC; 0 stands for field practice.
    rfc: u32,
    section: String,
    level: Level,
    side: Side,
    title: String,
    /// Why this crate cannot show it.
    unseen: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Must,
    Should,
    May,
    Implied,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Side {
    Server,
    Client,
    Both,
}

/// How a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State<'r> {
    Proved(&'r [String]),
    Reasoned(&'r str),
    Open,
}

impl<'r> State<'r> {
    fn of(marks: &'r Marks, id: &str, reason: Option<&'r str>) -> Self {
        match (marks.proofs.get(id), reason) {
            (Some(proofs), _) => State::Proved(proofs),
            (None, Some(reason)) => State::Reasoned(reason),
            (None, None) => State::Open,
        }
    }

    /// The column in which it is counted.
    const fn place(&self) -> usize {
        match self {
            State::Proved(_) => 0,
            State::Reasoned(_) => 1,
            State::Open => 2,
        }
    }

    /// The last cell of its row.
    fn shown(&self, before_reason: &str) -> String {
        match self {
            State::Proved(proofs) => format!("`{}`", proofs.join("`, `")),
            State::Reasoned(reason) => format!("{before_reason}: {reason}"),
            State::Open => "open".into(),
        }
    }
}

impl Requirement {
    fn state<'r>(&'r self, marks: &'r Marks) -> State<'r> {
        State::of(marks, &self.id, self.unseen.as_deref())
    }

    /// Whether it may not stay open.
    fn is_due(&self) -> bool {
        matches!(self.level, Level::Must | Level::Should) && self.side != Side::Client
    }
}

fn read(text: &str) -> Vec<Requirement> {
    toml::from_str::<Catalogue>(text).unwrap().requirement
}

fn of_project() -> (Vec<Requirement>, Marks) {
    (read(CATALOGUE), Marks::of_crate(Path::new(env!("CARGO_MANIFEST_DIR")), "Proves"))
}

fn document(rows: &[Requirement], marks: &Marks) -> String {
    let mut page = OPENING.to_owned();
    page += "\n| level | side | rows | proved | reasoned | open |\n| --- | --- | --: | --: | --: | --: |\n";
    let mut counts: BTreeMap<(Level, Side), [usize; 3]> = BTreeMap::new();
    for row in rows {
        counts.entry((row.level, row.side)).or_default()[row.state(marks).place()] += 1;
    }
    let mut all = [0; 3];
    for ((level, side), count) in &counts {
        let [proved, reasoned, open] = *count;
        let rows = proved + reasoned + open;
        let (level, side) = (level.name(), side.name());
        writeln!(page, "| {level} | {side} | {rows} | {proved} | {reasoned} | {open} |").unwrap();
        (0..3).for_each(|i| all[i] += count[i]);
    }
    writeln!(page, "| all | all | {} | {} | {} | {} |", rows.len(), all[0], all[1], all[2]).unwrap();
    for rows in rows.chunk_by(|a, b| a.rfc == b.rfc) {
        match rows[0].rfc {
            0 => page += "\n## Field practice\n",
            rfc => write!(page, "\n## RFC {rfc}\n").unwrap(),
        }
        page += "\n| id | section | level | side | requirement | proof |\n| --- | --- | --- | --- | --- | --- |\n";
        for row in rows {
            let proof = row.state(marks).shown("not here");
            let Requirement { id, section, title, .. } = row;
            let (level, side) = (row.level.name(), row.side.name());
            writeln!(page, "| {id} | {section} | {level} | {side} | {title} | {proof} |").unwrap();
        }
    }
    page
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
            Self::Implied => "IMPLIED",
        }
    }
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Both => "both",
        }
    }
}

/// The committed file is what is drawn now; with `UPDATE_DOCS=1` it becomes that.
fn check_drawn(file: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&path, drawn).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = committed.lines().zip(drawn.lines()).find(|(old, new)| old != new);
    assert!(
        committed == drawn,
        "{file} is stale, first at {differs:?}: UPDATE_DOCS=1 cargo test -p pop3-proto --test coverage"
    );
}

#[test]
fn the_document_is_as_it_would_be_drawn_now() {
    let (rows, marks) = of_project();
    check_drawn("docs/requirements.md", &document(&rows, &marks));
}

#[test]
fn every_mark_names_a_row_and_stands_on_a_test() {
    let (rows, marks) = of_project();
    assert!(marks.astray.is_empty(), "marks that stand on no test: {:#?}", marks.astray);
    let known: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
    let unknown: Vec<_> = marks.proofs.iter().filter(|(id, _)| !known.contains(id)).collect();
    assert!(unknown.is_empty(), "no such rows in the catalogue: {unknown:#?}");
}

#[test]
fn every_must_and_should_of_the_server_is_proved_or_reasoned() {
    let (rows, marks) = of_project();
    let open = rows.iter().filter(|row| row.is_due() && row.state(&marks) == State::Open);
    let open: Vec<_> = open.map(|row| format!("{} {}", row.id, row.title)).collect();
    assert!(open.is_empty(), "{} rows have neither proof nor reason: {open:#?}", open.len());
}

#[test]
fn no_row_has_both_a_proof_and_a_reason_why_there_is_none() {
    let (rows, marks) = of_project();
    let stale = rows.iter().filter(|row| row.unseen.is_some() && marks.proofs.contains_key(&row.id));
    let stale: Vec<_> = stale.map(|row| (&row.id, &marks.proofs[&row.id])).collect();
    assert!(stale.is_empty(), "`unseen` is stale: {stale:#?}");
}

#[test]
fn rows_are_told_apart_and_have_titles_of_one_line() {
    let rows = read(CATALOGUE);
    assert_eq!(rows.len(), 457);
    let mut seen = BTreeSet::new();
    for row in &rows {
        let Requirement { id, rfc, section, title, .. } = row;
        assert!(seen.insert(id), "{id} is there twice");
        assert!(id.starts_with(&format!("{rfc}-{section}-")), "{id}: RFC {rfc}, section {section}");
        for text in [Some(title), row.unseen.as_ref()].into_iter().flatten() {
            assert!(!text.is_empty() && !text.contains(['\n', '|']), "{id}: {text}");
        }
        assert!(title.len() <= 110, "{id}: a title of {} bytes", title.len());
    }
}

#[test]
fn a_row_is_shown_with_its_proofs_or_its_reason_or_as_open() {
    let row = |id: &str, level: &str, side: &str, more: &str| {
        format!(
            "[[requirement]]\nid = '{id}'\nrfc = 1\nsection = '2'\nlevel = '{level}'\nside = '{side}'\n\
            title = 'T'\n{more}"
        )
    };
    let rows = [
        row("1-2-01", "MUST", "both", ""),
        row("1-2-02", "MUST", "both", "unseen = 'why'\n"),
        row("1-2-03", "MAY", "server", ""),
        row("1-2-04", "SHOULD", "client", ""),
    ];
    let rows = read(&rows.concat());
    let mut marks = Marks::new("Proves");
    marks.add_rust(
        "t",
        "/// Shows it.\n/// Proves 1-2-01.\n#[test]\nfn a() {}\n\n/// Proves 1-2-01.\n#[test]\nfn b() {}",
    );
    assert_eq!(rows.iter().map(Requirement::is_due).collect::<Vec<_>>(), [true, true, false, false]);
    let page = document(&rows, &marks);
    for line in [
        "| MUST | both | 2 | 1 | 1 | 0 |\n",
        "| all | all | 4 | 1 | 1 | 2 |\n",
        "| 1-2-01 | 2 | MUST | both | T | `t::a`, `t::b` |\n",
        "| 1-2-02 | 2 | MUST | both | T | not here: why |\n",
        "| 1-2-03 | 2 | MAY | server | T | open |\n",
        "| 1-2-04 | 2 | SHOULD | client | T | open |\n",
    ] {
        assert!(page.contains(line), "{line} is not in {page}");
    }
}

#[test]
fn marks_count_where_a_check_follows_and_nowhere_else() {
    let mut marks = Marks::new("Proves");
    marks.add_rust(
        "t",
        "/// Proves a, b.\n/// Proves c.\n#[test]\n#[cfg(x)]\nfn one(s in x()) {\n/// Proves d.\n\
        fn help() {}",
    );
    marks.add_rust(
        "t",
        "/// Proves e\n#[test]\nfn two() {}\n/// Proves f.\n/// More.\n#[test]\nfn three() {}\n/// Proves.\n#[test]\nfn four() {}",
    );
    marks.add_transcript("x", "# Proves g.\nproves: h i\nC: proves: j\n");
    marks.add_script(
        "s",
        "# Proves k.\n@decorated\ndef run(self):\n# Proves l.\ncheck(\n  f\"it holds, {mode}\",\n\
        # Proves m.\nx = \"y\"\n",
    );
    let proofs = |id: &str| marks.proofs.get(id).map(|all| all.join(" "));
    for (id, proof) in
        [("a", "t::one"), ("b", "t::one"), ("c", "t::one"), ("f", "t::three"), ("h", "transcript x")]
    {
        assert_eq!(proofs(id).as_deref(), Some(proof));
    }
    assert_eq!(proofs("k").as_deref(), Some("interop s: run"));
    assert_eq!(proofs("l").as_deref(), Some("interop s: it holds, {mode}"));
    assert_eq!(marks.proofs.len(), 8);
    assert_eq!(marks.astray.len(), 3, "{:?}", marks.astray);
}
