//! Every hole of the catalogue, and what keeps it closed: `docs/holes.md` is drawn from both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::marks::Marks;
use crate::{Side, State, check_drawn, quirks};

const CATALOGUE: &str = include_str!("../../catalogue/holes.toml");
const OPENING: &str = "# Holes

Classes of holes that were found in mail software, mostly in POP3 servers and clients, and what keeps each of them closed
here. A hole is *tested* by the tests, transcripts and interop checks that are named in its row, *elsewhere* if the row says why
this crate cannot have it, and *open* otherwise. Side says who may have it.

`tests/coverage.rs` draws this page from `catalogue/holes.toml` and from the marks at the tests:
`UPDATE_DOCS=1 cargo test -p pop3-proto --test coverage`.
";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    hole: Vec<Hole>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hole {
    id: String,
    title: String,
    /// Well-known software or advisories in which it was seen, if any.
    seen: Vec<String>,
    side: Side,
    /// Why this crate cannot have it.
    elsewhere: Option<String>,
}

impl Hole {
    fn state<'r>(&'r self, marks: &'r Marks) -> State<'r> {
        State::of(marks, &self.id, self.elsewhere.as_deref())
    }
}

fn read(text: &str) -> Vec<Hole> {
    toml::from_str::<Catalogue>(text).unwrap().hole
}

fn of_project() -> (Vec<Hole>, Marks) {
    (read(CATALOGUE), Marks::of_crate(Path::new(env!("CARGO_MANIFEST_DIR")), "Covers"))
}

fn document(holes: &[Hole], marks: &Marks) -> String {
    let mut page = OPENING.to_owned();
    page += "\n| side | holes | tested | elsewhere | open |\n| --- | --: | --: | --: | --: |\n";
    let mut counts: BTreeMap<Side, [usize; 3]> = BTreeMap::new();
    for hole in holes {
        counts.entry(hole.side).or_default()[hole.state(marks).place()] += 1;
    }
    let all = counts.values().fold([0; 3], |all, count| [0, 1, 2].map(|i| all[i] + count[i]));
    let sides = counts.iter().map(|(side, count)| (side.name(), *count));
    for (side, count) in sides.chain([("all", all)]) {
        let [tested, elsewhere, open] = count;
        writeln!(page, "| {side} | {} | {tested} | {elsewhere} | {open} |", tested + elsewhere + open)
            .unwrap();
    }
    page += "\n| id | side | hole | seen in | kept closed by |\n| --- | --- | --- | --- | --- |\n";
    for hole in holes {
        let proof = hole.state(marks).shown("elsewhere");
        let Hole { id, title, .. } = hole;
        writeln!(page, "| {id} | {} | {title} | {} | {proof} |", hole.side.name(), hole.seen.join("; "))
            .unwrap();
    }
    page
}

#[test]
fn the_document_of_holes_is_as_it_would_be_drawn_now() {
    let (holes, marks) = of_project();
    check_drawn("docs/holes.md", &document(&holes, &marks));
}

#[test]
fn every_mark_names_a_hole_and_stands_on_a_test() {
    let (holes, marks) = of_project();
    assert!(marks.astray.is_empty(), "marks that stand on no test: {:#?}", marks.astray);
    let known: BTreeSet<_> = holes.iter().map(|hole| &hole.id).collect();
    let unknown = marks.proofs.iter().filter(|(id, _)| !known.contains(id) && !quirks::is_mark(id));
    let unknown: Vec<_> = unknown.collect();
    assert!(unknown.is_empty(), "no such holes in the catalogue: {unknown:#?}");
}

#[test]
fn every_hole_of_the_server_is_tested_or_elsewhere() {
    let (holes, marks) = of_project();
    let open = holes.iter().filter(|hole| hole.side != Side::Client && hole.state(&marks) == State::Open);
    let open: Vec<_> = open.map(|hole| format!("{}: {}", hole.id, hole.title)).collect();
    assert!(open.is_empty(), "{} holes have neither a test nor a reason: {open:#?}", open.len());
}

#[test]
fn no_hole_has_both_a_test_and_a_reason_why_there_is_none() {
    let (holes, marks) = of_project();
    let stale = holes.iter().filter(|hole| hole.elsewhere.is_some() && marks.proofs.contains_key(&hole.id));
    let stale: Vec<_> = stale.map(|hole| (&hole.id, &marks.proofs[&hole.id])).collect();
    assert!(stale.is_empty(), "`elsewhere` is stale: {stale:#?}");
}

#[test]
fn holes_are_told_apart_and_have_titles_of_one_line() {
    let holes = read(CATALOGUE);
    let mut seen = BTreeSet::new();
    for Hole { id, title, seen: cases, elsewhere, .. } in &holes {
        assert!(seen.insert(id), "{id} is there twice");
        assert!(id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{id}");
        assert!(!quirks::is_mark(id), "{id} is the name of a quirk");
        for text in [title].into_iter().chain(cases).chain(elsewhere) {
            assert!(!text.is_empty() && !text.contains(['\n', '|']), "{id}: {text}");
        }
        assert!(title.len() <= 110, "{id}: a title of {} bytes", title.len());
    }
}

#[test]
fn a_hole_is_shown_with_its_tests_or_its_reason_or_as_open() {
    let hole = |id: &str, side: &str, more: &str| {
        format!("[[hole]]\nid = '{id}'\ntitle = 'T'\nseen = ['X', 'Y']\nside = '{side}'\n{more}")
    };
    let holes = [hole("a-a", "both", ""), hole("b", "both", "elsewhere = 'why'\n"), hole("c", "client", "")];
    let holes = read(&holes.concat());
    let mut marks = Marks::new("Covers");
    marks.add_rust("t", "/// Covers a-a.\n#[test]\nfn one() {}\n");
    marks.add_transcript("x", "covers: a-a\n");
    let page = document(&holes, &marks);
    for line in [
        "| both | 2 | 1 | 1 | 0 |\n",
        "| all | 3 | 1 | 1 | 1 |\n",
        "| a-a | both | T | X; Y | `t::one`, `transcript x` |\n",
        "| b | both | T | X; Y | elsewhere: why |\n",
        "| c | client | T | X; Y | open |\n",
    ] {
        assert!(page.contains(line), "{line} is not in {page}");
    }
}
