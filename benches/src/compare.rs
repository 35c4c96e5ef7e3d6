//! Compares times of candidates. They take turns, round after round, and what counts is the median of the
//! ratios within the rounds.
//!
//! On a shared machine the speed of everything drifts by a factor of two within minutes, but it drifts alike
//! for two pieces of code that run a millisecond apart.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::{Case, OURS};

/// After three rounds, no other round starts once a case has taken this long.
const LONGEST: Duration = Duration::from_secs(20);

/// How a case is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often every candidate takes a turn.
    pub rounds: usize,
    /// How long one turn takes at least.
    pub turn: Duration,
}

/// What was measured of one candidate.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// Nanoseconds for an item or byte, the median of all rounds.
    pub nanos: f64,
    /// Its time divided by the time of our candidate in the same round, the median of all rounds.
    pub to_ours: f64,
}

/// Measures all candidates of a case.
///
/// # Panics
///
/// If no candidate is ours.
pub fn compare(case: &mut Case, plan: Plan) -> Vec<Figure> {
    let begin = Instant::now();
    let units = case.unit.count() as f64;
    let passes: Vec<u64> = case.candidates.iter_mut().map(|one| passes(&mut one.run, plan.turn)).collect();
    let mut nanos = vec![Vec::with_capacity(plan.rounds); case.candidates.len()];
    for round in 0..plan.rounds {
        for ((candidate, passes), nanos) in case.candidates.iter_mut().zip(&passes).zip(&mut nanos) {
            let time = timed(&mut candidate.run, *passes);
            nanos.push(time.as_nanos() as f64 / *passes as f64 / units);
        }
        // A candidate that takes seconds for a pass does not need many rounds.
        if round >= 2 && begin.elapsed() > LONGEST {
            break;
        }
    }
    let at = case.candidates.iter().position(|one| one.name == OURS).expect("our candidate");
    let ours = nanos[at].clone();
    let figure = |(candidate, nanos): (&crate::Candidate, &Vec<f64>)| {
        let ratios = nanos.iter().zip(&ours).map(|(one, ours)| one / ours).collect();
        Figure { name: candidate.name, nanos: median(nanos.clone()), to_ours: median(ratios) }
    };
    case.candidates.iter().zip(&nanos).map(figure).collect()
}

/// How many passes make up a turn.
fn passes(run: &mut dyn FnMut() -> u64, turn: Duration) -> u64 {
    let mut passes = 1;
    loop {
        let time = timed(run, passes);
        if time >= turn || passes >= 1 << 30 {
            return passes;
        }
        let missing = turn.as_secs_f64() / time.as_secs_f64().max(1e-7);
        passes = (passes as f64 * missing.clamp(1.2, 100.0)).ceil() as u64;
    }
}

fn timed(run: &mut dyn FnMut() -> u64, passes: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..passes {
        black_box(run());
    }
    start.elapsed()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
