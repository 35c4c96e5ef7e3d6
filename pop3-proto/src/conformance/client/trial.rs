//! [`Trial`]: whether a client works at all, before it is judged.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use super::act::Act;
use super::host::Host;
use super::mail::Stored;
use super::ran::Ran;
use crate::conformance::desk::{Coroutine, Desk};
use crate::conformance::dialogue::{Dialogue, escaped};
use crate::conformance::probe::Result;
use crate::conformance::remarks::Remarks;
use crate::conformance::steps::{Do, Seen};
use crate::conformance::subject::Subject;
use crate::conformance::task::Job;
use crate::time::Time;

/// What the trial shows of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// The verbs that it says, in order, each once.
    pub verbs: Vec<String>,
    /// The version of TLS, if there was any.
    pub tls: Option<String>,
    /// How many of three messages were stored whole, if somebody can look.
    pub stored: Option<usize>,
    /// What the referee heard.
    pub remarks: Remarks,
}

/// One session without trouble. Do what [`next`](Self::next) says until it says [`Do::Done`].
#[derive(Debug)]
pub struct Trial {
    work: Coroutine<Result<(Ran, Option<usize>)>>,
    ended: Option<core::result::Result<Habits, String>>,
    dialogue: Dialogue,
    /// It can be told to fetch.
    fetches: bool,
}

impl Trial {
    /// A trial of this client: it fetches, or else logs in.
    #[must_use]
    pub fn new(subject: &Rc<Subject>) -> Self {
        let desk = Rc::new(Desk::new(1));
        let host = Host::new(desk.clone(), subject.clone());
        let work = async move {
            // Replies that are held back show who does not wait for them.
            let act = Act { pause: Duration::from_millis(50), ..Act::new() };
            let mails = act.mails.clone();
            let ran = host.run(Job::Fetch, act).await?;
            let form = host.form().cloned().unwrap_or_default();
            let whole = |stored: &Stored| mails.iter().filter(|mail| stored.count(mail, &form) > 0).count();
            let stored = host.stored().await.ok().map(|stored| whole(&stored));
            Ok((ran, stored))
        };
        let fetches = subject.jobs.contains(&Job::Fetch);
        Self { work: Coroutine::new(desk, work), ended: None, dialogue: Dialogue::default(), fetches }
    }

    /// Goes on with what was seen, [`Seen::Begun`] at first. Returns what has to be done next.
    pub fn next(&mut self, now: Time, seen: Seen) -> Do {
        if self.ended.is_some() {
            return Do::Done;
        }
        match self.work.next(now, seen) {
            Err(what) => what,
            Ok(result) => {
                self.dialogue = self.work.desk.dialogue.take();
                let fetches = self.fetches;
                self.ended = Some(match result {
                    Ok((ran, _)) if !ran.is_in() => Err(refusal(&ran, "the client does not log in")),
                    Ok((ran, _)) if fetches && !ran.is_well(3) => {
                        Err(refusal(&ran, "the client does not fetch three letters"))
                    }
                    Ok((ran, Some(stored))) if fetches && stored < 3 => {
                        let why =
                            format!("of three letters that the client fetched, {stored} are found as sent");
                        Err(refusal(&ran, &why))
                    }
                    Ok((ran, stored)) => Ok(Habits {
                        verbs: verbs(&ran),
                        tls: ran.sessions.iter().find_map(|session| session.tls.clone()),
                        stored,
                        remarks: self.work.desk.remarks.take(),
                    }),
                    Err(stop) => Err(stop.to_string()),
                });
                Do::Done
            }
        }
    }

    /// What was said.
    #[must_use]
    pub const fn dialogue(&self) -> &Dialogue {
        &self.dialogue
    }

    /// What it shows.
    ///
    /// # Errors
    ///
    /// Why the client cannot be judged: it cannot be started, does not log in, does not fetch the three
    /// messages of the trial, or does not store them as they were sent.
    pub fn into_habits(self) -> core::result::Result<Habits, String> {
        self.ended.unwrap_or_else(|| Err("the trial has not ended".into()))
    }
}

/// Why it cannot be judged, with the end of what it printed.
fn refusal(ran: &Ran, why: &str) -> String {
    let printed = ran.exit.printed.trim_ascii();
    let end = printed.get(printed.len().saturating_sub(500)..).unwrap_or_default();
    let printed = if end.is_empty() { String::new() } else { format!("; it printed: {}", escaped(end)) };
    format!("{why}: {}{printed}", ran.words())
}

fn verbs(ran: &Ran) -> Vec<String> {
    let mut verbs: Vec<String> = Vec::new();
    for line in ran.lines().filter(|line| !line.is_response) {
        if !verbs.contains(&line.verb()) {
            verbs.push(line.verb());
        }
    }
    verbs
}
