//! The oracle: everything that the program under test does not decide itself is asked here. So a run is a
//! function of the answers, and it can be repeated, continued and varied.
//!
//! Answer 0 always means that nothing special happens.

use std::collections::HashSet;
use std::fmt::Display;

/// Gives the answers of one run, and notes them.
pub(crate) struct Choices<'s> {
    source: Source<'s>,
    /// Each answer, and of how many it was one.
    taken: Vec<(u8, u8)>,
    /// What happened, as text; only in runs that somebody will read.
    log: Option<String>,
}

enum Source<'s> {
    /// The answers of the script, then 0. After the script, a state that is in `seen` ends the run.
    Script(&'s [u8], Option<&'s mut HashSet<u64>>),
    /// Mostly 0; the number says how often not.
    Luck(&'s mut Random, usize),
}

/// The run has come to a state that another run has gone on from.
pub(crate) struct Merged;

impl<'s> Choices<'s> {
    /// Nothing special happens.
    pub(crate) const fn none() -> Choices<'static> {
        Choices { source: Source::Script(&[], None), taken: Vec::new(), log: None }
    }

    pub(crate) fn script(script: &'s [u8], seen: Option<&'s mut HashSet<u64>>) -> Self {
        Self { source: Source::Script(script, seen), taken: Vec::with_capacity(64), log: None }
    }

    /// One answer in `rarity` is not 0.
    pub(crate) const fn luck(random: &'s mut Random, rarity: usize) -> Self {
        Self { source: Source::Luck(random, rarity), taken: Vec::new(), log: None }
    }

    pub(crate) fn with_log(mut self) -> Self {
        self.log = Some(String::new());
        self
    }

    /// Chooses one of so many possibilities.
    pub(crate) fn pick(&mut self, of: usize) -> usize {
        let answer = match &mut self.source {
            _ if of < 2 => return 0,
            Source::Script(script, _) => script.get(self.taken.len()).copied().map_or(0, usize::from),
            Source::Luck(random, rarity) => match random.below(*rarity) {
                0 => random.below(of),
                _ => 0,
            },
        };
        assert!(answer < of, "a run with the same answers takes the same way");
        self.taken.push((answer.try_into().unwrap(), of.try_into().unwrap()));
        answer
    }

    /// Chooses whether the special thing happens.
    pub(crate) fn happens(&mut self) -> bool {
        self.pick(2) == 1
    }

    /// The run has come to this state. All that follows has to depend on the state and on later answers only.
    pub(crate) fn reached(&mut self, state: impl FnOnce() -> u64) -> Result<(), Merged> {
        match &mut self.source {
            Source::Script(script, Some(seen)) if self.taken.len() >= script.len() => {
                if seen.insert(state()) { Ok(()) } else { Err(Merged) }
            }
            _ => Ok(()),
        }
    }

    /// Notes what happened, if somebody will read it.
    pub(crate) fn tell<T: Display>(&mut self, what: impl FnOnce() -> T) {
        if let Some(log) = &mut self.log {
            *log += &format!("{}\n", what());
        }
    }

    pub(crate) fn answers(&self) -> Vec<u8> {
        self.taken.iter().map(|(answer, _)| *answer).collect()
    }

    pub(crate) fn into_log(self) -> String {
        self.log.unwrap_or_default()
    }

    /// The script of the run that comes after this one, in depth-first order; `None` after the last.
    pub(crate) fn next_script(mut self) -> Option<Vec<u8>> {
        while let Some((answer, of)) = self.taken.pop() {
            if answer + 1 < of {
                let mut script = self.answers();
                script.push(answer + 1);
                return Some(script);
            }
        }
        None
    }
}

/// A pseudo-random sequence of numbers: the same seed gives the same numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// The next number, which is below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let word = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        usize::try_from(word).unwrap() % limit
    }
}
