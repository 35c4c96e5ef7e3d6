//! A row: one piece of work that several candidates do in different ways.

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
    /// The cost against the size of a read.
    Chunks,
}

impl Section {
    /// All sections.
    pub const ALL: [Self; 5] = [Self::Commands, Self::Replies, Self::Bodies, Self::Sessions, Self::Chunks];
}

/// What one pass of a candidate handles.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// This many lines or sessions.
    Items(u64),
    /// This many bytes.
    Octets(u64),
}

impl Unit {
    /// The number of items or bytes of a pass.
    #[must_use]
    pub const fn count(self) -> u64 {
        match self {
            Self::Items(count) | Self::Octets(count) => count,
        }
    }
}

/// One way to do the work.
pub struct Candidate {
    /// The name in the tables.
    pub name: &'static str,
    /// One pass over the whole input. The result tells what it saw, so that the compiler cannot leave
    /// anything out.
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

/// What the crate's own candidate has to reach, compared with another one of its row.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most this many times its time.
    Time(f64, &'static str),
    /// At least this many times its speed.
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

    /// The figure that is compared, from our time divided by the other's.
    #[must_use]
    pub const fn figure(self, time_ratio: f64) -> f64 {
        match self {
            Self::Time(..) => time_ratio,
            Self::Speed(..) => 1.0 / time_ratio,
        }
    }

    /// Whether that figure is good enough. A slack of 2 lets twice the time pass.
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
    /// The name in the tables.
    pub name: String,
    /// What a pass handles.
    pub unit: Unit,
    /// The candidates.
    pub candidates: Vec<Candidate>,
    /// The targets.
    pub targets: Vec<Target>,
    /// The most instructions that our candidate may take for each item or byte.
    pub budget: Option<f64>,
    /// The candidates that must give the same result as ours.
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

    /// Adds candidates that must give the same result as ours.
    #[must_use]
    pub fn same(mut self, names: &[&'static str]) -> Self {
        self.same.extend(names);
        self
    }

    /// Runs the candidates once.
    ///
    /// # Panics
    ///
    /// If candidates that must give the same result do not.
    pub fn check(&mut self) {
        let ours = (self.candidate(OURS).expect("our candidate").run)();
        for name in std::mem::take(&mut self.same) {
            let other = (self.candidate(name).expect("a candidate of that name").run)();
            assert_eq!(other, ours, "{name} and {OURS} differ in {}", self.name);
        }
    }
}
