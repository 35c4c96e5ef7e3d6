//! A known message as it comes by RETR, against what was put in.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::known;
use super::maildrop::{Picture, leave};
use super::pop::Pop;
use super::read::Body;
use super::stage::Stage;
use crate::conformance::corpus;
use crate::conformance::dialogue::escaped;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::steps::End;

/// What came.
pub(super) struct Came {
    name: &'static str,
    /// The size that LIST shows in the same session.
    pub(super) listed: u64,
    /// The reply, which may be a refusal.
    pub(super) body: Body,
    /// Whether the reply after it is that to the next command.
    pub(super) in_step: bool,
}

/// Reads a reply of several lines; the words for one that has no end.
pub(super) async fn whole(pop: &mut Pop, command: &str) -> Result<core::result::Result<Body, String>> {
    match pop.body(command).await {
        Ok(body) => Ok(Ok(body)),
        Err(Stop::Control(why)) if why.ends_with("the end of a body") => Ok(Err(why)),
        Err(stop) => Err(stop),
    }
}

/// Fetches a known message in a session of its own. A refusal is nothing to judge.
pub(super) async fn fetch(s: &Stage, name: &'static str) -> Result<Came> {
    let came = fetch_whole(s, name).await?.map_err(Stop::Control)?;
    if came.body.is_ok() { Ok(came) } else { Err(Stop::Control(format!("RETR of {name} is refused"))) }
}

/// The same, where a reply without an end is something to judge.
pub(super) async fn fetch_whole(s: &Stage, name: &'static str) -> Result<core::result::Result<Came, String>> {
    let number = s.number(name)?;
    let mut pop = s.transaction().await?;
    let listed = Picture::take(s, &mut pop).await?.octets(number.into());
    let body = match whole(&mut pop, &format!("RETR {number}")).await? {
        Ok(body) => body,
        Err(words) => {
            pop.end(End::Fin).await;
            return Ok(Err(words));
        }
    };
    let in_step = pop.in_step().await.is_ok();
    if in_step {
        leave(s, pop).await?;
    } else {
        pop.end(End::Fin).await;
    }
    // Mail that went since the survey would have shifted the numbers.
    let surveyed = s.facts().messages.iter().find(|(known, _)| *known == number).map(|(_, octets)| *octets);
    let is_other = match corpus::named(&body.unstuffed()) {
        Some((found, _)) => found != name,
        None => surveyed != Some(listed),
    };
    if is_other {
        return Err(Stop::NotRun("the message is not where the survey found it"));
    }
    Ok(Ok(Came { name, listed, body, in_step }))
}

impl Came {
    /// What came of a known message, where size and step are of no matter.
    pub(super) fn new(name: &'static str, body: Body) -> Result<Self> {
        if !body.is_ok() {
            return Err(Stop::Control(format!("RETR of {name} is refused")));
        }
        if corpus::named(&body.unstuffed()).is_none_or(|(found, _)| found != name) {
            return Err(Stop::NotRun("the message is not where the survey found it"));
        }
        Ok(Self { name, listed: 0, body, in_step: true })
    }

    /// The message without stuffing.
    pub(super) fn message(&self) -> Vec<u8> {
        self.body.unstuffed()
    }

    /// What differs from what was put in, from the line of the marker on; `None` if nothing does but fields that
    /// the store has added.
    pub(super) fn difference(&self) -> Option<String> {
        if !self.body.is_ok() {
            return Some(format!("{}: RETR is refused", self.name));
        }
        let (came, due) = self.sides()?;
        if came == due || known::only_fields_added(&came, &due) {
            return None;
        }
        let at = came.iter().zip(&due).take_while(|(came, due)| came == due).count();
        let near = |octets: &[u8]| {
            let rest = octets.get(at.saturating_sub(4)..).unwrap_or_default();
            escaped(rest.get(..rest.len().min(24)).unwrap_or_default())
        };
        let (near_due, near_came) = (near(&due), near(&came));
        Some(format!(
            "{}: '{near_due}' is due at octet {at} after its marker, and '{near_came}' came",
            self.name
        ))
    }

    /// What came and what is due, each from the line of the marker on.
    pub(super) fn sides(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let message = self.message();
        let due = known::expected(self.name, &message)?;
        Some((corpus::tail(&message).unwrap_or(&message).to_vec(), due))
    }

    /// Whether octets are missing or too many, and LIST counts what came: then the store has the message so. A
    /// delivery may change it.
    pub(super) fn is_stored_so(&self) -> bool {
        let other_length = self.sides().is_some_and(|(came, due)| came.len() != due.len());
        other_length && self.in_step && self.listed == self.message().len() as u64
    }

    /// The row is kept if the message is as it was put in. Fields that a store adds are noted, and what it has
    /// otherwise.
    pub(super) fn check_intact(&self, s: &Stage, rows: &[&'static str]) {
        let difference = self.difference();
        let added = difference.is_none() && self.sides().is_some_and(|(came, due)| came != due);
        for row in rows {
            match &difference {
                Some(words) if self.is_stored_so() => s.note(row, format!("{words}; LIST counts what came")),
                Some(words) => s.check_with(row, false, words),
                None => s.check(row, true),
            }
            if added {
                s.note(row, format!("{}: fields were added to the header", self.name));
            }
        }
    }

    /// The row is kept if LIST shows how many octets came; 2 less is a leniency.
    pub(super) fn check_size(&self, s: &Stage, rows: &[&'static str]) {
        check_size(s, rows, self.name, self.listed, &self.body);
    }

    /// The same where line ends are of no matter: that each counts as one octet is told by server/retr/line-ends.
    pub(super) fn check_size_but_line_ends(&self, s: &Stage, rows: &[&'static str]) {
        let message = self.message();
        let ends = memchr::memchr_iter(b'\n', &message).count();
        if ends > 1 && self.listed.saturating_add(ends as u64) == message.len() as u64 {
            rows.iter().for_each(|row| s.note(row, "LIST counts each line end as one octet"));
        } else {
            self.check_size(s, rows);
        }
    }
}

/// The same for any message.
pub(super) fn check_size(s: &Stage, rows: &[&'static str], what: &str, listed: u64, body: &Body) {
    let came = body.unstuffed().len() as u64;
    let words = format!("{what}: LIST says {listed}, and {came} octets came");
    for row in rows {
        if came == listed.saturating_add(2) {
            s.lenient_with(row, false, &words);
        } else {
            s.check_with(row, came == listed, &words);
        }
    }
}
