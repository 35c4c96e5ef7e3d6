//! Runs the probes, by one worker or several, and gives each verdict its weight.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use pop3_proto::conformance::{
    Day, Dialogue, Facts, Judgement, Outcome, Probe, Referee, Remarks, Run, Select, Setup, Standing, Survey,
    SurveyError, Verdict,
};

use crate::bar::Bar;
use crate::drive::{Driver, Road};
use crate::failure::Failure;
use crate::plan::{Judge, Plan};
use crate::target::Reached;

/// A verdict with its weight.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) probe: Probe,
    pub(crate) outcome: Outcome,
    /// Why it was left out, if it was.
    pub(crate) skipped: Option<String>,
    /// It makes the exit code 1.
    pub(crate) counts: bool,
    /// Why it is known, if it is and has the verdict that is expected.
    pub(crate) known: Option<String>,
    /// It is known not to pass, and does.
    pub(crate) is_stale: bool,
    /// It is required, and could not be judged.
    pub(crate) is_unmet: bool,
}

/// All that came of a run.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) facts: Facts,
    /// What was said to find the facts.
    pub(crate) survey: Dialogue,
    /// What went wrong beside the server, such as a delivery.
    pub(crate) troubles: Vec<String>,
    pub(crate) setup: Setup,
    pub(crate) weighed: Vec<Weighed>,
    pub(crate) exit: u8,
}

/// What a worker found out first, and what went wrong beside the server.
#[derive(Debug, Default)]
struct Worked {
    facts: Facts,
    survey: Dialogue,
    trouble: Option<String>,
}

/// The survey failed: why, and what was said.
pub(crate) type Failed = (Failure, Dialogue);

pub(crate) fn judge(plan: &Plan, reached: &Reached, today: Day, bar: &Bar) -> Result<Judged, Failed> {
    let plain = |failure| (failure, Dialogue::default());
    let mut workers = Vec::new();
    for number in 0..plan.jobs {
        workers.push((plan.setup(reached, number), Arc::new(plan.road(reached, number))));
    }
    let setup = workers.first().map(|(setup, _)| setup.clone()).unwrap_or_default();
    let runnable = runnable(&plan.judge);
    bar.start(runnable.len());
    let queue = Mutex::new(runnable.into_iter().collect::<VecDeque<_>>());
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    let (outcomes, surveys) = thread::scope(|scope| {
        let handles: Vec<_> = workers
            .iter()
            .map(|(setup, road)| {
                let (sender, queue, stop) = (sender.clone(), &queue, &stop);
                let begin = |probe: &Probe| bar.begin(probe);
                scope.spawn(move || work(plan, setup, road, queue, stop, &begin, &sender))
            })
            .collect();
        drop(sender);
        let mut outcomes = Vec::new();
        for outcome in receiver {
            let outcome: Outcome = outcome;
            bar.done(&outcome);
            let counts = counts(&plan.judge, outcome.probe, outcome.verdict, today);
            if plan.judge.fail_fast && counts {
                stop.store(true, Ordering::Relaxed);
            }
            outcomes.push(outcome);
        }
        let surveys: Vec<_> = handles.into_iter().map(thread::ScopedJoinHandle::join).collect();
        (outcomes, surveys)
    });
    bar.finish();
    let mut all = Vec::new();
    for worked in surveys {
        let broken = || plain(Failure::Nothing("a worker broke off".into()));
        all.push(worked.map_err(|_| broken())??);
    }
    let mut troubles: Vec<String> = all.iter_mut().filter_map(|worked| worked.trouble.take()).collect();
    troubles.dedup();
    let Worked { facts, survey, .. } = all.into_iter().next().unwrap_or_default();
    let weighed = weighed(&plan.judge, outcomes, &[], today);
    let exit = exit(&weighed);
    Ok(Judged { facts, survey, troubles, setup, weighed, exit })
}

/// The probes that are run. Those of the referee judge what the others hear, so that alone they need all others.
pub(crate) fn runnable(judge: &Judge) -> Vec<Probe> {
    let is_run = |probe: &&Probe| !probe.is_referee() && judge.skipped(probe).is_none();
    let chosen: Vec<Probe> = judge.probes.iter().filter(is_run).cloned().collect();
    if !chosen.is_empty() || judge.probes.is_empty() {
        return chosen;
    }
    let all = pop3_proto::conformance::probes();
    let clients = judge.probes.iter().any(Probe::is_for_clients);
    let all = all.iter().filter(|probe| probe.is_for_clients() == clients);
    all.filter(is_run).filter(|probe| probe.entry().tier < 3).cloned().collect()
}

fn work(
    plan: &Plan,
    setup: &Setup,
    road: &Arc<Road>,
    queue: &Mutex<VecDeque<Probe>>,
    stop: &AtomicBool,
    begin: &dyn Fn(&Probe),
    sender: &mpsc::Sender<Outcome>,
) -> Result<Worked, Failed> {
    let setup = Rc::new(setup.clone());
    let mut driver = Driver::new(road.clone());
    let found = survey(plan, &setup, &mut driver);
    let (facts, said) = found.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
    let facts = Rc::new(facts);
    while !stop.load(Ordering::Relaxed) {
        let Some(probe) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) else { break };
        begin(&probe);
        let mut run = Run::new(&probe, &setup, &facts, plan.seed ^ number_of(probe.id()));
        driver.play(|now, seen| run.next(now, seen));
        if let Some(outcome) = run.into_outcome() {
            // Nobody listens any more if the run broke off.
            let _ = sender.send(outcome);
        }
    }
    Ok(Worked { facts: Rc::unwrap_or_clone(facts), survey: said, trouble: driver.trouble })
}

