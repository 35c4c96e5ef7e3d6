//! [`Survey`]: what is looked at before any probe: greeting, capabilities, ways in, known messages.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use super::inventory::Inventory;
use super::pop::Pop;
use super::way_in;
use crate::conformance::desk::{Coroutine, Desk};
use crate::conformance::dialogue::{Dialogue, Who, escaped};
use crate::conformance::facts::{Capabilities, Channel, Facts, Method, Way};
use crate::conformance::probe::{Result, Stop};
use crate::conformance::setup::{Account, Setup};
use crate::conformance::steps::{Do, End, Seen};
use crate::time::Time;

/// Why nothing can be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SurveyError {
    /// No connection, no greeting, or a negative one.
    NoGreeting(String),
    /// The account could not log in by any method, or its maildrop could not be looked at; the text says why.
    NoLogin(String),
}

impl fmt::Display for SurveyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGreeting(why) => write!(f, "the server does not greet: {why}"),
            Self::NoLogin(why) => write!(f, "the account cannot log in: {why}"),
        }
    }
}

impl core::error::Error for SurveyError {}

/// Finds out the [`Facts`] about a server. Do what [`next`](Self::next) says until it says [`Do::Done`].
#[derive(Debug)]
pub struct Survey {
    work: Option<Coroutine<core::result::Result<Facts, SurveyError>>>,
    found: Option<core::result::Result<Facts, SurveyError>>,
    dialogue: Dialogue,
}

impl Survey {
    /// A survey with this setup.
    #[must_use]
    pub fn new(setup: &Rc<Setup>) -> Self {
        let desk = Rc::new(Desk::new(1939));
        let surveyor =
            Surveyor { desk: desk.clone(), setup: setup.clone(), facts: Facts::default(), refusal: None };
        let at_desk = desk.clone();
        let work = async move {
            let found = surveyor.survey().await;
            at_desk.close_all().await;
            found
        };
        Self { work: Some(Coroutine::new(desk, work)), found: None, dialogue: Dialogue::default() }
    }

    /// Goes on with what was seen, [`Seen::Begun`] at first. Returns what has to be done next.
    pub fn next(&mut self, now: Time, seen: Seen) -> Do {
        let Some(work) = &mut self.work else { return Do::Done };
        match work.next(now, seen) {
            Err(what) => what,
            Ok(found) => {
                self.dialogue = work.desk.dialogue.take();
                (self.work, self.found) = (None, Some(found));
                Do::Done
            }
        }
    }

    /// What was said.
    #[must_use]
    pub const fn dialogue(&self) -> &Dialogue {
        &self.dialogue
    }

    /// What was found, once it is done.
    ///
    /// # Errors
    ///
    /// [`SurveyError`] if nothing can be judged.
    pub fn into_facts(self) -> core::result::Result<Facts, SurveyError> {
        self.found.unwrap_or_else(|| Err(SurveyError::NoGreeting("the survey did not end".into())))
    }
}

struct Surveyor {
    desk: Rc<Desk>,
    setup: Rc<Setup>,
    facts: Facts,
    refusal: Option<String>,
}

impl Surveyor {
    async fn survey(mut self) -> core::result::Result<Facts, SurveyError> {
        let mut why = "no port is given".to_string();
        for channel in [Channel::Clear, Channel::Tls, Channel::Stls] {
            let there = match channel {
                Channel::Clear => self.setup.clear,
                Channel::Tls => self.setup.tls,
                Channel::Stls => {
                    self.setup.stls && self.facts.clear.as_ref().is_some_and(|list| list.has("STLS"))
                }
            };
            if there && let Err(stop) = self.look_at(channel).await {
                why = format!("{channel}: {stop}{}", self.last_command());
            }
        }
        if self.facts.greeting.is_empty() {
            return Err(SurveyError::NoGreeting(why));
        }
        let Some(account) = self.setup.account.clone() else { return Ok(self.facts) };
        // Passwords are safe in TLS; a session in clear is the fastest.
        self.facts
            .ways
            .sort_by_key(|way| if self.setup.clear_passwords { way.channel } else { Channel::Clear });
        let Some(way) = self.facts.way().cloned() else {
            return Err(SurveyError::NoLogin(self.refusal.unwrap_or(why)));
        };
        match Inventory::take(&self.desk, &self.setup, self.facts, &account, way).await {
            Ok(facts) => Ok(facts),
            Err(stop) => Err(SurveyError::NoLogin(format!("then: {stop}"))),
        }
    }

