//! A row: one piece of work, done in several ways.

use std::fmt;
use std::time::{Duration, Instant};

/// The name of the crate's own candidate.
pub const OURS: &str = "pop3-proto";

/// What a row measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Section {
    /// Command lines, read and written.
    Commands,
    /// Lines of replies, read and written.
    Replies,
    /// Dot-stuffing, both ways.
    Bodies,
    /// Whole sessions, both ends in memory.
    Sessions,
    /// Cost against the size of a read.
    Chunks,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Commands, Self::Replies, Self::Bodies, Self::Sessions, Self::Chunks];
}

/// What one pass of a candidate handles.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// So many lines or sessions.
    Items(u64),
    /// So many octets.
    Octets(u64),
}

impl Unit {
    /// Items or octets of a pass.
    #[must_use]
    pub const fn count(self) -> u64 {
        match self {
            Self::Items(count) | Self::Octets(count) => count,
        }
    }
}

/// One way to do the work.
pub struct Candidate {
    /// What it is called in the tables.
    pub name: &'static str,
    /// One pass over the whole input. What it returns says what it saw, so that nothing can be left out.
    pub run: Box<dyn FnMut() -> u64>,
}

impl Candidate {
    /// Whether one pass takes longer than that.
    pub fn is_slow(&mut self, longest: Duration) -> bool {
        let start = Instant::now();
        (self.run)();
        start.elapsed() > longest
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What the crate's own candidate has to reach beside another one of its row.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most so many times its time.
    Time(f64, &'static str),
    /// At least so many times its speed.
    Speed(f64, &'static str),
}

impl Target {
    /// The other candidate.
    #[must_use]
    pub const fn other(self) -> &'static str {
        match self {
            Self::Time(_, other) | Self::Speed(_, other) => other,
        }
    }

    /// The figure that counts, of our time over the other's.
    #[must_use]
    pub const fn figure(self, time_ratio: f64) -> f64 {
        match self {
            Self::Time(..) => time_ratio,
            Self::Speed(..) => 1.0 / time_ratio,
        }
    }

    /// Whether that figure is good enough; a slack of 2 lets twice the time pass.
    #[must_use]
    pub fn is_met(self, figure: f64, slack: f64) -> bool {
        match self {
            Self::Time(most, _) => figure <= most * slack,
            Self::Speed(least, _) => figure >= least / slack,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(most, other) => write!(f, "≤ {most:.2} × time of {other}"),
            Self::Speed(least, other) => write!(f, "≥ {least:.2} × speed of {other}"),
        }
    }
}

/// One row.
#[derive(Debug)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// What a pass handles.
    pub unit: Unit,
    /// The ways to do it.
    pub candidates: Vec<Candidate>,
    /// What is to be reached.
    pub targets: Vec<Target>,
    /// Instructions an item or octet that our candidate may take.
    pub budget: Option<f64>,
    /// Candidates that have to see what ours sees.
    same: Vec<&'static str>,
}

impl Case {
    /// A row without candidates.
    #[must_use]
    pub fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self {
            name: name.into(),
            unit,
            candidates: Vec::new(),
            targets: Vec::new(),
            budget: None,
            same: Vec::new(),
        }
    }

    /// Adds a candidate.
    #[must_use]
    pub fn with(mut self, name: &'static str, run: impl FnMut() -> u64 + 'static) -> Self {
        self.candidates.push(Candidate { name, run: Box::new(run) });
        self
    }

    /// Adds our candidate.
    #[must_use]
    pub fn ours(self, run: impl FnMut() -> u64 + 'static) -> Self {
        self.with(OURS, run)
    }

    /// Adds a target.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// Sets the budget of instructions.
    #[must_use]
    pub const fn budget(mut self, instructions: f64) -> Self {
        self.budget = Some(instructions);
        self
    }

    /// The candidate of that name.
    pub fn candidate(&mut self, name: &str) -> Option<&mut Candidate> {
        self.candidates.iter_mut().find(|candidate| candidate.name == name)
    }

    /// Promises that these candidates and ours see the same.
    #[must_use]
    pub fn same(mut self, names: &[&'static str]) -> Self {
        self.same.extend(names);
        self
    }

    /// Runs the candidates once.
    ///
    /// # Panics
    ///
    /// If those do not see the same that have to.
    pub fn check(&mut self) {
        let ours = (self.candidate(OURS).expect("our candidate").run)();
        for name in std::mem::take(&mut self.same) {
            let other = (self.candidate(name).expect("a candidate of that name").run)();
            assert_eq!(other, ours, "{name} and {OURS} differ in {}", self.name);
        }
    }
}
