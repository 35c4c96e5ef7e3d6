//! [`Host`]: what a probe for clients has in its hands.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::ops::Deref;

use super::act::Act;
use super::ear;
use super::mail::Stored;
use super::mind::Scene;
use super::puppet::{Out, Puppet};
use super::ran::{Ran, Session};
use crate::conformance::desk::Desk;
use crate::conformance::dialogue::{Link, Who, escaped};
use crate::conformance::judging::Judge;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::steps::{Do, End, Seen};
use crate::conformance::subject::{Form, Subject};
use crate::conformance::task::{Exit, Job, Task, Wish};
use crate::time::Time;

/// Name, password and token that the client is given.
const USER: &str = "tester";
const PASSWORD: &str = "Zo7-quiet-river";
const TOKEN: &str = "ya29.pop3check-token";

/// How much of what the client has printed is shown.
const PRINTED: usize = 300;

/// How many connections one run may make, so that a client that comes again for ever is ended.
const MOST_SESSIONS: usize = 60;

/// What a probe for clients has in its hands.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    judge: Judge,
    subject: Rc<Subject>,
}

impl Deref for Host {
    type Target = Judge;

    fn deref(&self) -> &Judge {
        &self.judge
    }
}

impl Host {
    pub(in crate::conformance) const fn new(desk: Rc<Desk>, subject: Rc<Subject>) -> Self {
        Self { judge: Judge { desk }, subject }
    }

    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The name that the client is given where nothing else is asked for.
    pub(crate) const fn user(&self) -> &'static str {
        USER
    }

    /// The form in which the client stores.
    ///
    /// # Errors
    ///
    /// [`Stop::NotRun`] if nobody can look.
    pub(crate) fn form(&self) -> Result<&Form> {
        self.subject.store.as_ref().ok_or(Stop::NotRun("nobody can look into the store"))
    }

    /// A task with nothing unusual in it.
    pub(crate) fn task(&self, job: Job) -> Task {
        let jobs = &self.subject.jobs;
        // Who cannot be told to log in and no more fetches what there is.
        let job = if jobs.contains(&job) { job } else { jobs.first().copied().unwrap_or(job) };
        Task {
            job,
            tls: self.subject.usual(),
            method: None,
            user: USER.into(),
            password: PASSWORD.into(),
            token: TOKEN.into(),
            url: None,
            pipelining: false,
            again: false,
            store_fails: false,
        }
    }

    /// The same with TLS: from the start if that is possible, else by STLS.
    pub(crate) fn task_in_tls(&self, job: Job) -> Task {
        let wishes = [Wish::Tls, Wish::Stls, self.subject.usual()];
        let tls = wishes.into_iter().find(|wish| self.subject.can(*wish)).unwrap_or(Wish::Clear);
        Task { tls, ..self.task(job) }
    }

    /// Runs the client on this job.
    pub(crate) async fn run(&self, job: Job, act: Act) -> Result<Ran> {
        self.play(self.task(job), act).await
    }

    /// Runs the client once more; it remembers what it did before.
    pub(crate) async fn again(&self, job: Job, act: Act) -> Result<Ran> {
        self.play(Task { again: true, ..self.task(job) }, act).await
    }

    /// What the client has stored.
    ///
    /// # Errors
    ///
    /// [`Stop::NotRun`] or [`Stop::Cannot`] if nobody can look.
    pub(crate) async fn stored(&self) -> Result<Stored> {
        let form = self.form()?;
        match self.desk.ask(Do::Store).await {
            Seen::Stored(messages) => Ok(Stored::new(&messages, form)),
            _ => Err(Stop::Cannot),
        }
    }

    /// Runs the client on a task, and plays the server until it ends.
    ///
    /// # Errors
    ///
    /// [`Stop::Cannot`] if the driver cannot start it so.
    pub(crate) async fn play(&self, task: Task, act: Act) -> Result<Ran> {
        let methods = &self.subject.methods;
        let by_name = methods.is_empty() || methods.iter().any(|method| method == "USER" || method == "APOP");
        if act.lacks_sasl() && !by_name {
            return Err(Stop::NotApplicable("the client logs in by SASL alone"));
        }
        let mut task = task;
        let inside = [Wish::Tls, Wish::Stls].into_iter().find(|wish| self.subject.can(*wish));
        if act.lacks_sasl() && self.subject.no_clear_passwords && task.tls == Wish::Clear {
            task.tls = inside.unwrap_or(Wish::Clear);
        }
        let words = format!("the client is started: {}, TLS {}", task.job.as_str(), task.tls.as_str());
        self.desk.event(Link(0), &words);
        if self.desk.ask(Do::Start(task.clone())).await != Seen::Started {
            return Err(Stop::Cannot);
        }
        let hushed = act.hushed;
        let stage = Stage {
            host: self,
            act: Rc::new(act),
            task: Rc::new(task),
            scene: Rc::default(),
            puppets: BTreeMap::new(),
            ready: BTreeMap::new(),
            look: None,
        };
        let ran = stage.run().await;
        self.desk.event(Link(0), ran.how_it_ended());
        let printed = ran.exit.printed.trim_ascii();
        if !printed.is_empty() {
            let end = printed.get(printed.len().saturating_sub(PRINTED)..).unwrap_or_default();
            self.desk.event(Link(0), &format!("it has printed: {}", escaped(end)));
        }
        if !hushed {
            ear::hear(&self.desk, &ran);
        }
        Ok(ran)
    }
}

