//! Every quirk of the catalogue, how the crate takes it, and what shows that: `docs/quirks.md` is drawn from
//! both, and from the deviations that the code has names for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use pop3_proto::Deviation;
use pop3_proto::client::Profile;
use serde::Deserialize;

use crate::check_drawn;
use crate::marks::{Marks, files};

const CATALOGUE: &str = include_str!("../../catalogue/quirks.toml");
const OPENING: &str = "# Quirks

What real servers and clients do that the RFCs do not allow, or do not expect, and how this crate takes it. A row is
*handled* by what the crate does, and tested by the tests and transcripts that are named in it (*open* if there are
none), or it is *left* for a reason. Side says who has to do with it here: a client, which meets it or could do it
itself, the server likewise, both, or none.

`tests/coverage.rs` draws this page from `catalogue/quirks.toml`, from the deviations that the code has names for, and
from the marks at the tests: `UPDATE_DOCS=1 cargo test -p pop3-proto --test coverage`.
";

/// The first row of each section, and its title.
const SECTIONS: [(u32, &str); 11] = [
    (1, "A. Greeting and APOP"),
    (11, "B. CAPA"),
    (29, "C. AUTH and SASL"),
    (45, "D. Status lines and replies"),
    (54, "E. STAT and LIST"),
    (66, "F. UIDL"),
    (80, "G. RETR and TOP"),
    (102, "H. TLS"),
    (106, "I. Session, locks, time"),
    (118, "J. Odd clients"),
    (133, "K. Measured with real programs"),
];
const ROWS: u32 = 164;
const MARK: &str = "quirk-";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    quirk: Vec<Quirk>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Quirk {
    row: u32,
    who: String,
    what: String,
    side: Side,
    /// What this crate does about it.
    handled: Option<String>,
    /// Why it does nothing about it.
    left: Option<String>,
    /// The deviations that a client records.
    #[serde(default)]
    deviations: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Side {
    Client,
    Server,
    Both,
    None,
}

/// What a transcript says about itself.
#[derive(Debug)]
struct Transcript {
    of_client: bool,
    /// The names in its `D:` lines.
    deviations: BTreeSet<String>,
}

impl Quirk {
    fn mark(&self) -> String {
        format!("{MARK}{:02}", self.row)
    }

    fn proofs<'r>(&self, marks: &'r Marks) -> &'r [String] {
        marks.proofs.get(&self.mark()).map_or(&[], |proofs| proofs)
    }

    /// Whether a client under test is among the proofs; a test of another kind counts for both sides.
    fn is_shown_by_a_client(&self, marks: &Marks, transcripts: &BTreeMap<String, Transcript>) -> bool {
        self.proofs(marks).iter().any(|proof| transcripts.get(proof).is_none_or(|one| one.of_client))
    }

    /// The column in which it is counted: handled and tested, open, or left.
    fn place(&self, marks: &Marks) -> usize {
        match (&self.left, self.proofs(marks)) {
            (Some(_), _) => 2,
            (None, []) => 1,
            (None, _) => 0,
        }
    }
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Both => "both",
            Self::None => "none",
        }
    }
}

impl Transcript {
    fn read(text: &str) -> Self {
        let of_client = text.lines().any(|line| line == "role: client");
        let seen = text.lines().filter_map(|line| line.strip_prefix("D: "));
        Self { of_client, deviations: seen.flat_map(|names| names.split(' ').map(String::from)).collect() }
    }
}

/// Whether a mark is that of a quirk; holes have other names.
pub(crate) fn is_mark(id: &str) -> bool {
    id.starts_with(MARK)
}

fn read(text: &str) -> Vec<Quirk> {
    toml::from_str::<Catalogue>(text).unwrap().quirk
}

fn of_project() -> (Vec<Quirk>, Marks) {
    (read(CATALOGUE), Marks::of_crate(Path::new(env!("CARGO_MANIFEST_DIR")), "Covers"))
}

/// The transcripts of the project, by the names that proofs have.
fn transcripts() -> BTreeMap<String, Transcript> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let all = files(&folder, "txt", false).into_iter();
    all.map(|(name, text)| (format!("transcript {name}"), Transcript::read(&text))).collect()
}

