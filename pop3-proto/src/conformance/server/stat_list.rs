//! `server/stat-list`: STAT and LIST.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::forms::{Bench, TAKEN_FAILS, Then, Weight};
use super::pop::Pop;
use super::read::Listing;
use super::stage::Stage;
use crate::conformance::dialogue::escaped;
use crate::conformance::form;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// The words of a line, however many spaces part them.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|octet| *octet == b' ').filter(|word| !word.is_empty())
}

/// The two numbers that begin a line, whatever follows them.
pub(super) fn figures(line: &[u8]) -> Option<(u64, u64)> {
    let mut words = words(line);
    Some((form::number(words.next()?)?, form::number(words.next()?)?))
}

/// What is wrong with the form of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Two numbers and nothing else.
    Good,
    /// Something after them.
    More,
    /// A number that is not written in decimal digits: with a sign, for instance.
    NoDecimal,
    /// Anything else: a space too much, a text in front.
    Other,
}

fn form_of(line: &[u8], zeros: bool) -> Form {
    let parts: Vec<&[u8]> = line.splitn(3, |octet| *octet == b' ').collect();
    let digits = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    let good = |word: &[u8]| if zeros { digits(word) } else { form::number(word).is_some() };
    let is_odd = |word: &[u8]| !good(word) && word.iter().any(u8::is_ascii_digit);
    match parts.as_slice() {
        [first, second] if good(first) && good(second) => Form::Good,
        [first, second, _] if good(first) && good(second) => Form::More,
        [first, second, ..] if is_odd(first) || is_odd(second) => Form::NoDecimal,
        _ => Form::Other,
    }
}