    /// What was sent last, for the words of an error.
    fn last_command(&self) -> String {
        let dialogue = self.desk.dialogue.borrow();
        let mut said = dialogue.entries().iter().rev();
        let last = said.find(|said| said.who == Who::Client).map(|said| said.octets.as_slice());
        let verb = last.and_then(|line| line.split(|octet| !octet.is_ascii_alphanumeric()).next());
        verb.map_or_else(String::new, |verb| format!(" after {}", escaped(verb)))
    }

    async fn connect(&self, channel: Channel) -> Result<Pop> {
        way_in::connect(&self.desk, &self.setup, &Rc::new(self.facts.clone()), channel).await
    }

    async fn capabilities(pop: &mut Pop) -> Result<Option<Capabilities>> {
        let list = pop.listing("CAPA").await?;
        Ok(list.is_ok().then_some(Capabilities(list.lines)))
    }

    /// Greeting, list before the login, and a way in on this channel.
    async fn look_at(&mut self, channel: Channel) -> Result<()> {
        let mut pop = self.connect(channel).await?;
        if self.facts.greeting.is_empty() {
            let greeting = pop.greeting().raw.trim_ascii_end().to_vec();
            self.facts.timestamp = way_in::timestamp(&greeting).map(|stamp| stamp.as_bytes().to_vec());
            self.facts.greeting = greeting;
        }
        self.facts.stls |= channel == Channel::Stls;
        self.facts.tls |= channel == Channel::Tls;
        self.facts.reply_time = self.facts.reply_time.max(pop.greeting().took);
        let list = Self::capabilities(&mut pop).await?;
        if channel.is_secured() {
            self.facts.secured = self.facts.secured.take().or_else(|| list.clone());
        } else {
            self.facts.clear = list.clone();
        }
        let permitted = channel.is_secured() || self.setup.clear_passwords;
        let Some(account) = self.setup.account.clone() else { return Ok(()) };
        let mut pop = Some(pop);
        // Some servers hang up after a command that they do not know.
        if list.is_none()
            && let Some(pop) = pop.take()
        {
            pop.end(End::Fin).await;
        }
        for method in methods(list.as_ref(), self.facts.timestamp.is_some()) {
            if !permitted && method.shows_secret() {
                continue;
            }
            let connected = match pop.take() {
                Some(pop) => pop,
                None => self.connect(channel).await?,
            };
            if self.try_way(connected, &account, Way { channel, method }).await? {
                return Ok(());
            }
        }
        match pop {
            Some(pop) => pop.quit().await.map(drop),
            None => Ok(()),
        }
    }

    async fn try_way(&mut self, mut pop: Pop, account: &Account, way: Way) -> Result<bool> {
        let reply = match way_in::login(&mut pop, account, &way.method).await {
            Ok(reply) => reply,
            Err(Stop::Hung(_) | Stop::NotRun(_) | Stop::NotApplicable(_)) => return Ok(false),
            Err(stop) => return Err(stop),
        };
        if !reply.is_ok() {
            let refusal = self.desk.shown(reply.raw.trim_ascii_end());
            self.refusal = Some(format!("{}, {}: {refusal}", way.channel, way.method));
            pop.end(End::Fin).await;
            return Ok(false);
        }
        let list = Self::capabilities(&mut pop).await?;
        if way.channel.is_secured() {
            self.facts.secured_after = self.facts.secured_after.take().or(list);
        } else {
            self.facts.clear_after = list;
        }
        self.facts.ways.push(way);
        pop.quit().await?;
        Ok(true)
    }
}

/// What is tried, in order: what is announced, and USER where nothing is said.
fn methods(list: Option<&Capabilities>, timestamp: bool) -> Vec<Method> {
    let offered = list.map(Capabilities::mechanisms).unwrap_or_default();
    let mut methods = Vec::new();
    if list.is_none_or(|list| list.has("USER")) || offered.is_empty() {
        methods.push(Method::User);
    }
    let known = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "LOGIN"];
    let known = known.into_iter().filter(|name| offered.iter().any(|other| other == name));
    methods.extend(known.map(|name| Method::Sasl(name.into())));
    if timestamp {
        methods.push(Method::Apop);
    }
    methods
}