fn survey(plan: &Plan, setup: &Rc<Setup>, driver: &mut Driver) -> Result<(Facts, Dialogue), Failed> {
    let mut survey = Survey::new(setup);
    driver.play(|now, seen| survey.next(now, seen));
    let dialogue = survey.dialogue().clone();
    let mut facts = survey.into_facts().map_err(|error| {
        let hint = hint(&error, setup);
        let words = plan.who.masks().masked(error.to_string().as_bytes());
        (Failure::Nothing(format!("{}{hint}", String::from_utf8_lossy(&words))), dialogue.clone())
    })?;
    if let Some(via) = plan.via.filter(|_| setup.account.is_some()) {
        let at = facts.ways.iter().position(|way| way.channel == via).ok_or_else(|| {
            let why = format!("the account cannot log in by --via: {via} does not work");
            (Failure::Nothing(why), dialogue.clone())
        })?;
        facts.ways.swap(0, at);
    }
    Ok((facts, dialogue))
}

/// Which option helps.
fn hint(error: &SurveyError, setup: &Setup) -> &'static str {
    match error {
        SurveyError::NoLogin(_) if !setup.clear_passwords => {
            " (without --clear-passwords the password is sent inside TLS only)"
        }
        _ => "",
    }
}

/// A number of the name: FNV-1a.
pub(crate) fn number_of(id: &str) -> u64 {
    let step = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
    id.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

pub(crate) fn counts(judge: &Judge, id: &str, verdict: Verdict, today: Day) -> bool {
    let known = judge.known.iter().find(|known| known.probe == id);
    let is_expected = known.is_some_and(|known| known.weigh(verdict, today) == Standing::Expected);
    judge.fail_on.contains(&verdict) && !is_expected
}

/// One for each selected probe, in the order of the catalogue.
///
/// The referee hears what they heard, and what else is given.
pub(crate) fn weighed(
    judge: &Judge,
    mut outcomes: Vec<Outcome>,
    heard: &[(&'static str, &Remarks)],
    today: Day,
) -> Vec<Weighed> {
    let order = |id: &str| judge.probes.iter().position(|probe| probe.id() == id);
    outcomes.sort_by_key(|outcome| (order(outcome.probe), outcome.probe));
    let mut referee = Referee::default();
    for (what, remarks) in heard {
        referee.hear(what, remarks);
    }
    for outcome in &outcomes {
        referee.hear(outcome.probe, &outcome.remarks);
    }
    let weigh = |probe: &Probe| {
        let skipped = judge.skipped(probe).map(str::to_owned);
        let run = || outcomes.iter().find(|outcome| outcome.probe == probe.id()).cloned();
        let outcome = match &skipped {
            Some(reason) => not_run(probe, &format!("left out: {reason}")),
            None if probe.is_referee() => referee.outcome(probe),
            None => run().unwrap_or_else(|| not_run(probe, "the run was stopped before")),
        };
        let standing = judge.known.iter().find(|known| known.probe == probe.id());
        let standing = standing.map(|known| (known.weigh(outcome.verdict, today), known.reason.clone()));
        let is_required = judge.require.iter().any(|select: &Select| select.matches(probe));
        let is_unmet = is_required
            && matches!(outcome.verdict, Verdict::NotApplicable | Verdict::NotRun | Verdict::Inconclusive);
        Weighed {
            probe: probe.clone(),
            counts: skipped.is_none() && counts(judge, probe.id(), outcome.verdict, today) || is_unmet,
            is_stale: matches!(standing, Some((Standing::Stale, _))),
            known: standing.filter(|(standing, _)| *standing == Standing::Expected).map(|(_, why)| why),
            is_unmet,
            skipped,
            outcome,
        }
    };
    judge.probes.iter().map(weigh).collect()
}

fn not_run(probe: &Probe, words: &str) -> Outcome {
    let judge =
        |row: &&'static str| Judgement { row, verdict: Verdict::NotRun, words: words.to_owned(), at: 0 };
    Outcome {
        probe: probe.id(),
        verdict: Verdict::NotRun,
        judgements: probe.entry().rows.iter().map(judge).collect(),
        dialogue: Dialogue::default(),
        unconfirmed: None,
        runs: 0,
        took: Duration::ZERO,
        remarks: Remarks::default(),
    }
}

pub(crate) fn exit(weighed: &[Weighed]) -> u8 {
    let is_judged = |one: &Weighed| {
        let verdict = one.outcome.verdict;
        matches!(verdict, Verdict::Pass | Verdict::Note | Verdict::Deviation | Verdict::Fail)
    };
    match () {
        () if weighed.iter().any(|one| one.counts) => 1,
        () if !weighed.iter().any(is_judged) => 3,
        () if weighed.iter().any(|one| one.is_stale) => 4,
        () => 0,
    }
}
