//! [`Select`]: which probes are meant.

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use super::catalogue::{Row, rows};
use super::probe::Probe;

/// A pattern that selects probes.
///
/// | Pattern | selects |
/// | --- | --- |
/// | `server/uidl` | the probes of a section |
/// | `server/uidl/form` | one probe |
/// | `*/stls*` | those whose ids have this form; `*` stands for any text |
/// | `1939-5-12` | those that judge this row |
/// | `rfc2449`, `rfc2449-6.6` | those that judge rows of this RFC, or of this section of it and what is below |
/// | `must`, `should`, `may`, `implied` | those that judge rows of this level |
/// | `tier1` | those of this tier |
/// | `quirk-81`, `hole:first-dot` | those that show this quirk or hole of the catalogues |
/// | `need:odd`, `need:corpus` | those that need this |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    pattern: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Path(String),
    Rows(Vec<&'static str>),
    Tier(u8),
    Quirk(String),
    Hole(String),
    Need(String),
}

/// Why a pattern selects nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectError {
    /// It has none of the forms.
    Form(String),
    /// It has one of the forms, and there is nothing of that name.
    Nothing(String),
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(pattern) => {
                write!(f, "{pattern}: no section, probe, row, RFC, level, tier, quirk or hole")
            }
            Self::Nothing(pattern) => write!(f, "{pattern}: selects nothing"),
        }
    }
}

impl core::error::Error for SelectError {}

impl Select {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// [`SelectError`] if it has none of the forms, or names a row, an RFC or a section of one that the catalogue
    /// does not have. A pattern of probes may still match none of those that there are; see
    /// [`chosen`](Self::chosen).
    pub fn parse(pattern: &str) -> Result<Self, SelectError> {
        let what = what(pattern).ok_or_else(|| SelectError::Form(pattern.to_owned()))?;
        if matches!(&what, What::Rows(rows) if rows.is_empty()) {
            return Err(SelectError::Nothing(pattern.to_owned()));
        }
        Ok(Self { pattern: pattern.to_owned(), what })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Whether it selects the probe.
    #[must_use]
    pub fn matches(&self, probe: &Probe) -> bool {
        let entry = probe.entry();
        match &self.what {
            What::Path(pattern) => is_path(pattern, entry.id),
            What::Rows(rows) => entry.rows.iter().any(|row| rows.contains(row)),
            What::Tier(tier) => entry.tier == *tier,
            What::Quirk(number) => entry.quirks.iter().any(|quirk| quirk == number),
            What::Hole(name) => entry.holes.iter().any(|hole| hole == name),
            What::Need(name) => entry
                .needs
                .iter()
                .any(|need| need == name || need.split_once(':').is_some_and(|(word, _)| word == name)),
        }
    }

    /// Those of the probes that one of the patterns selects, in their order; all if there is no pattern.
    ///
    /// # Errors
    ///
    /// [`SelectError::Nothing`] with the first pattern that selects none of them.
    pub fn chosen<'p>(patterns: &[Self], probes: &'p [Probe]) -> Result<Vec<&'p Probe>, SelectError> {
        for select in patterns {
            if !probes.iter().any(|probe| select.matches(probe)) {
                return Err(SelectError::Nothing(select.pattern.clone()));
            }
        }
        let is_chosen = |probe: &&Probe| patterns.is_empty() || patterns.iter().any(|one| one.matches(probe));
        Ok(probes.iter().filter(is_chosen).collect())
    }
}

fn what(pattern: &str) -> Option<What> {
    if let Some(tier) = pattern.strip_prefix("tier") {
        return tier.parse().ok().filter(|tier| (1..=3).contains(tier)).map(What::Tier);
    }
    if let Some(number) = pattern.strip_prefix("quirk-") {
        return number.parse::<u16>().ok().map(|number| What::Quirk(number.to_string()));
    }
    if let Some(name) = pattern.strip_prefix("hole:") {
        return (!name.is_empty()).then(|| What::Hole(name.to_owned()));
    }
    if let Some(name) = pattern.strip_prefix("need:") {
        return (!name.is_empty()).then(|| What::Need(name.to_owned()));
    }
    let of = |is_meant: &dyn Fn(&Row) -> bool| {
        What::Rows(rows().iter().filter(|row| is_meant(row)).map(|row| row.id).collect())
    };
    if let Some(rfc) = pattern.strip_prefix("rfc") {
        let (number, section) = rfc.split_once('-').unwrap_or((rfc, ""));
        let number: u16 = number.parse().ok()?;
        return Some(of(&|row| row.rfc == number && is_in_section(row.section, section)));
    }
    if ["must", "should", "may", "implied"].contains(&pattern) {
        return Some(of(&|row| row.level.eq_ignore_ascii_case(pattern)));
    }
    if pattern.starts_with(|first: char| first.is_ascii_digit()) {
        return Some(of(&|row| row.id == pattern));
    }
    let is_path = ["server", "client"].contains(&pattern)
        || pattern.starts_with("server/")
        || pattern.starts_with("client/")
        || pattern.contains('*');
    is_path.then(|| What::Path(pattern.trim_end_matches('/').to_owned()))
}

/// `6.6` holds `6.6` and `6.6.1`; an empty one holds all.
fn is_in_section(section: &str, wanted: &str) -> bool {
    let rest = section.strip_prefix(wanted);
    rest.is_some_and(|rest| wanted.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

/// Whether the id, or a front of it that ends before `/`, has that form.
fn is_path(pattern: &str, id: &str) -> bool {
    let fronts = id.match_indices('/').filter_map(|(at, _)| id.get(..at)).chain([id]);
    fronts.into_iter().any(|front| is_like(pattern.as_bytes(), front.as_bytes()))
}

/// Whether the text has the form of the pattern, in which `*` stands for any octets.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    // Where the last star stood, and how much of the text it covers: the only place to go back to.
    let (mut at, mut from, mut star) = (0_usize, 0_usize, None);
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at = at.saturating_add(1);
            }
            Some(octet) if text.get(from) == Some(octet) => {
                at = at.saturating_add(1);
                from = from.saturating_add(1);
            }
            _ => {
                let Some((place, covered)) = star else { return false };
                let covered: usize = covered.saturating_add(1);
                star = Some((place, covered));
                (at, from) = (place.saturating_add(1), covered);
            }
        }
    }
    pattern.iter().skip(at).all(|octet| *octet == b'*')
}
