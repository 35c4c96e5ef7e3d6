//! Makes the [`Report`] of a run: escaped, and without secrets in any form.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding as _};
use pop3_programs_common::words::Masks;
use pop3_proto::conformance::{
    Capabilities, Dialogue, Facts, Leave, Said, Verdict, Who as Speaker, corpus, entries, escaped, rows,
};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::judge::{Judged, Weighed};
use crate::plan::Plan;
use crate::report::{Case, Finding, Found, Line, Peer, Permitted, Report, RowVerdict, SCHEMA};
use crate::target::Reached;
use crate::text;
use crate::who::Who;

impl Report {
    /// What came of a run against a client; the kit made up all names and passwords in it.
    pub(crate) fn of_client(
        peer: Peer,
        trial: &Dialogue,
        trouble: Option<&str>,
        weighed: &[Weighed],
        exit: u8,
    ) -> Self {
        let cover = Cover::nothing();
        let probes: Vec<Case> = weighed.iter().map(|one| case(one, &cover)).collect();
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            peer,
            survey: lines(trial, &cover),
            troubles: trouble.into_iter().map(str::to_owned).collect(),
            rows: row_verdicts(&probes, "client/"),
            counts: counts(&probes),
            probes,
            exit,
            ..Self::default()
        }
    }

    /// The same with its time and seed.
    pub(crate) fn timed(self, began: OffsetDateTime, seconds: f64, seed: u64) -> Self {
        Self { began: day_and_time(began), seconds, seed, ..self }
    }

    pub(crate) fn new(
        plan: &Plan,
        reached: &Reached,
        judged: &Judged,
        began: OffsetDateTime,
        seconds: f64,
    ) -> Self {
        let cover = Cover::new(&plan.who);
        let probes: Vec<Case> = judged.weighed.iter().map(|one| case(one, &cover)).collect();
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            began: day_and_time(began),
            seconds,
            peer: peer(plan, reached, judged, &cover),
            facts: found(&judged.facts, &cover),
            survey: lines(&judged.survey, &cover),
            troubles: judged.troubles.iter().map(|trouble| cover.text(trouble)).collect(),
            leave: permitted(&judged.setup.leave),
            seed: plan.seed,
            rows: row_verdicts(&probes, "server/"),
            counts: counts(&probes),
            probes,
            exit: judged.exit,
        }
    }
}

fn day_and_time(began: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    began.format(form).unwrap_or_default()
}

fn counts(probes: &[Case]) -> BTreeMap<String, usize> {
    let count = |verdict| probes.iter().filter(|case| case.verdict == verdict).count();
    Verdict::ALL.iter().map(|verdict| (verdict.as_str().to_owned(), count(*verdict))).collect()
}

/// The most characters of what is said about a row. The dialogue has it all.
const LONGEST_WORDS: usize = 4_000;

/// Masks what the kit has not: secrets that a peer repeats in another form, and short ones.
struct Cover {
    masks: Masks,
    /// Passwords that are masked after PASS only, since they would hide half of each report.
    short: Vec<String>,
}

impl Cover {
    fn new(who: &Who) -> Self {
        Self { masks: who.masks(), short: who.short_passwords() }
    }

    /// Where nothing is secret.
    fn nothing() -> Self {
        Self { masks: Masks::default(), short: Vec::new() }
    }

    fn octets(&self, octets: &[u8]) -> Vec<u8> {
        self.masks.masked(octets)
    }

    /// What the client has said.
    fn said(&self, octets: &[u8]) -> Vec<u8> {
        let mut octets = self.octets(octets);
        for password in &self.short {
            let command = format!("PASS {password}\r\n").into_bytes();
            while let Some(at) = octets.windows(command.len()).position(|window| window == command) {
                octets.splice(at + 5..at + 5 + password.len(), *b"***");
            }
        }
        octets
    }

    fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.octets(text.as_bytes())).into_owned()
    }

    fn escaped(&self, octets: &[u8]) -> String {
        escaped(&self.octets(octets))
    }
}