fn document(quirks: &[Quirk], marks: &Marks, transcripts: &BTreeMap<String, Transcript>) -> String {
    let mut page = OPENING.to_owned();
    page += "\n| side | rows | handled | open | left |\n| --- | --: | --: | --: | --: |\n";
    let mut counts: BTreeMap<Side, [usize; 3]> = BTreeMap::new();
    for quirk in quirks {
        counts.entry(quirk.side).or_default()[quirk.place(marks)] += 1;
    }
    let all = counts.values().fold([0; 3], |all, count| [0, 1, 2].map(|i| all[i] + count[i]));
    let sides = counts.iter().map(|(side, count)| (side.name(), *count));
    for (side, count) in sides.chain([("all", all)]) {
        let [handled, open, left] = count;
        writeln!(page, "| {side} | {} | {handled} | {open} | {left} |", handled + open + left).unwrap();
    }
    page += "\n## Deviations\n\nWhat a client session records, and whether a profile goes on after it.\n";
    page += "\n| deviation | meaning | STRICT | LENIENT | rows, or else transcripts |\n| --- | --- | --- | --- | --- |\n";
    for &deviation in Deviation::ALL {
        let name = format!("{deviation:?}");
        let verdict = |profile: Profile| if profile.accepts(deviation) { "accepts" } else { "refuses" };
        let rows = quirks.iter().filter(|quirk| quirk.deviations.contains(&name));
        let rows: Vec<_> = rows.map(|quirk| quirk.row.to_string()).collect();
        let by = transcripts.iter().filter(|(_, one)| rows.is_empty() && one.deviations.contains(&name));
        let seen = rows.iter().cloned().chain(by.map(|(proof, _)| format!("`{proof}`")));
        let seen = seen.collect::<Vec<_>>().join(", ");
        let (strict, lenient) = (verdict(Profile::STRICT), verdict(Profile::LENIENT));
        let meaning = deviation.meaning();
        writeln!(page, "| {name} | {meaning} | {strict} | {lenient} | {seen} |").unwrap();
    }
    for quirk in quirks {
        if let Some((_, title)) = SECTIONS.iter().find(|(first, _)| *first == quirk.row) {
            write!(page, "\n## {title}\n\n| row | side | who | what | here | deviations | tested by |\n")
                .unwrap();
            page += "| --: | --- | --- | --- | --- | --- | --- |\n";
        }
        let Quirk { row, who, what, .. } = quirk;
        let here = match (&quirk.handled, &quirk.left) {
            (Some(handled), _) => handled.clone(),
            (None, left) => format!("*left:* {}", left.as_deref().unwrap_or_default()),
        };
        let proof = match quirk.proofs(marks) {
            [] if quirk.left.is_some() => String::new(),
            [] => "open".into(),
            proofs => format!("`{}`", proofs.join("`, `")),
        };
        let (side, deviations) = (quirk.side.name(), quirk.deviations.join(", "));
        writeln!(page, "| {row} | {side} | {who} | {what} | {here} | {deviations} | {proof} |").unwrap();
    }
    page
}

#[test]
fn the_document_of_quirks_is_as_it_would_be_drawn_now() {
    let (quirks, marks) = of_project();
    check_drawn("docs/quirks.md", &document(&quirks, &marks, &transcripts()));
}

#[test]
fn every_mark_of_a_quirk_names_a_row() {
    let (quirks, marks) = of_project();
    let known: BTreeSet<_> = quirks.iter().map(Quirk::mark).collect();
    let unknown = marks.proofs.iter().filter(|(id, _)| is_mark(id) && !known.contains(*id));
    let unknown: Vec<_> = unknown.collect();
    assert!(unknown.is_empty(), "no such rows in the catalogue: {unknown:#?}");
}

#[test]
fn what_a_client_meets_and_handles_is_shown_by_a_client() {
    let (quirks, marks) = of_project();
    let transcripts = transcripts();
    let open = quirks.iter().filter(|quirk| {
        matches!(quirk.side, Side::Client | Side::Both)
            && quirk.handled.is_some()
            && !quirk.is_shown_by_a_client(&marks, &transcripts)
    });
    let open: Vec<_> = open.map(|quirk| format!("{}: {}", quirk.mark(), quirk.what)).collect();
    assert!(open.is_empty(), "{} rows are not shown: {open:#?}", open.len());
}

