//! A whole run against a client.

use std::collections::VecDeque;
use std::iter;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs as _};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use pop3_proto::conformance::{Day, Dialogue, Habits, Outcome, Probe, Run, Subject, Trial, probes};

use super::certificates::Certificates;
use super::driver::Driver;
use super::interrupt::Interrupt;
use super::preset::Preset;
use crate::args::Client;
use crate::bar::Bar;
use crate::failure::Failure;
use crate::judge::{self, Weighed};
use crate::lists::File;
use crate::options::Options;
use crate::plan::{self, Judge};
use crate::report::{Peer, Report};
use crate::round::Running;
use crate::{record, told};

/// How long a run of a probe may take, if the client may be silent for less.
const LIMIT: Duration = Duration::from_secs(60);

/// What the probes make of the client.
struct Judged {
    habits: Habits,
    trial: Dialogue,
    trouble: Option<String>,
    weighed: Vec<Weighed>,
}

pub(crate) fn client(args: &Client) -> Result<u8, Failure> {
    let running = Running::begin(&args.round)?;
    let preset = preset(args)?;
    let judge = judge_of(args)?;
    let host = host(args)?;
    let slow = args.slow.unwrap_or(0);
    let mut subject = match &preset {
        Some(preset) => preset.subject(is_deep(&host), args.flood, slow),
        None => by_hand(args, slow),
    };
    subject.limit = subject.limit.mul_f64(args.patience()?);
    let certificates = Arc::new(Certificates::new(&host)?);
    let jobs = if preset.is_some() { args.jobs.unwrap_or(1).max(1) } else { 1 };
    let seed = args.seed.unwrap_or_else(plan::seed_of_now);
    let interrupt = Interrupt::new().map_err(|error| Failure::usage("signals", error))?;
    let work = Work {
        preset: preset.as_ref(),
        host: &host,
        certificates: &certificates,
        subject: &subject,
        interrupt: &interrupt,
        seed,
    };
    let judged = judged(&work, &judge, jobs, running.today, &running.bar);
    interrupt.check()?;
    let judged = judged.map_err(|(failure, said)| {
        running.show(&told::dialogue(&record::bare(&said), &[], 0, usize::MAX));
        failure
    })?;
    let peer = Peer {
        host: subject.name.clone(),
        client: true,
        verbs: judged.habits.verbs.clone(),
        ..Peer::default()
    };
    let exit = judge::exit(&judged.weighed);
    let report = Report::of_client(peer, &judged.trial, judged.trouble.as_deref(), &judged.weighed, exit);
    let report = report.timed(running.began, running.seconds(), seed);
    running.end(&report, &crate::known(&judge, &judged.weighed))
}

/// How the client is started; `None` if a person does that.
fn preset(args: &Client) -> Result<Option<Preset>, Failure> {
    let mut preset = match (&args.preset, &args.exec) {
        (Some(name), _) => Preset::load(name)?,
        (None, Some(command)) => Preset::of_command(command),
        (None, None) if args.manual => return Ok(None),
        (None, None) => return Err(Failure::usage("client", "none is named: --preset, --exec or --manual")),
    };
    if let Some(program) = &args.program {
        let front = preset.command.first_mut();
        front
            .map(|front| *front = program.clone())
            .ok_or_else(|| Failure::usage("--program", "no command"))?;
    }
    preset.check()?;
    Ok(Some(preset))
}

/// What a client can do that a person starts.
fn by_hand(args: &Client, slow: u64) -> Subject {
    use pop3_proto::conformance::{Job, Wish};
    Subject {
        name: args.name.clone().unwrap_or_else(|| "client".into()),
        jobs: vec![Job::Fetch, Job::Delete],
        tls: vec![Wish::Clear, Wish::Stls, Wish::Tls],
        flood: args.flood,
        slow: Duration::from_secs(slow),
        limit: Duration::from_secs(600),
        ..Subject::default()
    }
}

fn judge_of(args: &Client) -> Result<Judge, Failure> {
    let options = Options {
        select: args.selects.clone(),
        strict: args.strict,
        fail_on: args.fail_on.clone(),
        require: args.require.clone(),
        ..Options::default()
    };
    let mut file = File::default();
    if let Some(list) = &args.known {
        file.add_list(list)?;
    }
    let all: Vec<Probe> = probes().into_iter().filter(Probe::is_for_clients).collect();
    Judge::new(&options, file, &args.round.skips, args.round.fail_fast, &all)
}

/// Whether a wildcard can stand for the first label and leave more than a top-level domain.
fn is_deep(host: &str) -> bool {
    host.split('.').count() > 2 && host.parse::<IpAddr>().is_err()
}