fn case(one: &Weighed, cover: &Cover) -> Case {
    let (entry, outcome) = (one.probe.entry(), &one.outcome);
    let owned = |list: &[&'static str]| list.iter().map(|item| (*item).to_owned()).collect();
    Case {
        id: entry.id.to_owned(),
        title: entry.title.to_owned(),
        tier: entry.tier,
        verdict: outcome.verdict,
        counts: one.counts,
        known: one.known.clone(),
        stale: one.is_stale,
        unmet: one.is_unmet,
        skipped: one.skipped.clone(),
        runs: outcome.runs,
        milliseconds: milliseconds(outcome.took),
        judgements: outcome
            .judgements
            .iter()
            .map(|judgement| Finding {
                row: judgement.row.to_owned(),
                verdict: judgement.verdict,
                words: text::cut(&cover.text(&judgement.words), LONGEST_WORDS),
                at: judgement.at,
            })
            .collect(),
        dialogue: lines(&outcome.dialogue, cover),
        unconfirmed: outcome.unconfirmed.as_ref().map(|said| lines(said, cover)).unwrap_or_default(),
        quirks: owned(&entry.quirks),
        holes: owned(&entry.holes),
    }
}

fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A dialogue that belongs to no run, as after a survey that failed.
pub(crate) fn unreported(dialogue: &Dialogue, who: &Who) -> Vec<Line> {
    lines(dialogue, &Cover::new(who))
}

/// The same where nothing is secret.
pub(crate) fn bare(dialogue: &Dialogue) -> Vec<Line> {
    lines(dialogue, &Cover::nothing())
}

fn lines(dialogue: &Dialogue, cover: &Cover) -> Vec<Line> {
    let line = |said: &Said| {
        let octets = match said.who {
            Speaker::Client => cover.said(&said.octets),
            _ => cover.octets(&said.octets),
        };
        Line {
            link: said.link.0,
            milliseconds: milliseconds(said.time),
            who: match said.who {
                Speaker::Client => "C",
                Speaker::Server => "S",
                Speaker::Event => "-",
            }
            .to_owned(),
            text: escaped(&octets),
            base64: Base64::encode_string(&octets),
            octets: said.len,
        }
    };
    dialogue.entries().iter().map(line).collect()
}

fn peer(plan: &Plan, reached: &Reached, judged: &Judged, cover: &Cover) -> Peer {
    let named = |list: &Capabilities| {
        let line = list.0.iter().find(|line| {
            line.get(..15).is_some_and(|front| front.eq_ignore_ascii_case(b"IMPLEMENTATION "))
        })?;
        line.get(15..).map(|words| cover.escaped(words))
    };
    Peer {
        host: plan.target.host.clone(),
        clear: reached.clear,
        tls: reached.tls,
        user: judged.setup.account.as_ref().map(|account| account.name.clone()),
        client: false,
        verbs: Vec::new(),
        implementation: judged.facts.lists().find_map(named),
    }
}

fn found(facts: &Facts, cover: &Cover) -> Found {
    let lists = [
        ("clear", &facts.clear),
        ("tls", &facts.secured),
        ("clear-after-login", &facts.clear_after),
        ("tls-after-login", &facts.secured_after),
    ];
    let lines = |list: &Capabilities| list.0.iter().map(|line| cover.escaped(line)).collect();
    let has = |name: &&str| facts.number(name).is_some();
    Found {
        greeting: cover.escaped(&facts.greeting),
        stls: facts.stls,
        capabilities: lists
            .into_iter()
            .filter_map(|(name, list)| Some((name.to_owned(), lines(list.as_ref()?))))
            .collect(),
        ways: facts.ways.iter().map(|way| format!("{}, {}", way.channel, way.method)).collect(),
        messages: facts.messages.len(),
        octets: facts.messages.iter().map(|(_, octets)| *octets).fold(0, u64::saturating_add),
        top: facts.top,
        uidl: facts.uidl,
        corpus: facts.corpus.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
        corpus_missing: corpus::NAMES
            .iter()
            .filter(|name| !has(name))
            .map(|name| (*name).to_owned())
            .collect(),
        reply_milliseconds: milliseconds(facts.reply_time),
    }
}

fn permitted(leave: &Leave) -> Permitted {
    Permitted {
        odd: leave.odd,
        bad_logins: leave.bad_logins,
        delete_own: leave.delete,
        any_run: leave.any_run,
        flood: leave.flood,
        slow_seconds: leave.slow.as_secs(),
        only_corpus: leave.only_corpus,
    }
}

/// The worst verdict of each row that was judged.
fn row_verdicts(probes: &[Case], role: &str) -> Vec<RowVerdict> {
    let of_role: Vec<_> = entries().into_iter().filter(|entry| entry.id.starts_with(role)).collect();
    let verdict = |id: &str| {
        let findings = probes.iter().flat_map(|case| &case.judgements);
        let of_row = findings.filter(|finding| finding.row == id).map(|finding| finding.verdict);
        of_row
            .filter(|v| !matches!(v, Verdict::NotRun | Verdict::NotApplicable | Verdict::Inconclusive))
            .max()
    };
    rows()
        .into_iter()
        .map(|row| RowVerdict {
            verdict: verdict(row.id),
            shows: of_role.iter().any(|entry| entry.rows.contains(&row.id)),
            id: row.id.to_owned(),
            rfc: row.rfc,
            section: row.section.to_owned(),
            level: row.level.to_owned(),
            title: row.title.to_owned(),
        })
        .collect()
}
