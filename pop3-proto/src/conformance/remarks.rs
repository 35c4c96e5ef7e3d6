//! [`Remarks`]: what is wrong with the status lines of a probe, noted while it plays.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::form::{self, Fault};
use super::verdict::Verdict;

/// Something that the referee noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The referee's probe that reports it.
    pub probe: &'static str,
    /// The row that is not kept.
    pub row: &'static str,
    /// The verdict that it leads to.
    pub verdict: Verdict,
    /// What was wrong, in words that quote the line with escapes. In lines of a server secrets are masked; a
    /// client under test has only the name and password that the kit made up, and they are shown.
    pub words: String,
}

/// What the referee heard in one probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// How many status lines a server sent, or how many lines a client sent.
    pub lines: u64,
    /// How many of them had no text.
    pub without_text: u64,
    /// How many came from a server that announces RESP-CODES.
    pub with_codes: u64,
    /// How many of them ended an exchange of AUTH, for a server; how many held base64, for a client.
    pub exchanges: u64,
    /// What was wrong.
    pub found: Vec<Remark>,
}

/// What the referee has to know about a line.
pub(super) struct Heard<'h> {
    pub(super) raw: &'h [u8],
    /// The same, masked and escaped.
    pub(super) shown: String,
    /// The verb that it answers, in capitals; empty for a greeting, and where several commands were sent.
    pub(super) verb: &'h str,
    /// Whether it answers a line of an exchange.
    pub(super) in_auth: bool,
    /// Whether a command was sent that is longer than a command may be.
    pub(super) long: bool,
    /// Whether the server announces RESP-CODES.
    pub(super) codes: bool,
    /// Whether it announces AUTH-RESP-CODE.
    pub(super) auth_code: bool,
}

/// Something that may be wrong: which probe tells it, and its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    LineForm,
    Indicator,
    SmallIndicator,
    Pop1,
    Pop2,
    Length,
    LongEcho,
    OneReply,
    Refusal,
    ListingEnd,
    Unstuffed,
    AuthEnds,
    Code,
    EmptyLevel,
    CodeElsewhere,
    AuthAnnounced,
}

impl Spot {
    const fn told(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::LineForm => ("server/status/line-form", &["1939-3-09"]),
            Self::Indicator => ("server/status/indicators", &["1939-3-11"]),
            Self::SmallIndicator => ("server/status/indicators", &["1939-3-11", "1725-4-01"]),
            Self::Pop1 => ("server/status/indicators", &["1939-3-11", "918-Protocol-01"]),
            Self::Pop2 => ("server/status/indicators", &["1939-3-11", "937-Protocol-01"]),
            Self::Length | Self::LongEcho => ("server/status/length", &["1939-3-10", "2449-4-05"]),
            Self::OneReply => ("server/status/one-reply-each", &["1939-3-23"]),
            Self::Refusal => ("server/status/refusal-one-line", &["1939-3-18"]),
            Self::ListingEnd => ("server/status/listing-end", &["1939-3-13"]),
            Self::Unstuffed => ("server/status/listing-end", &["2449-3-08"]),
            Self::AuthEnds => ("server/auth/ends", &["5034-4-20"]),
            Self::Code => ("server/codes/grammar", &["2449-3-02", "2449-6.4-01"]),
            Self::EmptyLevel => ("server/codes/grammar", &["2449-3-02", "2449-3-05", "2449-6.4-01"]),
            Self::CodeElsewhere => ("server/codes/grammar", &["2449-8-01"]),
            Self::AuthAnnounced => ("server/codes/auth-announced", &["3206-5-03"]),
        }
    }

    /// No client sends the command that leads to a long echo.
    const fn weight(self) -> Verdict {
        match self {
            Self::LongEcho | Self::AuthAnnounced => Verdict::Deviation,
            _ => Verdict::Fail,
        }
    }
}

