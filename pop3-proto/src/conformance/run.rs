//! [`Run`]: one probe being run, with a second look at what it accuses the peer of; [`Outcome`]: what came of it.

use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use super::client::Host;
use super::desk::{Coroutine, Desk};
use super::dialogue::Dialogue;
use super::facts::Facts;
use super::need::Need;
use super::probe::{Play, Probe, Result, Stop};
use super::remarks::Remarks;
use super::server::Stage;
use super::setup::Setup;
use super::steps::{Do, Seen};
use super::subject::Subject;
use super::verdict::{Judgement, Verdict};
use crate::time::Time;

/// What came of a probe.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its id.
    pub probe: &'static str,
    /// The worst of its judgements.
    pub verdict: Verdict,
    /// What was found about its rows.
    pub judgements: Vec<Judgement>,
    /// What was said; that of the second run if there were two.
    pub dialogue: Dialogue,
    /// What was said in a first run that the second one did not confirm.
    pub unconfirmed: Option<Dialogue>,
    /// How often it was run: twice if the first run accused the peer, or the referee noted something in it.
    pub runs: u8,
    /// How long it took.
    pub took: Duration,
    /// What the referee noted.
    pub remarks: Remarks,
}

/// What is known of the peer.
#[derive(Clone, Debug)]
enum Peer {
    Server(Rc<Setup>, Rc<Facts>),
    Client(Rc<Subject>),
}

/// One probe being run. Do what [`next`](Self::next) says until it says [`Do::Done`].
#[derive(Debug)]
pub struct Run {
    probe: Probe,
    peer: Peer,
    seed: u64,
    round: Option<Coroutine<Result<()>>>,
    first: Option<Outcome>,
    outcome: Option<Outcome>,
    began: Option<Time>,
}

impl Run {
    /// A run of this probe. The seed decides what looks random in it.
    #[must_use]
    pub fn new(probe: &Probe, setup: &Rc<Setup>, facts: &Rc<Facts>, seed: u64) -> Self {
        let missing = probe.entry.needs.iter().find_map(|need| Need(need).missing(setup, facts));
        Self::unless(missing, probe, Peer::Server(setup.clone(), facts.clone()), seed)
    }

    /// A run of this probe for clients.
    #[must_use]
    pub fn of_client(probe: &Probe, subject: &Rc<Subject>, seed: u64) -> Self {
        let missing = probe.entry.needs.iter().find_map(|need| Need(need).missing_of(subject));
        Self::unless(missing, probe, Peer::Client(subject.clone()), seed)
    }

    fn unless(missing: Option<(Verdict, String)>, probe: &Probe, peer: Peer, seed: u64) -> Self {
        let mut run =
            Self { probe: probe.clone(), peer, seed, round: None, first: None, outcome: None, began: None };
        match missing {
            Some((verdict, words)) => run.outcome = Some(run.without_dialogue(verdict, &words)),
            None => run.begin(),
        }
        run
    }

    fn without_dialogue(&self, verdict: Verdict, words: &str) -> Outcome {
        let judge = |row: &&'static str| Judgement { row, verdict, words: words.to_string(), at: 0 };
        Outcome {
            probe: self.probe.id(),
            verdict,
            judgements: self.probe.entry.rows.iter().map(judge).collect(),
            dialogue: Dialogue::default(),
            unconfirmed: None,
            runs: 0,
            took: Duration::ZERO,
            remarks: Remarks::default(),
        }
    }

    fn begin(&mut self) {
        let desk = Rc::new(Desk::new(self.seed));
        let work = match (self.probe.play, &self.peer) {
            (Play::Server(play), Peer::Server(setup, facts)) => {
                play(Stage::new(desk.clone(), setup.clone(), facts.clone()))
            }
            (Play::Client(play), Peer::Client(subject)) => play(Host::new(desk.clone(), subject.clone())),
            (Play::Referee, _) => {
                self.outcome =
                    Some(self.without_dialogue(Verdict::NotRun, "the referee tells it at the end"));
                return;
            }
            _ => {
                self.outcome = Some(self.without_dialogue(Verdict::NotRun, "it is for the other end"));
                return;
            }
        };
        let at_desk = desk.clone();
        let round = async move {
            let result = work.await;
            at_desk.close_all().await;
            result
        };
        self.round = Some(Coroutine::new(desk, round));
    }

