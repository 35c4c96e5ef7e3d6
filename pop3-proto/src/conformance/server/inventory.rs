//! [`Inventory`]: the part of the survey that looks at the maildrop: what is in it, what works, and which
//! messages are known.

use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;

use super::pop::Pop;
use super::way_in;
use crate::conformance::corpus;
use crate::conformance::desk::Desk;
use crate::conformance::facts::{Facts, Way};
use crate::conformance::form;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::setup::{Account, Setup};
use crate::conformance::steps::{Do, End};

/// How many messages are looked at.
const MOST_MESSAGES: usize = 200;

/// What the maildrop is looked at with.
pub(super) struct Inventory<'a> {
    desk: &'a Rc<Desk>,
    setup: &'a Rc<Setup>,
    facts: Facts,
    account: &'a Account,
    way: Way,
}

impl<'a> Inventory<'a> {
    /// Adds to the facts what is found.
    pub(super) async fn take(
        desk: &'a Rc<Desk>,
        setup: &'a Rc<Setup>,
        facts: Facts,
        account: &'a Account,
        way: Way,
    ) -> Result<Facts> {
        let mut inventory = Self { desk, setup, facts, account, way };
        inventory.look().await?;
        inventory.try_a_drop().await?;
        if inventory.facts.keeps_at_a_drop == Some(false) {
            // The messages after it have other numbers now.
            inventory.look().await?;
        }
        Ok(inventory.facts)
    }

    async fn transaction(&self) -> Result<Pop> {
        let facts = Rc::new(self.facts.clone());
        way_in::transaction(self.desk, self.setup, &facts, self.account, &self.way).await
    }

    async fn look(&mut self) -> Result<()> {
        let mut pop = self.transaction().await?;
        let stat = pop.ask("STAT").await?;
        self.facts.reply_time = self.facts.reply_time.max(stat.took);
        let list = pop.listing("LIST").await?;
        let numbers = |line: &Vec<u8>| {
            let mut words = line.split(|octet| *octet == b' ').filter(|word| !word.is_empty());
            Some((form::number(words.next()?)?, form::number(words.next()?)?))
        };
        let scans = list.lines.iter().filter_map(numbers);
        self.facts.messages =
            scans.filter_map(|(n, octets)| Some((u32::try_from(n).ok()?, octets))).collect();
        let ids = pop.listing("UIDL").await?;
        self.facts.uidl = ids.is_ok();
        let ids = ids.lines.iter().filter_map(|line| {
            let (number, id) = form::parted(line)?;
            Some((u32::try_from(form::number(number)?).ok()?, id.to_vec()))
        });
        self.facts.uids = ids.collect();
        self.facts.out_of_step.clear();
        pop = self.still(pop).await?;
        if let Some((first, _)) = self.facts.messages.first() {
            self.facts.top = Some(pop.body(format!("TOP {first} 0")).await?.is_ok());
            pop = self.still(pop).await?;
        }
        let verb =
            |n: u32| if self.facts.top == Some(true) { format!("TOP {n} 20") } else { format!("RETR {n}") };
        let mut pop = Some(pop);
        let mut found: Vec<(&'static str, u32)> = Vec::new();
        for (number, _) in self.facts.messages.iter().take(MOST_MESSAGES) {
            let mut connected = match pop.take() {
                Some(pop) => pop,
                None => self.transaction().await?,
            };
            let body = connected.body(verb(*number)).await;
            // What throws the session out of step is looked at by a probe.
            if body.is_ok() && connected.in_step().await.is_ok() {
                pop = Some(connected);
            } else {
                self.facts.out_of_step.push(*number);
                connected.end(End::Fin).await;
            }
            if let Some((name, _)) = body.ok().and_then(|body| corpus::named(&body.unstuffed())) {
                let twice = found.iter().any(|(known, _)| *known == name);
                found.push((if twice && name == "equal-a" { "equal-b" } else { name }, *number));
            }
        }
        self.find_by_size(&mut found);
        self.facts.corpus = found;
        match pop {
            // If RETR was used, some servers would remove what was fetched.
            Some(pop) if self.facts.top == Some(true) => pop.quit().await.map(drop),
            Some(pop) => {
                pop.end(End::Fin).await;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Marks an own message and ends the session without QUIT: whether the message is still there. Probes that
    /// mark what may not be removed depend on it.
    async fn try_a_drop(&mut self) -> Result<()> {
        let spare = self.facts.corpus.iter().find(|(name, _)| name.starts_with("spare-"));
        let Some((name, number)) = spare.copied().filter(|_| self.setup.leave.delete) else { return Ok(()) };
        let mut pop = self.transaction().await?;
        let marked = match pop.recognise(number).await {
            Ok(own) => pop.dele(&own).await.is_ok_and(|reply| reply.is_ok()),
            Err(_) => false,
        };
        pop.end(End::Fin).await;
        if !marked {
            return Ok(());
        }
        // The server may notice the end a moment later.
        self.desk.ask(Do::Wait(self.desk.now().after(self.setup.patient(300)))).await;
        let mut pop = self.transaction().await?;
        self.facts.keeps_at_a_drop = match pop.recognise(number).await {
            Ok(own) => Some(own.name() == name),
            Err(Stop::NotRun(_)) => Some(false),
            Err(_) => None,
        };
        pop.end(End::Fin).await;
        Ok(())
    }

    /// The same session if it goes on, else another one.
    async fn still(&self, mut pop: Pop) -> Result<Pop> {
        if pop.in_step().await.is_ok() {
            return Ok(pop);
        }
        pop.end(End::Fin).await;
        self.transaction().await
    }

    /// Known by their size: messages without a marker, that whose first line ends the reply of servers that do not
    /// stuff it, and that which is refused outside of the mode UTF8.
    fn find_by_size(&self, found: &mut Vec<(&'static str, u32)>) {
        let names = ["first-line-dot", "utf8-header", "empty", "only-line-end"];
        for name in names {
            let octets = corpus::wire(name, self.setup.run).map_or(0, |wire| wire.len() as u64);
            let unknown =
                self.facts.messages.iter().filter(|(n, _)| !found.iter().any(|(_, known)| known == n));
            let of_size: Vec<u32> = unknown.filter(|(_, size)| *size == octets).map(|(n, _)| *n).collect();
            let sure = octets > 2 || self.setup.leave.only_corpus;
            if let ([number], true, false) =
                (of_size.as_slice(), sure, found.iter().any(|(known, _)| *known == name))
            {
                found.push((name, *number));
            }
        }
    }
}
