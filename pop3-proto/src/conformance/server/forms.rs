//! Forms that should be refused: how each was answered, what followed, and what that weighs.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt::Display;

use super::pop::Pop;
use super::stage::{Answer, Stage};
use crate::conformance::dialogue::escaped;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::steps::End;

/// What something weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// The rows are not kept.
    Fails,
    /// It is a leniency.
    Deviates,
    /// It says nothing about the rows.
    Unclear,
}

/// What each outcome weighs that is no refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    /// `+OK`.
    pub(super) taken: Weight,
    /// A hang-up without a reply.
    pub(super) hung: Weight,
    /// Silence, a line that is no status line, or a session that is out of step.
    pub(super) lost: Weight,
}

/// Only `+OK` fails.
pub(super) const TAKEN_FAILS: Weights =
    Weights { taken: Weight::Fails, hung: Weight::Unclear, lost: Weight::Unclear };

/// A form is taken out of leniency, but it has to be answered.
pub(super) const TAKEN_DEVIATES: Weights =
    Weights { taken: Weight::Deviates, hung: Weight::Fails, lost: Weight::Fails };

/// The control after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// STAT, in TRANSACTION.
    Stat,
    /// QUIT, in AUTHORIZATION.
    Quit,
}

/// Rows that are judged by several forms: what is wrong at once, that all is well only at the end, so that a
/// probe that ends early does not pass.
pub(super) struct Bench<'s> {
    s: &'s Stage,
    rows: &'s [&'static str],
    unclear: Option<String>,
}

impl<'s> Bench<'s> {
    pub(super) const fn new(s: &'s Stage, rows: &'s [&'static str]) -> Self {
        Self { s, rows, unclear: None }
    }

    /// Something that is not as it should be.
    pub(super) fn found(&mut self, weight: Weight, words: impl Display) {
        match weight {
            Weight::Unclear => self.unclear = self.unclear.take().or_else(|| Some(words.to_string())),
            Weight::Fails => self.rows.iter().for_each(|row| self.s.check_with(row, false, &words)),
            Weight::Deviates => self.rows.iter().for_each(|row| self.s.lenient_with(row, false, &words)),
        }
    }

    /// Something that is permitted.
    pub(super) fn note(&self, words: impl Display) {
        self.rows.iter().for_each(|row| self.s.note(row, &words));
    }

    /// Sends a line that should be refused, and the control after it.
    pub(super) async fn form(
        &mut self,
        mut pop: Pop,
        line: impl AsRef<[u8]>,
        then: Then,
        weights: Weights,
    ) -> Result<()> {
        let line = line.as_ref();
        let answer = self.s.answer(&mut pop, [line, b"\r\n"].concat()).await?;
        let words = format!("'{}' {answer}", escaped(line));
        match answer {
            Answer::Err(_) => return self.refused(pop, &words, then, weights).await,
            Answer::Ok(_) => self.found(weights.taken, words),
            Answer::Hung => self.found(weights.hung, words),
            Answer::Other(_) | Answer::Silent => self.found(weights.lost, words),
        }
        pop.end(End::Fin).await;
        Ok(())
    }

    /// The control after `-ERR`: in step, or closed.
    pub(super) async fn refused(
        &mut self,
        mut pop: Pop,
        words: &str,
        then: Then,
        weights: Weights,
    ) -> Result<()> {
        let control = match then {
            Then::Stat => pop.in_step().await,
            Then::Quit => match pop.ask("QUIT").await {
                Ok(reply) if reply.is_ok() => Ok(()),
                Ok(_) => Err(Stop::Control("QUIT is refused".into())),
                Err(stop) => Err(stop),
            },
        };
        match control {
            Ok(()) if then == Then::Stat => drop(pop.quit().await),
            Ok(()) => pop.end(End::Fin).await,
            Err(Stop::Hung(_)) => self.note(format!("{words}, and the connection is closed")),
            Err(Stop::Cannot) => return Err(Stop::Cannot),
            Err(stop) => {
                self.found(weights.lost, format!("{words}, and then: {stop}"));
                pop.end(End::Fin).await;
            }
        }
        Ok(())
    }

    /// What said nothing, if something did.
    pub(super) fn unclear(self) -> Option<String> {
        self.unclear
    }

    /// All forms were tried.
    ///
    /// # Errors
    ///
    /// [`Stop::Control`] if what came of one of them says nothing.
    pub(super) fn end(self) -> Result<()> {
        if let Some(words) = self.unclear {
            return Err(Stop::Control(words));
        }
        self.rows.iter().for_each(|row| self.s.check(row, true));
        Ok(())
    }
}