    /// Goes on with what was seen, [`Seen::Begun`] at first. Returns what has to be done next.
    pub fn next(&mut self, now: Time, seen: Seen) -> Do {
        let began = *self.began.get_or_insert(now);
        let mut seen = seen;
        while let Some(round) = &mut self.round {
            match round.next(now, seen) {
                Err(what) => return what,
                Ok(result) => self.ended(&result, now.duration_since(began)),
            }
            seen = Seen::Begun;
        }
        Do::Done
    }

    /// What came of it, once it is done.
    #[must_use]
    pub fn into_outcome(self) -> Option<Outcome> {
        self.outcome
    }

    fn ended(&mut self, result: &Result<()>, took: Duration) {
        let Some(round) = self.round.take() else { return };
        let desk = &round.desk;
        let mut judgements = desk.judgements.take();
        let (verdict, words) = match result {
            Ok(()) => (Verdict::Inconclusive, "the probe did not come to it".to_string()),
            Err(stop @ Stop::NotApplicable(_)) => (Verdict::NotApplicable, stop.to_string()),
            Err(stop @ (Stop::NotRun(_) | Stop::Cannot)) => (Verdict::NotRun, stop.to_string()),
            Err(stop) => (Verdict::Inconclusive, stop.to_string()),
        };
        // A probe that was cut short has not seen all that it would have judged.
        if matches!(result, Err(Stop::Silent | Stop::Hung(_) | Stop::Control(_) | Stop::Refused(_))) {
            for passed in judgements.iter_mut().filter(|judgement| judgement.verdict == Verdict::Pass) {
                (passed.verdict, passed.words) = (verdict, words.clone());
            }
        }
        for row in &self.probe.entry.rows {
            if !judgements.iter().any(|judgement| judgement.row == *row) {
                judgements.push(Judgement { row, verdict, words: words.clone(), at: desk.last() });
            }
        }
        let verdict = judgements.iter().map(|judgement| judgement.verdict).max();
        let outcome = Outcome {
            probe: self.probe.id(),
            verdict: verdict.unwrap_or(Verdict::Inconclusive),
            judgements,
            dialogue: desk.dialogue.take(),
            unconfirmed: None,
            runs: 1,
            took,
            remarks: desk.remarks.take(),
        };
        match self.first.take() {
            // What the referee found is looked at again, too.
            None if outcome.verdict.is_accusation() || !outcome.remarks.found.is_empty() => {
                self.first = Some(outcome);
                self.begin();
            }
            None => self.outcome = Some(outcome),
            Some(first) => self.outcome = Some(confirmed(first, outcome)),
        }
    }
}

/// An accusation that both runs make is told. What only one of them says is inconclusive.
fn confirmed(first: Outcome, mut second: Outcome) -> Outcome {
    let accuses = |judgements: &[Judgement], what: &Judgement| {
        judgements.iter().any(|other| (other.row, other.verdict) == (what.row, what.verdict))
    };
    second.runs = 2;
    second.remarks.add(&first.remarks);
    second.remarks.confirm(&first.remarks);
    let unconfirmed = |judgement: &Judgement, others: &[Judgement]| {
        judgement.verdict.is_accusation() && !accuses(others, judgement)
    };
    // What the first run decided by stands in another dialogue.
    let end = second.dialogue.entries().len().saturating_sub(1);
    let of_first = first.judgements.iter().filter(|judgement| unconfirmed(judgement, &second.judgements));
    let mut doubtful: Vec<Judgement> =
        of_first.map(|judgement| Judgement { at: end, ..judgement.clone() }).collect();
    second.judgements.retain(|judgement| {
        let is_doubtful = unconfirmed(judgement, &first.judgements);
        if is_doubtful {
            doubtful.push(judgement.clone());
        }
        !is_doubtful
    });
    if doubtful.is_empty() {
        return second;
    }
    for judgement in &mut doubtful {
        judgement.words = alloc::format!("not reproducible: {} ({})", judgement.words, judgement.verdict);
        judgement.verdict = Verdict::Inconclusive;
    }
    second.judgements.extend(doubtful);
    let verdicts = second.judgements.iter().map(|judgement| judgement.verdict);
    second.verdict = verdicts.max().unwrap_or(Verdict::Inconclusive);
    second.unconfirmed = Some(first.dialogue);
    second
}
