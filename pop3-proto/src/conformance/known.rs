//! [`Known`] and [`Skip`]: what is known to fail, and what is left out, each with its reason.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::fmt;

use super::probe::Probe;
use super::select::{Select, SelectError};
use super::verdict::Verdict;

/// A day, such as 2027-06-30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// Year, month and day, which compare in this order.
    digits: (u16, u8, u8),
}

impl Day {
    /// Reads `YYYY-MM-DD`. [`None`] if the text has another form, if the month is not 01 to 12, or if the day
    /// is not 01 to 31; the length of the month is not checked.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let is_form = parts.next().is_none() && (year.len(), month.len(), day.len()) == (4, 2, 2);
        let digits = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        let is_day = (1..=12).contains(&digits.1) && (1..=31).contains(&digits.2);
        (is_form && is_day).then_some(Self { digits })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.digits;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Something that is known not to pass: the probe runs, and its verdict is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The id of the probe.
    pub probe: String,
    /// The verdict that is expected.
    pub verdict: Verdict,
    /// Why it is so.
    pub reason: String,
    /// From this day on the verdict counts again.
    pub until: Option<Day>,
}

/// What a verdict is in the light of what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the verdict that is known: it does not count.
    Expected,
    /// It is better: the entry has to go.
    Stale,
    /// The probe could not judge: the entry says nothing about this run.
    Unseen,
    /// It is a worse verdict than the known one, or it is the known one and the entry's time is over.
    Counts,
}

/// What is wrong with an entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListError {
    /// There is no such probe.
    NoProbe(String),
    /// The entry for this probe or pattern has no reason, or only `TODO`.
    NoReason(String),
    /// The verdict for this probe is `pass`, `note` or `not-applicable`, which nobody has to excuse.
    Verdict(String),
    /// The probe stands there twice.
    Twice(String),
    /// The pattern is wrong, or selects nothing.
    Select(SelectError),
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProbe(id) => write!(f, "{id}: there is no such probe"),
            Self::NoReason(id) => write!(f, "{id}: a reason is missing"),
            Self::Verdict(id) => {
                write!(f, "{id}: the verdict has to be fail, deviation, inconclusive or not-run")
            }
            Self::Twice(id) => write!(f, "{id}: stands there twice"),
            Self::Select(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ListError {}

/// `TODO` is what stands in a list that a program has written, until somebody says why.
fn has_reason(reason: &str) -> bool {
    let reason = reason.trim();
    !reason.is_empty() && !reason.eq_ignore_ascii_case("todo")
}

impl Known {
    /// Checks a list of entries.
    ///
    /// # Errors
    ///
    /// [`ListError`] for the first entry that cannot be right.
    pub fn check(list: &[Self], probes: &[Probe]) -> Result<(), ListError> {
        for (i, known) in list.iter().enumerate() {
            let id = known.probe.clone();
            if !probes.iter().any(|probe| probe.id() == id) {
                return Err(ListError::NoProbe(id));
            }
            if !has_reason(&known.reason) {
                return Err(ListError::NoReason(id));
            }
            if known.verdict < Verdict::NotRun {
                return Err(ListError::Verdict(id));
            }
            if list.iter().take(i).any(|other| other.probe == id) {
                return Err(ListError::Twice(id));
            }
        }
        Ok(())
    }

    /// How a verdict that its probe got today stands against this entry.
    #[must_use]
    pub fn weigh(&self, found: Verdict, today: Day) -> Standing {
        let is_over = self.until.is_some_and(|until| today >= until);
        match found {
            _ if found == self.verdict && is_over => Standing::Counts,
            _ if found == self.verdict => Standing::Expected,
            Verdict::Pass | Verdict::Note => Standing::Stale,
            Verdict::NotApplicable | Verdict::NotRun | Verdict::Inconclusive => Standing::Unseen,
            _ if found < self.verdict => Standing::Stale,
            _ => Standing::Counts,
        }
    }
}

/// What is left out of a run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// Which probes.
    pub select: Select,
    /// Why.
    pub reason: String,
}

impl Skip {
    /// Makes an entry.
    ///
    /// # Errors
    ///
    /// [`ListError`] if the reason is missing, or the pattern selects none of the probes.
    pub fn new(pattern: &str, reason: &str, probes: &[Probe]) -> Result<Self, ListError> {
        let select = Select::parse(pattern).map_err(ListError::Select)?;
        Select::chosen(core::slice::from_ref(&select), probes).map_err(ListError::Select)?;
        if !has_reason(reason) {
            return Err(ListError::NoReason(pattern.to_owned()));
        }
        Ok(Self { select, reason: reason.trim().to_owned() })
    }
}
