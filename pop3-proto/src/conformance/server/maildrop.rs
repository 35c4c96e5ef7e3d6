//! What probes of a maildrop share: a picture of it, spare messages, forms that are refused, and how to leave.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::fmt::Display;

use super::pop::{Own, Pop};
use super::read::Listing;
use super::stage::{Answer, Stage};
use crate::conformance::form;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::steps::End;

/// What a session shows of the maildrop: size and unique-id of each message by its number. Without UIDL the
/// ids are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) messages: BTreeMap<u64, (u64, Vec<u8>)>,
    has_ids: bool,
}

impl Picture {
    /// Asks for it.
    pub(super) async fn take(s: &Stage, pop: &mut Pop) -> Result<Self> {
        let list = pop.listing("LIST").await?;
        if !list.is_ok() {
            return Err(Stop::Control("LIST is refused".into()));
        }
        let mut messages = BTreeMap::new();
        for (number, octets) in by_number(&list) {
            messages.insert(number, (form::number(&octets).unwrap_or(0), Vec::new()));
        }
        let has_ids = s.facts().uidl;
        if has_ids {
            let uidl = pop.listing("UIDL").await?;
            if !uidl.is_ok() {
                return Err(Stop::Control("UIDL is refused".into()));
            }
            for (number, id) in by_number(&uidl) {
                messages.entry(number).and_modify(|message| message.1 = id);
            }
        }
        Ok(Self { messages, has_ids })
    }

    /// The same without one message.
    pub(super) fn without(&self, number: u64) -> Self {
        let mut rest = self.clone();
        rest.messages.remove(&number);
        rest
    }

    /// One more than the highest number.
    pub(super) fn absent(&self) -> u64 {
        self.messages.keys().next_back().copied().unwrap_or(0).saturating_add(1)
    }

    pub(super) fn octets(&self, number: u64) -> u64 {
        self.messages.get(&number).map_or(0, |(octets, _)| *octets)
    }

    fn sizes(&self) -> Vec<u64> {
        self.messages.values().map(|(octets, _)| *octets).collect()
    }

    fn ids(&self) -> Vec<&[u8]> {
        self.messages.values().map(|(_, id)| id.as_slice()).collect()
    }

    /// Whether all of these messages are still there, by their unique-ids or, in case those do not stay, by
    /// their sizes. Numbers count for nothing: another session may have other ones.
    pub(super) fn holds(&self, others: &Self) -> bool {
        self.has_ids && contains(self.ids(), others.ids()) || contains(self.sizes(), others.sizes())
    }

    /// Whether all messages of an earlier picture are still there. [`None`] if nothing can be said, because none
    /// is missing and they cannot be matched: sizes or ids are others.
    fn kept_from(&self, before: &Self) -> Option<bool> {
        let fewer = self.messages.len() < before.messages.len();
        if self.holds(before) { Some(true) } else { fewer.then_some(false) }
    }

    /// Whether all ids of an earlier picture stayed. `None` if nothing can be said, because mail went or sizes
    /// changed.
    pub(super) fn ids_stayed_since(&self, before: &Self) -> Option<bool> {
        if contains(self.messages.values().collect(), before.messages.values().collect()) {
            return Some(true);
        }
        match (contains(self.ids(), before.ids()), contains(self.sizes(), before.sizes())) {
            // Some servers add a field to each message once.
            (true, false) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        }
    }
}

/// The row is kept if all messages of an earlier picture are still there. Whether they are.
pub(super) fn check_kept(
    s: &Stage,
    row: &'static str,
    before: &Picture,
    after: &Picture,
    words: impl Display,
) -> Result<bool> {
    let kept = after.kept_from(before);
    let kept = kept.ok_or(Stop::Control("messages of two sessions cannot be matched".into()))?;
    s.check_with(row, kept, words);
    Ok(kept)
}

/// Whether all of `some` are in `all`; what is there twice has to be there twice.
fn contains<T: Ord>(mut all: Vec<T>, mut some: Vec<T>) -> bool {
    all.sort();
    some.sort();
    let mut all = all.into_iter();
    some.into_iter().all(|one| all.any(|other| other == one))
}

/// The lines of LIST or UIDL without that of this message: each number with what follows it.
pub(super) fn others(listing: &Listing, number: u64) -> Vec<(u64, Vec<u8>)> {
    by_number(listing).filter(|(other, _)| *other != number).collect()
}

/// The first two words of each line that begins with a number; spaces more or fewer are judged elsewhere.
fn by_number(listing: &Listing) -> impl Iterator<Item = (u64, Vec<u8>)> {
    listing.lines.iter().filter_map(|line| {
        let mut words = line.split(|octet| *octet == b' ').filter(|word| !word.is_empty());
        Some((form::number(words.next()?)?, words.next().unwrap_or_default().to_vec()))
    })
}