/// The name under which the client finds the played server, which is on loopback.
fn host(args: &Client) -> Result<String, Failure> {
    let host = args.host.clone().unwrap_or_else(|| "localhost".into());
    let on_loopback = (host.as_str(), 0)
        .to_socket_addrs()
        .is_ok_and(|mut addresses| addresses.any(|address| address.ip() == Ipv4Addr::LOCALHOST));
    if on_loopback {
        Ok(host)
    } else {
        Err(Failure::usage("--host", format!("{host} does not lead to 127.0.0.1")))
    }
}

/// What all workers need.
struct Work<'w> {
    preset: Option<&'w Preset>,
    host: &'w str,
    certificates: &'w Arc<Certificates>,
    subject: &'w Subject,
    interrupt: &'w Interrupt,
    seed: u64,
}

impl Work<'_> {
    fn driver(&self) -> Result<Driver, Failure> {
        let slow = self.subject.slow.saturating_mul(2);
        let limit = self.subject.limit.max(LIMIT).saturating_mul(2).saturating_add(slow);
        Driver::new(self.preset, self.host, self.certificates.clone(), self.interrupt.clone(), limit)
            .map_err(|error| Failure::usage("client", error))
    }
}

type Failed = (Failure, Dialogue);

fn judged(work: &Work<'_>, judge: &Judge, jobs: usize, today: Day, bar: &Bar) -> Result<Judged, Failed> {
    let plain = |failure| (failure, Dialogue::default());
    let (driver, habits, trial) = tried(work)?;
    let runnable = judge::runnable(judge);
    bar.start(runnable.len());
    let queue = Mutex::new(runnable.into_iter().collect::<VecDeque<_>>());
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel::<Outcome>();
    let (outcomes, troubles) = thread::scope(|scope| {
        // Who starts the client by hand need not set other ports after the trial.
        let drivers = iter::once(Some(driver)).chain(iter::repeat_with(|| None)).take(jobs);
        let handles: Vec<_> = drivers
            .map(|driver| {
                let (sender, queue, stop) = (sender.clone(), &queue, &stop);
                scope.spawn(move || worked(work, driver, queue, stop, bar, &sender))
            })
            .collect();
        drop(sender);
        let mut outcomes = Vec::new();
        for outcome in receiver {
            bar.done(&outcome);
            if judge.fail_fast && judge::counts(judge, outcome.probe, outcome.verdict, today) {
                stop.store(true, Ordering::Relaxed);
            }
            outcomes.push(outcome);
        }
        let troubles: Vec<_> = handles.into_iter().map(thread::ScopedJoinHandle::join).collect();
        (outcomes, troubles)
    });
    bar.finish();
    let mut trouble = None;
    for worked in troubles {
        let worked = worked.map_err(|_| plain(Failure::Nothing("a worker broke off".into())))?;
        trouble = trouble.or(worked.map_err(plain)?);
    }
    let weighed = judge::weighed(judge, outcomes, &[("the trial", &habits.remarks)], today);
    Ok(Judged { habits, trial, trouble, weighed })
}

/// One session without trouble: a client that fails in it is not judged.
fn tried(work: &Work<'_>) -> Result<(Driver, Habits, Dialogue), Failed> {
    let mut driver = work.driver().map_err(|failure| (failure, Dialogue::default()))?;
    let mut trial = Trial::new(&Rc::new(work.subject.clone()));
    driver.play(|now, seen| trial.next(now, seen));
    let said = trial.dialogue().clone();
    match trial.into_habits() {
        Ok(habits) => Ok((driver, habits, said)),
        Err(why) => {
            let why = driver.trouble.take().unwrap_or(why);
            Err((Failure::Nothing(format!("{}: {why}", work.subject.name)), said))
        }
    }
}

fn worked(
    work: &Work<'_>,
    driver: Option<Driver>,
    queue: &Mutex<VecDeque<Probe>>,
    stop: &AtomicBool,
    bar: &Bar,
    sender: &mpsc::Sender<Outcome>,
) -> Result<Option<String>, Failure> {
    let mut driver = driver.map_or_else(|| work.driver(), Ok)?;
    let subject = Rc::new(work.subject.clone());
    while !stop.load(Ordering::Relaxed) && !work.interrupt.has_come() {
        let Some(probe) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) else { break };
        bar.begin(&probe);
        let mut run = Run::of_client(&probe, &subject, work.seed ^ judge::number_of(probe.id()));
        driver.play(|now, seen| run.next(now, seen));
        if let Some(outcome) = run.into_outcome() {
            let _ = sender.send(outcome);
        }
    }
    Ok(driver.trouble.take())
}