/// Judges the form of a line: `numbers` has its two numbers, `more` what follows them, `decimal` how they are
/// written.
fn judge_form(line: &[u8], zeros: bool, [numbers, more, decimal]: [&mut Bench<'_>; 3]) {
    let words = format!("'{}'", escaped(line.get(..80).unwrap_or(line)));
    match form_of(line, zeros) {
        Form::Good => {}
        Form::More => more.found(Weight::Deviates, format!("{words} has something after its numbers")),
        Form::NoDecimal => {
            numbers.found(Weight::Fails, format!("{words} is not two numbers"));
            decimal.found(Weight::Fails, format!("{words} is not two decimal numbers"));
        }
        Form::Other => {
            numbers.found(Weight::Fails, format!("{words} is not two numbers with one space between them"))
        }
    }
}

/// What STAT, LIST and UIDL say.
async fn all_of(s: &Stage, pop: &mut Pop) -> Result<[Vec<u8>; 3]> {
    let (stat, list) = (pop.ask("STAT").await?, pop.listing("LIST").await?);
    if !stat.is_ok() || !list.is_ok() {
        return Err(Stop::Control("STAT or LIST is refused".into()));
    }
    let (stat, list) = (stat.text().to_vec(), list.raw);
    let uidl = if s.facts().uidl { pop.listing("UIDL").await?.raw } else { Vec::new() };
    Ok([stat, list, uidl])
}

/// The first lines that differ, escaped.
fn difference(before: &[u8], after: &[u8]) -> String {
    let lines = |octets| <[u8]>::split(octets, |octet| *octet == b'\n');
    match lines(before).zip(lines(after)).find(|(one, other)| one != other) {
        Some((one, other)) => {
            format!("'{}' and then '{}'", escaped(one.trim_ascii_end()), escaped(other.trim_ascii_end()))
        }
        None => "more lines or fewer lines".into(),
    }
}

/// How a list was answered that should have no lines.
fn told(verb: &str, list: &Listing) -> String {
    format!("{verb} gets '{}', and {} lines", escaped(list.status.raw.trim_ascii_end()), list.lines.len())
}

pub(super) const PROBES: Plays = plays! {
    "server/stat-list/stat-form" => |s| {
        let rows = [["1939-5-03"], ["1939-5-04"], ["1939-4-10"]];
        let [mut numbers, mut more, mut decimal] = rows.each_ref().map(|row| Bench::new(&s, row));
        let mut pop = s.transaction().await?;
        let stat = pop.ask("STAT").await?;
        if !stat.is_ok() {
            return Err(Stop::Control("STAT is refused".into()));
        }
        let line = stat.raw.strip_suffix(b"\n").unwrap_or(&stat.raw);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.get(3..).and_then(|rest| rest.strip_prefix(b" ")) {
            Some(text) => judge_form(text, true, [&mut numbers, &mut more, &mut decimal]),
            None => numbers.found(Weight::Fails, "STAT gets +OK and no numbers"),
        }
        pop.quit().await?;
        [numbers, more, decimal].into_iter().try_for_each(Bench::end)
    }

    "server/stat-list/agree" => |s| {
        let mut pop = s.transaction().await?;
        let stat = pop.ask("STAT").await?;
        let (count, total) = figures(stat.text()).ok_or(Stop::Control("STAT has no figures".into()))?;
        let list = pop.listing("LIST").await?;
        let sizes: Option<Vec<u64>> =
            list.lines.iter().map(|line| figures(line).map(|(_, size)| size)).collect();
        let sizes = sizes.filter(|_| list.is_ok()).ok_or(Stop::Control("LIST has no figures".into()))?;
        pop.quit().await?;
        let sum = sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
        let lines = sizes.len() as u64;
        for (row, kept) in [
            ("1939-5-03", count == lines && total == sum),
            ("1939-5-12", total == sum),
            ("1939-5-10", count == lines),
        ] {
            s.check_with(
                row,
                kept,
                format!("STAT says {count} and {total}; LIST has {lines} lines and {sum} octets"),
            );
        }
        Ok(())
    }

    "server/stat-list/list-form" => |s| {
        let rows = [["1939-5-12"], ["1939-5-04"], ["1939-4-10"]];
        let [mut numbers, mut more, mut decimal] = rows.each_ref().map(|row| Bench::new(&s, row));
        let mut pop = s.transaction().await?;
        let list = pop.listing("LIST").await?;
        if !list.is_ok() || list.lines.is_empty() {
            return Err(Stop::Control("LIST shows nothing".into()));
        }
        for line in &list.lines {
            judge_form(line, false, [&mut numbers, &mut more, &mut decimal]);
        }
        pop.quit().await?;
        [numbers, more, decimal].into_iter().try_for_each(Bench::end)
    }

    "server/stat-list/numbers" => |s| {
        let mut pop = s.transaction().await?;
        let list = pop.listing("LIST").await?;
        let numbers: Option<Vec<u64>> =
            list.lines.iter().map(|line| form::number(words(line).next()?)).collect();
        let numbers = numbers.filter(|_| list.is_ok()).ok_or(Stop::Control("LIST has no numbers".into()))?;
        pop.quit().await?;
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let wrong = sorted.iter().zip(1..).find(|(number, due)| *number != due);
        let told = wrong.map(|(number, due)| format!("in the place of {due} stands {number}"));
        s.check_with("1939-4-09", told.is_none(), told.unwrap_or_default());
        s.lenient_with("1939-4-09", sorted == numbers, "LIST is not in ascending order");
        Ok(())
    }

    "server/stat-list/one" => |s| {
        let mut bench = Bench::new(&s, &["1939-5-09"]);
        let mut pop = s.transaction().await?;
        let list = pop.listing("LIST").await?;
        let all: Vec<(u64, u64)> = list.lines.iter().filter_map(|line| figures(line)).collect();
        let middle = all.get(all.len() / 2);
        for (number, size) in [all.first(), middle, all.last()].into_iter().flatten() {
            let reply = pop.ask(format!("LIST {number}")).await?;
            let line = escaped(reply.raw.trim_ascii_end());
            let words = format!("LIST {number} gets '{line}', and LIST shows {number} {size}");
            if !reply.is_ok() || figures(reply.text()) != Some((*number, *size)) {
                bench.found(Weight::Fails, words);
            } else if self::words(reply.text()).count() > 2 {
                bench.found(
                    Weight::Deviates,
                    format!("LIST {number} gets '{line}': something after the size"),
                );
            }
            match pop.in_step().await {
                Ok(()) => {}
                Err(Stop::Control(_)) => {
                    bench.found(Weight::Fails, format!("more than one line answers LIST {number}"));
                    break;
                }
                Err(stop) => return Err(stop),
            }
        }
        pop.end(End::Fin).await;
        bench.end()
    }

    "server/stat-list/absent" => |s| {
        let mut bench = Bench::new(&s, &["1939-5-08"]);
        let absent = s.facts().absent();
        for number in [absent, absent.max(999_999)] {
            bench.form(s.transaction().await?, format!("LIST {number}"), Then::Stat, TAKEN_FAILS).await?;
        }
        bench.end()
    }

    "server/stat-list/empty" => |s| {
        let rows = [["1939-5-07"], ["1939-5-11"]];
        let [mut stat_row, mut list_row] = rows.each_ref().map(|row| Bench::new(&s, row));
        let account =
            s.setup().empty_account.clone().ok_or(Stop::NotRun("no account with an empty maildrop"))?;
        let way = s.facts().way().cloned().ok_or(Stop::NotRun("no account that can log in"))?;
        let mut pop = s.transaction_of(&account, &way).await?;
        let stat = pop.ask("STAT").await?;
        let list = pop.listing("LIST").await?;
        let is_empty = list.lines.is_empty();
        if !is_empty && figures(stat.text()).is_some_and(|(count, _)| count > 0) {
            return Err(Stop::NotRun("the maildrop that should be empty is not"));
        }
        if !stat.is_ok() || figures(stat.text()) != Some((0, 0)) {
            stat_row.found(Weight::Fails, format!("STAT gets '{}'", escaped(stat.raw.trim_ascii_end())));
        }
        if !list.is_ok() || !is_empty {
            list_row.found(Weight::Fails, told("LIST", &list));
        }
        if s.facts().uidl {
            let uidl = pop.listing("UIDL").await?;
            if !uidl.is_ok() || !uidl.lines.is_empty() {
                list_row.found(Weight::Fails, told("UIDL", &uidl));
            }
        }
        pop.quit().await?;
        [stat_row, list_row].into_iter().try_for_each(Bench::end)
    }

    "server/stat-list/stable" => |s| {
        let mut bench = Bench::new(&s, &["1939-4-11", "1939-5-18"]);
        let mut pop = s.transaction().await?;
        let before = all_of(&s, &mut pop).await?;
        for number in s.facts().in_step(20, 1024 * 1024) {
            pop.body(format!("RETR {number}")).await?;
            if s.facts().top == Some(true) {
                pop.body(format!("TOP {number} 5")).await?;
            }
        }
        pop.in_step().await?;
        let after = all_of(&s, &mut pop).await?;
        pop.end(End::Fin).await;
        for ((verb, one), other) in ["STAT", "LIST", "UIDL"].into_iter().zip(&before).zip(&after) {
            if one != other {
                bench.found(
                    Weight::Fails,
                    format!("{verb} says {}, after RETR and TOP", difference(one, other)),
                );
            }
        }
        bench.end()
    }
};