/// Where the codes belong: which verbs may be refused with them. What USER is refused with is told by a probe.
const PLACES: [(&str, &[&str], &str); 4] = [
    ("AUTH", &["PASS", "APOP", "AUTH", "USER"], "3206-5-02"),
    ("IN-USE", &["PASS", "APOP", "AUTH", "USER"], "2449-8.1.1-01"),
    ("LOGIN-DELAY", &["PASS", "APOP", "AUTH", "USER"], "2449-8.1.1-01"),
    ("UTF8", &["LIST", "TOP", "RETR", "PASS", "APOP", "AUTH", "USER", "STAT", "UIDL"], "6856-5-01"),
];

impl Remarks {
    pub(super) fn add(&mut self, others: &Self) {
        self.lines = self.lines.saturating_add(others.lines);
        self.without_text = self.without_text.saturating_add(others.without_text);
        self.with_codes = self.with_codes.saturating_add(others.with_codes);
        self.exchanges = self.exchanges.saturating_add(others.exchanges);
    }

    /// Keeps what the other run found as well.
    pub(super) fn confirm(&mut self, other: &Self) {
        let same = |one: &Remark, two: &Remark| {
            (one.probe, one.row, one.verdict) == (two.probe, two.row, two.verdict)
        };
        self.found.retain(|one| other.found.iter().any(|two| same(one, two)));
    }

    pub(super) fn note(&mut self, spot: Spot, words: &str) {
        let (probe, rows) = spot.told();
        let verdict = spot.weight();
        self.found.extend(rows.iter().map(|row| Remark { probe, row, verdict, words: words.into() }));
    }

    /// Judges a status line; a challenge is none.
    pub(super) fn hear(&mut self, heard: &Heard<'_>) {
        self.lines = self.lines.saturating_add(1);
        self.without_text = self.without_text.saturating_add(form::text(heard.raw).is_empty().into());
        self.with_codes = self.with_codes.saturating_add(heard.codes.into());
        self.exchanges = self.exchanges.saturating_add(heard.in_auth.into());
        match fault(heard) {
            Some(spot) => self.note(spot, &heard.shown),
            None => self.code(heard),
        }
    }

    fn code(&mut self, heard: &Heard<'_>) {
        let Some(code) = form::code(form::text(heard.raw)) else { return };
        let code = String::from_utf8_lossy(code).to_ascii_uppercase();
        if code == "AUTH" && !heard.auth_code {
            self.note(Spot::AuthAnnounced, &heard.shown);
        }
        for (name, verbs, row) in PLACES {
            let refusal = heard.raw.starts_with(b"-");
            let here = refusal && (heard.verb.is_empty() || verbs.contains(&heard.verb));
            if code == name && !here {
                let words = format!("{} answers {}", heard.shown, heard.verb);
                self.found.push(Remark { probe: "server/codes/place", row, verdict: Verdict::Fail, words });
            }
        }
    }
}

/// What is wrong with a line, if anything is.
fn fault(heard: &Heard<'_>) -> Option<Spot> {
    let raw = heard.raw;
    let small =
        |indicator: &[u8]| raw.get(..indicator.len()).is_some_and(|r| r.eq_ignore_ascii_case(indicator));
    match form::status_line(raw, heard.codes)? {
        // A control character inside it is an echo; a probe looks at that.
        Fault::LineEnd if raw.ends_with(b"\r\n") => None,
        Fault::LineEnd => Some(Spot::LineForm),
        Fault::Indicator if heard.in_auth => Some(Spot::AuthEnds),
        Fault::Indicator if small(b"+OK") || small(b"-ERR") => Some(Spot::SmallIndicator),
        Fault::Indicator if raw.starts_with(b"+ ") || raw.starts_with(b"- ") => Some(Spot::Pop1),
        Fault::Indicator if raw.starts_with(b"#") || raw.starts_with(b"=") => Some(Spot::Pop2),
        Fault::Indicator => Some(Spot::Indicator),
        Fault::Gap => {
            let next = raw.get(if raw.starts_with(b"+") { 3 } else { 4 });
            let word = next.is_some_and(u8::is_ascii_alphanumeric);
            Some(if word { Spot::Indicator } else { Spot::LineForm })
        }
        Fault::Length => Some(if heard.long { Spot::LongEcho } else { Spot::Length }),
        Fault::Code if form::text(raw).contains(&b']') => Some(Spot::EmptyLevel),
        Fault::Code => Some(Spot::Code),
    }
}