/// One run under way.
struct Stage<'h> {
    host: &'h Host,
    act: Rc<Act>,
    task: Rc<Task>,
    scene: Rc<RefCell<Scene>>,
    puppets: BTreeMap<Link, Puppet>,
    /// When a puppet goes on that waits.
    ready: BTreeMap<Link, Time>,
    look: Option<Vec<Vec<u8>>>,
}

impl Stage<'_> {
    async fn run(mut self) -> Ran {
        let desk = &self.host.judge.desk;
        let began = desk.now();
        let limit = self.host.subject.limit();
        let end = self.act.lasts.map(|lasts| began.after(lasts));
        let mut last = began;
        let mut hung = false;
        let exit = loop {
            let (next, said) = self.perform().await;
            // Who reads is not silent.
            if said {
                last = desk.now();
            }
            let idle = last.after(limit);
            let until = [next, end].into_iter().flatten().fold(idle, Time::min);
            match desk.ask(Do::Hear(until)).await {
                Seen::Came(link, door) => {
                    desk.event(link, "the client has connected");
                    let puppet =
                        Puppet::new(&self.act, &self.task, &self.scene, Session::new(door, desk.now()));
                    self.puppets.insert(link, puppet);
                }
                Seen::Heard(link, octets) => {
                    desk.write(link, Who::Client, &octets);
                    self.hear(link, &octets);
                }
                Seen::Left(link, end) => {
                    desk.event(link, "the client has closed");
                    if let Some(puppet) = self.puppets.get_mut(&link) {
                        puppet.left(end);
                    }
                }
                Seen::Exit(exit) => break exit,
                _ if end.is_some_and(|end| desk.now() >= end) => break self.stopped().await,
                _ if desk.now() >= idle => {
                    hung = true;
                    break self.stopped().await;
                }
                _ => continue,
            }
            if self.puppets.len() > MOST_SESSIONS {
                hung = true;
                break self.stopped().await;
            }
            last = desk.now();
        };
        let took = desk.now().duration_since(began);
        for (link, puppet) in &mut self.puppets {
            if !puppet.is_closed() {
                desk.ask(Do::Close(*link, End::Fin)).await;
            }
        }
        let sessions = self.puppets.into_values().map(Puppet::into_session).collect();
        Ran { sessions, exit, hung, took, look: self.look }
    }

    async fn stopped(&self) -> Exit {
        self.host.judge.desk.ask(Do::Stop).await;
        Exit::default()
    }

    fn hear(&mut self, link: Link, octets: &[u8]) {
        let desk = &self.host.judge.desk;
        if let Some(puppet) = self.puppets.get_mut(&link) {
            let lists: Vec<u32> = puppet.mind.listed().iter().map(|(number, _)| *number).collect();
            for (line, raw, pieces) in puppet.take(octets) {
                if !self.act.hushed {
                    ear::line(desk, &line, &raw, &lists);
                    ear::pieces(desk, &raw, pieces);
                }
            }
        }
    }

    /// Lets every puppet do what it has to. Returns when the first of those that wait
    /// goes on, and whether anything was said.
    async fn perform(&mut self) -> (Option<Time>, bool) {
        let desk = &self.host.judge.desk;
        let mut said = false;
        let links: Vec<Link> = self.puppets.keys().copied().collect();
        for link in links {
            while self.ready.get(&link).is_none_or(|ready| *ready <= desk.now()) {
                self.ready.remove(&link);
                let Some(puppet) = self.puppets.get_mut(&link) else { break };
                let Some(out) = puppet.next() else { break };
                match out {
                    Out::Send(octets) => {
                        said = true;
                        desk.write(link, Who::Server, &octets);
                        desk.ask(Do::Send(link, octets, self.act.each)).await;
                    }
                    Out::Wait(time) => {
                        self.ready.insert(link, desk.now().after(time));
                    }
                    Out::Look => {
                        if let Seen::Stored(messages) = desk.ask(Do::Store).await {
                            self.look = Some(messages);
                        }
                    }
                    Out::Close(end) => {
                        desk.event(link, "the kit closes");
                        desk.ask(Do::Close(link, end)).await;
                    }
                    Out::Secure(certificate) => {
                        let seen = desk.ask(Do::Serve(link, certificate)).await;
                        let words = match &seen {
                            Seen::Secured(facts) => format!("TLS: {}", facts.version),
                            Seen::NoTls(why) => format!("no TLS: {why}"),
                            _ => "no TLS".into(),
                        };
                        desk.event(link, &words);
                        puppet.secured(match seen {
                            Seen::Secured(facts) => Ok(facts),
                            _ => Err(words),
                        });
                    }
                }
            }
        }
        (self.ready.values().min().copied(), said)
    }
}