/// Ends a session in which messages were fetched: by QUIT only where that removes nothing.
pub(super) async fn leave(s: &Stage, pop: Pop) -> Result<()> {
    if s.facts().expires_at_once() {
        pop.end(End::Fin).await;
        return Ok(());
    }
    pop.quit().await.map(drop)
}

/// Whether the session is in step after a message. If it is not, a new one takes its place: later replies would
/// be taken for others.
pub(super) async fn in_step_or_anew(s: &Stage, mut pop: Pop) -> Result<(Pop, bool)> {
    if pop.in_step().await.is_ok() {
        return Ok((pop, true));
    }
    pop.end(End::Fin).await;
    Ok((s.transaction().await?, false))
}

/// A spare message, recognised in this session.
pub(super) async fn spare(s: &Stage, pop: &mut Pop) -> Result<Own> {
    spare_of(s, pop, u32::MAX).await
}

/// The same, with a number below this one.
pub(super) async fn spare_of(s: &Stage, pop: &mut Pop, below: u32) -> Result<Own> {
    if s.facts().keeps_at_a_drop == Some(false) {
        // Told by server/update/drop. Here each message that is marked would be lost.
        return Err(Stop::NotRun("the server removes what is marked when the connection ends"));
    }
    recognised(s, pop, below, 1).await?.pop().ok_or(Stop::NotRun("a spare message was not recognised"))
}

/// A spare message, also where the server removes it when it should not.
pub(super) async fn expendable(s: &Stage, pop: &mut Pop) -> Result<Own> {
    spares(s, pop, 1).await?.pop().ok_or(Stop::NotRun("a spare message was not recognised"))
}

/// A spare message that has others after it: whose numbers may move.
pub(super) async fn spare_inside(s: &Stage, pop: &mut Pop) -> Result<Own> {
    let last = Picture::take(s, pop).await?.absent().saturating_sub(1);
    spare_of(s, pop, u32::try_from(last).unwrap_or(u32::MAX)).await
}

/// The spare messages, at most so many.
pub(super) async fn spares(s: &Stage, pop: &mut Pop, most: usize) -> Result<Vec<Own>> {
    let found = recognised(s, pop, u32::MAX, most).await?;
    if found.is_empty() { Err(Stop::NotRun("a spare message was not recognised")) } else { Ok(found) }
}

/// They are looked for where the survey found them and, since mail that was removed shifts numbers, a little in
/// front of that.
async fn recognised(s: &Stage, pop: &mut Pop, below: u32, most: usize) -> Result<Vec<Own>> {
    let spares = s.facts().corpus.iter().filter(|(name, _)| name.starts_with("spare-"));
    let mut numbers: Vec<u32> = spares.map(|(_, number)| *number).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    if s.facts().top == Some(true) {
        let surveyed = numbers.clone();
        numbers
            .extend((1..6).flat_map(|less| surveyed.iter().map(move |number| number.saturating_sub(less))));
    }
    let (mut found, mut tried) = (Vec::new(), Vec::new());
    for number in numbers {
        if found.len() == most || number == 0 || number >= below || tried.contains(&number) {
            continue;
        }
        tried.push(number);
        match pop.recognise(number).await {
            Ok(own) => found.push(own),
            Err(Stop::NotRun(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(found)
}

/// Sends each line on a connection of its own after the login. `-ERR` keeps the rows, if the session goes on or
/// is closed after it; `fails` says which other answers do not. Nothing is said about rows if some answer is
/// neither. No such session ends by QUIT.
pub(super) async fn must_refuse(
    s: &Stage,
    rows: &[&'static str],
    lines: &[&str],
    fails: fn(&Answer) -> bool,
) -> Result<()> {
    let mut notes = Vec::new();
    for line in lines {
        let mut pop = s.transaction().await?;
        let answer = s.answer(&mut pop, format!("{line}\r\n")).await?;
        let words = format!("'{line}' {answer}");
        if answer.is_ok() {
            // Whatever DELE has marked by mistake; some servers remove at a hang-up, too.
            let _ = pop.ask("RSET").await;
        }
        let in_step = if answer.is_refusal() { pop.in_step().await } else { Ok(()) };
        pop.end(End::Fin).await;
        match in_step {
            _ if fails(&answer) => rows.iter().for_each(|row| s.check_with(row, false, &words)),
            _ if !answer.is_refusal() => return Err(Stop::Control(words)),
            Ok(()) => {}
            Err(Stop::Hung(_)) => notes.push(format!("{words}, and the connection is closed")),
            Err(_) => {
                let words = format!("{words}, and the next command is out of step");
                rows.iter().for_each(|row| s.check_with(row, false, &words));
            }
        }
    }
    for row in rows {
        s.check(row, true);
        notes.iter().for_each(|words| s.note(row, words));
    }
    Ok(())
}

/// Whether the line was taken, or is not answered.
pub(super) const fn taken_or_silent(answer: &Answer) -> bool {
    matches!(answer, Answer::Ok(_) | Answer::Silent)
}