#[test]
fn a_row_is_handled_or_left_and_what_is_left_has_no_test() {
    let (quirks, marks) = of_project();
    for quirk in &quirks {
        let Quirk { row, handled, left, .. } = quirk;
        assert!(handled.is_some() != left.is_some(), "row {row}: handled {handled:?}, left {left:?}");
        assert!(left.is_none() || quirk.proofs(&marks).is_empty(), "row {row}: `left` is stale");
        assert!(
            left.is_none() || quirk.deviations.is_empty(),
            "row {row}: who records a deviation handles it"
        );
        assert!(left.is_some() || quirk.side != Side::None, "row {row}: no side handles it");
    }
}

#[test]
fn every_deviation_is_shown_by_the_transcripts_of_the_rows_that_name_it() {
    let (quirks, marks) = of_project();
    let transcripts = transcripts();
    for quirk in &quirks {
        let proofs = quirk.proofs(&marks).iter().filter_map(|proof| transcripts.get(proof));
        let seen: BTreeSet<_> = proofs.flat_map(|transcript| &transcript.deviations).collect();
        for name in &quirk.deviations {
            assert!(seen.contains(name), "row {}: no transcript of it records {name}", quirk.row);
        }
    }
    let names: BTreeSet<_> = Deviation::ALL.iter().map(|one| format!("{one:?}")).collect();
    let unknown = quirks.iter().flat_map(|quirk| &quirk.deviations).find(|name| !names.contains(*name));
    assert_eq!(unknown, None, "no such deviation");
    let seen: BTreeSet<_> = transcripts.values().flat_map(|one| one.deviations.iter().cloned()).collect();
    let unseen: Vec<_> = names.difference(&seen).collect();
    assert!(unseen.is_empty(), "no transcript records {unseen:?}");
}

#[test]
fn rows_stand_in_order_and_have_texts_of_one_line() {
    let quirks = read(CATALOGUE);
    assert!(quirks.iter().map(|quirk| quirk.row).eq(1..=ROWS));
    for Quirk { row, who, what, handled, left, .. } in &quirks {
        for text in [who, what].into_iter().chain(handled).chain(left) {
            assert!(!text.is_empty() && !text.contains(['\n', '|']), "row {row}: {text}");
            assert!(text.len() <= 120, "row {row}: a text of {} bytes", text.len());
        }
    }
}

#[test]
fn a_quirk_is_shown_with_its_tests_or_its_reason_or_as_open() {
    let quirk = |row: u32, side: &str, more: &str| {
        format!("[[quirk]]\nrow = {row}\nwho = 'W'\nwhat = 'B'\nside = '{side}'\n{more}\n")
    };
    let quirks = [
        quirk(2, "both", "handled = 'H'\ndeviations = ['BareLf', 'Gap']"),
        quirk(11, "client", "handled = 'H'"),
        quirk(144, "none", "left = 'why'"),
    ];
    let quirks = read(&quirks.concat());
    let mut marks = Marks::new("Covers");
    marks.add_rust("t", "/// Covers quirk-02.\n#[test]\nfn one() {}\n");
    marks.add_transcript("x", "covers: some-hole quirk-02\n");
    let transcripts = |role: &str| {
        let text = format!("role: {role}\nD: BadNumber BareLf\nD:\nD: BareLf\n");
        BTreeMap::from([("transcript x".to_owned(), Transcript::read(&text))])
    };
    let page = document(&quirks, &marks, &transcripts("client"));
    for line in [
        "| both | 1 | 1 | 0 | 0 |\n",
        "| all | 3 | 1 | 1 | 1 |\n",
        "| BareLf | A line ended in LF without CR. | refuses | accepts | 2 |\n",
        " A negative number counts as 0, and one that is too large as `u64::MAX`. | refuses | accepts | `transcript x` |\n",
        "| 2 | both | W | B | H | BareLf, Gap | `t::one`, `transcript x` |\n",
        "\n## B. CAPA\n\n| row | side ",
        "| 11 | client | W | B | H |  | open |\n",
        "| 144 | none | W | B | *left:* why |  |  |\n",
    ] {
        assert!(page.contains(line), "{line} is not in {page}");
    }
    assert_eq!(transcripts("client")["transcript x"].deviations.len(), 2);
    assert!(quirks[0].is_shown_by_a_client(&marks, &transcripts("server")), "a test counts for both");
    marks.proofs.get_mut("quirk-02").unwrap().remove(0);
    assert!(quirks[0].is_shown_by_a_client(&marks, &transcripts("client")));
    assert!(!quirks[0].is_shown_by_a_client(&marks, &transcripts("server")));
    assert!(!quirks[1].is_shown_by_a_client(&marks, &transcripts("client")));
}
